"""The editors of the kinds of block that are made of parts."""

import pytest

from courses.models import Block
from tests.courses.test_block_kinds import ACCORDION, CHECK, GLOSSARY, SCENARIO
from tests.factories import both

pytestmark = pytest.mark.django_db
KINDS = {block["kind"]: block for block in (ACCORDION, GLOSSARY, CHECK, SCENARIO)}


@pytest.fixture
def lesson(draft):
    return draft.modules.get().lessons.first()


def made(lesson, kind, **fields):
    return lesson.blocks.create(
        position=9, **({**KINDS[kind], **fields} if kind in KINDS else fields)
    )


def sent(studio, to, **changes):
    """What the form would send as it stands."""
    form = studio.get(to).context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {k: v for k, v in {**data, **changes}.items() if v not in (None, False)}


@pytest.mark.parametrize("kind", KINDS)
def test_opening_an_editor_and_saving_changes_nothing(studio, lesson, url, kind):
    block = made(lesson, kind)
    before = Block.objects.values().get(pk=block.pk)
    to = url("studio:block", lesson.uuid, block.uuid)

    assert studio.post(to, sent(studio, to)).status_code == 303

    after = Block.objects.values().get(pk=block.pk)
    assert after["settings"] == before["settings"]
    assert after == before


def test_an_empty_editor_of_each_kind_saves_as_it_is(studio, lesson, url):
    """It saves by itself while somebody still writes."""
    for kind in KINDS:
        block = lesson.blocks.create(kind=kind, position=9)
        to = url("studio:block", lesson.uuid, block.uuid)

        assert studio.post(to, sent(studio, to, item_0_en="Half")).status_code == 303, kind

        block.refresh_from_db()
        assert "Half" in str(block.settings)


def test_a_part_goes_when_it_is_emptied_and_the_others_keep_their_names(studio, lesson, url):
    block = made(lesson, "accordion")
    to = url("studio:block", lesson.uuid, block.uuid)
    empty = {f"{name}_0_{code}": "" for name in ("item", "text") for code in ("en", "es")}

    studio.post(to, sent(studio, to, **empty))

    block.refresh_from_db()
    assert [item["id"] for item in block.settings["items"]] == ["2"]


def test_one_more_row_keeps_and_saves_what_was_typed(studio, lesson, url, htmx):
    block = made(lesson, "glossary")
    to = url("studio:block", lesson.uuid, block.uuid)

    plain = studio.post(to, sent(studio, to, item_1_en="Rate", more="1"))
    swapped = studio.post(to, sent(studio, to, more="1"), headers=htmx)

    assert (plain.status_code, plain.context["form"].rows) == (200, 4)
    assert 'value="Rate"' in plain.content.decode()
    block.refresh_from_db()
    assert block.settings["items"][1]["title"] == {"en": "Rate"}
    assert swapped["HX-Retarget"] == f"#block-{block.uuid}"
    assert "<html" not in swapped.content.decode()
    assert swapped.content.decode().count('name="rows"') == 1


def test_a_colleagues_part_is_never_written_over(studio, lesson, url):
    block = made(lesson, "check")
    to = url("studio:block", lesson.uuid, block.uuid)
    mine = sent(studio, to, item_0_en="Mine")
    studio.post(to, sent(studio, to, item_0_en="Theirs"))

    for further in ({}, {"more": "1"}):
        answer = studio.post(to, {**mine, **further})

        assert answer.status_code == 422
        html = answer.content.decode()
        assert "Theirs" in html
        assert 'value="Mine"' in html
    block.refresh_from_db()
    assert block.settings["options"][0]["text"]["en"] == "Theirs"


def test_a_new_scene_can_be_led_to_before_it_is_saved(studio, lesson, url):
    block = lesson.blocks.create(kind="scenario", position=9)
    to = url("studio:block", lesson.uuid, block.uuid)
    typed = {"item_0_en": "One", "choice_0_0_en": "Go", "to_0_0": "2", "item_1_en": "Two"}

    studio.post(to, sent(studio, to, **typed))

    block.refresh_from_db()
    assert block.settings["scenes"] == [
        {
            "id": "1",
            "text": {"en": "One"},
            "choices": [{"id": "a", "text": {"en": "Go"}, "to": "2"}],
        },
        {"id": "2", "text": {"en": "Two"}, "choices": []},
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_lesson_and_its_preview_show_every_kind(studio, lesson, url, kind):
    made(lesson, kind)

    assert studio.get(url("studio:lesson", lesson.uuid)).status_code == 200
    preview = studio.get(url("studio:preview-lesson", lesson.slug))
    assert preview.status_code == 200


def test_a_story_can_be_tried_in_the_preview(studio, lesson, url):
    block = made(lesson, "scenario")

    html = studio.get(
        url("studio:preview-lesson", lesson.slug) + f"?tried-{block.uuid}=a"
    ).content.decode()

    assert "You chose:</span> Ask her child" in html


def test_changes_of_parts_are_said_with_their_words():
    from courses.studio.changes import _blocks
    from tests.courses.test_block_kinds import as_block

    settings = {"items": [{**ACCORDION["settings"]["items"][0], "title": both("Who gives?")}]}
    after = as_block({**ACCORDION, "settings": settings})

    edits = [edit.sentence for edit in _blocks([as_block(ACCORDION)], [after])]

    assert edits[:2] == [
        "Accordion, block 1, part 1 (English):",
        "Accordion, block 1, part 1 (Spanish):",
    ]
    assert "Accordion, block 1, part 2 (English):" in edits


def rendered_again(studio, to, **changes):
    response = studio.post(to, sent(studio, to, **changes))
    assert response.status_code == 200
    return response


@pytest.mark.parametrize("kind", ["accordion", "check", "scenario"])
def test_parts_change_places_with_a_press_and_keep_their_names(studio, lesson, url, kind):
    block = made(lesson, kind)
    (name,) = {"items", "options", "scenes"} & block.settings.keys()
    before = block.settings[name]
    to = url("studio:block", lesson.uuid, block.uuid)

    page = rendered_again(studio, to, shift="0:down").content.decode()

    block.refresh_from_db()
    assert block.settings[name] == [before[1], before[0], *before[2:]]
    moved = page.index('value="1:down"')
    assert "autofocus" in page[moved : page.index(">", moved)]

    rendered_again(studio, to, shift="1:up")

    block.refresh_from_db()
    assert block.settings[name] == before


@pytest.mark.parametrize("shift", ["0:up", "99:down", "0:sideways", "x:up", ":"])
def test_a_move_that_leads_nowhere_moves_nothing(studio, lesson, url, shift):
    block = made(lesson, "glossary")
    before = block.settings
    to = url("studio:block", lesson.uuid, block.uuid)

    studio.post(to, sent(studio, to, shift=shift))

    block.refresh_from_db()
    assert block.settings == before


def test_moving_a_part_saves_what_was_typed_or_keeps_it_in_the_form(studio, lesson, url):
    block = made(lesson, "accordion")
    to = url("studio:block", lesson.uuid, block.uuid)
    rendered_again(studio, to, shift="0:down", item_0_en="Typed")

    block.refresh_from_db()
    assert block.settings["items"][1]["title"]["en"] == "Typed"

    page = rendered_again(studio, to, shift="1:up", item_1_en="x" * 300).content.decode()

    assert "x" * 300 in page
    block.refresh_from_db()
    assert block.settings["items"][1]["title"]["en"] == "Typed"
