"""Is this JSON a course document? Asked of what comes from elsewhere, before anything reads it.

Plain values. Kinds of lessons, blocks and questions are those that the site knows; keys that it
does not know are let through here and stay within the limits of `check_values`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from lms.text import LANGUAGES

DEEPEST = 14
LONGEST = 200_000  # characters of one text
LARGEST = 2**31 - 1
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")


def is_slug(value: object) -> bool:
    return isinstance(value, str) and bool(_SLUG.fullmatch(value))


class BadShape(ValueError):
    """The sentence names the place and what is wrong there."""

    def __init__(self, where: str, what: str) -> None:
        told = {"where": where or _("the top"), "what": what}
        super().__init__(_("At %(where)s: %(what)s") % told)


def check_document(
    data: Any,
    *,
    format: int,
    deliveries: Collection[str],
    lessons: Collection[str],
    blocks: Collection[str],
    questions: Collection[str],
) -> None:
    """Raise BadShape unless every reader of documents will find what it looks for."""
    check_values(data)
    _dict(data, "")
    if data.get("format") != format:
        raise BadShape("format", _("this site does not read that format."))
    _uuid(data, "course", "")
    for name in ("title", "summary", "about"):
        _localised(data, name, "")
    for n, outcome in enumerate(_list(data, "outcomes", "")):
        _localised({"outcome": outcome}, "outcome", f"outcomes[{n}]")
    _one_of(data, "delivery", deliveries, "")
    _hours(data)
    for n, language in enumerate(_list(data, "languages", "")):
        _one_of({"language": language}, "language", LANGUAGES, f"languages[{n}]")
    _typed(data, "working_title", bool, "")
    for n, practice in enumerate(_list(data, "practices", "")):
        _typed({"practice": practice}, "practice", str, f"practices[{n}]")
    for n, number in enumerate(_list(data, "competencies", "")):
        _number({"number": number}, "number", f"competencies[{n}]")
    uuids: set[str] = set()
    for where, module in _rows(data, "modules", ""):
        _fresh(module, where, uuids)
        _localised(module, "title", where)
        _localised(module, "summary", where)
        for inside, lesson in _rows(module, "lessons", where):
            _lesson(lesson, inside, uuids, lessons, blocks, questions)
    _rule(data, uuids)


def check_values(data: Any) -> None:
    """No value that a database cannot hold, and nothing deeper or longer than the limits.

    Without recursion: depth is what this protects against.
    """
    waiting: list[tuple[Any, str, int]] = [(data, "", 0)]
    while waiting:
        value, where, depth = waiting.pop()
        if depth > DEEPEST:
            raise BadShape(where[:80], _("it goes too deep."))
        if isinstance(value, dict):
            for name, inner in value.items():
                _words(name, where)
                waiting.append((inner, f"{where}.{name}" if where else name, depth + 1))
        elif isinstance(value, list):
            waiting += [(inner, f"{where}[{n}]", depth + 1) for n, inner in enumerate(value)]
        elif isinstance(value, str):
            _words(value, where)
        elif isinstance(value, int | float) and not abs(value) <= LARGEST:  # nor nan
            raise BadShape(where, _("the number is too large."))


def _words(text: str, where: str) -> None:
    if len(text) > LONGEST:
        raise BadShape(where, _("the text is too long."))
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadShape(where, _("the text holds a character that cannot be kept."))


def _lesson(
    lesson: Any,
    where: str,
    uuids: set[str],
    kinds: Collection[str],
    blocks: Collection[str],
    questions: Collection[str],
) -> None:
    _fresh(lesson, where, uuids)
    if not is_slug(lesson.get("slug")):
        raise BadShape(f"{where}.slug", _("this is no address of a lesson."))
    _one_of(lesson, "kind", kinds, where)
    _localised(lesson, "title", where)
    _number(lesson, "minutes", where)
    _typed(lesson, "required", bool, where)
    settings, within = _typed(lesson, "settings", dict, where), f"{where}.settings"
    for inside, draw in _rows(settings, "draws", within) if "draws" in settings else []:
        _draw(draw, inside)
    for inside, block in _rows(lesson, "blocks", where):
        _fresh(block, inside, uuids)
        _one_of(block, "kind", blocks, inside)
        _localised(block, "title", inside)
        _localised(block, "body", inside)
        _typed(block, "settings", dict, inside)
    for inside, question in _rows(lesson, "questions", where):
        _fresh(question, inside, uuids)
        _question(question, inside, questions)
    for inside, pool in _rows(lesson, "pools", where) if "pools" in lesson else []:
        _draw(pool, inside)
        for within, question in _rows(pool, "questions", inside):
            _uuid(question, "uuid", within)  # two pools may hold the same question
            _question(question, within, questions)


def _question(question: Any, where: str, kinds: Collection[str]) -> None:
    _one_of(question, "kind", kinds, where)
    _number(question, "points", where, most=32_767)
    _typed(question, "body", dict, where)


def _draw(data: Any, where: str) -> None:
    """What a quiz draws from: a bank, perhaps only what bears a tag, and how many."""
    _uuid(data, "bank", where)
    _typed(data, "tag", str, where)
    _number(data, "count", where, most=1000)


def _rule(data: Mapping[str, Any], uuids: set[str]) -> None:
    rule = _typed(data, "rule", dict, "")
    for where, requirement in _rows(rule, "requirements", "rule"):
        if _typed(requirement, "item", str, where) not in uuids:
            raise BadShape(where, _("it asks for a lesson that is not in the course."))
        _typed(requirement, "needs", str, where)


def _dict(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadShape(where, _("something else was expected here."))
    return value


def _typed(data: Any, name: str, kind: type, where: str) -> Any:
    value = _dict(data, where).get(name)
    if type(value) is not kind:
        raise BadShape(f"{where}.{name}".strip("."), _("something else was expected here."))
    return value


def _list(data: Any, name: str, where: str) -> list[Any]:
    value: list[Any] = _typed(data, name, list, where)
    return value


def _rows(data: Any, name: str, where: str) -> list[tuple[str, dict[str, Any]]]:
    path = f"{where}.{name}".strip(".")
    rows = enumerate(_list(data, name, where))
    return [(f"{path}[{n}]", _dict(row, f"{path}[{n}]")) for n, row in rows]


def _one_of(data: Any, name: str, known: Collection[str], where: str) -> None:
    value = _typed(data, name, str, where)
    if value not in known:
        told = _("«%(value)s» is not known on this site.") % {"value": value[:60]}
        raise BadShape(f"{where}.{name}".strip("."), told)


def _number(data: Any, name: str, where: str, *, most: int = LARGEST) -> None:
    if not 0 <= _typed(data, name, int, where) <= most:
        raise BadShape(f"{where}.{name}".strip("."), _("the number is out of range."))


def _hours(data: Any) -> None:
    try:
        hours = Decimal(_typed(data, "hours", str, ""))
        fits = Decimal(0) <= hours < 1000 and hours == round(hours, 2)
    except InvalidOperation:
        fits = False
    if not fits:
        raise BadShape("hours", _("this is no number of hours."))


def _localised(data: Any, name: str, where: str) -> None:
    for language, text in _typed(data, name, dict, where).items():
        if language not in LANGUAGES or not isinstance(text, str):
            raise BadShape(f"{where}.{name}".strip("."), _("something else was expected here."))


def is_uuid(value: object) -> bool:
    """Written in the usual way: one uuid has one name."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _uuid(data: Any, name: str, where: str) -> str:
    value: str = _typed(data, name, str, where)
    if not is_uuid(value):
        raise BadShape(f"{where}.{name}".strip("."), _("this is no uuid."))
    return value


def _fresh(data: Any, where: str, uuids: set[str]) -> None:
    """Its uuid is written in the usual way and stands in this document once."""
    value = _uuid(data, "uuid", where)
    if value in uuids:
        raise BadShape(where, _("its uuid stands in the course twice."))
    uuids.add(value)
