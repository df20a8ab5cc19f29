import io
import json
import logging
import os
import re
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

import certificates.press as press
from certificates.press import Press, PressError, missing_glyphs, print_certificate
from certificates.press.glyphs import FONTS, coverage

ROOT = Path(__file__).parent.parent.parent
NEEDED = {
    "format",
    "template",
    "language",
    "name",
    "title",
    "completed_on",
    "code",
    "verify_url",
}


def snapshot(**changes):
    """A certificate with everything on it."""
    return {
        "format": 1,
        "template": "groundwork-1",
        "language": "en",
        "name": "María Fernanda Ibáñez-O’Connor",
        "title": {"en": "Data for health equity", "es": "Datos para la equidad en salud"},
        "completed_on": "2026-11-20",
        "issued_on": "2026-11-21",
        "expires_on": "2028-11-20",
        "hours": "5.0",
        "minutes": 87,
        "format_words": {"en": "Self-paced online course", "es": "Curso en línea a su ritmo"},
        "credit": [
            {
                "label": {"en": "contact hours", "es": "horas de contacto"},
                "hours": "1.5",
                "statement": {"en": "As the provider states.", "es": "Como dice el proveedor."},
            }
        ],
        "provider": {
            "name": "Example Department of Health",
            "address": "100 Example Street, Raleigh",
            "url": "https://learning.example.test/",
        },
        "signatories": [
            {"name": "Amina Okafor", "role": {"en": "Director", "es": "Directora"}},
        ],
        "statements": [{"en": "Nothing to disclose.", "es": "Nada que declarar."}],
        "organisation": "Wake County Human Services",
        "series": {"en": "Four practices", "es": "Cuatro prácticas"},
        "code": "K7QXM-2VHRD-9TPWA-4CJEN-6ZBYG-F3",
        "verify_url": "https://learning.example.test/certificates/K7QXM2VHRD9TPWA4CJEN6ZBYGF3/",
        **changes,
    }


def least(**changes):
    """A certificate with nothing but what is needed."""
    needed = [
        "format",
        "template",
        "language",
        "name",
        "title",
        "completed_on",
        "code",
        "verify_url",
    ]
    return {key: value for key, value in snapshot(**changes).items() if key in needed}


def read(pdf):
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf):
    """The text of the page as a reader gets it, its lines joined."""
    return " ".join(read(pdf).pages[0].extract_text().split())


def page_of(pdf):
    """The single page."""
    (page,) = read(pdf).pages
    return page


def structure(pdf):
    """Every element of the structure tree."""
    pending = [read(pdf).trailer["/Root"]["/StructTreeRoot"]]
    while pending:
        element = pending.pop().get_object()
        if isinstance(element, list):
            pending += element
        elif isinstance(element, dict):
            yield element
            if "/K" in element:
                pending.append(element["/K"])


def printed_at(pdf, *needles):
    """How far from the left edge each of some characters is printed."""
    places = {}

    def visit(text, cm, tm, _font, _size):
        for needle in needles:
            if needle in text:
                places.setdefault(needle, cm[4] + tm[4])

    page_of(pdf).extract_text(visitor_text=visit)
    return [places[needle] for needle in needles]


def gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def a_press():
    made = []

    def make(*args, **kwargs):
        made.append(Press(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ask(one, **changes):
    request = {
        "snapshot": snapshot(**changes),
        "paper": "letter",
        "pictures": {},
        "picture_of": False,
    }
    return one.exchange(json.dumps(request).encode())


# The page


def test_an_english_certificate_says_what_was_done():
    text = text_of(print_certificate(snapshot()))

    for words in (
        "Certificate of completion",
        "This certifies that María Fernanda Ibáñez-O’Connor",
        "has completed Data for health equity Datos para la equidad en salud",
        "Part of the series Four practices",
        "Wake County Human Services",
        "Date completed November 20, 2026",
        "Hours 5.0",
        "Minutes attended 87",
        "Format Self-paced online course",
        "Valid until November 20, 2028",
        "1.5 contact hours · As the provider states.",
        "Nothing to disclose.",
        "Amina Okafor Director",
        "Certificate no. K7QXM-2VHRD-9TPWA-4CJEN-6ZBYG-F3",
        "Issued on November 21, 2026",
        "100 Example Street, Raleigh learning.example.test",
        "Check this certificate at learning.example.test/certificates/ K7QXM2VHRD9TPWA4CJEN6ZBYGF3",
    ):
        assert words in text


def test_a_spanish_certificate_says_the_same():
    text = text_of(print_certificate(snapshot(language="es")))

    for words in (
        "Certificado de finalización",
        "Se certifica que María Fernanda Ibáñez-O’Connor",
        "completó Datos para la equidad en salud Data for health equity",
        "Parte de la serie Cuatro prácticas",
        "Fecha de finalización 20 de noviembre de 2026",
        "Horas 5.0",
        "Minutos de asistencia 87",
        "Formato Curso en línea a su ritmo",
        "Válido hasta 20 de noviembre de 2028",
        "1.5 horas de contacto · Como dice el proveedor.",
        "Nada que declarar.",
        "Amina Okafor Directora",
        "Certificado n.º K7QXM-2VHRD-9TPWA-4CJEN-6ZBYG-F3",
        "Emitido el 21 de noviembre de 2026",
        "Verifique este certificado en",
    ):
        assert words in text


def test_what_is_not_known_is_left_out():
    text = text_of(print_certificate(least(title={"en": "Plain language"})))

    assert text == (
        "Certificate of completion This certifies that María Fernanda Ibáñez-O’Connor "
        "has completed Plain language Date completed November 20, 2026 "
        "Certificate no. K7QXM-2VHRD-9TPWA-4CJEN-6ZBYG-F3 Check this certificate at "
        "learning.example.test/certificates/ K7QXM2VHRD9TPWA4CJEN6ZBYGF3"
    )


def test_a_title_in_one_language_alone_is_printed_once():
    text = text_of(print_certificate(least(language="es", title={"en": "Plain language"})))

    assert text.count("Plain language") == 1


@pytest.mark.parametrize(
    ("paper", "size"), [("letter", (792, 612)), ("a4", (841.89, 595.28))], ids=["letter", "a4"]
)
def test_the_page_lies_on_its_side(paper, size):
    page = page_of(print_certificate(snapshot(), paper=paper))

    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(size, abs=0.1)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_document_is_tagged_for_assistive_technology(language):
    pdf = print_certificate(snapshot(language=language))

    catalog = read(pdf).trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == language
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert "María Fernanda Ibáñez-O’Connor" in read(pdf).metadata.title
    tags = [element.get("/S") for element in structure(pdf)]
    assert {"/H1", "/H2", "/P", "/Link", "/Figure"} <= set(tags)
    assert tags.count("/H1") == 1
    (figure,) = (element for element in structure(pdf) if element.get("/S") == "/Figure")
    assert figure["/Alt"].endswith(snapshot()["verify_url"])


def test_the_other_language_is_marked_as_such():
    pdf = print_certificate(snapshot())

    assert "es" in {element.get("/Lang") for element in structure(pdf)}


def test_the_addresses_are_links():
    page = page_of(print_certificate(snapshot()))

    targets = {note.get_object()["/A"]["/URI"] for note in page["/Annots"]}
    assert targets == {snapshot()["verify_url"], snapshot()["provider"]["url"]}


def test_an_address_that_is_no_web_address_is_never_a_link():
    provider = {"name": "Example", "url": "javascript:alert(1)"}

    pdf = print_certificate(snapshot(provider=provider))

    targets = {note.get_object()["/A"]["/URI"] for note in page_of(pdf)["/Annots"]}
    assert targets == {snapshot()["verify_url"]}
    assert "javascript:alert(1)" in text_of(pdf)


def test_the_same_snapshot_gives_the_same_bytes(a_press):
    _, first = ask(a_press())
    _, again = ask(a_press())
    _, other = ask(a_press(), code="ANOTHER")

    assert first == again
    assert first != other


# Names


@pytest.mark.parametrize(
    "name",
    [
        '#import "x"',
        '#read("/etc/passwd")',
        "#panic()",
        "#let a = 1; #a",
        "$(rm -rf /)",
        "$ x^2 $",
        "*bold* and _slanted_",
        "`code` and ```typ #1```",
        "<b>Bob</b>",
        "<label> @label",
        "{{ 7*7 }}",
        "{% now 'Y' %}",
        "= Heading",
        "- item / term: x",
        "// comment",
        "/* comment */",
        "back\\slash \\n \\u{41}",
        "quotes \" ' ` “ ” ‘ ’ « »",
        "dashes -- --- ... ~ tilde",
        "Robert'); DROP TABLE people;--",
        "https://example.test/x?y=1&z=2",
        "%s %(name)s ${name} {name}",
        '"}, {"name": "Eve',
        "[link](https://example.test)",
        "</Type/Pages/Count 1/",
        "&amp; &lt; &#65;",
        "100% \N{MINUS SIGN} 50 °C ½ № ™",
    ],
)
def test_a_hostile_name_is_printed_as_it_stands(name):
    pdf = print_certificate(least(name=name))

    assert f"This certifies that {name} has completed" in text_of(pdf)
    assert name in read(pdf).metadata.title


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Ana\0 Ruiz", "Ana Ruiz"),
        ("Ana\x07\x1b[31m Ruiz\x7f\x85", "Ana[31m Ruiz"),
        ("Ana\r\n\tRuiz\v\f ", "Ana Ruiz"),
        ("Ana\u2028Ruiz\u2029", "Ana Ruiz"),
        ("Ana\u202e ziuR\u202c", "Ana ziuR"),
        ("A\u200bn\u00ada\ufeff Ru\u2060iz", "Ana Ruiz"),
        ("Ana\U000e0041 Ruiz\ufe0f", "Ana Ruiz"),
        ("Ana\ud800 Ruiz", "Ana□ Ruiz"),
        ("Ana\ufffe \ue000Ruiz", "Ana□ □Ruiz"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
    ],
)
def test_characters_that_steer_or_break_do_neither(typed, printed):
    text = text_of(print_certificate(least(name=typed)))

    assert f"This certifies that {printed} has completed" in text


@pytest.mark.parametrize(
    "name",
    [
        "Maximiliana Wilhelmina Featherstonehaugh-Cholmondeley " * 4,
        "W" * 200,
        "i" * 200,
        "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwww " * 7,
        "محمدعبدالرحمن" * 16,
        "क्षत्रिय" * 25,
        "王" * 200,
        "ก" * 200,
        "😀" * 200,
        "x\u0323\u0301\u0330\u0302" * 40,
    ],
)
def test_a_long_name_and_title_stay_on_the_page(name):
    title = (name * 8)[:300]
    pdf = print_certificate(snapshot(name=name[:200], title={"en": title, "es": title}))

    page = page_of(pdf)
    printed = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: printed.append((text, cm, tm)))
    edges = [cm[4] + tm[4] for text, cm, tm in printed if text.strip()]
    assert min(edges) > 28
    assert max(edges) < 792 - 28


def test_the_most_that_a_snapshot_may_hold_still_fits():
    words = {"en": "Physicians should claim only the credit that they have earned. " * 6}
    credit = {"label": {"en": "contact hours"}, "hours": "1.5", "statement": words}
    person = {"name": "Amina Okafor", "role": {"en": "Director of the office"}}

    pdf = print_certificate(
        snapshot(
            credit=[credit] * 12, statements=[words] * 12, signatories=[person] * 12, minutes=1
        )
    )

    assert text_of(pdf).count("Physicians should") == 24 * 6


SCRIPTS = {
    "Adlam": "𞤀𞤣𞤭𞤤 𞤣𞤢𞤤",
    "Arabic": "محمد عبد الرحمن",
    "Armenian": "Անահիտ Պետրոսյան",
    "Bengali": "রবীন্দ্রনাথ ঠাকুর",
    "Burmese": "အောင်ဆန်း",
    "Cherokee": "ᏍᏏᏉᏯ",
    "Chinese, simplified": "陈睿婷",
    "Chinese, traditional": "陳怡君 龍",
    "Cyrillic": "Людмила Щербакова",
    "Devanagari": "श्रीमती क्षमा",
    "Dhivehi": "އަޙްމަދު",
    "Ethiopic": "ሰላማዊት ተስፋዬ",
    "Georgian": "ნინო ბერიძე",
    "Greek": "Ἀθηνᾶ Παπαδοπούλου",
    "Gujarati": "ગુજરાતી પટેલ",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ ਕੌਰ",
    "Hebrew": "שרה לוי",
    "Hmong": "𞄀𞄦 𖬌𖬣𖬵",
    "Inuktitut": "ᐃᓄᒃᑎᑐᑦ",
    "Japanese": "渡辺 さくら",
    "Kannada": "ಕನ್ನಡ",
    "Khmer": "សុខ ភីរុណ",
    "Korean": "김민준",
    "Lao": "ສົມສັກ",
    "Latin": "Þórdís Ağaoğlu Łukasiewicz",
    "Malayalam": "മലയാളം",
    "N'Ko": "ߒߞߏ",
    "Odia": "ଓଡ଼ିଆ",
    "Osage": "𐓏𐒰𐓓𐒰𐓓𐒷",
    "Persian": "می‌خواهم",
    "Sinhala": "සිංහල",
    "Tamil": "தமிழ்ச்செல்வி",
    "Telugu": "తెలుగు",
    "Thai": "ณัฐพล ศรีสุข",
    "Tifinagh": "ⵜⵉⴼⵉⵏⴰⵖ",
    "Vietnamese": "Nguyễn Thị Hằng",
}


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_name_is_printed_in_its_own_script(name):
    pdf = print_certificate(least(name=name))

    assert missing_glyphs(name) == ""
    assert name in read(pdf).metadata.title
    printed = unicodedata.normalize("NFC", text_of(pdf))
    # Readers order and double the signs of a syllable in ways of their own; none is lost.
    assert set(unicodedata.normalize("NFC", name)) - set(printed) <= {" ", "\u200c"}
    assert "□" not in printed


def test_a_name_that_starts_from_the_right_is_set_from_the_right():
    arabic, latin = printed_at(print_certificate(least(name="محمد Okafor")), "محمد", "Okafor")
    assert arabic > latin

    latin, arabic = printed_at(print_certificate(least(name="Okafor محمد")), "Okafor", "محمد")
    assert latin < arabic

    first, last = printed_at(print_certificate(least(name="أ" + "ب" * 34 + "ج")), "أ", "ج")
    assert first > last


def test_a_name_beyond_the_fonts_still_gets_its_certificate(caplog):
    with caplog.at_level(logging.WARNING, logger="certificates.press"):
        text = text_of(print_certificate(snapshot(name="Zoë 😀 བཀྲ")))

    assert "This certifies that Zoë □ □□ " in text
    assert "The sign □ stands for a character that could not be printed." in text
    assert snapshot()["code"] in text
    assert "U+1F600 U+0F56 U+0F40 U+0FB2" in caplog.text
    assert "Zoë" not in caplog.text


def test_the_gap_is_explained_in_the_language_of_the_certificate():
    text = text_of(print_certificate(snapshot(name="Zoë 😀", language="es")))

    assert "El signo □ ocupa el lugar de un carácter que no se pudo imprimir." in text


def test_missing_glyphs_names_each_character_once():
    assert missing_glyphs("Ana Ruiz, RN") == ""
    assert missing_glyphs("\u202eAna\0\u200d") == ""
    assert missing_glyphs("😀a😀བ") == "😀བ"


@pytest.mark.parametrize(
    "name", ["Ana \u06dc「\u0321", " ".join(f"\u06dc{c}\u0321" for c in "、「ー！〒。」『』・〜")]
)
def test_a_combination_that_no_font_has_is_a_gap_too(name):
    assert missing_glyphs(name) == ""

    assert "The sign □ stands for" in text_of(print_certificate(snapshot(name=name)))


# Fonts


def test_typst_prints_every_character_that_the_fonts_claim():
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    families = ", ".join(json.dumps(family) for family in fonts.families())
    source = f'#set document(title: "x")\n#set text(font: ({families}))\n#sys.inputs.all'

    pdf = typst.compile(
        source.encode(),
        font_paths=fonts,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"all": " ".join(sorted(coverage()))},
    )

    assert len(coverage()) > 20_000
    assert pdf


def test_the_fonts_are_small_free_and_all_in_use():
    files = list(FONTS.iterdir())
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    template = (FONTS.with_name("templates") / "groundwork-1.typ").read_text()

    assert sum(path.stat().st_size for path in files) < 6_000_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text()
    assert {family for family in fonts.families() if f'"{family}"' not in template} == set()


# Refusals


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 3}, "unknown snapshot format 3"),
        ({"template": "../secret"}, "unknown template '../secret'"),
        ({"template": None}, "unknown template None"),
        ({"language": "fr"}, "unknown language 'fr'"),
        ({"name": None}, "name is empty"),
        ({"name": "\0 \u202e"}, "name is empty"),
        ({"name": ["Ana"]}, "name is not a text"),
        ({"name": "x" * 401}, "name is longer than 400 characters"),
        ({"title": {}}, "title is empty"),
        ({"title": "Data"}, "title is not an object"),
        ({"code": ""}, "code is empty"),
        ({"completed_on": None}, "completed_on is missing"),
        ({"completed_on": "yesterday"}, "completed_on is not a date"),
        ({"issued_on": 20261120}, "issued_on is not a date"),
        ({"verify_url": "javascript:alert(1)"}, "verify_url is not a web address"),
        ({"verify_url": "https://x.test/" + "x" * 500}, "verify_url is longer than 500 characters"),
        ({"minutes": "87"}, "minutes is not a whole number"),
        ({"statements": {"en": "x"}}, "statements is not a list"),
        ({"statements": [{}] * 13}, "statements has more than 12 entries"),
        ({"statements": ["x"]}, "statements is not an object"),
        ({"name": object()}, "the snapshot is not plain JSON data"),
        ({"extra": "x" * 2_100_000}, "the snapshot is larger than 2097152 bytes"),
    ],
)
def test_a_snapshot_that_cannot_be_printed_is_refused_with_the_reason(changes, reason):
    with pytest.raises(PressError, match=f"^{re.escape(reason)}$"):
        print_certificate(snapshot(**changes))


def test_an_unknown_paper_is_refused():
    with pytest.raises(PressError, match="unknown paper 'a3'"):
        print_certificate(snapshot(), paper="a3")


# The process


def test_one_child_prints_many(a_press):
    one = a_press()
    pids = {(ask(one, name=f"Person {n}"), one.pid)[1] for n in range(5)}

    assert len(pids) == 1


def test_a_child_killed_between_two_prints_is_replaced():
    print_certificate(snapshot())
    before = press._press.pid
    os.kill(before, signal.SIGKILL)

    assert "Ana Ruiz" in text_of(print_certificate(snapshot(name="Ana Ruiz")))
    assert press._press.pid != before
    assert gone(before)


def test_a_child_killed_while_it_prints_is_replaced(a_press):
    one = a_press()
    ask(one)
    os.kill(one.pid, signal.SIGSTOP)  # it will have the request, and die over it
    timer = threading.Timer(0.3, os.kill, (one.pid, signal.SIGKILL))
    timer.start()

    _, pdf = ask(one, name="Ana Ruiz")

    timer.join()
    assert "Ana Ruiz" in text_of(pdf)


def test_a_hung_child_is_replaced(a_press, caplog):
    one = a_press(seconds=5)
    ask(one)
    hung = one.pid
    os.kill(hung, signal.SIGSTOP)

    _, pdf = ask(one, name="Ana Ruiz")

    assert "Ana Ruiz" in text_of(pdf)
    assert gone(hung)
    assert "gave no answer in 5 seconds; it is started anew" in caplog.text


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(60)", "gave no answer in 0.5 seconds, twice"),
        ("", "the press ended before it .*, twice"),
        ("print('hello there')", "the press answered out of turn, twice"),
        (r"import sys; sys.stdout.write('\0\0\0\2ab')", "the press answered out of turn, twice"),
    ],
    ids=["silent", "ending", "shouting", "babbling"],
)
def test_a_child_that_never_works_is_given_up(a_press, program, reason):
    seconds = 0.5 if "sleep" in program else 20
    one = a_press([sys.executable, "-c", program], seconds=seconds)

    with pytest.raises(PressError, match=reason):
        ask(one)
    assert one.pid is None


class Interrupt(BaseException):
    pass


def test_an_interrupted_caller_leaves_no_answer_for_the_next(a_press):
    one = a_press()
    ask(one)
    os.kill(one.pid, signal.SIGSTOP)

    def interrupt(*_):
        raise Interrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Interrupt):
            ask(one, name="Somebody Else")
    finally:
        signal.signal(signal.SIGALRM, before)
    _, pdf = ask(one, name="Ana Ruiz")

    assert "Ana Ruiz" in text_of(pdf)


def test_threads_each_get_their_own_certificate():
    printed = {}

    def work(number):
        for turn in range(4):
            name = f"Person {number}-{turn}"
            printed[name] = text_of(print_certificate(snapshot(name=name)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(printed) == 32
    assert all(f"certifies that {name} Wake" in text for name, text in printed.items())


def run(program):
    """A program of its own: forking and dying is not for the test's process."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        input=json.dumps(snapshot()),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )


PRELUDE = """
import json, os, signal, sys, threading
import certificates.press as press
SNAPSHOT = json.load(sys.stdin)
first = press.print_certificate(SNAPSHOT)
child = press._press.pid
"""


def test_a_forked_worker_has_a_press_of_its_own():
    done = run(
        PRELUDE
        + """
if os.fork() == 0:
    same = press.print_certificate(SNAPSHOT) == first
    other = press._press.pid != child
    press._press.close()
    os._exit(0 if same and other else 1)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
assert press.print_certificate(SNAPSHOT) == first
assert press._press.pid == child
"""
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_fork_while_another_thread_prints_does_not_wait_for_it():
    done = run(
        PRELUDE
        + """
os.kill(child, signal.SIGSTOP)
import warnings; warnings.simplefilter("ignore")
thread = threading.Thread(target=press.print_certificate, args=(SNAPSHOT,))
thread.start()
while not press._press._lock.locked(): pass
if os.fork() == 0:
    same = press.print_certificate(SNAPSHOT) == first
    press._press.close()
    os._exit(0 if same else 1)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
os.kill(child, signal.SIGCONT)
thread.join()
"""
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("end", ["sys.exit()", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_the_child_ends_with_its_parent(end):
    done = run(PRELUDE + f"print(child, flush=True)\n{end}")

    assert wait_until(lambda: gone(int(done.stdout)))


def test_a_forked_worker_does_not_keep_its_parents_child_alive():
    done = run(
        PRELUDE
        + """
worker = os.fork()
if worker == 0:
    os.close(1)
    os.close(2)
    signal.pause()
print(child, worker, flush=True)
os.kill(os.getpid(), 9)
"""
    )
    child, worker = map(int, done.stdout.split())

    try:
        assert wait_until(lambda: gone(child))
        assert not gone(worker)
    finally:
        os.kill(worker, signal.SIGKILL)


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_the_child_is_confined(a_press, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a-secret")
    inherited, other_end = os.pipe()
    os.set_inheritable(inherited, True)
    one = a_press()
    ask(one)

    assert resource.prlimit(one.pid, resource.RLIMIT_FSIZE) == (0, 0)
    assert resource.prlimit(one.pid, resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(one.pid, resource.RLIMIT_AS)[1] == 1 << 30
    assert 10 <= resource.prlimit(one.pid, resource.RLIMIT_CPU)[0] <= 20
    assert b"a-secret" not in Path(f"/proc/{one.pid}/environ").read_bytes()
    theirs = {os.readlink(path) for path in Path(f"/proc/{one.pid}/fd").iterdir()}
    assert os.readlink(f"/proc/self/fd/{inherited}") not in theirs
    os.close(inherited)
    os.close(other_end)


STUMBLE = """
import sys, time, certificates.press.child as child
real = child._print
def stumble(compiler, snapshot, *rest, **more):
    if snapshot["name"] == "Ana Ruiz":
        {act}
    return real(compiler, snapshot, *rest, **more)
child._print = stumble
{set}
child.main()
"""


def test_a_document_may_not_take_all_memory(a_press):
    program = STUMBLE.format(act="bytearray(2 << 30)", set="")
    one = a_press([sys.executable, "-c", program])

    header, pdf = ask(one, name="Ana Ruiz")
    assert (header["error"], pdf) == ("MemoryError in the press", b"")
    header, pdf = ask(one)
    assert len(read(pdf).pages) == 1


@pytest.mark.parametrize(
    ("act", "limit"),
    [("while True: pass", "child.CPU_SECONDS = 0"), ("time.sleep(60)", "child.WALL_SECONDS = 1")],
    ids=["processor", "clock"],
)
def test_the_child_keeps_its_time_limits_without_its_parent(a_press, act, limit):
    program = STUMBLE.format(act=act, set=limit)
    one = a_press([sys.executable, "-c", program], seconds=50)

    with pytest.raises(PressError, match="ended before it answered, twice"):
        ask(one, name="Ana Ruiz")


def test_what_goes_wrong_in_the_child_is_told_and_what_it_prints_is_no_answer(a_press):
    said = 'print("a stray line", flush=True); print("another", file=sys.stderr, flush=True)'
    program = STUMBLE.format(act=said + '; raise KeyError(snapshot["name"])', set="")
    one = a_press([sys.executable, "-c", program])

    header, pdf = ask(one, name="Ana Ruiz")
    assert (header["error"], pdf) == ("KeyError in the press", b"")
    assert "in stumble" in header["trace"]
    assert "Ana Ruiz" not in header["trace"]
    header, pdf = ask(one)
    assert (header, len(read(pdf).pages)) == ({"missing": ""}, 1)


def test_the_wait_survives_many_open_files(a_press):
    """select() cannot watch descriptors above 1,023; a busy server has them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip("this machine allows fewer files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1050)]
    try:
        _, pdf = ask(a_press())
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert hasattr(select, "poll")
    assert len(read(pdf).pages) == 1
