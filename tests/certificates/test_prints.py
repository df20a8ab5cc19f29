"""What the three designs print: names, one page, tags; and what a snapshot freezes."""

import hashlib
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from certificates.canonical import LARGEST, canonical
from certificates.press import Picture, PressError, preview, print_certificate
from certificates.press.sheet import TEMPLATES
from tests.certificates.hostile import NAMES
from tests.certificates.pdf_ua import violations
from tests.certificates.test_press import SCRIPTS, page_of, read, snapshot, text_of

DESIGNS = ["seedling-1", "ledger-1", "horizon-1"]
COURSES = [
    {
        "title": {"en": f"Course {n}", "es": f"Curso {n}"},
        "completed_on": f"2026-10-{n:02}",
        "hours": "1.5",
    }
    for n in range(1, 5)
]
LONG = [
    "Ana",
    "Wolfeschlegelsteinhausenbergerdorff " * 9,
    "W" * 400,
    "Ж" * 200 + " " + "ш" * 199,
    "陳" * 400,
    "محمد " * 80,
]


def picture(colour="#102040", size=(300, 90)):
    data = io.BytesIO()
    Image.new("RGBA", size, colour).save(data, "PNG")
    return Picture("image/png", data.getvalue(), *size)


def full(design, **changes):
    """A series certificate with a logo and a signature: as much as a design can hold."""
    return snapshot(
        format=2,
        template=design,
        kind="series",
        needed=3,
        offered=4,
        courses=COURSES[:3],
        design={"primary": "#1b3a6b", "accent": "#9a5b13", "logo": "L", "logo_name": "Wake"},
        signatories=[
            {"name": "Amina Okafor", "role": {"en": "Director"}, "signature": "S"},
        ],
        **changes,
    )


PICTURES = {"L": picture(), "S": picture("#000000", (400, 120))}


@pytest.fixture(params=DESIGNS)
def design(request):
    return request.param


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{name[:5]}{len(name)}")
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_it_is_one_page_at_any_length(design, paper, name):
    title = {"en": "A very long title " * 12, "es": "Un título muy largo " * 12}
    changes = {"name": name, "title": title} if len(name) > 3 else {"name": name}

    pdf = print_certificate(full(design, **changes), paper=paper, pictures=PICTURES)

    assert page_of(pdf).mediabox.width > page_of(pdf).mediabox.height
    assert snapshot()["code"] in text_of(pdf).replace(" ", "")


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_name_in_any_script(design, name):
    printed = text_of(print_certificate(snapshot(format=2, template=design, name=name)))
    printed = unicodedata.normalize("NFC", printed)

    assert set(unicodedata.normalize("NFC", name)) - set(printed) <= {" ", "\u200c"}
    assert "□" not in printed


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_and_title_are_printed_as_they_stand(design, name):
    said = snapshot(format=2, template=design, name=name, title={"en": name, "es": "Curso"})

    printed = text_of(print_certificate(said)).replace(" ", "")

    assert printed.count("".join(name.split())) >= 2


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_courses_of_a_series_are_named(design, language):
    text = text_of(print_certificate(full(design, language=language), pictures=PICTURES))

    words = {"en": "has completed the series", "es": "completó la serie"}[language]
    assert words in text
    for course in COURSES[:3]:
        assert course["title"][language] in text
    assert COURSES[3]["title"][language] not in text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_an_independent_look_at_the_tags_finds_nothing(design, language, paper):
    pdf = print_certificate(full(design, language=language), paper=paper, pictures=PICTURES)

    assert violations(pdf) == []


def test_that_look_would_find_what_is_missing():
    """Take one thing out of a good document at a time: each is missed."""
    pdf = print_certificate(full("seedling-1"), pictures=PICTURES)
    takings = {
        b"/MarkInfo": "not marked as tagged",
        b"/Alt": "without a description",
        b"/Lang": "no language",
        b"/StructTreeRoot": "no structure",
        b"/DisplayDocTitle": "title is not shown",
    }
    for key, found in takings.items():
        without = pdf.replace(key, b"/X" + key[2:])
        assert without != pdf, key
        assert any(found in each for each in violations(without)), key


def test_the_pictures_and_colours_of_a_design_are_on_the_page(design):
    plain = snapshot(format=2, template=design, signatories=[])
    shown = Image.open(io.BytesIO(preview(full(design), pictures=PICTURES))).convert("RGB")
    other = Image.open(io.BytesIO(preview(plain))).convert("RGB")

    assert shown.width > shown.height
    assert (0x10, 0x20, 0x40) in {c for _, c in shown.getcolors(1 << 24)}
    assert (0x10, 0x20, 0x40) not in {c for _, c in other.getcolors(1 << 24)}
    assert (0x1B, 0x3A, 0x6B) in {c for _, c in shown.getcolors(1 << 24)}
    alts = json.dumps([str(each.get("/Alt")) for each in read_structure(full(design))])
    assert "Logo of Wake" in alts
    assert "Signature of Amina Okafor" in alts


def read_structure(said):
    from tests.certificates.test_press import structure

    return [
        each for each in structure(print_certificate(said, pictures=PICTURES)) if "/Alt" in each
    ]


def test_a_picture_that_is_not_there_is_no_certificate(design):
    with pytest.raises(PressError, match="picture that was not given"):
        print_certificate(full(design))
    with pytest.raises(PressError, match="not a colour"):
        print_certificate(snapshot(format=2, template=design, design={"primary": "red"}))


def test_the_number_can_be_read_out_of_the_file(design):
    pdf = print_certificate(snapshot(format=2, template=design))

    assert snapshot()["code"] in str(read(pdf).metadata.subject)


FROZEN = {
    "groundwork-1": "b37e18b17838e405",
    "horizon-1": "bb1f9cb96f210c4d",
    "ledger-1": "41d29f8c92507950",
    "seedling-1": "812097b3bd6db92c",
    "kit-1": "40e396bedf218b9f",
}


def test_a_template_that_was_used_is_never_changed():
    """Certificates are printed again years later. A change is a new file with the next number."""
    folder = TEMPLATES["seedling-1"].parent
    here = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in folder.glob("*.typ")
    }

    assert {name: here[name] for name in FROZEN} == FROZEN


# --- The snapshot as bytes


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # From RFC 8785, 3.2.2 and 3.2.3, as far as our values go (whole numbers).
        ({"b": 1, "a": None, "c": [True, False]}, '{"a":null,"b":1,"c":[true,false]}'),
        ('\u20ac$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        (
            {
                "\u20ac": "Euro Sign",
                "\r": "Carriage Return",
                "\ufb33": "Hebrew Letter Dalet With Dagesh",
                "1": "One",
                "\U0001f600": "Emoji: Grinning Face",
                "\u0080": "Control",
                "\u00f6": "Latin Small Letter O With Diaeresis",
            },
            '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With '
            'Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet '
            'With Dagesh"}',
        ),
    ],
)
def test_json_has_one_form(value, written):
    assert canonical(value).decode() == written


@pytest.mark.parametrize("value", [1.5, LARGEST + 1, {1: "a"}, b"bytes", "\ud800"])
def test_what_has_no_one_form_is_refused(value):
    with pytest.raises(ValueError, match=r"canonical|surrogates"):
        canonical({"held": value} if not isinstance(value, dict) else value)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_the_order_of_keys_and_a_round_trip_change_nothing(value):
    written = canonical(value)

    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written
