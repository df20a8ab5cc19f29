from fractions import Fraction

import pytest
from django.core.exceptions import ImproperlyConfigured

from courses.questions import KINDS, Kind, Unreadable, problems_of
from courses.questions.base import fits
from courses.studio import question_editors
from tests.factories import both, single

MULTIPLE = {
    "prompt": both("Which?"),
    "options": [{"id": i, "text": both(i), "right": i in "ab"} for i in "abcd"],
}
NUMERIC = {"prompt": both("How many?"), "answer": {"value": 23800, "tolerance": 100}}
BODIES = {
    "single": single(),
    "multiple": MULTIPLE,
    "true_false": {"prompt": both("So?"), "answer": True, "explanation": both("Why")},
    "numeric": NUMERIC,
    "scale": {"prompt": both("Useful?"), "steps": 5},
    "text": {
        "prompt": both("With what?"),
        "accepted": [
            {"text": "soap*"},
            {"text": "*water*", "share": "50", "feedback": both("And?")},
            {"text": "nothing", "share": "-100"},
        ],
    },
    "ordering": {"prompt": both("In order?"), "items": [both("Wet"), both("Scrub"), both("Dry")]},
    "matching": {
        "prompt": both("Which belongs?"),
        "pairs": [
            {"text": both("Data"), "match": both("Numbers")},
            {"text": both("Survey"), "match": both("Numbers")},
            {"text": both("Story"), "match": both("Words")},
        ],
        "extras": [both("Money")],
    },
    "fill_in": {
        "prompt": both("Fill in."),
        "text": {"en": r"Wash [20|twenty] \[s\] with [soap].", "es": "Lave [20] con [jabón]."},
    },
    "essay": {"prompt": both("Tell us."), "least": 5, "guide": both("Two partners")},
}
SECRETS = {
    *("right", "answer", "feedback", "explanation", "value", "tolerance", "source", "share"),
    *("accepted", "items", "pairs", "match", "extras", "text_with_gaps", "guide", "when_right"),
}
# What stands in a body and may be told to nobody before the review.
WORDS = ("twenty", "soap", "jabón", "Two partners", "water")


def keys(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_every_kind_is_tried_here():
    assert BODIES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", BODIES)
def test_what_is_shown_before_the_review_gives_no_answer_away(kind):
    shown = KINDS[kind].shown(BODIES[kind] | {"when_right": both("soap"), "credit": "all"})
    assert SECRETS & set(keys(shown)) == set()
    assert not [word for word in WORDS if word in str(shown)]


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_the_names_of_parts_tell_nothing_about_where_they_belong(kind):
    """They are ranks in alphabetical order, whatever the right order is."""
    body = BODIES[kind]
    name = "items" if kind == "ordering" else "pairs"
    turned = {**body, name: body[name][::-1]}

    assert KINDS[kind].shown(body)["parts"] == KINDS[kind].shown(turned)["parts"]
    assert list(KINDS[kind].shown(body)["parts"]) == sorted(KINDS[kind].option_ids(body))


def test_a_paper_mixes_what_would_give_the_answer_away(monkeypatch):
    monkeypatch.setattr("random.SystemRandom.shuffle", lambda self, items: items.reverse())

    mixed = {kind: KINDS[kind].order(BODIES[kind], mix=False) for kind in KINDS}

    assert mixed["ordering"] == ["03", "02", "01"]
    assert mixed["matching"] == ["03", "02", "01"]
    assert mixed["single"] == ["a", "b", "c"]
    assert KINDS["single"].order(BODIES["single"], mix=True) == ["c", "b", "a"]
    assert KINDS["single"].order({**single(), "keep_order": True}, mix=True) == ["a", "b", "c"]


def test_a_kind_that_says_too_little_cannot_be_made():
    class Silent(Kind):
        name = "silent"

    with pytest.raises(TypeError):
        Silent()

    class Nowhere(type(KINDS["essay"])):
        control = ""

    with pytest.raises(TypeError, match="control"):
        Nowhere()


def test_the_site_does_not_start_when_a_kind_has_no_editor(monkeypatch):
    monkeypatch.setattr(question_editors, "EDITORS", {"single": question_editors.Single()})

    with pytest.raises(ImproperlyConfigured, match="essay"):
        question_editors.require_every_kind()


@pytest.mark.parametrize("kind", BODIES)
def test_a_good_question_has_no_problems_and_one_without_words_has(kind):
    assert problems_of(kind, BODIES[kind]) == []
    assert problems_of(kind, BODIES[kind] | {"prompt": {}}) != []


@pytest.mark.parametrize(
    ("kind", "sent", "share"),
    [
        ("single", ["a"], 1),
        ("single", ["b"], 0),
        ("single", [], 0),
        ("multiple", ["a", "b"], 1),
        ("multiple", ["a"], Fraction(1, 2)),
        ("multiple", ["a", "c"], 0),
        ("multiple", ["a", "b", "c", "d"], 0),
        ("true_false", ["true"], 1),
        ("true_false", ["false"], 0),
        ("numeric", ["23,800"], 1),
        ("numeric", ["$23 900"], 1),
        ("numeric", ["23901"], 0),
        ("numeric", ["23.8"], 0),
        ("numeric", ["23,8"], 0),
        ("text", ["SOAP"], 1),
        ("text", ["soap  and a towel"], 1),
        ("text", ["warm wáter"], Fraction(1, 2)),
        ("text", ["nothing"], 0),
        ("text", ["air"], 0),
        ("ordering", ["1", "2", "3"], Fraction(1, 3)),  # the paper shows Dry, Scrub, Wet
        ("ordering", ["3", "2", "1"], 1),
        ("ordering", ["3", "", ""], Fraction(1, 3)),
        ("ordering", ["3", "3", "1"], Fraction(1, 3)),  # a place used twice counts for none
        ("ordering", ["1", "1", "1"], 0),
        ("matching", ["2", "2", "3"], 1),  # the paper shows Money, Numbers, Words
        ("matching", ["2", "1", "3"], Fraction(2, 3)),
        ("matching", ["2", "", ""], Fraction(1, 3)),
        ("fill_in", ["twenty", "SOAP"], 1),
        ("fill_in", ["20", "jabon"], 1),  # in either language, without its accent
        ("fill_in", ["20", ""], Fraction(1, 2)),
        ("fill_in", ["", ""], 0),
        ("essay", ["A long story"], 0),  # a person gives the points
    ],
)
def test_marks(kind, sent, share):
    body = BODIES[kind]
    order = sorted(KINDS[kind].option_ids(body))
    answer = KINDS[kind].read(body, sent, order)
    assert KINDS[kind].mark(body, answer) == share
    if answer is not None and kind != "numeric":
        again = KINDS[kind].strings(body, answer, order)
        assert KINDS[kind].read(body, again, order) == answer


@pytest.mark.parametrize(
    ("kind", "more", "sent", "share"),
    [
        ("multiple", {"credit": "all"}, ["a"], 0),
        ("multiple", {"credit": "all"}, ["a", "b"], 1),
        ("ordering", {"credit": "all"}, ["3", "2", ""], 0),
        ("matching", {"credit": "all"}, ["2", "1", "3"], 0),
        ("fill_in", {"credit": "all"}, ["20", ""], 0),
        ("fill_in", {"exact": True}, ["20", "Soap"], Fraction(1, 2)),
        ("text", {"exact": True}, ["SOAP"], 0),
        ("numeric", {"near": {"tolerance": 200, "share": "25"}}, ["23650"], Fraction(1, 4)),
        ("numeric", {"near": {"tolerance": 200, "share": "25"}}, ["23500"], 0),
    ],
)
def test_rules_for_partly_right_answers(kind, more, sent, share):
    body = BODIES[kind] | more
    order = sorted(KINDS[kind].option_ids(body))
    assert problems_of(kind, body) == []
    assert KINDS[kind].mark(body, KINDS[kind].read(body, sent, order)) == share


def weighted(*shares):
    letters = "abcdef"
    options = [
        {"id": i, "text": both(i), "share": share, "right": float(share) > 0 and "-" not in share}
        for i, share in zip(letters, shares, strict=False)
    ]
    return {"prompt": both("Which?"), "options": options, "credit": "percent"}


@pytest.mark.parametrize(
    ("shares", "chosen", "share"),
    [
        (("33.33333", "33.33333", "33.33333", "-100"), "abc", 1),  # almost the whole is the whole
        (("50", "50", "-50"), "ab", 1),
        (("50", "50", "-50"), "abc", Fraction(1, 2)),
        (("50", "50", "-50"), "c", 0),  # never less than nothing
        (("75", "25", "0"), "a", Fraction(3, 4)),
    ],
)
def test_percents_at_the_answers(shares, chosen, share):
    body = weighted(*shares)
    assert problems_of("multiple", body) == []
    assert KINDS["multiple"].mark(body, list(chosen)) == share


def test_a_nearly_right_choice_is_worth_its_percent():
    body = weighted("100", "50", "0")
    body["options"][1]["right"] = False

    assert [KINDS["single"].mark(body, i) for i in "abc"] == [1, Fraction(1, 2), 0]


@pytest.mark.parametrize(
    ("pattern", "given", "right"),
    [
        ("*", "", True),
        ("*", "anything", True),
        ("a*b", "ab", True),
        ("a*b", "a long b", True),
        ("a*b", "a", False),
        ("ab*b", "ab", False),  # the two ends do not share a letter
        ("*a*b*a*", "xaxbxa", True),
        ("*a*b*a*", "xaxax", False),
        (r"5 \* 3", "5 * 3", True),
        (r"5 \* 3", "5 and 3", False),
        ("*a" * 50 + "!", "a" * 5000, False),  # many stars cost nothing
    ],
)
def test_a_star_stands_for_any_words(pattern, given, right):
    assert fits(pattern, given, exact=False) is right


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("single", {"options": [{"id": "a", "text": both("A"), "right": True}]}),
        ("single", {"credit": "half"}),
        ("multiple", weighted("50", "20", "0")),
        ("ordering", {"items": [both("One")]}),
        ("ordering", {"items": [both("One"), both("One")]}),
        ("ordering", {"items": [both("One"), {"es": "Dos"}]}),
        ("matching", {"pairs": [{"text": both("One"), "match": {}}] * 2}),
        ("matching", {"pairs": [{"text": both("One"), "match": both("A")}] * 2, "extras": []}),
        ("fill_in", {"text": {"en": "No gap."}}),
        ("fill_in", {"text": {"en": "An empty [] gap."}}),
        ("fill_in", {"text": {"en": "[One] gap.", "es": "[Dos] [huecos]."}}),
        ("fill_in", {"text": {"es": "[Un] hueco."}}),
        ("text", {"accepted": [{"text": "half", "share": "50"}]}),
        ("text", {"accepted": [{"text": " "}]}),
        ("text", {"accepted": [{"text": "a", "share": "lots"}]}),
        ("numeric", {"near": {"tolerance": 1}}),
        ("essay", {"least": 10, "most": 5}),
        ("scale", {"steps": 1}),
    ],
)
def test_what_keeps_a_question_from_being_asked(kind, change):
    (problem,) = problems_of(kind, BODIES[kind] | change)
    assert problem.endswith(".")


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("single", ["z"]),
        ("single", ["a", "b"]),
        ("multiple", ["a", "z"]),
        ("true_false", ["maybe"]),
        ("numeric", ["many"]),
        ("numeric", ["NaN"]),
        ("numeric", ["1e999999999"]),  # written out it would fill the memory
        ("numeric", ["1e-999999999"]),
        ("numeric", ["0e999999999"]),
        ("numeric", ["9" * 100]),
        ("scale", ["6"]),
        ("text", ["x" * 5001]),
        ("essay", ["x" * 50_001]),
        ("ordering", ["4", "", ""]),
        ("ordering", ["1", "2"]),
        ("matching", ["1", "2", "9"]),
        ("matching", ["1"]),
        ("fill_in", ["one"]),
        ("fill_in", ["x" * 201, ""]),
    ],
)
def test_what_is_no_answer_is_refused_in_words(kind, sent):
    with pytest.raises(Unreadable, match=r"\w"):
        KINDS[kind].read(BODIES[kind], sent, sorted(KINDS[kind].option_ids(BODIES[kind])))
