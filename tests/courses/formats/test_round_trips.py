"""What a format can carry comes back as it was, and what it cannot is said."""

import pytest

from courses import formats
from courses.formats import Given, Taken
from courses.formats.gift import GAPS
from courses.questions import KINDS
from tests.factories import both

OPTIONS = [
    {"id": "a", "text": {"en": "Soap & water {=~#:}"}, "right": True, "feedback": {"en": "Yes\n!"}},
    {"id": "b", "text": {"en": "Only <b>air</b>"}, "right": False},
    {"id": "c", "text": {"en": "Sand -> no"}, "right": False, "feedback": {"en": "No."}},
]
TOLD = {"explanation": {"en": "Because: \\n is no line.\nThis is."}}
TWO = {
    "options": [
        {"id": "a", "text": both("Agua y jabón"), "right": True, "feedback": both("Sí")},
        {"id": "b", "text": both("Aire"), "right": True},
        {"id": "c", "text": both("Arena"), "right": False},
    ],
}
PERCENT = {
    "prompt": {"en": "How much?"},
    "credit": "percent",
    "options": [
        {"id": "a", "text": {"en": "Most"}, "right": True, "share": "75"},
        {"id": "b", "text": {"en": "Some"}, "right": True, "share": "25"},
        {"id": "c", "text": {"en": "None"}, "right": False, "share": "-50"},
    ],
}
SHARE = {
    "prompt": {"en": "Which one?"},
    "credit": "percent",
    "options": [
        {"id": "a", "text": {"en": "Best"}, "right": True, "share": "100"},
        {"id": "b", "text": {"en": "Good"}, "right": False, "share": "33.33333"},
        {"id": "c", "text": {"en": "Bad"}, "right": False, "share": "0"},
    ],
}
RICH = {"en": "<p>Look at <em>this</em> list:</p><ul><li>one</li><li>two</li></ul>"}
# (kind, body, formats that carry all of it)
EVERYWHERE = {"gift", "moodle-xml", "qti"}
CASES = [
    ("single", {"prompt": {"en": "What cleans\n{hands}: a=b?"}, "options": OPTIONS, **TOLD},
     EVERYWHERE),
    ("single", {"prompt": both("What?"),
                "options": [OPTIONS[0], {**TWO["options"][2], "id": "b"}]},
     EVERYWHERE),
    ("single", SHARE, EVERYWHERE),
    ("single", {"prompt": {"en": "Q"}, "options": OPTIONS, "keep_order": True},
     {"moodle-xml", "qti"}),
    ("single", {"prompt": {"en": "Q"}, "options": OPTIONS, "when_right": both("Well done.")},
     {"moodle-xml", "qti"}),
    ("single", {"prompt": {"en": "Look at this list:\none\ntwo"}, "prompt_html": RICH,
                "options": OPTIONS}, EVERYWHERE),
    ("multiple", {"prompt": both("Which?"), **TWO, "explanation": both("Así")}, EVERYWHERE),
    ("multiple", PERCENT, EVERYWHERE),
    ("multiple", {"prompt": {"en": "All?"}, **TWO, "credit": "all"}, {"qti"}),
    ("true_false", {"prompt": both("So?"), "answer": False, "when_wrong": both("Look."),
                    "when_right": both("Yes.")}, EVERYWHERE),
    ("true_false", {"prompt": {"en": "So?"}, "answer": True, "when_right": {"en": "Yes."}},
     EVERYWHERE),
    ("text", {"prompt": {"en": "With?"}, "accepted": [{"text": "soap"}, {"text": "water",
              "share": "50"}]}, EVERYWHERE),
    ("text", {"prompt": {"en": "With?"}, "accepted": [{"text": "soap*", "feedback": both("Yes")}]},
     {"gift", "moodle-xml"}),
    ("text", {"prompt": {"en": "With?"}, "accepted": [{"text": "SOAP"}], "exact": True},
     {"moodle-xml", "qti"}),
    ("numeric", {"prompt": {"en": "How many?"}, "answer": {"value": 3.5, "tolerance": 0.25}},
     EVERYWHERE),
    ("numeric", {"prompt": {"en": "How many?"}, "answer": {"value": 1822, "tolerance": 0},
                 "near": {"tolerance": 2, "share": "50"}}, {"gift", "moodle-xml"}),
    ("numeric", {"prompt": {"en": "How many?"}, "answer": {"value": -12, "tolerance": 0,
                 "unit": {"en": "hours"}}}, {"moodle-xml"}),
    ("matching", {"prompt": {"en": "Which?"}, "pairs": [
        {"text": {"en": "Data"}, "match": {"en": "Numbers"}},
        {"text": {"en": "Survey"}, "match": {"en": "Numbers"}},
        {"text": {"en": "Story"}, "match": {"en": "Words = text"}}],
        "extras": [{"en": "Money"}]}, EVERYWHERE),
    ("matching", {"prompt": both("Which?"), "pairs": [
        {"text": both("Data"), "match": both("Numbers")},
        {"text": both("Story"), "match": both("Words")}]}, EVERYWHERE),
    ("ordering", {"prompt": {"en": "Order?"}, "items": [both("Wet"), both("Soap"), both("Dry")]},
     {"moodle-xml", "qti"}),
    ("fill_in", {"prompt": GAPS, "text": {"en": "Wash for [20|twenty] seconds."}}, EVERYWHERE),
    ("fill_in", {"prompt": GAPS, "text": {"en": "Use [soap] and [water], not \\[x\\].",
                 "es": "Use [soap] y [water], no \\[x\\]."}}, {"moodle-xml", "qti"}),
    ("essay", {"prompt": both("Tell us."), "explanation": both("Thanks.")}, EVERYWHERE),
    ("essay", {"prompt": {"en": "Tell us."}, "guide": both("Two partners")},
     {"moodle-xml", "qti"}),
    ("essay", {"prompt": {"en": "Tell us."}, "least": 50, "most": 200}, {"moodle-xml"}),
    ("scale", {"prompt": {"en": "Useful?"}, "steps": 7}, {"qti"}),
    ("text", {"prompt": {"en": "Say more"}}, set()),
]  # fmt: skip


def given(kind, body, points=1, tags=()):
    return Given(body["prompt"]["en"].split("\n")[0][:80], kind, body, points, tags)


def test_every_kind_is_tried():
    assert {kind for kind, _body, _where in CASES} == set(KINDS)


@pytest.mark.parametrize("format", ["gift", "moodle-xml", "qti"])
@pytest.mark.parametrize(("kind", "body", "where"), CASES)
def test_out_and_in_again(format, kind, body, where):
    written = formats.write(format, [given(kind, body)])

    if format in where:
        assert written.left_out == []
        (row,) = formats.read(format, written.data)
        assert isinstance(row, Taken), row
        assert (row.kind, row.body, row.points) == (kind, body, 1)
        assert row.notes == ()
    else:
        ((name, sentence),) = written.left_out
        assert name
        assert sentence.endswith(".")


@pytest.mark.parametrize("format", ["gift", "moodle-xml", "qti"])
def test_many_stay_in_their_order(format):
    carried = [(kind, body) for kind, body, where in CASES if format in where]

    written = formats.write(format, [given(*each) for each in carried])

    rows = formats.read(format, written.data)
    assert [(row.number, row.kind, row.body) for row in rows] == [
        (n, kind, body) for n, (kind, body) in enumerate(carried, 1)
    ]


@pytest.mark.parametrize(("format", "points", "tags"), [
    ("gift", 1, ("soap", "two words")),
    ("moodle-xml", 3, ("soap", "two words")),
    ("qti", 3, ()),
])  # fmt: skip
def test_points_and_tags_where_there_is_a_place_for_them(format, points, tags):
    body = {"prompt": {"en": "Q"}, "options": OPTIONS}

    written = formats.write(format, [given("single", body, points, tags)])

    (row,) = formats.read(format, written.data)
    assert written.left_out == []
    assert (row.points, row.tags) == (points, tags)
