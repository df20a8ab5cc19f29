"""A trainer makes a course from nothing; learners get it, each in the version they began with."""

import pytest
from playwright.sync_api import expect

from courses.models import Completion, Enrolment
from tests.browser import to_the_end
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

COURSE = "/courses/the-first-visit/"
STUDIO = "/studio/course/the-first-visit/"


def test_from_an_empty_studio_to_learners_on_two_versions(at_the_site):
    trainer = at_the_site(make_person(name="Rosa Delgado", may_author=True))
    create_course(trainer)
    add_to_outline(trainer, "module", "At the door")
    add_to_outline(trainer, "lesson", "Say who you are", kind="page")
    add_to_outline(trainer, "lesson", "Check yourself", kind="quiz")
    write_page(trainer)
    write_quiz(trainer)
    preview(trainer)
    publish(trainer, version=1)

    early, late = (at_the_site(make_person(name=name)) for name in ("Ana Ruiz", "Ben Ode"))
    early.go(COURSE)
    early.press("Enroll in this course")

    edit_page(trainer)
    publish(trainer, version=2, policy="Update")
    late.go(COURSE)
    late.press("Enroll in this course")

    assert learn(early) == "Give your name and why you came."
    assert learn(late) == "Give your name and why you came. Then listen."
    versions = {
        done.enrolment.person.name: done.version.number
        for done in Completion.objects.select_related("enrolment__person", "version")
    }
    assert versions == {"Ana Ruiz": 1, "Ben Ode": 2}
    assert set(Enrolment.objects.values_list("version__author__name", flat=True)) == {
        "Rosa Delgado"
    }


def create_course(trainer):
    trainer.go("/studio/")
    trainer.sees("No courses yet")
    trainer.follow("New course")
    trainer.fill("Title (English)", "The first visit")
    trainer.fill("Title (Spanish)", "La primera visita")
    trainer.fill("Hours it counts for", "0.5")
    trainer.press("Create the course")
    trainer.on(STUDIO)
    trainer.sees("The outline is empty")


def add_to_outline(trainer, what, title, *, kind=""):
    """htmx puts it into the outline that stands there."""
    page = trainer.page
    if what == "lesson":
        if not page.get_by_role("button", name="Add the lesson").is_visible():
            page.locator("a[data-more]", has_text="Add a lesson").click()
        form = page.locator("form", has=page.get_by_role("button", name="Add the lesson"))
        form.get_by_label("Kind").select_option(kind)
    else:
        form = page.locator("form", has=page.get_by_role("button", name="Add the module"))
    form.get_by_label("Title (English)").fill(title)
    form.get_by_role("button", name=f"Add the {what}").click()
    expect(page.locator("#outline").get_by_text(title).first).to_be_visible()


def write_page(trainer):
    page = trainer.page
    trainer.follow("Say who you are")
    page.get_by_label("Kind").select_option("text")
    trainer.press("Add the block")
    editor(page).click()
    page.get_by_role("button", name="Heading", exact=True).first.click()
    page.keyboard.type("Before you knock")
    page.keyboard.press("Enter")
    page.keyboard.type("Give your ")
    page.keyboard.press("Control+b")
    page.keyboard.type("name")
    page.keyboard.press("Control+b")
    page.keyboard.type(" and why you came.")
    expect(page.get_by_text("Saved", exact=False).first).to_be_visible()
    save_and_close(trainer)
    expect(page.locator(".gw-block strong")).to_have_text("name")


def editor(page):
    """The editor, once it stands in the place of the plain text box."""
    return page.locator('[contenteditable=true][aria-label="Text (English)"]')


def save_and_close(trainer):
    """The editor shows the same words as the page: only once it is gone have they been saved."""
    trainer.press("Save and close")
    expect(editor(trainer.page)).to_have_count(0)


def write_quiz(trainer):
    page = trainer.page
    trainer.go(STUDIO)
    trainer.follow("Check yourself")
    page.get_by_label("Kind").select_option("single")
    trainer.press("Write the question")
    page.get_by_label("Question (English)").fill("What comes first?")
    for number, text in ((1, "Your name"), (2, "A form")):
        page.get_by_label(f"Answer {number} (English)", exact=True).fill(text)
    page.get_by_text("This is right").first.click()
    trainer.press("Save")
    trainer.sees("What comes first?")
    trainer.sees("Your name")


def preview(trainer):
    trainer.go(STUDIO)
    trainer.follow("Preview")
    trainer.follow("Say who you are", exact=False)
    trainer.sees("This is a preview of the draft.")
    expect(trainer.page.get_by_role("heading", name="Before you knock")).to_be_visible()
    trainer.follow("Check yourself", exact=False)
    trainer.sees("What comes first?")


def publish(trainer, *, version, policy=""):
    trainer.go(f"{STUDIO}publish/")
    if policy:
        trainer.sees("1 under way, 0 done.")
        trainer.page.locator(f"label[for=policy-{policy.lower()}]").click()
    trainer.press("Publish")
    trainer.sees_heading("Version %(number)s is published", number=version)


def edit_page(trainer):
    page = trainer.page
    trainer.go(STUDIO)
    trainer.follow("Say who you are")
    page.locator(".gw-block").get_by_role("link", name="Edit").click()
    editor(page).click()
    to_the_end(page)
    page.keyboard.type(" Then listen.")
    save_and_close(trainer)
    expect(page.locator(".gw-block").get_by_text("Then listen.")).to_be_visible()


def learn(learner):
    """The course as this person has it; returns the paragraph that they read."""
    learner.go(COURSE)
    learner.follow("Start", exact=False)
    words = learner.page.locator(".gw-prose p").inner_text()
    learner.press("Mark as done and continue")
    learner.press("Start the quiz")
    learner.page.get_by_text("Your name").click()
    learner.press("Send my answers")
    learner.follow("You completed the course: see it", exact=False)
    learner.follow("See your certificate")
    return words
