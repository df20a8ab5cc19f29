"""The learner's way in a real browser: with scripts, without them, and without barriers."""

import re

import pytest
from playwright.sync_api import expect

from courses import assessment
from courses.models import Answer, Attempt, Completion, Reflection
from courses.publishing import publish
from tests.browser import sign_in
from tests.courses.pages import lesson_url, lessons_of
from tests.courses.test_catalogue import make_practice
from tests.courses.test_quizzes import EVERY_KIND
from tests.factories import both, enrolled, make_course, make_draft, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def learner(transactional_db):
    return make_person(name="Ana Ruiz")


@pytest.fixture
def course(transactional_db):
    """A reading with a reflection, a quiz with every kind of question, an evaluation."""
    draft = make_draft(
        lessons=["page", "quiz", "evaluation"],
        title=both("Water for all"),
        summary=both("Wells and pipes"),
        about=both("<p>All about it</p>"),
        outcomes=[both("Test a well")],
    )
    page, quiz, evaluation = draft.modules.get().lessons.all()
    page.blocks.create(kind="callout", title=both("Mind"), body=both("<p>Note</p>"), position=2)
    page.blocks.create(kind="details", title=both("How?"), body=both("<p>So.</p>"), position=3)
    page.blocks.create(kind="reflection", body=both("<p>And you?</p>"), position=4)
    youtube = {"provider": "youtube", "id": "dQw4w9WgXcQ"}
    page.blocks.create(kind="video", title=both("A film"), settings=youtube, position=5)
    quiz.questions.all().delete()
    for position, (kind, body) in enumerate(EVERY_KIND.items()):
        quiz.questions.create(kind=kind, body=body, position=position)
    evaluation.questions.create(kind="text", body={"prompt": both("Else?")}, position=9)
    course = publish(draft, by=None, policy="update").course
    course.practices.add(make_practice())
    return course


def walk(page, site, course):
    """From the catalogue to the completed course, by what stands on the pages."""
    page.goto(f"{site}/courses/")
    page.get_by_role("link", name="Water for all").click()
    page.get_by_role("button", name="Enroll in this course").click()
    page.get_by_role("link", name="Start:").click()
    page.locator("textarea").fill("Our well is old.")
    page.get_by_role("button", name="Mark as done and continue").click()
    page.get_by_role("button", name="Start the quiz").click()
    page.get_by_text("Alpha").first.click()
    page.get_by_role("textbox").first.fill("74321")
    for words in ("Alpha", "Gamma"):
        page.locator(".usa-checkbox").get_by_text(words).click()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_text("1 question has no answer yet")).to_be_visible()
    page.get_by_text("True", exact=True).click()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="You passed with 100%")).to_be_visible()
    page.get_by_role("link", name="Continue").click()
    page.locator(".gw-scale").get_by_text("4").click()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_text("You completed this course. Well done!")).to_be_visible()


def test_the_whole_way_with_scripts(site, page, context, learner, course):
    sign_in(context, learner, site)

    walk(page, site, course)

    assert Completion.objects.get().score == 100
    assert Reflection.objects.get().text == "Our well is old."


def test_the_whole_way_without_javascript(site, browser, learner, course):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    context.set_default_timeout(10_000)
    sign_in(context, learner, site)

    walk(context.new_page(), site, course)
    context.close()

    assert Completion.objects.get().score == 100
    assert Reflection.objects.get().text == "Our well is old."


def test_answers_and_reflections_are_saved_as_one_goes(site, visitor, context, learner, course):
    enrolment = enrolled(learner, course)
    reading, quiz, _ = lessons_of(enrolment)
    sign_in(context, learner, site)

    visitor.goto(site + lesson_url(enrolment, reading))
    visitor.locator("textarea").fill("A pause, and it is kept.")
    expect(visitor.get_by_text("Saved", exact=True)).to_be_visible()
    assert Reflection.objects.get().text == "A pause, and it is kept."

    attempt = assessment.start(enrolment, quiz)
    visitor.goto(site + lesson_url(enrolment, quiz))
    visitor.get_by_text("Beta").first.click()
    expect(visitor.get_by_text("Saved", exact=True)).to_be_visible()
    visitor.get_by_role("textbox").first.fill("12")
    expect(visitor.get_by_text("Saved", exact=True)).to_have_count(2)
    assert sorted(map(str, attempt.answers.values_list("value", flat=True))) == ["12", "b"]

    visitor.reload()
    expect(visitor.get_by_role("textbox").first).to_have_value("12")
    assert Attempt.objects.get().submitted_at is None

    visitor.emulate_media(media="print")  # on paper stand the questions, without buttons
    expect(visitor.get_by_text("Beta").first).to_be_visible()
    expect(visitor.get_by_role("button", name="Send my answers")).to_be_hidden()


def test_an_answer_is_sent_again_when_the_network_was_away(site, page, context, learner, course):
    enrolment = enrolled(learner, course)
    quiz = lessons_of(enrolment)[1]
    assessment.start(enrolment, quiz)
    sign_in(context, learner, site)
    page.goto(site + lesson_url(enrolment, quiz))

    context.set_offline(True)
    page.get_by_text("Beta").first.click()
    expect(page.get_by_text("Not saved yet. We will try again.")).to_be_visible()
    assert not Answer.objects.exists()
    context.set_offline(False)

    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert Answer.objects.get().value == "b"


def test_the_enter_key_in_a_field_does_not_send_the_quiz(site, visitor, context, learner, course):
    enrolment = enrolled(learner, course)
    quiz = lessons_of(enrolment)[1]
    assessment.start(enrolment, quiz)
    sign_in(context, learner, site)
    visitor.goto(site + lesson_url(enrolment, quiz))

    visitor.get_by_role("textbox").first.fill("12")
    visitor.keyboard.press("Enter")

    expect(visitor.get_by_text("Your answers are saved.")).to_be_visible()
    assert Attempt.objects.get().submitted_at is None


def test_the_catalogue_narrows_as_one_types_and_back_brings_it_back(site, visitor, course):
    make_course(title=both("Money matters"))
    visitor.goto(f"{site}/courses/")

    visitor.get_by_label("Search by topic or word").fill("wat")

    expect(visitor.get_by_role("link", name="Money matters")).to_have_count(0)
    expect(visitor.locator("#found")).to_have_text("1 course matches")
    expect(visitor).to_have_url(re.compile(r"q=wat"))
    visitor.go_back()
    expect(visitor.get_by_role("link", name="Money matters")).to_be_visible()


def test_a_film_of_a_provider_is_loaded_by_a_press_and_not_before(
    site, page, context, learner, course
):
    enrolment = enrolled(learner, course)
    sign_in(context, learner, site)
    asked = []
    context.route(re.compile("youtube"), lambda route: (asked.append(1), route.abort()))
    page.goto(site + lesson_url(enrolment, lessons_of(enrolment)[0]))
    expect(page.get_by_role("button", name="Play the video here")).to_be_visible()
    assert asked == []

    page.get_by_role("button", name="Play the video here").click()

    frame = page.locator("iframe")
    expect(frame).to_have_attribute("src", re.compile("^https://www.youtube-nocookie.com/embed/"))
    expect(frame).to_have_attribute("title", "A film")
