"""What every file format of questions shares: rows, words, and how a file becomes text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from courses.questions.base import decimal
from lms.html import clean_html
from lms.text import LANGUAGES, Localised

LONGEST = 10_000  # characters of one text
# What a page would do or look like; nobody reads it. One that never ends goes to the end.
_PROGRAM = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(
    r"<(img|picture|video|audio|iframe|object|embed|svg|math|canvas|applet)\b|@@PLUGINFILE@@", re.I
)
_TAG = re.compile(r"<[a-z/!][^>]*>", re.I)
_STRUCTURE = re.compile(r"<(?!/?(?:p|br|span)\b)[a-z]", re.I)  # more than paragraphs
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr|pre|blockquote)>", re.I)
_ONE = r"<span\b(?=[^>]*\bclass\s*=\s*[\"']multilang[\"'])[^>]*>.*?</span>"
_MULTILANG = re.compile(rf"{_ONE}(?:\s*{_ONE})*", re.I | re.S)
_SPAN = re.compile(
    r"<span\b(?=[^>]*\bclass\s*=\s*[\"']multilang[\"'])"
    r"(?=[^>]*?\blang\s*=\s*[\"']([a-z]{2})[^\"']*[\"'])[^>]*>(.*?)</span>",
    re.I | re.S,
)
_BOLD, _ITALIC = re.compile(r"<(/?)b(?=[\s>])", re.I), re.compile(r"<(/?)i(?=[\s>])", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class BadFile(ValueError):
    """The file as a whole cannot be read; the sentence says why."""


class NotTaken(ValueError):
    """This question cannot be taken; the sentence says why."""


@dataclass(frozen=True)
class Taken:
    """A question that the site can ask. `notes` say what the site left out of it."""

    number: int  # its place in the file, from 1
    name: str
    kind: str
    body: Mapping[str, Any]
    points: int = 1
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    number: int
    name: str
    reason: str


type Row = Taken | Refused


@dataclass(frozen=True)
class Given:
    """A question to be written into a file: as it stands in a bank."""

    name: str
    kind: str
    body: Mapping[str, Any]
    points: int
    tags: tuple[str, ...]


@dataclass
class Written:
    """A file, and what it could not carry: (question, sentence)."""

    data: bytes
    left_out: list[tuple[str, str]] = field(default_factory=list)


def text_of(data: bytes) -> str:
    """Bytes as text: UTF-8 with or without its mark, UTF-16 with it, else as old Windows wrote.

    Lines end in one way; control characters go.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise BadFile(_("The file is no text that this site can read.")) from error
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass
class Words:
    """Words from a file, in the languages it has, plain and with formatting where that matters."""

    plain: Localised
    rich: Localised  # cleaned HTML; empty where plain words say it all
    formatted: bool = False


def words(source: str, *, is_html: bool | None = None) -> Words:
    """Read HTML or plain text. `is_html` None: HTML when it has a tag.

    Raises NotTaken for what holds a picture or a film: without it, the question asks for nothing.
    """
    if is_html is None:
        is_html = bool(_TAG.search(source))
    if len(source) > LONGEST:
        raise NotTaken(_("a text in it is longer than %(most)s characters.") % {"most": LONGEST})
    if not is_html:
        return Words(_localised({"en": source.strip()}), {})
    if _PICTURE.search(source):
        raise NotTaken(
            _("it holds a picture, a film or a formula, which cannot be taken over yet.")
        )
    plain: Localised = {}
    rich: Localised = {}
    for language in LANGUAGES if _SPAN.search(source) else ("en",):
        own = _MULTILANG.sub(partial(_in_language, language), _PROGRAM.sub("", source))
        if "<" not in own:  # nothing to clean: most texts of a large file
            plain[language] = plain_words(own)
            continue
        cleaned = clean_html(_ITALIC.sub(r"<\1em", _BOLD.sub(r"<\1strong", own))).strip()
        plain[language] = plain_words(cleaned)
        if _STRUCTURE.search(cleaned):
            rich[language] = cleaned
    if plain.get("es") == plain.get("en"):
        plain.pop("es", None)
        rich.pop("es", None)
    if rich:
        rich = {language: rich.get(language) or f"<p>{html.escape(text, quote=False)}</p>"
                for language, text in plain.items() if text}  # fmt: skip
    return Words(_localised(plain), rich, bool(rich))


def _in_language(language: str, run: re.Match[str]) -> str:
    """From spans of the same words in several languages, those of one; the first where none is."""
    spans = _SPAN.findall(run[0])
    own = [inner for code, inner in spans if code.lower() == language]
    return str((own or [inner for _code, inner in spans] or [run[0]])[0])


def plain_words(cleaned: str) -> str:
    """HTML as a line of text for each paragraph. Space in the source means nothing, as in HTML."""
    lines = _BREAK.split(re.sub(r"[ \t\n\r\f]+", " ", cleaned))
    return "\n".join(html.unescape(strip_tags(line)).strip(" ") for line in lines).strip("\n")


def markup(value: Mapping[str, str]) -> str:
    """Plain words as HTML that `words` reads back as they are, every language in it."""
    pieces = {language: escaped(text) for language, text in value.items() if text}
    return _spans(pieces)


def rich_markup(value: Mapping[str, str]) -> str:
    return _spans({language: text for language, text in value.items() if text})


def _spans(pieces: Mapping[str, str]) -> str:
    if set(pieces) <= {"en"}:
        return pieces.get("en", "")
    return "".join(
        f'<span lang="{language}" class="multilang">{text}</span>'
        for language, text in pieces.items()
    )


def escaped(text: str) -> str:
    told = html.escape(text, quote=False).replace("\t", "&#9;").replace("\n", "<br/>")
    return re.sub(r"(?<= ) +", lambda run: "&#32;" * len(run[0]), told)


def _localised(value: Localised) -> Localised:
    return {language: text for language, text in value.items() if text}


class Reader:
    """Builds the body of one question and gathers what was left out of it."""

    def __init__(self, *, is_html: bool | None = None) -> None:
        self.is_html = is_html
        self.notes: dict[str, None] = {}

    def note(self, sentence: str) -> None:
        self.notes[sentence] = None

    def prompt(self, source: str) -> dict[str, Any]:
        found = words(source, is_html=self.is_html)
        body: dict[str, Any] = {"prompt": found.plain}
        if found.rich:
            body["prompt_html"] = found.rich
        return body

    def plain(self, source: str) -> Localised:
        """Words of an answer or of feedback: these have no formatting here."""
        found = words(source, is_html=self.is_html)
        if found.formatted:
            self.note(_("The formatting of answers and of feedback was left out."))
        return found.plain

    def line(self, source: str) -> str:
        return self.plain(source).get("en", "").strip()


def options(
    reader: Reader, choices: Iterable[tuple[str, Fraction, str]], *, single: bool
) -> dict[str, Any]:
    """Choices as (words, share of the whole, feedback) into the options of a body.

    Where the shares are what this site gives anyway they are not kept.
    """
    rows = list(choices)
    if single and sum(share == 1 for _text, share, _feedback in rows) != 1:
        raise NotTaken(_("not exactly one of its answers is fully right."))
    right = [share for _text, share, _feedback in rows if (share == 1 if single else share > 0)]
    made = []
    for n, (text, share, feedback) in enumerate(rows):
        option: dict[str, Any] = {
            "id": letter(n),
            "text": reader.plain(text),
            "right": share == 1 if single else share > 0,
        }
        if said := reader.plain(feedback):
            option["feedback"] = said
        made.append(option)
    body: dict[str, Any] = {"options": made}
    if not _usual([share for _text, share, _feedback in rows], right, single=single):
        body["credit"] = "percent"
        for option, (_text, share, _feedback) in zip(made, rows, strict=True):
            option["share"] = percent_of(share)
    return body


def _usual(shares: list[Fraction], right: list[Fraction], *, single: bool) -> bool:
    if single:
        return all(share <= 0 or share == 1 for share in shares)
    each = Fraction(1, len(right)) if right else Fraction(1)
    near = Fraction(1, 1000)
    return all(abs(abs(share) - each) <= near for share in shares)


def shares(body: Mapping[str, Any], *, single: bool) -> list[Fraction]:
    """For each option of a body its share of the whole, as files write it."""
    rows = body["options"]
    if body.get("credit") == "percent":
        return [Fraction(decimal(o.get("share", 0)) or 0) / 100 for o in rows]
    count = sum(bool(option.get("right")) for option in rows) or 1
    if single:
        return [Fraction(bool(option.get("right"))) for option in rows]
    return [Fraction(1 if option.get("right") else -1, count) for option in rows]


def percent_of(share: Fraction) -> str:
    """«33.33333», «50», «-100»."""
    return f"{float(share * 100):.5f}".rstrip("0").rstrip(".")


def letter(n: int) -> str:
    return chr(ord("a") + n) if n < 26 else f"o{n + 1}"


def short(text: str) -> str:
    """The beginning of a question, to name it by."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def number(text: str) -> int | float | str:
    """As JSON writes it: a number where that is exact, else the digits."""
    value = decimal(text.strip().replace(",", "."))
    if value is None:
        raise NotTaken(_("«%(text)s» is no number.") % {"text": text[:40]})
    if value == value.to_integral_value() and abs(value) < 10**15:
        return int(value)
    return float(value) if decimal(float(value)) == value else str(value)


def whole_points(text: str, reader: Reader) -> int:
    """Points are whole here, from 1 to 100."""
    value = decimal(text or "1")
    if value is None:
        return 1
    points = min(100, max(1, round(value)))
    if points != value:
        told = {"points": text, "whole": points}
        reader.note(_("Its %(points)s points became %(whole)s.") % told)
    return points
