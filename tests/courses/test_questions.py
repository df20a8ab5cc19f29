from fractions import Fraction

import pytest

from courses.questions import KINDS, Unreadable, problems_of
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
    "text": {"prompt": both("Say more")},
}
SECRETS = {"right", "answer", "feedback", "explanation", "value", "tolerance", "source"}


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
    assert SECRETS & set(keys(KINDS[kind].shown(BODIES[kind]))) == set()


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
    ],
)
def test_marks(kind, sent, share):
    body = BODIES[kind]
    assert KINDS[kind].mark(body, KINDS[kind].read(body, sent)) == share


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
    ],
)
def test_what_is_no_answer_is_refused_in_words(kind, sent):
    with pytest.raises(Unreadable, match=r"\w"):
        KINDS[kind].read(BODIES[kind], sent)
