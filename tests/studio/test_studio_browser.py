"""The studio in a browser: by keyboard, by hand, and when network or colleague interfere."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from courses.models import Block, Course, CourseVersion, Draft, Lesson, Module
from courses.publishing import publish
from courses.studio import editing
from tests.browser import check_accessibility, sign_in, started, to_the_end
from tests.factories import both, make_draft, make_lesson, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(visitor, site):
    """A trainer's browser and the address of a page of the studio."""
    trainer = make_person(name="Rosa Delgado", may_author=True)
    sign_in(visitor.context, trainer, site)
    visitor.trainer = trainer
    return lambda path="": f"{site}/studio/{path}"


EDIT = re.compile(r"^Edit ?: 1\. Text$")  # browsers may put a space before hidden words
ADD_LESSON = re.compile("^Add a lesson")
SAVED = re.compile(r"Saved \d")


def wide(draft):
    """A second module, and lessons a b c d."""
    first = draft.modules.get()
    first.lessons.all().delete()
    second = Module.objects.create(draft=draft, title=both("Second"), position=2)
    for slug in "abc":
        make_lesson(first, slug=slug, title=both(f"Lesson {slug}"))
    make_lesson(second, slug="d", title=both("Lesson d"))
    return draft


def outline(draft):
    return [
        [lesson.slug for lesson in module.lessons.order_by("position")]
        for module in draft.modules.order_by("position")
    ]


def block_of(draft):
    return Block.objects.get(lesson__module__draft=draft)


def arrived(page, heading):
    """The page of this heading is here, and its scripts have begun: keys may be pressed."""
    expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    page.wait_for_load_state()
    started(page)


def press_to(page, name, *, role="button", most=80):
    """Walk with the Tab key until the control of that name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
                const it = document.activeElement;
                return it.innerText || it.getAttribute('aria-label') || '';
            }"""
        )
        if name in re.sub(r"\s+", " ", found):
            return
    raise AssertionError(f"the Tab key never came to «{name}»")


def test_by_keyboard_alone_from_a_title_to_a_published_course(visitor, at):
    page, keys = visitor, visitor.keyboard
    page.goto(at())
    check_accessibility(page)
    press_to(page, "New course")
    keys.press("Enter")
    arrived(page, "New course")
    page.get_by_label("Title (English)").focus()
    keys.type("Small numbers")
    expect(page.get_by_label("Address")).to_have_value("small-numbers")
    page.get_by_label("Hours it counts for").focus()
    keys.type("1")
    check_accessibility(page)
    keys.press("Enter")

    arrived(page, "The outline is empty")
    page.get_by_label("Title (English)").focus()
    keys.type("First steps")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    expect(page.locator("#add-module-form").get_by_label("Title (English)")).to_be_focused()
    keys.press("Shift+Tab")
    expect(page.get_by_role("link", name=ADD_LESSON)).to_be_focused()
    keys.press("Enter")
    title = page.locator("[data-item]").get_by_label("Title (English)")
    for name in ("Read this first", "Then this"):  # one after another, without leaving the form
        expect(title).to_be_focused()
        expect(title).to_have_value("")
        keys.type(name)
        keys.press("Enter")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(page.locator("#told")).to_have_text("The lesson «Then this» is added.")
    check_accessibility(page)
    page.get_by_role("link", name=re.compile("^More.*Then this$")).focus()
    keys.press("Enter")
    expect(page.get_by_role("group", name="Then this")).to_be_visible()
    press_to(page, "Delete")
    keys.press("Enter")
    link = page.get_by_role("link", name="Read this first", exact=True)
    expect(link).to_be_focused()
    keys.press("Enter")

    arrived(page, "This lesson is empty")
    press_to(page, "Add the block")
    keys.press("Enter")
    editor = page.locator("[contenteditable=true][aria-label='Text (English)']")
    editor.focus()
    expect(editor).to_be_focused()
    keys.type("## Who is missing")
    keys.press("Enter")
    keys.type("We ")
    keys.press("Control+b")
    keys.type("ask")
    keys.press("Control+b")
    keys.type(" them.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    check_accessibility(page)
    keys.press("Escape")  # to the toolbar
    toolbar = page.get_by_role("toolbar", name="Formatting").first
    expect(toolbar.get_by_role("button", name="Normal text")).to_be_focused()
    keys.press("ArrowRight")
    expect(toolbar.get_by_role("button", name="Heading", exact=True)).to_be_focused()
    keys.press("Escape")  # and back
    expect(editor).to_be_focused()
    keys.press("Tab")  # the Tab key is no trap: on to the other language's toolbar
    expect(editor).not_to_be_focused()
    press_to(page, "Save and close")
    keys.press("Enter")
    expect(page.get_by_role("link", name=EDIT)).to_be_focused()
    expect(page.get_by_role("heading", name="Who is missing")).to_be_visible()
    check_accessibility(page)
    block = Block.objects.get()
    assert block.body == {"en": "<h2>Who is missing</h2><p>We <strong>ask</strong> them.</p>"}

    page.get_by_role("link", name="Publish").focus()
    keys.press("Enter")
    arrived(page, "The first version")
    check_accessibility(page)
    press_to(page, "Publish")  # the navigation of the course
    press_to(page, "Publish")  # the button
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Version 1 is published")).to_be_visible()
    check_accessibility(page)
    assert Course.objects.get(slug="small-numbers").current.number == 1


def test_the_outline_by_keyboard_and_by_buttons(visitor, at, context):
    """The rows move at once; the requests follow one after another, each small."""
    draft = wide(make_draft())
    page, told = visitor, visitor.locator("#told")
    page.goto(at(f"course/{draft.course.slug}/"))

    # By keyboard: the focus stays, the place is said.
    button = page.get_by_role("button", name="Move down: Lesson a")
    button.focus()
    for place in ("lesson 2 of 3", "lesson 3 of 3", "lesson 1 of 2 in «Second»"):
        page.keyboard.press("Enter")
        expect(told).to_contain_text(place)
        expect(button).to_be_focused()
    assert outline(draft) == [["b", "c"], ["a", "d"]]
    page.keyboard.press("Enter")
    expect(told).to_contain_text("lesson 2 of 2")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")  # there is nowhere to go: nothing happens
    page.wait_for_timeout(200)
    assert outline(draft) == [["b", "c"], ["d", "a"]]
    check_accessibility(page)

    # Renamed and moved where it stands.
    page.get_by_role("link", name=re.compile("^More.*Lesson a$")).click()
    panel = page.get_by_role("group", name="Lesson a")
    panel.get_by_label("Title (English)").fill("The first one")
    check_accessibility(page)
    panel.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="The first one", exact=True)).to_be_visible()
    panel = page.get_by_role("group", name="The first one")
    panel.get_by_label("Move to the end of").select_option(label="Module")
    panel.get_by_role("button", name="Move").click()
    expect(told).to_contain_text("lesson 3 of 3 in «Module»")
    assert outline(draft) == [["b", "c", "a"], ["d"]]

    # Three quick clicks are three moves, and undo takes the last one back.
    sizes = []
    page.on("response", lambda answer: sizes.append(len(answer.body()))
            if "arrange" in answer.url else None)  # fmt: skip
    for _ in range(3):
        page.get_by_role("button", name="Move down: Lesson b").click()
    expect(told).to_contain_text("«Lesson b» is now lesson 1 of 2 in «Second»")
    assert outline(draft) == [["c", "a"], ["b", "d"]]
    page.get_by_role("button", name="Undo").click()
    expect(told).to_contain_text("lesson 3 of 3 in «Module»")
    assert outline(draft) == [["c", "a", "b"], ["d"]]
    assert shown(page) == ["c", "one", "b", "d"]
    assert max(sizes) < 2000

    # A move that cannot be sent goes back.
    context.set_offline(True)
    page.get_by_role("button", name="Move down: Lesson c").click()
    expect(told).to_contain_text("It could not be moved.")
    assert shown(page) == ["c", "one", "b", "d"]
    context.set_offline(False)
    page.problems[:] = [one for one in page.problems if "ERR_INTERNET_DISCONNECTED" not in one]
    page.problems[:] = [one for one in page.problems if "htmx" not in one.lower()]


def shown(page):
    names = page.locator("[data-accepts=lesson] [data-name]").all_inner_texts()
    return [name.split()[-1] for name in names]


def drag(page, what, to, *, below=True):
    grip = page.locator(f"#row-{what.uuid} [data-grip]").first
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), page.locator(f"#row-{to.uuid}").bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, start["y"] + 40, steps=4)
    target = end["y"] + (min(end["height"], 160) - 4 if below else 4)
    page.mouse.move(end["x"] + 20, target, steps=12)
    page.mouse.up()


def test_the_outline_with_a_mouse(visitor, at):
    draft = wide(make_draft())
    page = visitor
    page.set_viewport_size({"width": 1280, "height": 1600})  # nothing scrolls while it is dragged
    page.goto(at(f"course/{draft.course.slug}/"))
    lessons = {lesson.slug: lesson for lesson in Lesson.objects.all()}
    first, second = draft.modules.order_by("position")

    drag(page, lessons["a"], lessons["b"])
    expect(page.locator("#told")).to_contain_text("«Lesson a» is now lesson 2 of 3")
    assert outline(draft) == [["b", "a", "c"], ["d"]]
    drag(page, lessons["c"], lessons["d"], below=False)
    expect(page.locator("#told")).to_contain_text("lesson 1 of 2 in «Second»")
    assert outline(draft) == [["b", "a"], ["c", "d"]]
    drag(page, second, first, below=False)
    expect(page.locator("#told")).to_contain_text("«Second» is now module 1 of 2")
    assert outline(draft) == [["c", "d"], ["b", "a"]]

    # A drag may be given up.
    grip = page.locator("[data-accepts=lesson] [data-grip]").first.bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 20)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, grip["y"] + 150, steps=6)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator("#told")).to_have_text("Nothing was moved.")
    assert outline(draft) == [["c", "d"], ["b", "a"]]

    # A new lesson sent by two quick clicks is one.
    page.get_by_role("link", name=ADD_LESSON).first.click()
    page.locator("[data-item]").get_by_label("Title (English)").fill("Once")
    page.get_by_role("button", name="Add the lesson").dblclick()
    expect(page.get_by_role("link", name="Once", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    assert Lesson.objects.filter(title__en="Once").count() == 1


def open_block(page, at, draft):
    lesson = draft.modules.get().lessons.get()
    page.goto(at(f"course/{draft.course.slug}/lessons/{lesson.uuid}/"))
    page.get_by_role("link", name=EDIT).click()
    editor = page.locator("[contenteditable=true][aria-label='Text (English)']")
    editor.click()
    return editor


def test_typing_is_saved_by_itself_through_a_lost_network_and_a_lost_session(visitor, at, site):
    draft = make_draft()
    page = visitor
    editor = open_block(page, at, draft)
    to_the_end(page)
    page.keyboard.type(" One.")
    expect(page.get_by_text(SAVED)).to_be_visible()

    page.context.set_offline(True)
    page.keyboard.type(" Two.")
    expect(page.get_by_text("Could not save. We will try again.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text(SAVED)).to_be_visible()
    assert block_of(draft).body["en"] == "<p>Words. One. Two.</p>"

    page.context.clear_cookies(name="sessionid")
    page.keyboard.type(" Three.")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(editor).to_contain_text("Words. One. Two. Three.")
    sign_in(page.context, page.trainer, site)
    page.context.new_page().goto(f"{site}/me/")  # the other tab: it brings a new token
    page.get_by_role("button", name="Save and close").click()

    expect(page.get_by_role("link", name=EDIT)).to_be_visible()
    assert block_of(draft).body["en"] == "<p>Words. One. Two. Three.</p>"
    page.problems[:] = [one for one in page.problems if "ERR_INTERNET_DISCONNECTED" not in one]
    page.problems[:] = [one for one in page.problems if "htmx" not in one.lower()]
    page.problems[:] = [one for one in page.problems if "403" not in one]


def test_what_was_typed_outlives_the_session_the_tab_and_a_colleague(visitor, at, site):
    """Signed out, closed, signed in again, opened again: the words are there, and the server still
    decides whose words stand."""
    draft = make_draft()
    page, context = visitor, visitor.context
    lesson = at(f"course/{draft.course.slug}/lessons/{block_of(draft).lesson.uuid}/")
    open_block(page, at, draft)
    context.clear_cookies(name="sessionid")
    to_the_end(page)
    page.keyboard.type(" Kept.")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in").last).to_have_attribute(
        "href", re.compile("/accounts/login/")
    )
    page.problems[:] = [one for one in page.problems if "403" not in one]
    page.close(run_before_unload=False)

    sign_in(context, page.trainer, site)
    again = context.new_page()
    again.goto(lesson)
    expect(again.locator("[aria-label='Text (English)']")).to_contain_text("Words. Kept.")
    expect(again.get_by_text(SAVED)).to_be_visible()
    assert block_of(draft).body["en"] == "<p>Words. Kept.</p>"
    again.goto(lesson)
    expect(again.get_by_role("link", name=EDIT)).to_be_visible()
    again.wait_for_timeout(500)
    assert not again.locator("[contenteditable=true]").count(), "the server has it: nothing is kept"

    # Typed and not sent, while a colleague saves: both texts stand side by side.
    again.get_by_role("link", name=EDIT).click()
    editor = again.locator("[contenteditable=true][aria-label='Text (English)']")
    editor.click()
    again.route("**/blocks/**", lambda route: route.abort())
    to_the_end(again)
    again.keyboard.type(" Mine.")
    again.close(run_before_unload=False)
    theirs = {"en": "<p>Theirs.</p>", "es": "<p>Suyo.</p>"}
    Block.objects.filter(pk=block_of(draft).pk).update(body=theirs, revision=9)
    last = context.new_page()
    last.goto(lesson)
    expect(last.get_by_text("Someone else saved this after you opened it")).to_be_visible()
    expect(last.locator("[aria-label='Text (English)']")).to_contain_text("Mine.")
    expect(last.get_by_role("alert")).to_contain_text("Theirs.")
    assert block_of(draft).body == theirs


def test_leaving_with_something_unsaved_is_asked_about(visitor, at):
    draft = make_draft()
    page = visitor
    page.goto(at(f"course/{draft.course.slug}/details/"))
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("Summary (English)").press_sequentially("Unsaved")

    with page.expect_event("dialog"):
        page.get_by_role("link", name="Versions").click(no_wait_after=True)

    assert asked == ["beforeunload"]
    expect(page.get_by_label("Summary (English)")).to_have_value("Unsaved")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert len(asked) == 1


RICH = (
    '<h2>Title</h2><h4>Small</h4><p lang="es">Hola <span lang="en">there</span></p>'
    "<p>H<sub>2</sub>O x<sup>2</sup> <u>u</u> <s>s</s> <code>c</code> "
    '<abbr title="Women, Infants">WIC</abbr> <dfn>cell</dfn> <dfn title="cell">cells</dfn>'
    '<small>See <a href="https://example.org/x">it</a>.</small> '
    '<a href="https://example.org/" title="T">link</a> <a href="mailto:a@example.org">m</a></p>'
    '<ol start="3"><li><p>three</p><ul><li><p>in</p></li></ul></li></ol>'
    "<blockquote><p>quote</p></blockquote><pre><code>x = 1</code></pre><hr>"
    '<table><caption>What it shows</caption><thead><tr><th scope="col">A</th>'
    '<th scope="col">B</th></tr></thead><tbody><tr><th scope="row">r</th><td>1</td></tr>'
    "</tbody></table><p>Line<br>two</p>"
)


def test_the_editor_loses_nothing_that_may_be_stored(visitor, at):
    """Everything the allow-list lets through survives being opened and saved."""
    draft = make_draft()
    Block.objects.update(body={"en": RICH})
    page = visitor
    open_block(page, at, draft)
    to_the_end(page)
    page.keyboard.type("!")
    expect(page.get_by_text(SAVED)).to_be_visible()
    wanted = RICH.replace("two</p>", "two!</p>")
    for _ in range(100):  # what was typed may go with the next save
        if block_of(draft).body["en"] == wanted:
            break
        page.wait_for_timeout(100)

    assert block_of(draft).body["en"] == wanted


def test_links_lists_and_tables_with_the_toolbar(visitor, at):
    draft = make_draft()
    Block.objects.update(body={"en": "<p>word</p>"})
    page = visitor
    editor = open_block(page, at, draft)
    bar = page.get_by_role("toolbar", name="Formatting").first

    def do(name):
        """The text takes the focus back afterwards."""
        bar.get_by_role("button", name=name).click()
        expect(editor).to_be_focused()

    expect(bar.get_by_role("button", name="Link")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Link").click()
    dialog = page.get_by_role("dialog", name="Link")
    check_accessibility(page)
    dialog.get_by_label("Address").fill("javascript:alert(1)")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Write an address that starts with")).to_be_visible()
    dialog.get_by_label("Address").fill("https://example.org/")
    page.keyboard.press("Enter")
    expect(editor.locator("a")).to_have_attribute("href", "https://example.org/")
    expect(bar.get_by_role("button", name="Link")).to_have_attribute("aria-pressed", "true")

    do("List with bullets")
    to_the_end(page)
    page.keyboard.press("Enter")
    page.keyboard.type("second")
    do("Indent the list item")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    do("Insert a table")
    for words in ("Group", "People", "Share"):
        page.keyboard.type(words)
        page.keyboard.press("ArrowRight")  # to the next cell
    bar.get_by_role("button", name="Caption").click()
    page.get_by_label("What the table shows").fill("People by group")
    page.keyboard.press("Enter")
    bar.get_by_role("button", name="Delete row").focus()
    expect(page.get_by_text(SAVED)).to_be_visible()
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_role("link", name=EDIT)).to_be_visible()

    html = block_of(draft).body["en"]
    assert '<a href="https://example.org/">word</a>' in html
    assert "<li><p>second</p></li></ul></li></ul>" in html
    assert '<table><caption>People by group</caption><thead><tr><th scope="col">Group</th>' in html
    assert html.count("<tr>") == 3
    check_accessibility(page)


def test_blocks_move_while_another_stays_open_with_what_is_typed(visitor, at):
    draft = make_draft()
    lesson = draft.modules.get().lessons.get()
    for n in (2, 3):
        body = both(f"<p>Block {n}</p>")
        lesson.blocks.create(kind="text", body=body, position=n, uuid=uuid.uuid4())
    page = visitor
    editor = open_block(page, at, draft)
    to_the_end(page)
    page.keyboard.type(" Typed")

    page.get_by_role("button", name="Move number 3 up").click()
    expect(page.locator("#told")).to_contain_text("It is now number 2 of 3.")
    expect(editor).to_contain_text("Words. Typed")
    editor.click()
    to_the_end(page)
    page.keyboard.type(" on.")
    expect(page.get_by_text(SAVED)).to_be_visible()

    assert lesson.blocks.get(position=1).body["en"] == "<p>Words. Typed on.</p>"
    assert lesson.blocks.get(position=2).body["en"] == "<p>Block 3</p>"


def test_on_a_phone_one_language_shows_at_a_time(visitor, at):
    draft = make_draft(lessons=["quiz"])
    quiz = draft.modules.get().lessons.get()
    question = quiz.questions.first()
    page = visitor
    page.set_viewport_size({"width": 360, "height": 740})
    path = f"course/{draft.course.slug}/lessons/{quiz.uuid}/questions/{question.uuid}/"
    page.goto(at(path))

    english, spanish = (
        page.get_by_label("Question (English)"),
        page.get_by_label("Question (Spanish)"),
    )
    expect(english).to_be_visible()
    expect(spanish).to_be_hidden()
    page.get_by_role("button", name="Spanish").click()
    expect(spanish).to_be_visible()
    expect(english).to_be_hidden()
    check_accessibility(page)
    english.evaluate("it => it.value = ''")
    page.get_by_role("button", name="Save").click()
    expect(english).to_be_visible()  # what is wrong is in sight
    page.problems[:] = [one for one in page.problems if "422" not in one]


def test_publishing_with_people_under_way_and_going_back(visitor, at):
    draft = make_draft(lessons=["page", "quiz"])
    publish(draft, by=None, policy="update")
    page = visitor
    lesson = draft.modules.get().lessons.first()
    page.goto(at(f"course/{draft.course.slug}/lessons/{lesson.uuid}/settings/"))
    page.get_by_label("Title (English)").fill("A better title")
    page.get_by_role("button", name="Save").click()
    arrived(page, "A better title")  # a click before that would be overtaken
    page.get_by_role("link", name="Publish").click()
    expect(page.locator("ins").first).to_contain_text("A better title")
    check_accessibility(page)
    page.locator("label", has_text="Correction").click()
    page.get_by_label("Note for the history").fill("A better title.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Version 2 is published")).to_be_visible()
    page.get_by_role("link", name="All versions").click()
    check_accessibility(page)
    page.get_by_role("link", name="Bring it back into the draft").last.click()
    check_accessibility(page)
    page.get_by_role("button", name="Replace the draft").click()
    expect(page.get_by_text("The draft is version 1 again.")).to_be_visible()

    assert CourseVersion.objects.count() == 2
    assert Draft.objects.get().modules.get().lessons.first().title == lesson.title


def test_what_the_server_has_already_brings_no_old_base_back(visitor, at):
    """A leaf that was left on the device is no reason to see a colleague where there is none."""
    draft = make_draft()
    page = visitor
    block = block_of(draft)
    values = {"body": both("<p>Words.</p>") | {"en": "<p>Saved.</p>"}}
    editing.save_block(block, by=page.trainer, base="1", values=values)
    editor = open_block(page, at, draft)
    to_the_end(page)
    page.keyboard.type(" More.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    left = """() => {
      const form = document.querySelector("gw-keep form[hx-post]"), keep = form.closest("gw-keep");
      const fields = {};
      for (const { name, value } of form.elements) {
        if (name.startsWith("body")) fields[name] = value;
      }
      fields.base = "1";
      localStorage.setItem(keep.place, JSON.stringify({ at: Date.now(), fields }));
    }"""
    page.evaluate(left)
    page.reload()
    editor = open_block(page, at, draft)
    to_the_end(page)
    page.keyboard.type(" Most.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    expect(editor).to_contain_text("Saved. More. Most.")
    expect(page.get_by_role("alert")).to_have_count(0)
