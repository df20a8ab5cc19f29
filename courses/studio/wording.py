"""One text of a draft in one language: saved, or read over beside its source.

Like every change of the studio it holds the draft's row and begins from a mark: here of both texts,
so that nobody translates words that are no longer there, or over words that they have not seen.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from courses import translations
from courses.media.placing import illustrated
from courses.models import Block, Draft, Lesson, Module, Question, Translation
from courses.studio.changes import plain as words_of
from courses.studio.editing import hold, touch, write
from courses.words import Text, mark
from people.models import User

type Row = Draft | Module | Lesson | Block | Question


class Overtaken(ValidationError):
    """The source or the translation is not the one this began from. `text` is what stands now."""

    def __init__(self, text: Text) -> None:
        super().__init__(
            _("Someone else saved this after you opened it. Nothing of yours is lost."),
            code="stale",
        )
        self.text = text


@dataclass(frozen=True)
class Place:
    item: uuid.UUID
    path: str
    language: str


def base_of(text: Text, language: str) -> str:
    return f"{mark(text.source)[:16]}.{mark(text.words.get(language, ''))[:16]}"


@transaction.atomic
def put(
    draft: Draft, place: Place, words: str, *, by: User, base: str, machine: bool = False
) -> Text:
    """Write the text. Saving what is stored is no change, whatever the base: an answer was lost.

    Raises Overtaken, and Draft.DoesNotExist when the text is not in the draft any more.
    """
    held = hold(draft)
    row, text = _find(held, place)
    stored = text.words.get(place.language, "")
    origin = Translation.Origin.MACHINE if machine else Translation.Origin.PERSON
    if words == stored:
        if stored:
            translations.say_origin(held, text, place.language, origin, by=by)
        return text
    if base_of(text, place.language) != base:
        raise Overtaken(text)
    touch(held, by)
    _write(held, row, place, words)
    _row, saved = _find(held, place)
    if words:
        translations.remember(held, saved, place.language, by=by, origin=origin)
    return saved


@transaction.atomic
def review(draft: Draft, place: Place, *, by: User, base: str) -> Text:
    """Somebody read both texts and says that they say the same. Safe to repeat."""
    held = hold(draft)
    _row, text = _find(held, place)
    if base_of(text, place.language) != base:
        raise Overtaken(text)
    if not text.words.get(place.language):
        raise ValidationError(_("There is no translation to read over yet."))
    translations.review(held, text, place.language, by=by)
    return text


def _find(held: Draft, place: Place) -> tuple[Row, Text]:
    rows: list[Any] = [
        Draft.objects.filter(pk=held.pk, course__uuid=place.item).select_related("course"),
        Module.objects.filter(draft=held, uuid=place.item),
        Lesson.objects.filter(module__draft=held, uuid=place.item),
        Block.objects.filter(lesson__module__draft=held, uuid=place.item),
        Question.objects.filter(lesson__module__draft=held, uuid=place.item),
    ]
    for found in rows:
        if (row := found.first()) is not None:
            for text in translations.texts_of_row(row):
                if text.path == place.path and text.source:
                    return row, text
    raise Draft.DoesNotExist


def _write(held: Draft, row: Row, place: Place, words: str) -> None:
    """The text is a dict somewhere inside the value of a field, which is this row's own."""
    field = place.path.partition("/")[0]
    value = getattr(row, field)
    for text in translations.texts_of_row(row):
        if text.path == place.path:
            told: dict[str, str] = text.words  # type: ignore[assignment]
            told.pop(place.language, None)
            if words:
                told[place.language] = words
    if place.path == "body/prompt_html":
        value["prompt"] = {code: words_of(html) for code, html in value["prompt_html"].items()}
    values = {field: value}
    if isinstance(row, Block):
        values["revision"] = row.revision + 1
        told = {"title": row.title, "body": row.body}
        values["settings"] = illustrated(held.course, row.kind, told, row.settings)
    write(row, values)
