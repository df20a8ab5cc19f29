"""Every text of a course that exists in more than one language, found in its document.

Plain values. What a text is, is seen from its shape, a dict of languages: new kinds of blocks and
questions need no line here. A place names a text for good: the uuid of the part it belongs to and
the path inside, with the ids of options instead of their numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from courses import blocks
from lms.text import LANGUAGES

SOURCE = LANGUAGES[0]
# The fields of each kind of part that may hold texts, in the order in which a person reads them.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "course": ("title", "summary", "about", "outcomes"),
    "module": ("title", "summary"),
    "lesson": ("title", "settings"),
    "block": ("title", "body", "settings"),
    "question": ("body",),
}
_ORDER = {
    name: n for n, name in enumerate(("prompt", "prompt_html", "title", "text", "body", "options"))
}
_ADDRESS = re.compile(r"(https?://|/)\S*")


@dataclass(frozen=True)
class Text:
    item: str  # the uuid of the part
    path: str
    part: str  # course, module, lesson, block, question
    kind: str  # of the lesson, block or question
    number: int  # of the block or question in its lesson, of the module in the course
    words: Mapping[str, str]
    html: bool

    @property
    def source(self) -> str:
        return self.words.get(SOURCE, "")


def texts_of_course(document: Mapping[str, Any]) -> Iterator[Text]:
    """The head of the course and its modules."""
    yield from texts_of("course", document["course"], document)
    for number, module in enumerate(document["modules"], 1):
        yield from texts_of("module", module["uuid"], module, number=number)


def texts_of_lesson(lesson: Mapping[str, Any]) -> Iterator[Text]:
    yield from texts_of("lesson", lesson["uuid"], lesson, kind=lesson["kind"])
    for number, block in enumerate(lesson["blocks"], 1):
        yield from texts_of("block", block["uuid"], block, kind=block["kind"], number=number)
    for number, question in enumerate(lesson["questions"], 1):
        kind = question["kind"]
        yield from texts_of("question", question["uuid"], question, kind=kind, number=number)


def texts_of_pools(lesson: Mapping[str, Any]) -> Iterator[Text]:
    """Of the questions that a quiz may draw. They belong to banks and are translated there."""
    for pool in lesson.get("pools", []):
        for question in pool["questions"]:
            yield from texts_of("question", question["uuid"], question, kind=question["kind"])


def texts_of(
    part: str, item: str, values: Mapping[str, Any], *, kind: str = "", number: int = 0
) -> Iterator[Text]:
    html = _html_paths(part, kind, values)
    formatted = part == "question" and bool(values["body"].get("prompt_html"))
    for field in FIELDS[part]:
        for path, words in _inside(values[field], field):
            # A question whose words are formatted keeps them a second time without.
            if not (formatted and path == "body/prompt"):
                yield Text(item, path, part, kind, number, words, path in html)


def is_words(value: object) -> bool:
    """A text in languages that somebody could translate: no address, and letters in it."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(name in LANGUAGES and isinstance(text, str) for name, text in value.items())
        and not all(_ADDRESS.fullmatch(text) for text in value.values())
        and any(c.isalpha() for text in value.values() for c in text)
    )


def at(value: Any, path: str) -> dict[str, str] | None:
    """The text at this path in the value of a field (`path` begins with the field's name)."""
    for found, words in _inside(value, path.partition("/")[0]):
        if found == path:
            return words
    return None


def mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _inside(value: Any, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    if is_words(value):
        yield path, value
    elif isinstance(value, dict):
        # In an order of our own: a JSON column does not keep the one in which keys were written.
        for name in sorted(value, key=lambda name: (_ORDER.get(name, len(_ORDER)), name)):
            yield from _inside(value[name], f"{path}/{quote(name, safe='')}")
    elif isinstance(value, list):
        for n, one in enumerate(value):
            id = one.get("id") if isinstance(one, dict) else None
            name = quote(id, safe="") if isinstance(id, str) else str(n)
            yield from _inside(one, f"{path}/{name}")


def _html_paths(part: str, kind: str, values: Mapping[str, Any]) -> set[str]:
    """Where this part holds HTML; everything else is plain text."""
    if part == "course":
        return {"about"}
    if part == "question":
        return {"body/prompt_html"}
    if part != "block":
        return set()
    block = SimpleNamespace(kind=kind, **{name: values[name] for name in FIELDS["block"]})
    places = [text.place for text in blocks.texts(block) if text.html]
    paths = [place if len(place) == 1 else ("settings", *place) for place in places]
    return {"/".join(quote(step, safe="") for step in path) for path in paths}
