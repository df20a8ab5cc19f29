"""What a trainer types outlives the tab, the session and the server, in every form."""

import re

import pytest
from playwright.sync_api import expect

from courses.models import Draft, Module
from courses.studio import editing
from tests.browser import check_accessibility, sign_in, watch
from tests.factories import make_draft, make_person

pytestmark = pytest.mark.django_db(transaction=True)

BACK = "What you typed here before and was not saved is back."
RULE = """async (cases) => {
  const { worthBringingBack } = await import(document.querySelector("script[src*='keep']").src);
  return cases.map(([kept, now]) => worthBringingBack(kept, now));
}"""
# Kept on the device, shown by the page, what comes back.
CASES = [
    # The server has it all: nothing is brought back, least of all an old base.
    ({"title": ["a"], "base": ["1"]}, {"title": ["a"], "base": ["2"]}, None),
    ({"title": ["a"], "key": ["k"], "rows": ["4"]}, {"title": ["a"], "key": ["l"]}, None),
    # Something was typed: it comes with the base it began from.
    (
        {"title": ["b"], "base": ["1"]},
        {"title": ["a"], "base": ["2"]},
        {"fields": {"title": ["b"], "base": ["1"]}, "lacking": []},
    ),
    # A box that was unticked, one of several that was ticked.
    ({"on": []}, {"on": ["on"]}, {"fields": {"on": []}, "lacking": []}),
    ({"to": ["1", "3"]}, {"to": ["1"]}, {"fields": {"to": ["1", "3"]}, "lacking": []}),
    # A row that was added: worth something as soon as there is a word in it.
    ({"row_3": [""]}, {}, None),
    ({"row_3": ["x"]}, {}, {"fields": {"row_3": ["x"]}, "lacking": ["row_3"]}),
]


def another(page):
    """The tab is closed, whatever stands in it, and a new one opened."""
    context = page.context
    page.close(run_before_unload=False)
    fresh = context.new_page()
    fresh.problems = watch(fresh)
    return fresh


def kept(page):
    return page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('gw-kept:'))")


def test_typing_outlives_the_tab_the_session_and_the_server(visitor, site):
    trainer = make_person(name="Rosa Delgado", may_author=True)
    draft = make_draft()
    module, context, page = draft.modules.get(), visitor.context, visitor
    sign_in(context, trainer, site)
    course = f"{site}/studio/course/{draft.course.slug}"
    settings = f"{course}/modules/{module.uuid}/"

    # A closed tab: it is there again, and can be thrown away.
    page.goto(settings)
    assert page.evaluate(RULE, [[kept, now] for kept, now, _ in CASES]) == [it for *_, it in CASES]
    page.get_by_label("Title (English)").fill("Typed and closed")
    page = another(page)
    page.goto(settings)
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Title (English)")).to_have_value("Typed and closed")
    check_accessibility(page)
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_text(BACK)).to_have_count(0)
    expect(page.get_by_label("Title (English)")).to_have_value(module.title["en"])
    assert kept(page) == []

    # A server that does not answer, then a session that ended: page and text stay.
    page.get_by_label("Title (English)").fill("Typed through it all")
    page.route("**/modules/**", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Could not save. What you typed is kept on this")).to_be_visible()
    page.unroute("**/modules/**")
    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    way = page.get_by_role("link", name="Sign in").last
    expect(way).to_have_attribute("href", re.compile(f"next=.*{module.uuid}"))
    way.click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    sign_in(context, trainer, site)
    page.goto(settings)  # where signing in leads
    expect(page.get_by_label("Title (English)")).to_have_value("Typed through it all")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Add a lesson")).to_be_visible()
    assert Module.objects.get().title["en"] == "Typed through it all"
    assert kept(page) == [], "what is saved is kept no longer"

    # A refusal keeps the text too; somebody else's newer words are never written over unseen.
    page.goto(settings)
    page.get_by_label("Title (English)").fill("")
    page.get_by_label("Title (Spanish)").fill("Mío")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Title (English)")).to_be_focused()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    page.get_by_label("Title (English)").fill("Mine")
    page = another(page)
    now = Module.objects.get()
    values = {"title": {"en": "Theirs", "es": "Suyo"}}
    editing.save_module(now, by=trainer, base=editing.mark_of(now), values=values)
    page.goto(settings)
    expect(page.get_by_label("Title (English)")).to_have_value("Mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Theirs")
    check_accessibility(page)
    page.get_by_role("link", name="Drop mine and open what is saved").click()
    expect(page.get_by_label("Title (English)")).to_have_value("Theirs")
    expect(page.get_by_text(BACK)).to_have_count(0)
    assert Module.objects.get().title == values["title"]

    # Rows that were added and never saved are made again by the server.
    page.goto(f"{course}/details/")
    page.get_by_role("button", name="Add another outcome").click()
    added = page.get_by_label("Learning outcome 4 (English)")
    expect(added).to_be_focused()
    added.fill("See who is missing")
    page = another(page)
    page.goto(f"{course}/details/")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Learning outcome 4 (English)")).to_have_value("See who is missing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert {"en": "See who is missing"} in Draft.objects.get().outcomes

    # Small forms: what one stopped in the middle of opens again where it was.
    outline = f"{course}/"
    lesson = module.lessons.get()
    page.goto(f"{site}/studio/new/")
    page.get_by_label("Hours it counts for").fill("1")
    page.get_by_label("Title (English)").fill("A course to come")
    expect(page.get_by_label("Address")).to_have_value("a-course-to-come")
    page = another(page)
    page.goto(f"{site}/studio/new/")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Title (English)")).to_have_value("A course to come")
    expect(page.get_by_label("Address")).to_have_value("a-course-to-come")
    page.get_by_role("button", name="Create the course").click()
    expect(page.get_by_text("Your course is here.")).to_be_visible()
    assert kept(page) == []

    page.goto(outline)
    row = page.locator(f"#row-{lesson.uuid}")
    row.get_by_role("link", name="More").click()
    row.get_by_label("Title (English)").fill("Half a name")
    page.locator("#add-module-form").get_by_label("Title (English)").fill("Half a module")
    page = another(page)
    page.goto(outline)
    row, adding = page.locator(f"#row-{lesson.uuid}"), page.locator("#add-module-form")
    expect(row.get_by_label("Title (English)")).to_have_value("Half a name")
    expect(adding.get_by_label("Title (English)")).to_have_value("Half a module")
    check_accessibility(page)
    row.get_by_role("button", name="Throw it away").click()
    expect(row.get_by_label("Title (English)")).to_have_value(lesson.title["en"])
    expect(row.get_by_label("Title (English)")).to_be_focused()
    adding.get_by_role("button", name="Add the module").click()
    expect(page.locator("#modules")).to_contain_text("Half a module")
    expect(adding.get_by_label("Title (English)")).to_have_value("")
    assert kept(page) == []

    page.goto(f"{course}/lessons/{lesson.uuid}/")
    block = lesson.blocks.first()
    talk = page.locator(f"#comments-{block.uuid}")
    talk.get_by_role("link").click()
    talk.get_by_label("Your comment").fill("Could we")
    page = another(page)
    page.goto(f"{course}/lessons/{lesson.uuid}/")
    talk = page.locator(f"#comments-{block.uuid}")
    expect(talk.get_by_label("Your comment")).to_have_value("Could we")
    page.route("**/comments/**", lambda route: route.abort())
    talk.get_by_role("button", name="Post it").click()
    expect(talk.get_by_text("Could not save. What you typed is kept on this")).to_be_visible()
    page.unroute("**/comments/**")
    talk.get_by_role("button", name="Post it").click()
    expect(talk.get_by_role("listitem")).to_contain_text("Could we")
    expect(talk.get_by_label("Your comment")).to_have_value("")
    assert kept(page) == []

    # Somebody else at the same device sees nothing of it.
    page.goto(f"{course}/details/")
    page.get_by_label("Summary (English)").fill("Mine alone")
    sign_in(context, make_person(may_author=True), site)
    page = another(page)
    page.goto(f"{course}/details/")
    expect(page.get_by_label("Summary (English)")).to_have_value(draft.summary.get("en", ""))
    expect(page.get_by_text(BACK)).to_have_count(0)
    # A leaf of the translation view: each line has its own.
    sign_in(context, trainer, site)
    page.goto(f"{course}/translate/es/{lesson.uuid}/")
    words = page.locator(
        ".gw-text textarea, .gw-text input:not([type=hidden], [type=checkbox])"
    ).first
    page.route("**/translate/**", lambda route: route.abort())
    words.fill("Otra vez")
    page = another(page)
    page.goto(f"{course}/translate/es/{lesson.uuid}/")
    expect(page.get_by_text(re.compile(r"Saved \d"))).to_be_visible()
    lesson.refresh_from_db()
    assert lesson.title["es"] == "Otra vez"
