"""One journey with a mouse on a small screen: a course from nothing, in two languages, by two
authors who write in the same block, to its publication."""

import re

import pytest
from playwright.sync_api import expect

from courses.models import Block, Course, Lesson
from tests.browser import check_accessibility, sign_in, started, to_the_end, watch
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

SAVED = re.compile(r"Saved \d")
EDIT = re.compile(r"^Edit ?: 1\. Text$")  # browsers may put a space before hidden words
SMALL = {"width": 768, "height": 1024}


@pytest.fixture
def colleague(browser, site):
    """Another trainer, in a browser of their own."""
    context = browser.new_context(viewport=SMALL, locale="en-US")
    context.set_default_timeout(20_000)
    sign_in(context, make_person(name="Ben Ode", may_author=True), site)
    page = context.new_page()
    page.problems = watch(page)
    yield page
    context.close()
    assert page.problems == []


def arrived(page, name):
    """The page of this heading is here, and its scripts have begun."""
    expect(page.get_by_role("heading", name=name, exact=True).first).to_be_visible()
    page.wait_for_load_state()
    started(page)


def look(page):
    check_accessibility(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_with_a_mouse_two_authors_and_two_languages_at_768_pixels(visitor, site, colleague):
    page = visitor
    page.set_viewport_size(SMALL)
    sign_in(page.context, make_person(name="Rosa Delgado", may_author=True), site)
    page.goto(f"{site}/studio/")
    page.get_by_role("link", name="New course").first.click()
    arrived(page, "New course")
    page.get_by_label("Title (English)").fill("Clean hands")
    page.get_by_label("Hours it counts for").fill("1")
    page.get_by_role("button", name="Create the course").click()
    arrived(page, "Clean hands")
    make_outline(page)

    words = write(page)
    collide(page, colleague, words)
    ask(page)
    translate(page)
    publish(page)

    lessons = Course.objects.get().current.document["modules"][0]["lessons"]
    told = [(lesson["title"], [block["body"] for block in lesson["blocks"]]) for lesson in lessons]
    assert told == [
        (
            {"en": "Wash", "es": "Lavarse"},
            [{"en": "<p>Use soap. And water.</p>", "es": "<p>Use jabón.</p>"}],
        ),
        ({"en": "Check"}, []),
    ]
    assert len(lessons[1]["questions"]) == 1


def make_outline(page):
    """A module and two lessons, the second dragged to where it belongs."""
    form = page.locator("#add-module-form")
    form.get_by_label("Title (English)").fill("At the sink")
    form.get_by_role("button", name="Add the module").click()
    expect(page.get_by_role("heading", name="At the sink")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Add a lesson")).click()
    form = page.locator("[data-item]")
    for title, kind in [("Check", "quiz"), ("Wash", "page")]:
        expect(form.get_by_label("Title (English)")).to_have_value("")
        form.get_by_label("Title (English)").fill(title)
        form.get_by_label("Kind").select_option(kind)
        form.get_by_role("button", name="Add the lesson").click()
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    rows = {lesson.title["en"]: f"#row-{lesson.uuid}" for lesson in Lesson.objects.all()}
    grip = page.locator(rows["Wash"]).locator("[data-grip]")
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), page.locator(rows["Check"]).bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, start["y"] + 10, steps=4)
    page.mouse.move(end["x"] + 20, end["y"] + 4, steps=8)
    page.mouse.up()
    expect(page.locator("#told")).to_contain_text("«Wash» is now lesson 1 of 2")
    look(page)


def write(page):
    page.get_by_role("link", name="Wash", exact=True).click()
    arrived(page, "This lesson is empty")
    page.get_by_role("button", name="Add the block").click()
    words = page.locator("[contenteditable=true][aria-label='Text (English)']")
    words.click()
    page.keyboard.type("Use soap.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    expect(page.get_by_role("textbox", name="Text (Spanish)")).to_be_visible()
    look(page)
    return words


def collide(page, colleague, words):
    """The colleague opens the same block, and saves while the other has it open."""
    colleague.goto(page.url)
    colleague.get_by_role("link", name=EDIT).click()
    theirs = colleague.locator("[contenteditable=true][aria-label='Text (English)']")
    expect(theirs).to_contain_text("Use soap.")
    theirs.click()
    to_the_end(colleague)
    colleague.keyboard.type(" Twenty seconds.")
    colleague.get_by_role("button", name="Save and close").click()
    expect(colleague.get_by_role("link", name=EDIT)).to_be_visible()

    words.click()
    to_the_end(page)
    page.keyboard.type(" And")
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("Someone else saved this after you opened it")
    expect(conflict).to_contain_text("Use soap. Twenty seconds.")
    page.keyboard.type(" water.")
    page.wait_for_timeout(1500)  # longer than the pause after which it would save
    expect(conflict).to_be_visible()
    expect(words).to_contain_text("Use soap. And water.")
    look(page)
    assert Block.objects.get().body["en"] == "<p>Use soap. Twenty seconds.</p>"
    page.get_by_role("button", name="Keep mine and replace what is saved").click()
    expect(page.get_by_role("link", name=EDIT)).to_be_visible()
    assert Block.objects.get().body["en"] == "<p>Use soap. And water.</p>"
    page.problems[:] = [one for one in page.problems if "422" not in one]


def ask(page):
    page.get_by_role("link", name="Outline").click()
    page.get_by_role("link", name="Check", exact=True).click()
    arrived(page, "Check")
    page.get_by_label("Kind").select_option("single")
    page.get_by_role("button", name="Write the question").click()
    page.get_by_label("Question (English)").fill("What first?")
    for number, text in ((1, "Soap"), (2, "A towel")):
        page.get_by_label(f"Answer {number} (English)", exact=True).fill(text)
    page.get_by_text("This is right").first.click()
    look(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="What first?")).to_be_visible()


def translate(page):
    page.get_by_role("link", name="Translation").click()
    expect(page.get_by_text(re.compile(r"^0 of \d+ texts are done"))).to_be_visible()
    look(page)
    page.get_by_role("link", name="Wash").click()
    arrived(page, "Wash")
    title, text = page.locator(".gw-text").all()
    title.locator("input[name=words]").fill("Lavarse")
    expect(title.get_by_text(SAVED)).to_be_visible()
    text.locator("[contenteditable=true]").click()
    page.keyboard.type("Use jabón.")
    expect(text.get_by_text(SAVED)).to_be_visible()
    text.get_by_role("button", name="I have read it over").click()
    expect(text.get_by_text("read over by Rosa Delgado")).to_be_visible()
    look(page)


def publish(page):
    page.get_by_role("link", name="Publish").click()
    arrived(page, "The first version")
    look(page)
    page.get_by_role("button", name="Publish").click()
    arrived(page, "Version 1 is published")
    look(page)
