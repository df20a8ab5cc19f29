"""From a snapshot to what the template is given: checked, in one language, and printable.

The template only places words, so whatever can be wrong with a snapshot is found here and said
in a sentence (`ValueError`).
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates.press.glyphs import missing_glyphs, printable

TEMPLATES = {
    path.stem: path
    for path in Path(__file__).with_name("templates").glob("*.typ")
    if not path.stem.startswith("kit-")
}
FORMATS = (1, 2)
OTHER = {"en": "es", "es": "en"}
PAPERS = ("letter", "a4")
LONGEST_NAME = 400
LONGEST_TEXT = 2_000
LONGEST_ADDRESS = 500
MOST_ENTRIES = 12
MOST_COURSES = 24
PALETTE = {"primary": "#0f4c45", "accent": "#a9502f"}

# A run of so many characters without a place to break would leave the page, or its column.
WIDE, NARROW = 30, 16
# Spaces and hyphens are places to break. Chinese, Japanese and Korean break anywhere.
_RUN = re.compile(
    r"[^\s/\-\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    r"\U00020000-\U0003ffff]+"
)


_HEX = re.compile(r"#[0-9a-f]{6}")

type Text = str | dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    template: Path
    verify_url: str
    printed_at: int  # seconds since 1970, from the snapshot: the clock would change the bytes
    fields: dict[str, Any]
    missing: str  # the characters that no font has


def sheet_of(
    snapshot: Mapping[str, Any],
    paper: str,
    without: Set[str] = frozenset(),
    pictures: Mapping[str, str] | None = None,
) -> Sheet:
    """Prepare a snapshot. `without` are characters to treat as if no font had them, `pictures`
    the logo and signatures that it names, as SVG by their fingerprint."""
    if snapshot.get("format") not in FORMATS:
        raise ValueError(f"unknown snapshot format {snapshot.get('format')!r}")
    template = snapshot.get("template")
    if not isinstance(template, str) or template not in TEMPLATES:
        raise ValueError(f"unknown template {template!r}")
    language = snapshot.get("language")
    if not isinstance(language, str) or language not in OTHER:
        raise ValueError(f"unknown language {language!r}")
    if paper not in PAPERS:
        raise ValueError(f"unknown paper {paper!r}")
    reader = _Reader(language, without)
    completed_on = _date(snapshot, "completed_on")
    if completed_on is None:
        raise ValueError("completed_on is missing")
    issued_on = _date(snapshot, "issued_on")
    provider = _mapping(snapshot.get("provider"), "provider")
    verify_url = _address(snapshot.get("verify_url"), "verify_url")
    if not verify_url:
        raise ValueError("verify_url is not a web address")
    design = _mapping(snapshot.get("design"), "design")
    shown = _Pictures(pictures or {})
    fields = {
        "paper": paper,
        "kind": "series" if snapshot.get("kind") == "series" else "course",
        "palette": {part: _colour(design.get(part), part) for part in PALETTE},
        "logo": shown.svg(design.get("logo"), "design.logo"),
        "logo_name": reader.text(
            design.get("logo_name") or provider.get("name"), "design.logo_name"
        ),
        "needed": _minutes(snapshot.get("needed")),
        "offered": _minutes(snapshot.get("offered")),
        "courses": [
            {
                "title": reader.needed(
                    reader.pick(course.get("title"), "courses.title"), "courses.title"
                ),
                "completed_on": _parts(_date(course, "completed_on") or completed_on),
                "hours": reader.text(course.get("hours"), "courses.hours"),
            }
            for course in _mappings(snapshot.get("courses"), "courses", MOST_COURSES)
        ],
        "language": language,
        "other_language": OTHER[language],
        "name": reader.needed(snapshot.get("name"), "name", LONGEST_NAME),
        "title": reader.needed(reader.pick(snapshot.get("title"), "title"), "title"),
        "other_title": reader.other(snapshot.get("title"), "title"),
        "organisation": reader.text(snapshot.get("organisation"), "organisation"),
        "series": reader.local(snapshot.get("series"), "series"),
        "completed_on": _parts(completed_on),
        "issued_on": issued_on and _parts(issued_on),
        "expires_on": (expires := _date(snapshot, "expires_on")) and _parts(expires),
        "hours": reader.text(snapshot.get("hours"), "hours", room=NARROW),
        "minutes": _minutes(snapshot.get("minutes")),
        "format_words": reader.local(snapshot.get("format_words"), "format_words", NARROW),
        "credit": [
            {
                "label": reader.local(part.get("label"), "credit.label"),
                "hours": reader.text(part.get("hours"), "credit.hours"),
                "statement": reader.local(part.get("statement"), "credit.statement"),
            }
            for part in _mappings(snapshot.get("credit"), "credit")
        ],
        "statements": [
            reader.local(statement, "statements")
            for statement in _mappings(snapshot.get("statements"), "statements")
        ],
        "provider": {
            "name": reader.text(provider.get("name"), "provider.name"),
            "address": reader.text(provider.get("address"), "provider.address"),
            "url": _address(provider.get("url"), "provider.url"),
            "shown": reader.text(_shown(provider.get("url")), "provider.url"),
        },
        "signatories": [
            {
                "name": reader.text(person.get("name"), "signatories.name", room=NARROW),
                "role": reader.local(person.get("role"), "signatories.role", NARROW),
                "signature": shown.svg(person.get("signature"), "signatories.signature"),
            }
            for person in _mappings(snapshot.get("signatories"), "signatories")
        ],
        "code": reader.needed(snapshot.get("code"), "code"),
        "verify_url": verify_url,
        "verify_shown": [reader.text(line, "verify_url") for line in _lines(verify_url)],
    }
    if fields["other_title"] == fields["title"]:
        fields["other_title"] = ""
    fields["gap"] = bool(reader.missing)
    return Sheet(
        template=TEMPLATES[template],
        verify_url=verify_url,
        printed_at=_midnight(issued_on or completed_on),
        fields=fields,
        missing="".join(reader.missing),
    )


class _Reader:
    """Reads texts in one language, and remembers what could not be printed."""

    def __init__(self, language: str, without: Set[str]) -> None:
        self.language = language
        self.without = without
        self.missing: dict[str, None] = {}

    def text(self, value: object, name: str, longest: int = LONGEST_TEXT, room: int = WIDE) -> Text:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"{name} is not a text")
        if len(value) > longest:
            raise ValueError(f"{name} is longer than {longest} characters")
        self.missing |= dict.fromkeys(missing_glyphs(value))
        self.missing |= dict.fromkeys(c for c in value if c in self.without)
        return _set(printable(value, self.without), room)

    def needed(self, value: object, name: str, longest: int = LONGEST_TEXT) -> Text:
        if not (text := self.text(value, name, longest)):
            raise ValueError(f"{name} is empty")
        return text

    def local(self, value: object, name: str, room: int = WIDE) -> Text:
        return self.text(self.pick(value, name), name, room=room)

    def other(self, value: object, name: str) -> Text:
        return self.text(_mapping(value, name).get(OTHER[self.language]), name)

    def pick(self, value: object, name: str) -> object:
        """The text in the certificate's language; else the other one, rather than a hole."""
        texts = _mapping(value, name)
        return texts.get(self.language) or texts.get(OTHER[self.language])


def _set(text: str, room: int) -> Text:
    """The text, with what the template cannot find out as fast where it is out of the ordinary.

    That is a first strong letter which is written from right to left, and runs without a place
    to break: `runs` are pieces of the text that may and may not be broken anywhere, in turn.
    """
    directions = (unicodedata.bidirectional(character) for character in text)
    rtl = next((d for d in directions if d in {"L", "R", "AL"}), "L") != "L"
    runs = [""]
    end = 0
    for run in _RUN.finditer(text):
        if run.end() - run.start() > room:
            runs[-1:] = [text[end : run.start()], run[0], ""]
            end = run.end()
    runs[-1] = text[end:]
    return {"text": text, "rtl": rtl, "runs": runs} if rtl or len(runs) > 1 else text


class _Pictures:
    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def svg(self, fingerprint: object, name: str) -> str | None:
        if not fingerprint:
            return None
        if not isinstance(fingerprint, str) or fingerprint not in self._given:
            raise ValueError(f"{name} names a picture that was not given")
        return self._given[fingerprint]


def _colour(value: object, part: str) -> str:
    if value is None:
        return PALETTE[part]
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"design.{part} is not a colour")
    return value


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")
    return value


def _mappings(value: object, name: str, most: int = MOST_ENTRIES) -> Iterable[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    if len(value) > most:
        raise ValueError(f"{name} has more than {most} entries")
    return [_mapping(entry, name) for entry in value]


def _date(snapshot: Mapping[str, Any], name: str) -> datetime.date | None:
    value = snapshot.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a date")
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{name} is not a date") from None


def _parts(day: datetime.date) -> list[int]:
    return [day.year, day.month, day.day]


def _midnight(day: datetime.date) -> int:
    return int(datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp())


def _minutes(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("minutes is not a whole number")
    return value


def _address(value: object, name: str) -> str:
    """A web address, or nothing: a document must not link to anything else."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    if len(value) > LONGEST_ADDRESS:
        raise ValueError(f"{name} is longer than {LONGEST_ADDRESS} characters")
    fit = value.isascii() and value.isprintable() and " " not in value
    return value if fit and value.startswith(("https://", "http://")) else ""


def _lines(url: str) -> list[str]:
    """The address as it is printed: what ends it, the certificate's number, on its own line."""
    way, slash, number = str(_shown(url)).rpartition("/")
    return [way + slash, number] if way else [number]


def _shown(url: object) -> object:
    if not isinstance(url, str):
        return url
    return url.removeprefix("https://").removeprefix("http://").removesuffix("/")
