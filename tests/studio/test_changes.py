"""What changed, in words: a table of two states and what is said of them."""

import pytest

from courses.document import Document
from courses.models import Block, Lesson, Module
from courses.publishing import freeze
from courses.studio.changes import Piece, compare, plain, words_between
from tests.factories import both, make_draft, make_lesson, single

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    draft = make_draft(lessons=["page", "quiz"])
    draft.refresh_from_db()
    return draft


@pytest.fixture
def said(draft):
    """Make a change, get what is said of it: [(section, sentence), …]."""

    def around(change):
        before = Document.read(freeze(draft))
        change()
        draft.refresh_from_db()
        after = Document.read(freeze(draft))
        return [(s.title, edit.sentence) for s in compare(before, after) for edit in s.edits]

    return around


def page_of(draft):
    return Lesson.objects.get(module__draft=draft, kind="page")


def quiz_of(draft):
    return Lesson.objects.get(module__draft=draft, kind="quiz")


def save(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def test_nothing_is_said_of_nothing(said):
    assert said(lambda: None) == []


def test_the_head(said, draft):
    found = said(
        lambda: save(
            draft, title=both("New"), hours="9.00", outcomes=[both("One")], format="webinar"
        )
    )

    assert [section for section, _ in found] == ["The course itself"] * len(found)
    assert [sentence for _, sentence in found] == [
        "Title (English):",
        "Title (Spanish):",
        "Learning outcome 1 (English):",
        "Learning outcome 1 (Spanish):",
        "Hours:",
        "The kind of course changed.",
    ]


def test_lessons_come_go_and_change_their_name(said, draft):
    page, quiz = page_of(draft), quiz_of(draft)
    name = quiz.title["en"]

    def change():
        save(page, title={"en": "Renamed", "es": page.title["es"]})
        make_lesson(page.module, title=both("Fresh"))
        quiz.delete()

    assert said(change) == [
        ("Renamed", "Title (English):"),
        ("Fresh", "This lesson is new."),
        (name, "This lesson was removed."),
        ("What learners must do", "«Fresh» is now required."),
        ("What learners must do", f"«{name}» is no longer required."),
    ]


def test_a_lesson_in_another_module(said, draft):
    page = page_of(draft)

    def change():
        module = Module.objects.create(draft=draft, title=both("Later"), position=2)
        save(page, module=module)

    assert said(change) == [
        ("Modules", "The module «Later» is new."),
        (page.title["en"], "Moved to the module «Later»."),
    ]


def test_the_order(said, draft):
    page = page_of(draft)

    assert said(lambda: save(page, position=9)) == [
        ("Modules", "The lessons of «Module» are in another order.")
    ]


def test_blocks_with_their_words(draft):
    page = page_of(draft)
    block = page.blocks.get()
    block.body = {"en": "<p>We count who came to us.</p>", "es": "<p>Igual.</p>"}
    block.save()
    before = Document.read(freeze(draft))
    save(block, body={"en": "<p>We ask who never came to us.</p>", "es": "<h2>Igual.</h2>"})
    Block.objects.create(lesson=page, kind="callout", body=both("<p>New.</p>"), position=2)

    section = next(s for s in compare(before, Document.read(freeze(draft))) if s.item)

    assert section.item == str(page.uuid)
    assert [(edit.sentence, edit.pieces) for edit in section.edits] == [
        (
            "Text, block 1 (English):",
            (
                Piece("same", "We"),
                Piece("gone", "count"),
                Piece("new", "ask"),
                Piece("same", "who"),
                Piece("new", "never"),
                Piece("same", "came to us."),
            ),
        ),
        ("Text, block 1 (Spanish): only the formatting changed.", ()),
        ("Callout, block 2 is new.", ()),
    ]


def test_questions(said, draft):
    quiz = quiz_of(draft)
    first, second = quiz.questions.order_by("position")

    def change():
        body = single("Which one?", right="b")
        body["options"] = [*body["options"][:2], {"id": "x", "text": both("Another")}]
        body["options"][0]["feedback"] = both("Other words")
        save(first, body=body, points=3)
        second.delete()
        quiz.questions.create(kind="true_false", body={"prompt": both("So?"), "answer": True})
        save(quiz, settings={"pass_percent": 90, "attempts": 0})

    name = quiz.title["en"]
    assert said(change) == [
        (name, "Percent needed to pass:"),
        (name, "Question 1 is new."),
        (name, "Question 2 (English):"),
        (name, "Question 2 (Spanish):"),
        (name, "Question 2, points:"),
        (name, "Question 2, answer 1, feedback (English):"),
        (name, "Question 2, answer 1, feedback (Spanish):"),
        (name, "Question 2, answer 1 is now wrong."),
        (name, "Question 2, answer 2 is now right."),
        (name, "Question 2, answer 3 is new."),
        (name, "Question 2, answer 3 was removed."),
        (name, "Question 2 was removed."),
    ]


def test_the_rule(said, draft):
    quiz = quiz_of(draft)

    assert said(lambda: save(quiz, required=False)) == [
        ("What learners must do", f"«{quiz.title['en']}» is no longer required.")
    ]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("", "a b", [("new", "a b")]),
        ("a b", "", [("gone", "a b")]),
        ("a b c", "a x c", [("same", "a"), ("gone", "b"), ("new", "x"), ("same", "c")]),
        (
            " ".join("abcdefghijklmnopqrst") + " end",
            " ".join("abcdefghijklmnopqrst") + " END",
            [("skip", "…"), ("same", "o p q r s t"), ("gone", "end"), ("new", "END")],
        ),
    ],
)
def test_words_between(before, after, pieces):
    assert [(piece.how, piece.text) for piece in words_between(before, after)] == pieces


def test_the_words_of_html():
    html = "<h2>A &amp; B</h2><ul><li>one</li><li>two</li></ul><table><tr><td>1</td></tr></table>"
    assert plain(html).split() == ["A", "&", "B", "one", "two", "1", "|"]


def test_a_long_text_is_compared_in_good_time():
    import time

    before = " ".join(f"word{n % 700}" for n in range(6000))
    after = before.replace("word13 ", "changed ")
    begun = time.process_time()
    words_between(before, after)
    assert time.process_time() - begun < 3
