"""What is translated, by whom, and what its source has moved away from. Writer of Translation.

A text is *missing*, *stale* (its source changed after it was translated), *machine* (a machine
translated it and nobody has read it over), *translated* or *reviewed* (by somebody else).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Model
from django.utils import timezone

from courses.models import Block, Draft, Lesson, Module, Question, Translation
from courses.words import FIELDS, SOURCE, Text, mark, texts_of, texts_of_course, texts_of_lesson
from lms.text import LANGUAGES
from people.models import User

MISSING, STALE, MACHINE = "missing", "stale", "machine"
TRANSLATED, REVIEWED = "translated", "reviewed"
UNDONE = (MISSING, STALE, MACHINE)
TARGETS = LANGUAGES[1:]

PARTS: Mapping[type[Model], str] = {
    Draft: "course",
    Module: "module",
    Lesson: "lesson",
    Block: "block",
    Question: "question",
}

type Rows = Mapping[tuple[str, str, str], Translation]


@dataclass(frozen=True)
class Tally:
    """How far one language is, in a lesson or a whole course."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return self.total - sum(self.counts.get(state, 0) for state in UNDONE)

    @property
    def percent(self) -> int:
        """Rounded down: 100 is said of what is all done."""
        return 100 * self.done // self.total if self.total else 100

    @property
    def undone(self) -> list[tuple[str, int]]:
        return [(state, self.counts[state]) for state in UNDONE if self.counts.get(state)]


def texts_of_row(row: Draft | Module | Lesson | Block | Question) -> list[Text]:
    """The texts of one row of a draft, as its document would hold them."""
    part = PARTS[type(row)]
    values = {name: getattr(row, name) for name in FIELDS[part]}
    item = row.course.uuid if isinstance(row, Draft) else row.uuid
    return list(texts_of(part, str(item), values, kind=getattr(row, "kind", "")))


def rows_of(draft: Draft) -> Rows:
    rows = Translation.objects.filter(draft=draft).select_related("translated_by", "reviewed_by")
    return {(str(row.item), row.path, row.language): row for row in rows.planned()}


def state_of(text: Text, language: str, rows: Rows) -> str:
    if not text.words.get(language):
        return MISSING
    row = rows.get((text.item, text.path, language))
    if row is None or not row.speaks_of(text):
        return TRANSLATED
    if not row.from_present_words(text):
        return STALE
    by_machine = row.origin == Translation.Origin.MACHINE
    if row.reviewed_at is None:
        return MACHINE if by_machine else TRANSLATED
    alone = row.reviewed_by_id is not None and row.reviewed_by_id == row.translated_by_id
    return TRANSLATED if alone and not by_machine else REVIEWED


def tally(texts: Iterable[Text], language: str, rows: Rows) -> Tally:
    """Only what has words in the source: nothing else can be translated."""
    return Tally(Counter(state_of(text, language, rows) for text in texts if text.source))


def lacking(texts: Iterable[Text], language: str) -> bool:
    return any(text.source and not text.words.get(language) for text in texts)


def tally_of_document(document: Mapping[str, Any], language: str, rows: Rows) -> Tally:
    return tally(all_texts(document), language, rows)


def all_texts(document: Mapping[str, Any]) -> Iterable[Text]:
    lessons = [lesson for module in document["modules"] for lesson in module["lessons"]]
    return chain(texts_of_course(document), *(texts_of_lesson(lesson) for lesson in lessons))


def follow(draft: Draft, before: Iterable[Text], after: Iterable[Text], *, by: User | None) -> None:
    """Note what a change to one part of the draft means for its translations.

    A target that changed was written with the present source in view. A source that changed alone
    leaves its targets behind: where no row said what they were made from, one says so now. Called
    in the transaction of the change, with the draft's row held.
    """
    known = {(text.item, text.path): text.words for text in before}
    for text in after:
        words = known.get((text.item, text.path), {})
        for language in TARGETS:
            new, old = text.words.get(language, ""), words.get(language, "")
            if new and new != old:
                remember(draft, text, language, by=by)
            elif new and text.source != words.get(SOURCE, ""):
                _leave_behind(draft, text, language, words.get(SOURCE, ""))


def remember(
    draft: Draft,
    text: Text,
    language: str,
    *,
    by: User | None,
    origin: str = Translation.Origin.PERSON,
) -> None:
    """This text says in `language` what its source says now."""
    Translation.objects.update_or_create(
        **_place(draft, text, language),
        defaults={
            "source_sha256": mark(text.source),
            "target_sha256": mark(text.words[language]),
            "origin": origin,
            "translated_by": by,
            "translated_at": timezone.now(),
            "reviewed_by": None,
            "reviewed_at": None,
        },
    )


def say_origin(draft: Draft, text: Text, language: str, origin: str, *, by: User) -> None:
    """A person or a machine, said of a text that did not change. Whoever read it over did so."""
    row = Translation.objects.filter(**_place(draft, text, language)).first()
    if row is None or not row.speaks_of(text):
        if origin == Translation.Origin.MACHINE:
            remember(draft, text, language, by=by, origin=origin)
    elif row.origin != origin:
        Translation.objects.filter(pk=row.pk).update(
            origin=origin, reviewed_by=None, reviewed_at=None
        )


def review(draft: Draft, text: Text, language: str, *, by: User) -> None:
    """Somebody read it over beside its source."""
    row, _made = Translation.objects.get_or_create(
        **_place(draft, text, language),
        defaults={
            "source_sha256": mark(text.source),
            "target_sha256": mark(text.words[language]),
        },
    )
    if not row.speaks_of(text):
        row.origin, row.translated_by = Translation.Origin.PERSON, None
    row.source_sha256, row.target_sha256 = mark(text.source), mark(text.words[language])
    row.reviewed_by, row.reviewed_at = by, timezone.now()
    row.save()


def _leave_behind(draft: Draft, text: Text, language: str, source_before: str) -> None:
    if not source_before:
        return
    row, made = Translation.objects.get_or_create(
        **_place(draft, text, language),
        defaults={
            "source_sha256": mark(source_before),
            "target_sha256": mark(text.words[language]),
        },
    )
    if not made and not row.speaks_of(text):
        row.source_sha256, row.target_sha256 = mark(source_before), mark(text.words[language])
        row.origin, row.translated_by = Translation.Origin.PERSON, None
        row.reviewed_by = row.reviewed_at = None
        row.save()


def _place(draft: Draft, text: Text, language: str) -> dict[str, Any]:
    return {"draft": draft, "item": text.item, "path": text.path, "language": language}
