import uuid

import pytest

from courses.models import Question
from courses.questions import problems_of
from tests.factories import both, make_lesson, single

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiz(draft):
    return draft.modules.get().lessons.get(kind="quiz")


@pytest.fixture
def new(quiz, url):
    return url("studio:new-question", quiz.uuid)


OPTIONS = {
    "rows": "4",
    "text_0_en": "Yes",
    "text_0_es": "Sí",
    "feedback_0_en": "Well done.",
    "text_2_en": "No",
}
TRUE_FALSE = {"answer": "false"}
NUMBER = {"value": "3.50", "tolerance": "0.5", "unit_en": "hours", "unit_es": "horas"}
SCALE = {"low_en": "Not at all", "high_en": "Very", "steps": "7", "required": "on"}


@pytest.mark.parametrize(
    ("kind", "sent", "body"),
    [
        (
            "single",
            {**OPTIONS, "right": "0"},
            {
                "options": [
                    {
                        "id": "a",
                        "text": {"en": "Yes", "es": "Sí"},
                        "right": True,
                        "feedback": {"en": "Well done."},
                    },
                    {"id": "b", "text": {"en": "No"}, "right": False},
                ],
            },
        ),
        (
            "multiple",
            {**OPTIONS, "right": ["0", "2"]},
            {
                "options": [
                    {
                        "id": "a",
                        "text": {"en": "Yes", "es": "Sí"},
                        "right": True,
                        "feedback": {"en": "Well done."},
                    },
                    {"id": "b", "text": {"en": "No"}, "right": True},
                ],
            },
        ),
        ("true_false", TRUE_FALSE, {"answer": False}),
        (
            "numeric",
            NUMBER,
            {
                "answer": {
                    "value": 3.5,
                    "tolerance": 0.5,
                    "unit": {"en": "hours", "es": "horas"},
                }
            },
        ),
        (
            "scale",
            SCALE,
            {"low": {"en": "Not at all"}, "high": {"en": "Very"}, "steps": 7, "required": True},
        ),
        ("text", {}, {"required": False}),
        (
            "text",
            {
                "rows": "4",
                "accepted_0": "hand*wash*",
                "accepted_2": "soap",
                "share_2": "50",
                "feedback_2_en": "Nearly.",
                "exact": "on",
            },
            {
                "accepted": [
                    {"text": "hand*wash*"},
                    {"text": "soap", "share": "50", "feedback": {"en": "Nearly."}},
                ],
                "exact": True,
                "required": False,
            },
        ),
        (
            "ordering",
            {
                "rows": "4",
                "item_0_en": "Wet",
                "item_0_es": "Mojar",
                "item_2_en": "Rinse",
                "credit": "all",
            },
            {"items": [{"en": "Wet", "es": "Mojar"}, {"en": "Rinse"}], "credit": "all"},
        ),
        (
            "matching",
            {
                "rows": "4",
                "text_0_en": "Data",
                "match_0_en": "Numbers",
                "text_1_en": "Story",
                "match_1_en": "Words",
                "match_3_en": "Money",
                "match_3_es": "Dinero",
            },
            {
                "pairs": [
                    {"text": {"en": "Data"}, "match": {"en": "Numbers"}},
                    {"text": {"en": "Story"}, "match": {"en": "Words"}},
                ],
                "extras": [{"en": "Money", "es": "Dinero"}],
            },
        ),
        (
            "fill_in",
            {"text_en": "Wash for [20|twenty] seconds.", "text_es": "Lave por [20] segundos."},
            {"text": {"en": "Wash for [20|twenty] seconds.", "es": "Lave por [20] segundos."}},
        ),
        (
            "numeric",
            {**NUMBER, "near_tolerance": "1", "near_share": "50", "when_wrong_en": "Look again."},
            {
                "answer": {
                    "value": 3.5,
                    "tolerance": 0.5,
                    "unit": {"en": "hours", "es": "horas"},
                },
                "near": {"tolerance": 1, "share": "50"},
                "when_wrong": {"en": "Look again."},
            },
        ),
        (
            "essay",
            {"least": "100", "most": "300", "guide_en": "Names two partners."},
            {"least": 100, "most": 300, "guide": {"en": "Names two partners."}},
        ),
        (
            "multiple",
            {
                **OPTIONS,
                "right": ["0"],
                "share_0": "100",
                "share_2": "-50",
                "credit": "percent",
                "keep_order": "on",
            },
            {
                "options": [
                    {
                        "id": "a",
                        "text": {"en": "Yes", "es": "Sí"},
                        "right": True,
                        "share": "100",
                        "feedback": {"en": "Well done."},
                    },
                    {"id": "b", "text": {"en": "No"}, "right": False, "share": "-50"},
                ],
                "credit": "percent",
                "keep_order": True,
            },
        ),
    ],
)
def test_each_kind_is_written_and_read_back(studio, quiz, new, url, kind, sent, body):
    page = studio.get(new, {"kind": kind})
    assert "None" not in page.content.decode()
    form = page.context["form"]
    common = {"key": form["key"].value(), "kind": kind, "points": "2"}
    prompt = {"prompt_en": "What?", "prompt_es": "¿Qué?", "explanation_en": "So it is."}

    answer = studio.post(new, {**common, **prompt, **sent})

    assert answer.status_code == 303, answer.context["form"].errors
    question = quiz.questions.last()
    marked = kind != "scale"
    expected = {"prompt": {"en": "What?", "es": "¿Qué?"}, **body}
    if marked:
        expected["explanation"] = {"en": "So it is."}
    assert question.body == expected
    assert question.points == (2 if marked else 1)
    assert problems_of(kind, question.body) == []

    to = url("studio:question", quiz.uuid, question.uuid)
    form = studio.get(to).context["form"]
    same = {name: form[name].value() for name in form.fields}
    same = {name: value for name, value in same.items() if value not in (None, False, "")}
    assert studio.post(to, {**same, "kind": kind}).status_code == 303
    before = question.body
    question.refresh_from_db()
    assert question.body == before


def test_a_question_sent_twice_is_one(studio, quiz, new):
    sent = {"key": uuid.uuid4(), "kind": "text", "prompt_en": "Why?"}

    for _ in range(2):
        assert studio.post(new, sent).status_code == 303
    assert quiz.questions.filter(kind="text").count() == 1


def test_another_answer_comes_without_a_script_and_nothing_typed_goes(studio, new):
    sent = {"key": uuid.uuid4(), "kind": "single", "rows": "4", "text_1_en": "Typed"}

    answer = studio.post(new, {**sent, "more": "options"})

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Answer 5" in html
    assert 'value="Typed"' in html
    assert "This field is required" not in html
    assert not Question.objects.filter(uuid=sent["key"]).exists()


def test_an_unfinished_question_is_kept_and_what_is_missing_stands_beside_it(
    studio, quiz, new, url
):
    sent = {"key": uuid.uuid4(), "kind": "single", "rows": "4", "prompt_en": "Which?"}
    sent["points"] = "1"

    assert studio.post(new, sent).status_code == 303

    page = studio.get(url("studio:lesson", quiz.uuid)).content.decode()
    assert "Give at least two answers to choose from." in page
    assert "Mark exactly one answer as right." in page
    preview = studio.get(url("studio:preview-lesson", quiz.slug))
    assert preview.status_code == 200


def test_feedback_without_an_answer_is_refused(studio, new):
    sent = {"key": uuid.uuid4(), "kind": "multiple", "rows": "4", "prompt_en": "Which?"}
    sent["points"] = "1"

    answer = studio.post(new, {**sent, "feedback_2_es": "¡Bien!", "right": ["3"]})

    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert errors.keys() == {"text_2_en", "text_3_en"}
    assert "¡Bien!" in answer.content.decode()


def test_answers_keep_their_ids_and_a_new_one_gets_a_free_letter(studio, quiz, url):
    question = quiz.questions.first()
    question.body = {**single(), "source": "https://example.org/", "hand": "made"}
    question.save()
    to = url("studio:question", quiz.uuid, question.uuid)
    form = studio.get(to).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "")}
    sent = {name: value for name, value in sent.items() if not name.endswith(("_1_en", "_1_es"))}

    answer = studio.post(to, {**sent, "rows": "4", "text_3_en": "Another"})

    assert answer.status_code == 303
    question.refresh_from_db()
    assert [option["id"] for option in question.body["options"]] == ["a", "c", "d"]
    assert question.body["hand"] == "made"
    assert question.body["options"][0]["feedback"] == both("on a")


def test_a_stale_question_is_refused_with_both(studio, quiz, url):
    question = quiz.questions.first()
    to = url("studio:question", quiz.uuid, question.uuid)
    form = studio.get(to).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "")}
    studio.post(to, {**sent, "prompt_en": "Theirs?"})

    answer = studio.post(to, {**sent, "prompt_en": "Mine?", "points": "5"})

    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Theirs?" in html
    assert "Mine?" in html
    mark = answer.context["conflict"]["mark"]
    assert studio.post(to, {**sent, "prompt_en": "Mine?", "replace": mark}).status_code == 303
    question.refresh_from_db()
    assert question.body["prompt"]["en"] == "Mine?"


@pytest.mark.parametrize("kind", ["cloze", "", "__class__"])
def test_an_unknown_kind_is_not_found(studio, new, kind):
    assert studio.get(new, {"kind": kind}).status_code == 404
    assert studio.post(new, {"kind": kind, "key": uuid.uuid4()}).status_code == 404


def test_a_page_takes_no_questions(studio, draft, url):
    page = draft.modules.get().lessons.get(kind="page")

    assert studio.get(url("studio:new-question", page.uuid), {"kind": "text"}).status_code == 404


def test_deleting_a_question_asks_and_may_be_sent_twice(studio, quiz, url):
    question = quiz.questions.first()
    to = url("studio:delete-question", quiz.uuid, question.uuid)

    assert "Delete «Which?»?" in studio.get(to).content.decode()
    for _ in range(2):
        assert studio.post(to).status_code == 303
    assert quiz.questions.count() == 1


def test_questions_move(studio, quiz, url):
    first, second = quiz.questions.order_by("position")
    sent = {"move": f"question:{second.uuid}:{first.uuid}"}

    for _ in range(2):
        answer = studio.post(url("studio:arrange-lesson", quiz.uuid), sent)
        assert answer["Location"].endswith(f"#question-{second.uuid}")
    assert list(quiz.questions.order_by("position")) == [second, first]


@pytest.mark.parametrize(
    ("kind", "sent", "wrong"),
    [
        ("ordering", {"rows": "4", "item_1_es": "Mojar"}, {"item_1_en"}),
        ("matching", {"rows": "4", "text_0_en": "Data"}, {"match_0_en"}),
        ("text", {"rows": "4", "share_1": "50"}, {"accepted_1"}),
        ("numeric", {"value": "3", "near_share": "50"}, {"near_tolerance"}),
        ("essay", {"least": "9", "most": "3"}, {"most"}),
    ],
)
def test_half_a_row_is_refused_beside_it(studio, new, kind, sent, wrong):
    common = {"key": uuid.uuid4(), "kind": kind, "prompt_en": "What?", "points": "1"}

    answer = studio.post(new, {**common, **sent})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == wrong


def test_an_evaluation_asks_for_no_essay(studio, draft, url):
    module = draft.modules.get()
    evaluation = make_lesson(module, kind="evaluation")

    to = url("studio:new-question", evaluation.uuid)
    assert studio.get(to, {"kind": "essay"}).status_code == 404
    assert studio.get(to, {"kind": "scale"}).status_code == 200


def test_a_formatted_question_is_edited_with_its_formatting_and_cleaned(studio, quiz, url):
    question = quiz.questions.first()
    question.body = {**single(), "prompt_html": {"en": "<p>Which <em>one</em>?</p>"}}
    question.save()
    to = url("studio:question", quiz.uuid, question.uuid)
    form = studio.get(to).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "", False)}
    sent["prompt_html_en"] = "<p>Which <strong>two</strong>?</p><svg>x</svg>"

    assert studio.post(to, sent).status_code == 303

    question.refresh_from_db()
    assert question.body["prompt"]["en"].startswith("Which two?")
    assert "svg" not in question.body["prompt_html"]["en"]
    assert "<strong>two</strong>" in question.body["prompt_html"]["en"]
