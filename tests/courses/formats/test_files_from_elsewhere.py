"""Files as other systems and other people write them, and files that mean harm."""

import codecs
import io
import zipfile

import pytest

from courses import formats
from courses.formats import BadFile, Refused, Taken
from courses.formats.qti import LIMITS
from tests.courses.formats import canvas

AIKEN = """What cleans hands?
A. Soap
B) Sand
ANSWER: A

Is this
on two lines?
A. Yes
B. No
ANSWER: b
"""
GIFT = """// a comment [tag:old one]
$CATEGORY: $course$/top/Clean hands

::Title::What cleans hands?{
=Soap#Well done.
~Sand
~%50%Water#Nearly.
}

Two plus two {#4:0.5}

Between {#1..5}

One number {#=1822:0 =%50%1822:2}

The sun {T#No\\: it is.#Right.}

Water boils at {=100 =one hundred} degrees.

Which? {~%50%a ~%50%b ~%-100%c ####Because.}

Match {=cat -> cats =dog -> dogs =fox -> foxes}

Write {}

[html]<p>A <b>bold</b><br>claim &amp; more</p>{TRUE}

What {=1 ~%33.333%x ~2} ends

A description only.
"""
MOODLE = """<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<question type="category"><category><text>$course$/top/Clean hands</text></category></question>
<question type="multichoice">
  <name><text>Soap</text></name>
  <questiontext format="html"><text><![CDATA[<p dir="ltr">What <span style="color:red">cleans</span>
   hands?<script>alert(1)</script></p>]]></text></questiontext>
  <generalfeedback format="html"><text/></generalfeedback>
  <defaultgrade>2.5</defaultgrade><single>true</single><shuffleanswers>1</shuffleanswers>
  <answer fraction="100" format="html"><text>&lt;p&gt;Soap&lt;/p&gt;</text>
    <feedback format="html"><text>Yes</text></feedback></answer>
  <answer fraction="0"><text>Sand</text><feedback><text></text></feedback></answer>
  <tags><tag><text>hygiene</text></tag></tags>
</question>
<question type="multichoice"><name><text>Three</text></name>
  <questiontext><text>Which three?</text></questiontext><single>false</single>
  <answer fraction="33.33333"><text>a</text></answer>
  <answer fraction="33.33333"><text>b</text></answer>
  <answer fraction="33.33333"><text>c</text></answer><answer fraction="0"><text>d</text></answer>
</question>
<question type="shortanswer"><name><text>Pic</text></name>
  <questiontext><text>&lt;img src="@@PLUGINFILE@@/x.png"&gt; What is it?</text></questiontext>
  <answer fraction="100"><text>soap</text></answer></question>
<question type="ddimageortext"><name><text>Drag</text></name></question>
<question type="description"><name><text>Read this</text></name></question>
<question type="numerical"><name><text>N</text></name><questiontext><text>2+2</text></questiontext>
  <answer fraction="100"><text>4</text><tolerance>0.1</tolerance></answer></question>
<question type="cloze"><name><text>C</text></name><questiontext><text>
  Wash {1:SHORTANSWER:=hands#Yes~%100%palms~*#No} with {1:SA:=soap}.</text>
  </questiontext></question>
<question type="cloze"><name><text>M</text></name><questiontext><text>
  Pick {1:MULTICHOICE:=a~b}.</text></questiontext></question>
</quiz>"""
QTI21 = """<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="choice"
  title="Unattended Luggage" adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
    <correctResponse><value>ChoiceA</value></correctResponse></responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody><p>Look at the text.</p>
    <choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
      <prompt>What does it say?</prompt>
      <simpleChoice identifier="ChoiceA">Stay with your luggage.</simpleChoice>
      <simpleChoice identifier="ChoiceB">Leave <em>it</em>.</simpleChoice>
    </choiceInteraction></itemBody>
  <responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>
</assessmentItem>"""
FILES = {
    "aiken": AIKEN.encode(),
    "gift": GIFT.encode(),
    "moodle-xml": MOODLE.encode(),
    "qti": QTI21.encode(),
    "csv": b"kind,question,option_1,option_2,right\nsingle,What?,Soap,Sand,A\n",
}


def taken(rows):
    return [row for row in rows if isinstance(row, Taken)]


def refused(rows):
    return {row.name: row.reason for row in rows if isinstance(row, Refused)}


def test_aiken():
    first, second = formats.read("aiken", AIKEN.encode())

    assert first.body["prompt"] == {"en": "What cleans hands?"}
    assert [o["right"] for o in first.body["options"]] == [True, False]
    assert second.body["prompt"] == {"en": "Is this\non two lines?"}
    assert [o["right"] for o in second.body["options"]] == [False, True]


def test_aiken_says_what_is_wrong_with_each():
    source = (
        "No answers\nANSWER: A\n\nWrong letter\nA. x\nB. y\nANSWER: C\n\nNo answer\nA. x\nB. y\n"
    )
    rows = formats.read("aiken", source.encode())

    assert [row.number for row in rows] == [1, 2, 3]
    assert refused(rows) == {
        "No answers": "its answer «A» is not in the list.",
        "Wrong letter": "its answer «C» is not in the list.",
        "No answer": "it has no line «ANSWER:» with a letter.",
    }


def test_gift():
    rows = formats.read("gift", GIFT.encode())

    kinds = [row.kind for row in taken(rows)]
    assert kinds == [
        *("single", "numeric", "numeric", "numeric", "true_false", "fill_in", "multiple"),
        *("matching", "essay", "true_false", "single"),
    ]
    assert refused(rows) == {"A description only.": "it asks nothing: it is a description."}
    single, _two, between, near, sun, boils, which, _match, _write, bold, ends = taken(rows)
    assert (single.name, single.tags) == ("Title", ("Clean hands",))
    assert single.body["credit"] == "percent"
    assert [o.get("share") for o in single.body["options"]] == ["100", "0", "50"]
    assert between.body["answer"] == {"value": 3, "tolerance": 2}
    assert near.body["near"] == {"tolerance": 2, "share": "50"}
    assert sun.body["when_wrong"] == {"en": "No: it is."}
    assert boils.body["text"] == {"en": "Water boils at [100|one hundred] degrees."}
    assert which.body["explanation"] == {"en": "Because."}
    assert bold.body["prompt"] == {"en": "A bold\nclaim & more"}
    assert "<strong>bold</strong>" in bold.body["prompt_html"]["en"]
    assert ends.body["prompt"] == {"en": "What _____ ends"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("Q {=a ~b", "braces"),
        ("Q {=a} and {=b}", "braces"),
        ("Q {=a =b ~c}", "not exactly one"),
        ("Q {~a ~b}", "mark at least one answer as right"),
        ("Q {x}", "do not begin"),
        ("Q {#many}", "no number"),
        ("Q {#=1 =2}", "several right numbers"),
        ("Q {#=1 =%50%3:1}", "elsewhere"),
        ("[html]See <img src=x> {T}", "picture"),
        ("{=a ~b}", "no words"),
    ],
)
def test_gift_that_cannot_be_taken(source, reason):
    (row,) = formats.read("gift", source.encode())

    assert isinstance(row, Refused), row
    assert reason in row.reason


def test_moodle_xml():
    rows = formats.read("moodle-xml", MOODLE.encode())

    soap, three, number, cloze = taken(rows)
    assert soap.tags == ("Clean hands", "hygiene")
    assert soap.points == 2
    assert soap.notes == ("Its 2.5 points became 2.",)
    assert "script" not in str(soap.body)
    assert soap.body["prompt"]["en"].startswith("What cleans hands?")
    assert soap.body["options"][0]["text"] == {"en": "Soap"}
    assert [o["right"] for o in three.body["options"]] == [True, True, True, False]
    assert three.body["credit"] == "percent"
    assert number.body["answer"] == {"value": 4, "tolerance": 0.1}
    assert cloze.body["text"] == {"en": "Wash [hands|palms] with [soap]."}
    reasons = refused(rows)
    assert "picture" in reasons["Pic"]
    assert "ddimageortext" in reasons["Drag"]
    assert "description" in reasons["Read this"]
    assert "multichoice" in reasons["M"]
    assert [row.number for row in rows] == list(range(1, 9))


def test_qti_of_an_older_version():
    (row,) = formats.read("qti", QTI21.encode())

    assert row.name == "Unattended Luggage"
    assert row.kind == "single"
    assert row.body["prompt"] == {"en": "Look at the text.\nWhat does it say?"}
    assert [o["right"] for o in row.body["options"]] == [True, False]
    assert row.body["keep_order"] is True
    assert row.notes == ("The formatting of answers and of feedback was left out.",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("<value>ChoiceA</value>", ""), "which answer is right"),
        (("choiceInteraction", "hotspotInteraction"), "«hotspot»"),
        (("<p>Look at the text.</p>", "<p><img src='x.png' alt=''/></p>"), "picture"),
        (("<p>Look at the text.</p>", "<textEntryInteraction/>"), "more than one answer"),
        (("assessmentItem", "svg"), "no QTI item"),
    ],
)
def test_qti_that_cannot_be_taken(change, reason):
    (row,) = formats.read("qti", QTI21.replace(*change).encode())

    assert isinstance(row, Refused)
    assert reason in row.reason


def package(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return file.getvalue()


def test_a_quiz_as_canvas_exports_it():
    """QTI 1.2: nine questions in one file, which the manifest names by its first file."""
    data = package(
        {
            "imsmanifest.xml": canvas.MANIFEST,
            "gq/gq.xml": canvas.QUIZ % "".join(canvas.ITEMS),
            "gq/assessment_meta.xml": canvas.META,
        }
    )

    rows = formats.read("qti", data)

    assert [row.number for row in rows] == list(range(1, 10))
    assert all(isinstance(row, Taken) for row in rows), rows
    choice, several, claim, short, essay, matching, numeric, gaps, profile = rows
    assert (choice.kind, choice.points, choice.name) == ("single", 2, "What cleans hands?")
    assert choice.body == {
        "prompt": {"en": "What cleans hands?"},
        "prompt_html": {"en": "<p>What cleans <strong>hands</strong>?</p>"},
        "options": [
            {"id": "a", "text": {"en": "Soap"}, "right": True, "feedback": {"en": "Well done."}},
            {"id": "b", "text": {"en": "Sand & dust"}, "right": False},
            {"id": "c", "text": {"en": "<b>Air"}, "right": False},
        ],
        "explanation": {"en": "Ask a nurse."},
    }
    assert (several.kind, several.body["credit"]) == ("multiple", "all")
    assert [option["right"] for option in several.body["options"]] == [True, False, True]
    assert claim.kind == "true_false"
    assert claim.body == {
        "prompt": {"en": "Soap helps."},
        "answer": True,
        "when_right": {"en": "So it is."},
        "when_wrong": {"en": "It does."},
    }
    assert short.body["accepted"] == [{"text": "water"}, {"text": r"a \* of water"}]
    assert (essay.kind, essay.body) == ("essay", {"prompt": {"en": "Tell us more."}})
    assert matching.body["pairs"] == [
        {"text": {"en": "Data"}, "match": {"en": "Numbers"}},
        {"text": {"en": "Story"}, "match": {"en": "Words"}},
    ]
    assert matching.body["extras"] == [{"en": "Money"}]
    assert numeric.body["answer"] == {"value": 20, "tolerance": 0.5}
    assert gaps.body["text"] == {"en": r"Wash for [20|twenty] seconds \[each\] time."}
    assert (profile.kind, [o["right"] for o in profile.body["options"]]) == (
        "multiple",
        [True, False],
    )


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (("calculated_question", "x", canvas.BARE.format(""), ""), "its kind «calculated» is not"),
        (("text_only_question", "Read this.", "", ""), "it asks nothing"),
        (
            ("multiple_choice_question", "x", canvas.choices({"1": "A", "2": "B"}), ""),
            "it does not say which answer is right",
        ),
        (
            ("essay_question", "&lt;img src='$IMS-CC-FILEBASE$/a.png'&gt;", canvas.BARE, ""),
            "a picture",
        ),
        (
            (
                "matching_question",
                "x",
                canvas.choices({"8": "Numbers"}, ident="response_41", line="Data"),
                "",
            ),
            "a line of it matches",
        ),
        (
            (
                "numerical_question",
                "x",
                canvas.BARE.format(""),
                canvas.gives(canvas.equal("1")) + canvas.gives(canvas.equal("2")),
            ),
            "it takes several numbers",
        ),
        (
            (
                "short_answer_question",
                "x",
                canvas.BARE.format(""),
                canvas.gives(canvas.equal("1"), "NaN"),
            ),
            "it does not say which answer is right",
        ),
    ],
)
def test_qti_1_2_that_cannot_be_taken(item, reason):
    (row,) = formats.read("qti", (canvas.QUIZ % canvas.item(*item)).encode())
    assert isinstance(row, Refused)
    assert reason in row.reason


def test_a_number_between_two_bounds_and_an_item_that_does_not_name_its_kind():
    bounds = '<vargte respident="response1">10</vargte><varlte respident="response1">15</varlte>'
    told = canvas.item("numerical_question", "x", canvas.BARE.format(""), canvas.gives(bounds))
    nameless = canvas.item(
        "", "y", canvas.choices({"1": "Yes", "2": "No"}), canvas.gives(canvas.equal("2"))
    )
    number, choice = formats.read("qti", (canvas.QUIZ % (told + nameless)).encode())
    assert number.body["answer"] == {"value": 12.5, "tolerance": 2.5}
    assert (choice.kind, [o["right"] for o in choice.body["options"]]) == ("single", [False, True])


def test_a_package_by_its_manifest():
    manifest = """<manifest xmlns="x"><resources>
      <resource type="imsqti_item_xmlv2p1" href="items/a.xml"/>
      <resource type="imsqti_item_xmlv2p1" href="items/gone.xml"/>
      <resource type="imsqti_item_xmlv2p1" href="items/broken.xml"/>
      <resource type="webcontent" href="items/other.xml"/></resources></manifest>"""
    data = package(
        {"imsmanifest.xml": manifest, "items/a.xml": QTI21, "items/broken.xml": "<a><b></a>",
         "items/other.xml": QTI21}
    )  # fmt: skip

    rows = formats.read("qti", data)

    assert [type(row) for row in rows] == [Taken, Refused, Refused]
    assert "does not hold it" in rows[1].reason
    assert "broken at line 1" in rows[2].reason


def test_a_package_as_other_programs_zip_it():
    """One folder deeper, folders as entries, spaces and marks in names, a Mac's doubles."""
    manifest = """<manifest xmlns="x"><resources>
      <resource type="imsqti_item_xmlv2p1" href="My%20items/Frage%20%C3%BC%20(1).xml"/>
      <resource type="imsqti_item_xmlv2p2" href="_i-2/qti.xml"/></resources></manifest>"""
    entries = {
        "Quiz 1/": "",
        "Quiz 1/My items/": "",
        "Quiz 1/imsmanifest.xml": manifest,
        "Quiz 1/My items/Frage ü (1).xml": QTI21,
        "Quiz 1/_i-2/qti.xml": QTI21,
        "__MACOSX/Quiz 1/._imsmanifest.xml": "\0\5",
        "Quiz 1/.DS_Store": "x",
    }

    assert [type(row) for row in formats.read("qti", package(entries))] == [Taken, Taken]
    del entries["Quiz 1/imsmanifest.xml"]
    assert [type(row) for row in formats.read("qti", package(entries))] == [Taken, Taken]


@pytest.mark.parametrize(
    "entries",
    [
        {"a/../../b.xml": QTI21},
        {"a/./b.xml": QTI21},
        {"a/.. /b.xml": QTI21},
        {"a//b.xml": QTI21},
        {"C:/a.xml": QTI21},
        {"a\\b.xml": QTI21},
        {"a\nb.xml": QTI21},
        {"a/b/c/d/e/f/g/h/i/j/k.xml": QTI21},
        {"../": ""},
        {"folder/": "with something in it"},
        {"a.xml": QTI21, "A.xml": QTI21},
        {"../a.xml": QTI21},
        {"a.xml": "<a>" + " " * (20 * 2**20)},
        {"/etc/passwd": "x"},
    ],
)
def test_a_package_that_means_harm_is_refused_as_a_whole(entries):
    with pytest.raises(BadFile):
        formats.read("qti", package(entries))


def test_a_package_of_too_many_files_is_refused():
    with pytest.raises(BadFile, match="files"):
        formats.read("qti", package({f"{n}.xml": "" for n in range(LIMITS.files + 1)}))


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY a "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><quiz>&b;</quiz>"""
OUTSIDE = """<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>"""


@pytest.mark.parametrize("format", ["moodle-xml", "qti"])
@pytest.mark.parametrize("source", [BOMB, OUTSIDE, "<!DOCTYPE quiz SYSTEM 'http://x/'><quiz/>"])
def test_entities_are_never_read(format, source):
    with pytest.raises(BadFile, match="document type"):
        formats.read(format, source.encode())


@pytest.mark.parametrize("format", ["moodle-xml", "qti"])
@pytest.mark.parametrize(
    "data",
    [b"", b"<quiz><question>", b"not xml", b"<a>" * 5000, b"<quiz>\xff\xfe</quiz>", b"PK\x03\x04x",
     b"<?xml version='1.0' encoding='nonsense'?><quiz/>", b"\x00" * 10],
)  # fmt: skip
def test_broken_xml_is_a_sentence(format, data):
    with pytest.raises(BadFile, match=r"\."):
        formats.read(format, data)


@pytest.mark.parametrize("format", ["gift", "aiken", "csv"])
@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xff\xfe"])
def test_a_file_without_questions_is_a_sentence(format, data):
    with pytest.raises(BadFile):
        formats.read(format, data)


@pytest.mark.parametrize("format", ["gift", "aiken", "csv", "moodle-xml"])
def test_marks_and_line_ends_of_windows_change_nothing(format):
    plain = formats.read(format, FILES[format])

    dos = FILES[format].replace(b"\n", b"\r\n")
    assert formats.read(format, b"\xef\xbb\xbf" + dos) == plain
    if format != "moodle-xml":
        assert formats.read(format, FILES[format].decode().encode("utf-16")) == plain


def test_xml_may_begin_with_a_blank_line_and_programs_in_texts_are_left_out():
    source = """
<?xml version="1.0"?><quiz><question type="truefalse"><questiontext format="html"><text>
<![CDATA[<style>p { color: red }</style><p>Wash?</p><SCRIPT>alert(1)</script ><script>open]]></text>
</questiontext><answer fraction="100"><text>true</text></answer></question></quiz>"""
    for mark in (b"", codecs.BOM_UTF8):
        (row,) = formats.read("moodle-xml", mark + source.encode())
        assert row.body["prompt"] == {"en": "Wash?"}


def test_old_windows_text_is_read():
    (row,) = formats.read("aiken", "¿Qué?\nA. Jabón\nB. No\nANSWER: A".encode("cp1252"))

    assert row.body["prompt"] == {"en": "¿Qué?"}
    assert row.body["options"][0]["text"] == {"en": "Jabón"}


@pytest.mark.parametrize("format", list(FILES))
def test_hostile_words_come_out_harmless(format):
    """Control characters go; markup that is no allowed HTML is words or is gone."""
    evil = "<script>alert(1)</script><svg onload=x>"
    data = FILES[format].replace(b"Soap", b"So\x01ap").replace(b"hands", b"h\x07ands")
    if format in {"moodle-xml", "qti"}:
        data = FILES[format].replace(b"Soap", b"&lt;script&gt;x&lt;/script&gt;Soap")
    for row in taken(formats.read(format, data)):
        assert "\x01" not in str(row.body)
        assert "<script" not in str(row.body.get("prompt_html", ""))
    (row,) = formats.read("gift", f"[plain]{evil} {{T}}".encode())
    assert row.body["prompt"] == {"en": evil}  # shown as words: the page escapes it
    assert "prompt_html" not in row.body


def test_csv_of_every_kind():
    table = (
        "kind;question;question_es;option_1;option_2;option_3;right;tolerance;points;tags\n"
        "single;What?;¿Qué?;Soap;Sand;Air;A;;2;soap, water\n"
        "multiple;Which?;;Soap;Sand;Air;A;;;\n"
        "multiple;Which two?;;Soap;Sand;Air;1,2;;;\n"
        "true_false;So?;;;;;TRUE;;;\n"
        "numeric;How many?;;;;;3,5;0.5;;\n"
        "text;With?;;soap;water;;;;;\n"
        "ordering;Order?;;Wet;Soap;Dry;;;;\n"
        "matching;Which?;;Data -> Numbers;Story -> Words;;;;;\n"
        "fill_in;Wash [20] seconds.;;;;;;;;\n"
        "essay;Tell us.;;;;;;;;\n"
        "scale;Useful?;;Not at all;Very;;7;;;\n"
        "single;Bad letter;;Soap;Sand;;D;;;\n"
        "riddle;What?;;;;;;;;\n"
        "matching;No arrow;;Data;Story;;;;;\n"
    )
    rows = formats.read("csv", table.encode())

    first = rows[0]
    assert (first.points, first.tags) == (2, ("soap", "water"))
    assert first.body["prompt"] == {"en": "What?", "es": "¿Qué?"}
    assert [row.kind for row in taken(rows)] == [
        *("single", "multiple", "multiple", "true_false", "numeric", "text", "ordering"),
        *("matching", "fill_in", "essay", "scale"),
    ]
    assert refused(rows).keys() == {"Bad letter", "What?", "No arrow"}


def test_csv_without_known_columns_says_so():
    for table in ("a,b\n1,2\n", "question,answr\nx,y\n"):
        with pytest.raises(BadFile, match="column"):
            formats.read("csv", table.encode())


def test_a_question_of_enormous_length_is_refused():
    rows = formats.read("gift", f"{'x' * 20_000} {{T}}\n\nFine {{T}}".encode())

    assert [type(row) for row in rows] == [Refused, Taken]


def test_too_many_questions_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(formats, "MOST", 2)

    with pytest.raises(BadFile, match="3 questions"):
        formats.read("gift", b"a {T}\n\nb {T}\n\nc {T}")


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "LARGEST", 10)

    with pytest.raises(BadFile, match="larger"):
        formats.read("gift", b"a {TRUE} and more")


@pytest.mark.parametrize("chosen", ["gift", "aiken", "csv"])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 and the rest of a zip", "Choose QTI for it"),
        (codecs.BOM_UTF8 + b'\r\n<?xml version="1.0"?><quiz/>', "Choose Moodle XML or QTI"),
    ],
)
def test_a_package_is_not_read_as_text_when_another_format_was_chosen(chosen, data, told):
    with pytest.raises(BadFile, match=told):
        formats.read(chosen, data)


def test_a_zip_is_no_moodle_xml():
    with pytest.raises(BadFile, match="Choose QTI for it"):
        formats.read("moodle-xml", b"PK\x03\x04 and the rest of a zip")
