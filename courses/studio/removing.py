"""Parts that leave a draft, and come back. The only writer of Removed rows, beside `restoring`.

What is deleted is kept whole, with its uuids: putting it back makes it what it was, so that a
version published later still knows it and learners' evidence still counts for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Block, Draft, Lesson, Module, Question, Removed
from courses.studio.editing import Placed, arrange, free_slug, hold, lesson_slugs, touch
from lms.text import Localised
from people.models import User

KEPT = timedelta(days=180)
_FIELDS: Mapping[type[Placed], tuple[str, ...]] = {
    Module: ("title", "summary"),
    Lesson: ("slug", "kind", "title", "minutes", "required", "settings"),
    Block: ("kind", "title", "body", "settings", "revision"),
    Question: ("kind", "points", "body"),
}


@transaction.atomic
def delete(draft: Draft, part: Placed, *, by: User) -> Removed | None:
    """Take a part out of the draft with all it holds; published versions keep it.

    Safe to repeat: None when it is gone already. What went half a year ago is forgotten.
    """
    held = hold(draft)
    model = type(part)
    now: Placed | None = model._default_manager.filter(pk=part.pk).first()  # type: ignore[assignment]
    if now is None:
        return None
    data = _whole(now) | _place(now)
    kept = keep(held, model._meta.model_name or "", now.uuid, _name(now), data, by=by)
    model._default_manager.filter(pk=now.pk).delete()
    touch(held, by)
    return kept


def keep(
    held: Draft,
    kind: str,
    part: uuid.UUID,
    title: Localised,
    data: dict[str, Any],
    *,
    by: User | None,
) -> Removed:
    """Called inside the transaction that holds the draft's row."""
    Removed.objects.filter(draft=held, removed_at__lt=timezone.now() - KEPT).delete()
    return Removed.objects.create(
        draft=held, kind=kind, part=part, title=title, data=data, removed_by=by
    )


@transaction.atomic
def put_back(removed: Removed, *, by: User) -> Placed:
    """Make it what it was, where it was, as far as that place is there still. Safe to repeat."""
    held = hold(removed.draft)
    data = removed.data
    match removed.kind:
        case "module":
            part: Placed
            part, made = _module(held, data)
        case "lesson":
            modules = held.modules.order_by("position", "pk")
            module = modules.filter(uuid=data["parent"]).first() or modules.last()
            if module is None:
                raise ValidationError(_("There is no module to put it into. Add one first."))
            part, made = _lesson(held, module, data)
        case kind:
            lesson = Lesson.objects.filter(module__draft=held, uuid=data["parent"]).first()
            if lesson is None:
                raise ValidationError(_("Its lesson is gone. Put the lesson back first."))
            part, made = _make(Block if kind == "block" else Question, data, lesson=lesson)
    if made:
        rows = _siblings(part)
        arrange(rows, part, rows.filter(uuid=data["before"]).first() if data["before"] else None)
        touch(held, by)
    Removed.objects.filter(draft=held, part=removed.part).delete()
    return part


def _whole(part: Placed) -> dict[str, Any]:
    data = {"uuid": str(part.uuid), **{name: getattr(part, name) for name in _FIELDS[type(part)]}}
    if isinstance(part, Module):
        data["lessons"] = [_whole(lesson) for lesson in part.lessons.order_by("position", "pk")]
    elif isinstance(part, Lesson):
        data["blocks"] = [_whole(block) for block in part.blocks.order_by("position", "pk")]
        data["questions"] = [_whole(one) for one in part.questions.order_by("position", "pk")]
    return data


def _place(part: Placed) -> dict[str, Any]:
    """What it stood in, and in front of what."""
    siblings = _siblings(part)
    order = list(siblings.order_by("position", "pk").values_list("uuid", flat=True))
    behind = order[order.index(part.uuid) + 1 :]
    parent = "" if isinstance(part, Module) else str(_parent(part).uuid)
    return {"parent": parent, "before": str(behind[0]) if behind else ""}


def _parent(part: Lesson | Block | Question) -> Module | Lesson:
    return part.module if isinstance(part, Lesson) else part.lesson


def _siblings(part: Placed) -> Any:
    if isinstance(part, Module):
        return Module.objects.filter(draft=part.draft_id)
    if isinstance(part, Lesson):
        return Lesson.objects.filter(module=part.module_id)
    return type(part)._default_manager.filter(lesson=part.lesson_id)


def _name(part: Placed) -> Localised:
    if isinstance(part, Question):
        prompt: Localised = part.body.get("prompt") or {}
        return prompt
    return part.title


def _make[M: Placed](model: type[M], data: Mapping[str, Any], **place: Any) -> tuple[M, bool]:
    """The row of this uuid, and whether it had to be made: a version may have brought it back."""
    known: M | None = model._default_manager.filter(uuid=data["uuid"]).first()  # type: ignore[assignment]
    if known is not None:
        return known, False
    fields = {name: data[name] for name in _FIELDS[model]}  # type: ignore[index]
    own = {"uuid": uuid.UUID(data["uuid"]), **fields}
    made: M = model._default_manager.create(**place, **own)  # type: ignore[assignment]
    return made, True


def _module(held: Draft, data: Mapping[str, Any]) -> tuple[Module, bool]:
    module, made = _make(Module, data, draft=held)
    if made:
        for place, lesson in enumerate(data["lessons"], 1):
            _lesson(held, module, lesson, place)
    return module, made


def _lesson(
    held: Draft, module: Module, data: Mapping[str, Any], place: int = 0
) -> tuple[Lesson, bool]:
    """With its blocks and questions; another lesson may have taken its address meanwhile."""
    slug = free_slug(data["title"], lesson_slugs(held), data["slug"])
    lesson, made = _make(Lesson, {**data, "slug": slug}, module=module, position=place)
    if made:
        for name, model in (("blocks", Block), ("questions", Question)):
            for number, one in enumerate(data[name], 1):
                _make(model, one, lesson=lesson, position=number)
    return lesson, made
