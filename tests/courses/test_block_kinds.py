"""The kinds of block that are made of parts: what learners see of them and do with them."""

import pytest

from courses import blocks
from courses.annotating import annotated
from courses.document import Block
from courses.models import Reflection
from courses.walking import walk
from lms.text import Said
from tests.courses.pages import lesson_url
from tests.courses.test_lessons import REFLECTION, with_blocks
from tests.factories import both, make_draft

pytestmark = pytest.mark.django_db

ACCORDION = {
    "kind": "accordion",
    "title": both("Questions people ask"),
    "settings": {
        "items": [
            {"id": "1", "title": both("Who pays?"), "body": both("<p>The county.</p>")},
            {"id": "2", "title": both("Who decides?"), "body": both("<p>The board.</p>")},
        ]
    },
}
GLOSSARY = {
    "kind": "glossary",
    "settings": {
        "items": [
            {
                "id": "1",
                "title": {"en": "Small cell", "es": "Celda pequeña"},
                "body": {"en": "A count under 11 <people>.", "es": "Un recuento menor que 11."},
            }
        ]
    },
}
CHECK = {
    "kind": "check",
    "body": both("<p>Which is a rate?</p>"),
    "settings": {
        "options": [
            {"id": "a", "text": both("12"), "right": False, "feedback": both("a count")},
            {"id": "b", "text": both("12 in 1,000"), "right": True, "feedback": both("per people")},
        ],
        "explanation": both("A rate counts for so many people."),
    },
}
SCENARIO = {
    "kind": "scenario",
    "title": both("At the counter"),
    "settings": {
        "scenes": [
            {
                "id": "1",
                "text": both("A mother asks in Mixteco."),
                "choices": [
                    {"id": "a", "text": both("Ask her child"), "to": "2"},
                    {"id": "b", "text": both("Call an interpreter"), "to": "3"},
                ],
            },
            {
                "id": "2",
                "text": both("The child does not know the words."),
                "choices": [{"id": "a", "text": both("Call after all"), "to": "3"}],
            },
            {"id": "3", "text": both("They understand each other."), "choices": []},
        ]
    },
}


def as_block(data):
    whole = {"uuid": "u", "title": {}, "body": {}, "settings": {}} | data
    return Block(**{name: whole[name] for name in ("uuid", "kind", "title", "body", "settings")})


def page(client, enrolment, lesson, query=""):
    return client.get(lesson_url(enrolment, lesson) + query).content.decode()


def test_an_accordion_opens_part_by_part_without_a_script(signed_in, person):
    html = page(signed_in, *with_blocks(person, ACCORDION))

    assert html.count("<details") >= 2
    assert "<summary>Who pays?</summary>" in html
    assert '<div class="gw-prose"><p>The board.</p></div>' in html


def test_a_term_of_the_course_shows_its_meaning_on_a_press(signed_in, person):
    """In running text of any lesson; the meaning is text and never markup."""
    text = {
        "kind": "text",
        "body": both('<p>A <dfn title="small cell">tiny</dfn> <dfn>rest</dfn></p>'),
    }
    enrolment, lesson = with_blocks(person, text, GLOSSARY)

    html = page(signed_in, enrolment, lesson)

    id = f"{lesson.blocks[0].uuid}-term-1"
    assert f'<button type="button" class="gw-term" popovertarget="{id}">tiny</button>' in html
    assert f'id="{id}" popover lang="en">A count under 11 &lt;people&gt;.</span>' in html
    assert "<dfn>rest</dfn>" in html, "no glossary explains it"
    assert "<dt>Small cell</dt>" in html


def test_footnotes_are_numbered_and_lead_there_and_back():
    html = annotated(
        Said("<p>One<small>first</small> two <small>second</small></p>", "en"), {}, "b"
    )

    assert '<p>One<sup><a class="gw-note" id="b-from-1" href="#b-note-1"' in html
    assert '<li id="b-note-2">second <a href="#b-from-2"' in html


def test_a_check_keeps_its_answer_to_itself_until_somebody_answers(signed_in, person):
    enrolment, lesson = with_blocks(person, CHECK)

    html = page(signed_in, enrolment, lesson)

    assert "12 in 1,000" in html
    for secret in ("per people", "a count", "A rate counts", "gw-answer--right"):
        assert secret not in html


@pytest.mark.parametrize(
    ("picked", "said", "unsaid"),
    [
        ("b", ["Right.", "per people", "A rate counts"], "a count"),
        ("a", ["Not quite.", "a count"], "A rate"),
    ],
)
def test_a_check_is_answered_in_place_and_never_counts(
    signed_in, person, htmx, picked, said, unsaid
):
    enrolment, lesson = with_blocks(person, CHECK, REFLECTION)
    check, reflection = lesson.blocks
    sent = {f"tried-{check.uuid}": picked, f"reflection-{reflection.uuid}": "My words"}
    to = lesson_url(enrolment, lesson, "try", check.uuid)

    swapped = signed_in.post(to, sent, headers=htmx).content.decode()
    answer = signed_in.post(to, sent)

    assert answer.status_code == 303
    assert answer["Location"].endswith(f"?tried-{check.uuid}={picked}#block-{check.uuid}")
    for html in (swapped, signed_in.get(answer["Location"]).content.decode()):
        assert all(words in html for words in said)
        assert unsaid not in html
    assert "<html" not in swapped
    assert Reflection.objects.get().text == "My words", "typed beside it, and kept"
    assert not enrolment.evidence.exists()


def test_a_check_with_several_right_answers_wants_all_of_them(signed_in, person, htmx):
    options = [{**option, "right": True} for option in CHECK["settings"]["options"]]
    enrolment, lesson = with_blocks(person, {**CHECK, "settings": {"options": options}})
    (check,) = lesson.blocks
    to = lesson_url(enrolment, lesson, "try", check.uuid)
    name = f"tried-{check.uuid}"

    assert "Not all of it yet" in signed_in.post(to, {name: "a"}, headers=htmx).content.decode()
    both_of_them = signed_in.post(to, {name: ["a", "b"]}, headers=htmx).content.decode()
    assert "Yes, that is it." in both_of_them


def test_checking_nothing_is_refused_beside_the_question(signed_in, person, htmx):
    enrolment, lesson = with_blocks(person, CHECK)
    to = lesson_url(enrolment, lesson, "try", lesson.blocks[0].uuid)

    for answer in (signed_in.post(to), signed_in.post(to, headers=htmx)):
        assert answer.status_code == 422
        assert "Choose an answer first." in answer.content.decode()


def test_a_story_goes_on_by_choices_without_a_script(signed_in, person):
    enrolment, lesson = with_blocks(person, SCENARIO)
    (story,) = lesson.blocks
    to = lesson_url(enrolment, lesson, "try", story.uuid)
    begin = page(signed_in, enrolment, lesson)
    assert 'value="a"' in begin
    assert "You chose:" not in begin

    answer = signed_in.post(to, {f"tried-{story.uuid}": "a"})
    html = signed_in.get(answer["Location"]).content.decode()
    assert "You chose:</span> Ask her child" in html
    assert 'value="a.a"' in html

    answer = signed_in.post(to, {f"tried-{story.uuid}": "a.a"})
    assert "The story ends here." in signed_in.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("path", "numbers", "kept"),
    [
        ("", [1], ""),
        ("b", [1, 3], "b"),
        ("a.a", [1, 2, 3], "a.a"),
        ("nonsense", [1], ""),
        ("a.z.a", [1, 2], "a"),
        ("b.a.a", [1, 3], "b"),
    ],
)
def test_a_path_leads_as_far_as_it_leads(path, numbers, kept):
    walked = walk(SCENARIO["settings"], path)

    assert ([scene.number for scene in walked.scenes], walked.path) == (numbers, kept)


def test_a_story_that_goes_round_in_circles_has_an_end_somewhere():
    choices = [{"id": "a", "text": both("again"), "to": "1"}]
    settings = {"scenes": [{"id": "1", "text": both("x"), "choices": choices}]}

    assert len(walk(settings, ".".join("a" * 10_000)).scenes) < 100


def test_only_what_can_be_tried_is_tried(signed_in, person):
    enrolment, lesson = with_blocks(person, ACCORDION)

    to = lesson_url(enrolment, lesson, "try", lesson.blocks[0].uuid)

    assert signed_in.post(to).status_code == 404
    assert signed_in.post(lesson_url(enrolment, lesson, "try", "nonsense")).status_code == 404


@pytest.mark.parametrize(
    ("block", "barriers"),
    [
        (ACCORDION, []),
        (GLOSSARY, []),
        (CHECK, []),
        (SCENARIO, []),
        ({"kind": "text", "body": both("<h2>A</h2><h4>B</h4>")}, ["a heading skips a level"]),
        (
            {"kind": "text", "body": both("<table><tr><td>1</td></tr></table>")},
            ["a table has no header cells"],
        ),
        (
            {"kind": "text", "body": both("<table><tr><th>A</th><th><p></p></th></tr></table>")},
            ["a header cell of a table is empty"],
        ),
        (
            {
                "kind": "callout",
                "body": {"es": '<p><a href="http://x.test">Haga clic aquí</a></p>'},
            },
            ["the words of a link do not say where it leads"],
        ),
        (
            {"kind": "video", "body": both("/media/a.mp4")},
            ["the video has no captions", "the video has no title"],
        ),
        ({"kind": "reflection"}, ["it asks no question"]),
        ({"kind": "accordion"}, ["it has no parts yet"]),
        ({"kind": "check", "body": both("<p>x</p>")}, ["it needs two answers at least"]),
        (
            {
                "kind": "scenario",
                "settings": {
                    "scenes": [
                        {
                            "id": "1",
                            "text": both("x"),
                            "choices": [{"id": "a", "text": {}, "to": "1"}],
                        },
                        {"id": "2", "text": {}, "choices": [{"id": "a", "text": {}, "to": "9"}]},
                    ]
                },
            },
            [
                "a scene says nothing",
                "a choice leads to a scene that is not there",
                "no choice leads to one of its scenes",
                "its story never ends",
            ],
        ),
    ],
)
def test_what_keeps_somebody_from_using_a_block_is_said(block, barriers):
    assert blocks.barriers(as_block(block)) == barriers


def test_every_kind_is_known_everywhere(db):
    """A kind without words for changes, without its view or its form would fail a trainer."""
    from courses.models import Block as Row
    from courses.studio.block_forms import BlockForm
    from courses.studio.changes import BLOCK_WORDS

    assert set(BLOCK_WORDS) == set(Row.Kind.values)
    lesson = make_draft().modules.get().lessons.get()
    for kind in Row.Kind.values:
        assert BlockForm(Row(kind=kind, lesson=lesson)).fields.keys() > {"base"}


def test_html_inside_parts_is_cleaned_on_its_way_back():
    items = [{"id": "1", "title": {}, "body": {"en": "<p onclick=x>a</p><script>b</script>"}}]

    cleaned = blocks.clean_settings("accordion", {"items": items})

    assert cleaned["items"][0]["body"] == {"en": "<p>a</p>"}
