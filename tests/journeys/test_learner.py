"""A learner from the home page to a certificate that a stranger verifies, on the real course."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from certificates.models import Certificate
from courses import loading
from courses.models import Completion, Course, Reflection
from lms import demo
from people.models import User

pytestmark = pytest.mark.django_db(transaction=True)

COURSE = f"/courses/{demo.FOUNDATIONS}/"
REFLECTED = "Our office closes before the plant does."
ADDRESS = "iris.vega@example.org"


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
    learn(learner, course)
    number = hold_the_certificate(learner)
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
    learner.fill("Name on certificates", "Iris Vega Ortiz, RN")
    learner.page.get_by_label(learner.words("What you do")).select_option("nurse")
    learner.press("Save")
    learner.on("/me/profile/")
    learner.go("/me/profile/")
    saved = learner.page.get_by_label(learner.words("Name on certificates"))
    expect(saved).to_have_value("Iris Vega Ortiz, RN")


def enrol(learner):
    title = {"en": "Foundations of health", "es": "Fundamentos de la práctica"}[learner.language]
    learner.go("/courses/")
    learner.page.get_by_role("link", name=title).click()
    learner.on(COURSE)
    learner.press("Enroll in this course")
    learner.sees_heading("Where you are")


def learn(learner, course):
    """Every lesson in its order, by the button that leads from each to the next."""
    lessons = course.current.document["modules"]
    lessons = [lesson for module in lessons for lesson in module["lessons"]]
    learner.follow("Start", exact=False)
    for lesson in lessons:
        learner.on(f"{COURSE}learn/{lesson['slug']}/")
        if lesson["kind"] == "page":
            read(learner, lesson, reflects=lesson is lessons[0])
        elif lesson["kind"] == "quiz":
            pass_quiz(learner, lesson, fails_first=lesson["slug"] == "m1-check")
        else:
            evaluate(learner, lesson)


def read(learner, lesson, *, reflects):
    expect(learner.page.locator("h1")).to_have_text(lesson["title"][learner.language])
    if reflects:
        learner.page.locator("textarea").fill(REFLECTED)
    learner.press("Mark as done and continue")


def pass_quiz(learner, lesson, *, fails_first):
    learner.press("Start the quiz")
    if fails_first:
        answer(learner, lesson, right=False)
        learner.press("Send my answers")
        learner.sees_heading("%(percent)s%%: not quite there yet", percent=0)
        learner.press("Try again")
    answer(learner, lesson, right=True)
    learner.press("Send my answers")
    learner.sees_heading("You passed with %(percent)s%%", percent=100)
    learner.follow("Continue", exact=False)


def answer(learner, lesson, *, right):
    page = learner.page
    for question in lesson["questions"]:
        body, field = question["body"], f"q-{question['uuid']}"
        match question["kind"]:
            case "single" | "multiple":
                chosen = [o["id"] for o in body["options"] if bool(o.get("right")) is right]
                for option in chosen if question["kind"] == "multiple" else chosen[:1]:
                    page.locator(f'label[for="{field}-{option}"]').click()
            case "true_false":
                value = str(body["answer"] is right).lower()
                page.locator(f'label[for="{field}-{value}"]').click()
            case "numeric":
                page.locator(f'[id="{field}"]').fill(str(body["answer"]["value"] if right else -1))


def evaluate(learner, lesson):
    for question in lesson["questions"]:
        if question["kind"] == "scale":
            learner.page.locator(f'label[for="q-{question["uuid"]}-4"]').click()
    learner.press("Send my answers")
    learner.on(COURSE)
    learner.sees("You completed this course. Well done!")


def hold_the_certificate(learner):
    """It is there at once, and its PDF is one."""
    learner.follow("See your certificate")
    certificate = Certificate.objects.get()
    learner.on(f"/certificates/{certificate.code}/")
    expect(learner.page.get_by_role("heading", level=1)).to_have_text("Iris Vega Ortiz, RN")
    link = learner.page.get_by_role("link", name=learner.words("Open the PDF"))
    response = learner.page.request.get(learner.site + link.get_attribute("href"))
    assert response.ok
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")
    return learner.page.locator("#certificate-number").inner_text()


def verify(stranger, number):
    stranger.go("/")
    stranger.follow("Check a certificate")
    stranger.page.get_by_role("textbox").first.fill(number.lower())
    stranger.press("Check")
    stranger.sees(
        "This certificate is valid. It was issued by %(issuer)s.", issuer=settings.PROVIDER_NAME
    )
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Iris Vega Ortiz, RN")
    assert stranger.page.get_by_text("@example.org").count() == 0
