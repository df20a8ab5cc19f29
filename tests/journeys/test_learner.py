"""A learner from the home page to a certificate that a stranger verifies, on the real course."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from courses import loading
from courses.models import Completion, Course, Reflection
from lms import demo
from people.models import User
from tests.journeys.learning import REFLECTED, hold_the_certificate, learn

pytestmark = pytest.mark.django_db(transaction=True)

COURSE = f"/courses/{demo.FOUNDATIONS}/"
ADDRESS = "iris.vega@example.org"
PRINTED = "Iris Vega Ortiz, RN"


@pytest.fixture
def course(transactional_db):
    from library import loading as library

    library.load()
    loading.load_all()
    return Course.objects.get(slug=demo.FOUNDATIONS)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"language": "en", "width": 1280}, id="English, wide"),
        pytest.param({"language": "es", "width": 360}, id="Spanish, phone"),
        pytest.param({"language": "en", "width": 360, "scripts": False}, id="without JavaScript"),
    ],
)
def test_from_nothing_to_a_certificate_that_verifies(open_window, course, how):
    learner = open_window(**how)
    sign_up(learner)
    fill_in_the_profile(learner)
    enrol(learner)
    learn(learner, course, fails_at="m1-check")
    number = hold_the_certificate(learner, PRINTED)
    stranger = open_window(language=learner.language, width=360)
    verify(stranger, number)

    assert Completion.objects.get().enrolment.person == User.objects.get(email=ADDRESS)
    assert Reflection.objects.exclude(text="").get().text == REFLECTED


def sign_up(learner):
    learner.go("/")
    if learner.page.viewport_size["width"] < 600:
        learner.page.locator("header .gw-menu--site > summary").click()
    learner.follow("Create account", within=learner.page.get_by_role("banner"))
    learner.fill("Your name", "Iris Vega")
    learner.fill("E-mail address", ADDRESS)
    learner.press("Create account")
    learner.type_code(ADDRESS)
    learner.press("Confirm")
    learner.on("/me/")
    learner.sees("Your first course is waiting")


def fill_in_the_profile(learner):
    learner.go("/me/profile/")
    learner.fill("Name on certificates", PRINTED)
    learner.page.get_by_label(learner.words("What you do")).select_option("nurse")
    learner.press("Save")
    learner.on("/me/profile/")
    learner.go("/me/profile/")
    saved = learner.page.get_by_label(learner.words("Name on certificates"))
    expect(saved).to_have_value(PRINTED)


def enrol(learner):
    title = {"en": "Foundations of health", "es": "Fundamentos de la práctica"}[learner.language]
    learner.go("/courses/")
    learner.page.get_by_role("link", name=title).click()
    learner.on(COURSE)
    learner.press("Enroll in this course")
    learner.sees_heading("Where you are")


def verify(stranger, number):
    stranger.go("/")
    stranger.follow("Check a certificate")
    stranger.page.get_by_role("textbox").first.fill(number.lower())
    stranger.press("Check")
    stranger.sees(
        "This certificate is valid. It was issued by %(issuer)s.", issuer=settings.PROVIDER_NAME
    )
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(PRINTED)
    assert stranger.page.get_by_text("@example.org").count() == 0
