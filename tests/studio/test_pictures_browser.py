"""A picture into a text and parts into another order, with the keyboard alone."""

import io

import pytest
from playwright.sync_api import expect

from courses.media import library
from courses.models import Block
from tests.browser import check_accessibility, sign_in, to_the_end
from tests.courses.media.conftest import picture
from tests.courses.test_block_kinds import ACCORDION
from tests.factories import both, make_draft, make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_pictures_and_parts_by_keyboard(visitor, site, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    trainer = make_person(name="Rosa Delgado", may_author=True)
    draft = make_draft(lessons=["page"])
    media = library.take_in(draft.course, io.BytesIO(picture()), "clinic.png", by=trainer)
    library.save_words(media, both("A clinic door"), base=library.mark_of(media), by=trainer)
    lesson = draft.modules.get().lessons.get()
    text, parts = lesson.blocks.get(), lesson.blocks.create(position=2, **ACCORDION)
    first, second = (item["title"]["en"] for item in ACCORDION["settings"]["items"][:2])
    sign_in(visitor.context, trainer, site)
    page = visitor
    page.goto(f"{site}/studio/course/{draft.course.slug}/lessons/{lesson.uuid}/blocks/{text.uuid}/")

    box = page.get_by_role("textbox", name="Text (English)")
    box.focus()
    to_the_end(page)
    page.keyboard.press("Escape")  # to the toolbar
    bar = page.get_by_role("toolbar", name="Formatting").first
    names = [one.strip() for one in bar.locator("button:visible .usa-sr-only").all_inner_texts()]
    expect(bar.locator("button:focus")).to_have_count(1)
    for _step in range(names.index("Picture")):
        page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Picture")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("radio")).to_be_focused()
    check_accessibility(page)
    dialog.get_by_role("button", name="Show the picture").press("Enter")
    expect(dialog.get_by_text("Choose a picture.")).to_be_visible()
    page.keyboard.press("Space")
    expect(dialog.get_by_label("What the picture shows")).to_have_value("A clinic door")
    dialog.get_by_label("What the picture shows").fill("")
    dialog.get_by_role("button", name="Show the picture").press("Enter")
    expect(dialog.get_by_text("Say what the picture shows.")).to_be_visible()
    dialog.get_by_label("What the picture shows").fill("The door of the clinic")
    dialog.get_by_role("button", name="Show the picture").press("Enter")
    expect(box.get_by_role("img", name="The door of the clinic")).to_be_visible()
    page.get_by_role("button", name="Save and close").press("Enter")
    shown = page.get_by_role("img", name="The door of the clinic")
    expect(shown).to_have_attribute("width", "900")
    text.refresh_from_db()
    assert text.settings["pictures"][0]["media"] == str(media.uuid)

    page.goto(f"{site}/studio/course/{draft.course.slug}/lessons/{lesson.uuid}/")
    page.locator(f"#edit-{parts.uuid}").press("Enter")
    page.get_by_role("button", name="Move down: Part 1").press("Enter")
    expect(page.get_by_role("button", name="Move down: Part 2")).to_be_focused()
    expect(page.get_by_label("Heading (English)").first).to_have_value(second)
    check_accessibility(page)
    titles = [i["title"]["en"] for i in Block.objects.get(pk=parts.pk).settings["items"][:2]]
    assert titles == [second, first]
