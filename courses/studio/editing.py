"""How drafts change. The only writer of draft rows beside `courses.loading` and `restoring`.

Every story takes the draft's row first: changes to one draft happen one after another, and a
publication, which locks the same row, freezes all of a change or nothing of it. Each change counts
the draft's revision up by one; saving what is stored already changes nothing.

A story that makes a row takes the row's uuid as its key, so that sending a form twice makes one
row. A story that changes one takes the mark of what its author began from (`mark_of`) and refuses
with `Stale` when that is no longer what is stored: nobody's words are written over unseen.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Manager, Max, Model, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from courses.media.placing import illustrated
from courses.models import (
    BankQuestion,
    Block,
    Course,
    Draft,
    DraftHand,
    Lesson,
    Module,
    Question,
)
from courses.translations import follow, texts_of_row
from library.models import CompetencyDomain, Practice
from lms.text import LANGUAGES, Localised, said
from people.models import User

type Part = Draft | Module | Lesson | Block | Question | BankQuestion
type Placed = Module | Lesson | Block | Question

SLUG_LENGTH = Lesson._meta.get_field("slug").max_length or 80
# What the form about each kind of row shows and saves.
SHOWN: Mapping[type[Model], tuple[str, ...]] = {
    Draft: (
        "title",
        "summary",
        "about",
        "outcomes",
        "format",
        "hours",
        "languages",
        "working_title",
    ),
    Module: ("title", "summary"),
    Lesson: ("title", "slug", "minutes", "required", "settings"),
    Block: ("title", "body", "settings"),
    Question: ("points", "body"),
    BankQuestion: ("points", "body", "tag_line"),
}
FRESH: Mapping[str, Mapping[str, Any]] = {
    Lesson.Kind.QUIZ: {"pass_percent": 80, "attempts": 0},
}


class Stale(ValidationError):
    """What was to be saved began from older words than those stored now (`current`)."""

    def __init__(self, current: Part | None) -> None:
        super().__init__(
            _("Someone else saved this after you opened it. Nothing of yours is lost."),
            code="stale",
        )
        self.current = current


def mark_of(part: Part) -> str:
    """A short mark that changes when what a form about this row shows changes."""
    if isinstance(part, Block):
        return str(part.revision)
    values = [getattr(part, name) for name in SHOWN[type(part)]]
    if isinstance(part, Draft):
        values += [_ids(part.practices), _ids(part.competencies)]
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def touch(draft: Draft, by: User | None) -> None:
    """Count one more change, and whose it is: nobody reviews what they alone have written.

    Called inside the transaction that holds the draft's row.
    """
    Draft.objects.filter(pk=draft.pk).update(
        revision=F("revision") + 1, changed_at=timezone.now(), changed_by=by
    )
    if by is not None:
        DraftHand.objects.bulk_create([DraftHand(draft=draft, person=by)], ignore_conflicts=True)
    draft.refresh_from_db(fields=["revision", "changed_at", "changed_by"])


# --- The course


def create_course(
    *, by: User, key: uuid.UUID, slug: str, title: Localised, format: str, hours: Any
) -> Draft:
    """A course that nobody sees yet, with its draft. The slug comes from the title when empty."""
    values = {"title": title, "format": format, "hours": hours}
    try:
        return _create_course(by, key, slug, values)
    except IntegrityError:  # another request took the key or the address at the same moment
        return _create_course(by, key, slug, values)


@transaction.atomic
def _create_course(by: User, key: uuid.UUID, slug: str, values: Mapping[str, Any]) -> Draft:
    if known := Draft.objects.filter(course__uuid=key).select_related("course").first():
        return known
    taken = set(Course.objects.values_list("slug", flat=True))
    if slug in taken:
        raise ValidationError({"slug": _("Another course has this address. Choose another one.")})
    course = Course.objects.create(
        uuid=key, slug=slug or free_slug(values["title"], taken), title=values["title"]
    )
    draft = Draft.objects.create(course=course, languages=list(LANGUAGES), changed_by=by, **values)
    DraftHand.objects.create(draft=draft, person=by)
    return draft


@transaction.atomic
def save_details(
    draft: Draft,
    *,
    by: User,
    base: str,
    values: Mapping[str, Any],
    practices: Iterable[Practice],
    competencies: Iterable[CompetencyDomain],
) -> Draft:
    """The head of the course: titles, texts, hours, topics."""
    held = hold(draft)
    wanted = {row.pk for row in practices}, {row.pk for row in competencies}
    stored = set(_ids(held.practices)), set(_ids(held.competencies))
    if _same(held, values) and wanted == stored:
        return held
    if mark_of(held) != base:
        raise Stale(held)
    touch(held, by)
    before = texts_of_row(held)
    write(held, values)
    follow(held, before, texts_of_row(held), by=by)
    held.practices.set(wanted[0])
    held.competencies.set(wanted[1])
    return held


# --- Modules and lessons


@transaction.atomic
def add_module(draft: Draft, *, by: User, key: uuid.UUID, title: Localised) -> Module:
    held = hold(draft)
    if known := _known(held.modules.all(), key):
        return known
    touch(held, by)
    return held.modules.create(uuid=key, title=title, position=_next(held.modules.all()))


@transaction.atomic
def add_lesson(module: Module, *, by: User, key: uuid.UUID, title: Localised, kind: str) -> Lesson:
    held = hold(module.draft)
    if known := _known(Lesson.objects.filter(module__draft=held), key):
        return known
    module = _still(module)
    touch(held, by)
    return module.lessons.create(
        uuid=key,
        slug=free_slug(title, lesson_slugs(held)),
        kind=kind,
        title=title,
        position=_next(module.lessons.all()),
        settings=dict(FRESH.get(kind, {})),
    )


@transaction.atomic
def save_module(module: Module, *, by: User, base: str, values: Mapping[str, Any]) -> Module:
    held = hold(module.draft)
    return _save(held, Module.objects.filter(pk=module.pk), by, base, values)


@transaction.atomic
def save_lesson(lesson: Lesson, *, by: User, base: str, values: Mapping[str, Any]) -> Lesson:
    """Title, address, length, rules. The address is once in a course."""
    held = hold(lesson.module.draft)
    others = Lesson.objects.filter(module__draft=held).exclude(pk=lesson.pk)
    if others.filter(slug=values["slug"]).exists():
        raise ValidationError({"slug": _("Another lesson of this course has this address.")})
    return _save(held, Lesson.objects.filter(pk=lesson.pk), by, base, values)


@transaction.atomic
def rename_lesson(lesson: Lesson, *, by: User, base: str, title: Localised) -> Lesson:
    held = hold(lesson.module.draft)
    return _save(held, Lesson.objects.filter(pk=lesson.pk), by, base, {"title": title})


@transaction.atomic
def duplicate_lesson(lesson: Lesson, *, by: User, key: uuid.UUID) -> Lesson:
    """A copy right behind it, with a name and an address of its own and all it holds."""
    held = hold(lesson.module.draft)
    if known := _known(Lesson.objects.filter(module__draft=held), key):
        return known
    lesson = _still(lesson)
    touch(held, by)
    copy = _copy_lesson(lesson, lesson.module, key, lesson_slugs(held), _as_copy(lesson.title))
    arrange(lesson.module.lessons.all(), copy, _after(lesson.module.lessons.all(), lesson))
    return copy


@transaction.atomic
def duplicate_module(module: Module, *, by: User, key: uuid.UUID) -> Module:
    """A copy right behind it, with copies of its lessons."""
    held = hold(module.draft)
    if known := _known(held.modules.all(), key):
        return known
    module = _still(module)
    touch(held, by)
    copy = held.modules.create(
        uuid=key, title=_as_copy(module.title), summary=module.summary, position=0
    )
    slugs = lesson_slugs(held)
    for lesson in module.lessons.order_by("position", "pk"):
        made = _copy_lesson(lesson, copy, uuid.uuid4(), slugs, lesson.title)
        Lesson.objects.filter(pk=made.pk).update(position=lesson.position)
    arrange(held.modules.all(), copy, _after(held.modules.all(), module))
    return copy


@transaction.atomic
def move_module(module: Module, *, by: User, before: Module | None) -> bool:
    """Put it in front of `before`, or last. Says whether anything moved; safe to repeat."""
    held = hold(module.draft)
    moved = arrange(held.modules.all(), _still(module), before)
    if moved:
        touch(held, by)
    return moved


@transaction.atomic
def move_lesson(lesson: Lesson, *, by: User, into: Module, before: Lesson | None) -> bool:
    """Put it into a module of the same course, in front of `before` or last. Safe to repeat."""
    held = hold(lesson.module.draft)
    if into.draft_id != held.pk:
        raise ValueError(f"{into!r} is not of the course of {lesson!r}")
    lesson, into = _still(lesson), _still(into)
    changed = Lesson.objects.filter(pk=lesson.pk).exclude(module=into).update(module=into)
    moved = arrange(into.lessons.all(), lesson, before) or bool(changed)
    if moved:
        touch(held, by)
    return moved


# --- What lessons hold


@transaction.atomic
def add_block(lesson: Lesson, *, by: User, key: uuid.UUID, kind: str) -> Block:
    held = hold(lesson.module.draft)
    if known := _known(Block.objects.filter(lesson=lesson), key):
        return known
    lesson = _still(lesson)
    touch(held, by)
    return lesson.blocks.create(uuid=key, kind=kind, position=_next(lesson.blocks.all()))


@transaction.atomic
def save_block(block: Block, *, by: User, base: str, values: Mapping[str, Any]) -> Block:
    """What a block says. `base` is the revision its author began from.

    Saving the same words again is no conflict, whatever the base: a save whose answer was lost
    may be repeated.
    """
    held = hold(block.lesson.module.draft)
    told = {name: values.get(name, getattr(block, name)) for name in SHOWN[Block]}
    settings = illustrated(held.course, block.kind, told, told["settings"])
    if settings != told["settings"]:
        values = {**values, "settings": settings}
    return _save(held, Block.objects.filter(pk=block.pk), by, base, values)


@transaction.atomic
def show_anew(
    draft: Draft,
    media: str,
    settled: Callable[[Mapping[str, Any]], dict[str, Any]],
    *,
    by: User | None,
) -> None:
    """A file of the library changed its words or captions: the blocks that show it follow."""
    held = hold(draft)
    blocks = Block.objects.filter(lesson__module__draft=held, settings__media=media)
    changed = [block for block in blocks if settled(block.settings) != block.settings]
    for block in changed:
        write(block, {"settings": settled(block.settings), "revision": block.revision + 1})
    if changed:
        touch(held, by)


@transaction.atomic
def move_block(block: Block, *, by: User, before: Block | None) -> bool:
    held = hold(block.lesson.module.draft)
    moved = arrange(block.lesson.blocks.all(), _still(block), before)
    if moved:
        touch(held, by)
    return moved


@transaction.atomic
def add_question(
    lesson: Lesson, *, by: User, key: uuid.UUID, kind: str, values: Mapping[str, Any]
) -> Question:
    held = hold(lesson.module.draft)
    if known := _known(Question.objects.filter(lesson=lesson), key):
        return known
    lesson = _still(lesson)
    touch(held, by)
    position = _next(lesson.questions.all())
    return lesson.questions.create(uuid=key, kind=kind, position=position, **values)


@transaction.atomic
def save_question(
    question: Question, *, by: User, base: str, values: Mapping[str, Any]
) -> Question:
    held = hold(question.lesson.module.draft)
    return _save(held, Question.objects.filter(pk=question.pk), by, base, values)


@transaction.atomic
def move_question(question: Question, *, by: User, before: Question | None) -> bool:
    held = hold(question.lesson.module.draft)
    moved = arrange(question.lesson.questions.all(), _still(question), before)
    if moved:
        touch(held, by)
    return moved


# --- What the stories share


def hold(draft: Draft) -> Draft:
    return Draft.objects.select_for_update().get(pk=draft.pk)


def _still[M: Placed](row: M) -> M:
    """The row as it is now that the draft is held.

    Between the page's look-up and the hold somebody may have deleted or moved it.
    """
    now: M | None = type(row)._default_manager.filter(pk=row.pk).first()  # type: ignore[assignment]
    if now is None:
        raise ValidationError(_("Someone else deleted this a moment ago."), code="gone")
    return now


def _save[M: Placed](
    held: Draft, one: QuerySet[M], by: User, base: str, values: Mapping[str, Any]
) -> M:
    row = one.first()
    if row is None:
        raise Stale(None)
    if _same(row, values):
        return row
    if mark_of(row) != base:
        raise Stale(row)
    touch(held, by)
    if isinstance(row, Block):
        values = {**values, "revision": row.revision + 1}
    before = texts_of_row(row)
    write(row, values)
    follow(held, before, texts_of_row(row), by=by)
    return row


def _same(row: Part, values: Mapping[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def write(row: Part, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _known[M: Placed](rows: QuerySet[M], key: uuid.UUID) -> M | None:
    """The row this key made before. A key that made one elsewhere is refused."""
    if (row := rows.filter(uuid=key).first()) is not None:
        return row
    if rows.model._default_manager.filter(uuid=key).exists():
        raise ValidationError(_("This form was used before. Open the page again, then repeat."))
    return None


def _next(rows: QuerySet[Any]) -> int:
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def arrange[M: Placed](rows: QuerySet[M], moving: M, before: M | None) -> bool:
    """Number the rows 1, 2, 3 … with the moving one in front of `before`, or last."""
    if before is not None and before.pk == moving.pk:
        return False
    order = list(rows.order_by("position", "pk"))
    rest = [row for row in order if row.pk != moving.pk]
    place = next((n for n, row in enumerate(rest) if before and row.pk == before.pk), len(rest))
    if before is not None and place == len(rest):
        raise ValidationError(_("The order changed meanwhile. Look again, then move it."))
    me = next(row for row in order if row.pk == moving.pk)
    arranged = [*rest[:place], me, *rest[place:]]
    moved = []
    for number, row in enumerate(arranged, 1):
        if row.position != number:
            row.position = number
            moved.append(row)
    if moved:
        manager: Manager[Any] = type(moving)._default_manager
        manager.bulk_update(moved, ["position"], batch_size=500)
    return arranged != order


def _after[M: Placed](rows: QuerySet[M], row: M) -> M | None:
    order = list(rows.order_by("position", "pk"))
    place = next(n for n, one in enumerate(order) if one.pk == row.pk)
    return order[place + 1] if place + 1 < len(order) else None


def _copy_lesson(
    lesson: Lesson, into: Module, key: uuid.UUID, slugs: set[str], title: Localised
) -> Lesson:
    copy = into.lessons.create(
        uuid=key,
        slug=free_slug(title, slugs, lesson.slug),
        kind=lesson.kind,
        title=title,
        minutes=lesson.minutes,
        required=lesson.required,
        settings=lesson.settings,
    )
    slugs.add(copy.slug)
    Block.objects.bulk_create(
        Block(
            lesson=copy, **{name: getattr(b, name) for name in ("position", "kind", *SHOWN[Block])}
        )
        for b in lesson.blocks.all()
    )
    Question.objects.bulk_create(
        Question(
            lesson=copy,
            **{name: getattr(q, name) for name in ("position", "kind", *SHOWN[Question])},
        )
        for q in lesson.questions.all()
    )
    return copy


def _as_copy(title: Localised) -> Localised:
    named: Localised = {}
    for language, text in title.items():
        with override(language):
            named[language] = _("%(title)s (copy)") % {"title": text}
    return named


def lesson_slugs(held: Draft) -> set[str]:
    return set(Lesson.objects.filter(module__draft=held).values_list("slug", flat=True))


def free_slug(title: Localised, taken: set[str], wish: str = "") -> str:
    """An address from the title that is still free: `name`, `name-2`, `name-3` …"""
    stem = (wish or slugify(said(title, "en")) or "lesson")[: SLUG_LENGTH - 5].strip("-")
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _ids(related: Any) -> list[int]:
    return sorted(related.values_list("pk", flat=True))
