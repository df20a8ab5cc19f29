"""What differs between two states of a course, in words for a trainer. Plain values, no database.

`compare(before, after)` takes two documents and returns sections: the course itself, each lesson
that changed in the order of the course, lessons that went, and what learners must do. A changed
text comes with its words: the same, gone, new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from courses.blocks import texts
from courses.document import Block, Document, Lesson, Question
from courses.studio.bilingual import LANGUAGE_NAMES
from lms.text import LANGUAGES, said

AROUND = 6  # words shown on each side of a change
LONG_TEXT = 3000  # words from which on difflib may guess
_BREAKS = re.compile(r"</(p|li|h[1-6]|tr|blockquote|pre)>|<br>|<hr>")
_CELLS = re.compile(r"</t[dh]>")
BLOCK_WORDS = {
    "accordion": lambda: _("Accordion"),
    "glossary": lambda: _("Glossary"),
    "check": lambda: _("Knowledge check"),
    "scenario": lambda: _("Scenario with choices"),
    "discussion": lambda: _("Discussion"),
    "text": lambda: _("Text"),
    "callout": lambda: _("Callout"),
    "reflection": lambda: _("Reflection"),
    "details": lambda: _("Opens on demand"),
    "video": lambda: _("Video"),
    "image": lambda: _("Picture"),
    "audio": lambda: _("Sound"),
    "file": lambda: _("File to download"),
}


@dataclass(frozen=True)
class Piece:
    """A run of words: `same`, `gone` or `new`; `skip` stands for words left out."""

    how: str
    text: str


@dataclass(frozen=True)
class Edit:
    sentence: str
    pieces: tuple[Piece, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    item: str  # the lesson's uuid where it is in the later document, else empty
    edits: tuple[Edit, ...]


def compare(before: Document, after: Document) -> list[Section]:
    sections = [Section(_("The course itself"), "", tuple(_head(before, after)))]
    sections.append(Section(_("Modules"), "", tuple(_modules(before, after))))
    homes_before, homes_after = _homes(before), _homes(after)
    for lesson in after.lessons:
        old = before.item(lesson.uuid)
        edits = [_added(lesson)] if old is None else list(_lesson(old, lesson))
        home = homes_after[lesson.uuid]
        if old is not None and homes_before[lesson.uuid][0] != home[0]:
            edits.insert(0, Edit(_("Moved to the module «%(module)s».") % {"module": home[1]}))
        sections.append(Section(_name(lesson), lesson.uuid, tuple(edits)))
    for lesson in before.lessons:
        if after.item(lesson.uuid) is None:
            sections.append(Section(_name(lesson), "", (Edit(_("This lesson was removed.")),)))
    sections.append(Section(_("What learners must do"), "", tuple(_rule(before, after))))
    return [section for section in sections if section.edits]


def words_between(before: str, after: str) -> tuple[Piece, ...]:
    """The words of both texts in order. Long runs that did not change are cut in the middle."""
    old, new = before.split(), after.split()
    guess = max(len(old), len(new)) > LONG_TEXT
    matcher = SequenceMatcher(None, old, new, autojunk=guess)
    pieces: list[Piece] = []
    codes = matcher.get_opcodes()
    for place, (tag, i, j, k, m) in enumerate(codes):
        if tag == "equal":
            pieces += _cut(old[i:j], first=place == 0, last=place == len(codes) - 1)
        if tag in {"delete", "replace"}:
            pieces.append(Piece("gone", " ".join(old[i:j])))
        if tag in {"insert", "replace"}:
            pieces.append(Piece("new", " ".join(new[k:m])))
    return tuple(pieces)


def plain(html: str) -> str:
    """The words of author HTML."""
    return unescape(strip_tags(_CELLS.sub(" | ", _BREAKS.sub("\n", html)))).strip()


def _cut(words: Sequence[str], *, first: bool, last: bool) -> list[Piece]:
    ahead, behind = (0 if first else AROUND), (0 if last else AROUND)
    if len(words) <= ahead + behind + 3:
        return [Piece("same", " ".join(words))]
    cut = []
    if ahead:
        cut.append(Piece("same", " ".join(words[:ahead])))
    cut.append(Piece("skip", "…"))
    if behind:
        cut.append(Piece("same", " ".join(words[-behind:])))
    return cut


def _head(before: Document, after: Document) -> Iterable[Edit]:
    yield from _texts(_("Title"), before.title, after.title)
    yield from _texts(_("Summary"), before.summary, after.summary)
    yield from _texts(_("About this course"), before.about, after.about)
    most = max(len(before.outcomes), len(after.outcomes))
    for n in range(most):
        old = before.outcomes[n] if n < len(before.outcomes) else {}
        new = after.outcomes[n] if n < len(after.outcomes) else {}
        yield from _texts(_("Learning outcome %(number)s") % {"number": n + 1}, old, new)
    yield from _plain(_("Hours"), before.hours.normalize(), after.hours.normalize())
    if before.format != after.format:
        yield Edit(_("The kind of course changed."))
    if before.languages != after.languages:
        names = ", ".join(str(LANGUAGE_NAMES.get(code, code)) for code in after.languages)
        yield Edit(_("The languages are now: %(languages)s.") % {"languages": names})
    if before.data["working_title"] != after.data["working_title"]:
        yield Edit(
            _("The title is now a working title.")
            if after.data["working_title"]
            else _("The title is no longer a working title.")
        )
    if before.data["practices"] != after.data["practices"]:
        yield Edit(_("The strategic practices changed."))
    if before.data["competencies"] != after.data["competencies"]:
        yield Edit(_("The core competency domains changed."))


def _modules(before: Document, after: Document) -> Iterable[Edit]:
    old = {module.uuid: module for module in before.modules}
    new = {module.uuid: module for module in after.modules}
    for module in after.modules:
        name = {"module": said(module.title)}
        if module.uuid not in old:
            yield Edit(_("The module «%(module)s» is new.") % name)
            continue
        yield from _texts(_("Title of a module"), old[module.uuid].title, module.title)
        label = _("Summary of the module «%(module)s»") % name
        yield from _texts(label, old[module.uuid].summary, module.summary)
    for module in before.modules:
        if module.uuid not in new:
            yield Edit(_("The module «%(module)s» was removed.") % {"module": said(module.title)})
    if _reordered(list(old), list(new)):
        yield Edit(_("The modules are in another order."))
    inside = [
        ([lesson.uuid for lesson in old[uuid].lessons], [lesson.uuid for lesson in module.lessons])
        for uuid, module in new.items()
        if uuid in old
    ]
    for (was, now), module in zip(inside, (new[u] for u in new if u in old), strict=True):
        if _reordered(was, now):
            yield Edit(
                _("The lessons of «%(module)s» are in another order.")
                % {"module": said(module.title)}
            )


def _lesson(before: Lesson, after: Lesson) -> Iterable[Edit]:
    yield from _texts(_("Title"), before.title, after.title)
    yield from _plain(_("Address"), before.slug, after.slug)
    yield from _plain(_("Minutes"), before.minutes, after.minutes)
    old, new = before.settings, after.settings
    yield from _plain(_("Percent needed to pass"), old.get("pass_percent"), new.get("pass_percent"))
    yield from _plain(_("Tries (0 is any number)"), old.get("attempts"), new.get("attempts"))
    yield from _plain(
        _("Minutes for one try (0 is no limit)"), old.get("time_limit"), new.get("time_limit")
    )
    yield from _texts(_("Introduction"), old.get("intro") or {}, new.get("intro") or {})
    if bool(old.get("shuffle")) != bool(new.get("shuffle")):
        yield Edit(_("The mixing of answers was turned on or off."))
    if bool(old.get("shuffle_questions")) != bool(new.get("shuffle_questions")):
        yield Edit(_("The mixing of questions was turned on or off."))
    if (old.get("draws") or []) != (new.get("draws") or []):
        yield Edit(_("What the quiz draws from question banks changed."))
    elif before.pools != after.pools:
        yield Edit(_("Questions in the banks that the quiz draws from changed."))
    yield from _blocks(before.blocks, after.blocks)
    yield from _questions(before.questions, after.questions)


def _blocks(before: Sequence[Block], after: Sequence[Block]) -> Iterable[Edit]:
    old = {block.uuid: block for block in before}
    new = {block.uuid: block for block in after}
    for number, block in enumerate(after, 1):
        name = _("%(kind)s, block %(number)s") % {
            "kind": BLOCK_WORDS[block.kind](),
            "number": number,
        }
        if block.uuid not in old:
            yield Edit(_("%(block)s is new.") % {"block": name})
            continue
        was = old[block.uuid]
        yield from _texts(_("%(block)s, title") % {"block": name}, was.title, block.title)
        yield from _texts(name, was.body, block.body)
        told = list(_parts_of(name, was, block))
        yield from told
        if was.settings != block.settings and not told:
            yield Edit(_("%(block)s: its settings changed.") % {"block": name})
    for number, block in enumerate(before, 1):
        if block.uuid not in new:
            name = _("%(kind)s, block %(number)s") % {
                "kind": BLOCK_WORDS[block.kind](),
                "number": number,
            }
            words = plain(said(block.body))
            gone = (Piece("gone", _short(words)),) if words else ()
            yield Edit(_("%(block)s was removed.") % {"block": name}, gone)
    if _reordered(list(old), list(new)):
        yield Edit(_("The blocks are in another order."))


def _parts_of(name: str, before: Block, after: Block) -> Iterable[Edit]:
    """The texts of a block's parts: items, answers, scenes."""
    old = {text.place: text for text in texts(before) if text.label}
    new = {text.place: text for text in texts(after) if text.label}
    for place in [*new, *(place for place in old if place not in new)]:
        text = new.get(place) or old[place]
        label = _("%(block)s, %(part)s") % {"block": name, "part": text.label}
        was = old[place].words if place in old else {}
        now = new[place].words if place in new else {}
        yield from _texts(label, was, now)


def _questions(before: Sequence[Question], after: Sequence[Question]) -> Iterable[Edit]:
    old = {question.uuid: question for question in before}
    new = {question.uuid: question for question in after}
    for number, question in enumerate(after, 1):
        name = _("Question %(number)s") % {"number": number}
        if question.uuid not in old:
            prompt = said(question.body.get("prompt") or {})
            yield Edit(_("%(name)s is new.") % {"name": name}, (Piece("new", prompt),))
            continue
        yield from _question(name, old[question.uuid], question)
    for number, question in enumerate(before, 1):
        if question.uuid not in new:
            name = _("Question %(number)s") % {"number": number}
            prompt = said(question.body.get("prompt") or {})
            yield Edit(_("%(name)s was removed.") % {"name": name}, (Piece("gone", prompt),))
    if _reordered(list(old), list(new)):
        yield Edit(_("The questions are in another order."))


def _question(name: str, before: Question, after: Question) -> Iterable[Edit]:
    old, new = before.body, after.body
    yield from _texts(name, old.get("prompt") or {}, new.get("prompt") or {})
    yield from _plain(_("%(name)s, points") % {"name": name}, before.points, after.points)
    options = {option["id"]: option for option in old.get("options", [])}
    kept = {option["id"] for option in new.get("options", [])}
    for number, option in enumerate(new.get("options", []), 1):
        label = _("%(name)s, answer %(number)s") % {"name": name, "number": number}
        was = options.get(option["id"])
        if was is None:
            yield Edit(
                _("%(name)s is new.") % {"name": label}, (Piece("new", said(option["text"])),)
            )
            continue
        yield from _texts(label, was["text"], option["text"])
        feedback = _("%(name)s, feedback") % {"name": label}
        yield from _texts(feedback, was.get("feedback") or {}, option.get("feedback") or {})
        if bool(was.get("right")) != bool(option.get("right")):
            yield Edit(
                _("%(name)s is now right.") % {"name": label}
                if option.get("right")
                else _("%(name)s is now wrong.") % {"name": label}
            )
    for number, option in enumerate(old.get("options", []), 1):
        if option["id"] not in kept:
            label = _("%(name)s, answer %(number)s") % {"name": name, "number": number}
            gone = (Piece("gone", said(option["text"])),)
            yield Edit(_("%(name)s was removed.") % {"name": label}, gone)
    if old.get("answer") != new.get("answer"):
        yield Edit(_("%(name)s: the right answer changed.") % {"name": name})
    label = _("%(name)s, why it is so") % {"name": name}
    yield from _texts(label, old.get("explanation") or {}, new.get("explanation") or {})
    told = {"prompt", "options", "answer", "explanation"}
    if _rest(old, told) != _rest(new, told):
        yield Edit(_("%(name)s: its settings changed.") % {"name": name})


def _rule(before: Document, after: Document) -> Iterable[Edit]:
    old = {requirement["item"] for requirement in before.rule["requirements"]}
    new = {requirement["item"] for requirement in after.rule["requirements"]}
    for lesson in after.lessons:
        name = {"lesson": _name(lesson)}
        if lesson.uuid in new - old:
            yield Edit(_("«%(lesson)s» is now required.") % name)
        elif lesson.uuid in old - new:
            yield Edit(_("«%(lesson)s» is no longer required.") % name)
    for lesson in before.lessons:
        if lesson.uuid in old - new and after.item(lesson.uuid) is None:
            yield Edit(_("«%(lesson)s» is no longer required.") % {"lesson": _name(lesson)})


def _texts(label: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Edit]:
    for language in LANGUAGES:
        old, new = before.get(language, ""), after.get(language, "")
        if old == new:
            continue
        name = {"name": label, "language": str(LANGUAGE_NAMES[language])}
        was, now = plain(old), plain(new)
        if was.split() == now.split():
            yield Edit(_("%(name)s (%(language)s): only the formatting changed.") % name)
        else:
            sentence = _("%(name)s (%(language)s):") % name
            yield Edit(sentence, words_between(was, now), language)


def _plain(label: str, before: object, after: object) -> Iterable[Edit]:
    if before != after:
        pieces = (Piece("gone", _value(before)), Piece("new", _value(after)))
        yield Edit(f"{label}:", tuple(piece for piece in pieces if piece.text))


def _value(value: object) -> str:
    return "" if value is None else f"{value:f}" if hasattr(value, "normalize") else str(value)


def _added(lesson: Lesson) -> Edit:
    words = said(lesson.title)
    return Edit(_("This lesson is new."), (Piece("new", words),) if words else ())


def _homes(document: Document) -> dict[str, tuple[str, str]]:
    return {
        lesson.uuid: (module.uuid, said(module.title))
        for module in document.modules
        for lesson in module.lessons
    }


def _reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    """What is in both is in another order."""
    both = set(before) & set(after)
    return [one for one in before if one in both] != [one for one in after if one in both]


def _rest(body: Mapping[str, Any], told: set[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in told}


def _short(words: str, most: int = 30) -> str:
    some = words.split()
    return " ".join(some[:most]) + (" …" if len(some) > most else "")


def _name(lesson: Lesson) -> str:
    return said(lesson.title) or lesson.slug
