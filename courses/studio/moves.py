"""Moves in the outline, in words: what goes where is named by what stands behind it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from courses.models import Draft, Lesson, Module
from courses.studio import editing
from courses.studio.finding import lesson_or_404, module_or_404
from lms.text import said
from people.models import User


@dataclass(frozen=True)
class Move:
    """`into` is the module that a lesson goes to; without `before` it goes to the end."""

    what: uuid.UUID
    into: uuid.UUID | None
    before: uuid.UUID | None


@dataclass(frozen=True)
class Moved:
    """The word that it is done, and the move that undoes it."""

    told: str
    undo: str


@dataclass(frozen=True)
class Steps:
    """The moves that «up» and «down» are; empty where there is none."""

    up: str
    down: str


def parsed(move: str) -> Move:
    """«module:what::before» or «lesson:what:into:before». Anything else names nothing: 404."""
    try:
        kind, what, into, before = move.split(":")
        if kind not in {"module", "lesson"} or (kind == "lesson") != bool(into):
            raise ValueError
        return Move(uuid.UUID(what), _uuid(into), _uuid(before))
    except ValueError:
        raise Http404 from None


def make(draft: Draft, move: Move, *, by: User) -> Moved:
    if move.into is None:
        return _move_module(draft, move, by)
    return _move_lesson(draft, move, move.into, by)


def of_module(module: Module) -> Steps:
    order = _order(module.draft.modules.all())
    place = order.index(module.uuid)
    up = f"module:{module.uuid}::{order[place - 1]}" if place else ""
    down = ""
    if place + 1 < len(order):
        down = f"module:{module.uuid}::{_at(order, place + 2)}"
    return Steps(up, down)


def of_lesson(lesson: Lesson) -> Steps:
    """At the ends of its module a lesson goes on into the next one."""
    home, move = lesson.module, f"lesson:{lesson.uuid}"
    order, modules = _order(home.lessons.all()), _order(home.draft.modules.all())
    place, here = order.index(lesson.uuid), modules.index(home.uuid)
    up = down = ""
    if place:
        up = f"{move}:{home.uuid}:{order[place - 1]}"
    elif here:
        up = f"{move}:{modules[here - 1]}:"
    if place + 1 < len(order):
        down = f"{move}:{home.uuid}:{_at(order, place + 2)}"
    elif here + 1 < len(modules):
        next_ones = _order(Lesson.objects.filter(module__uuid=modules[here + 1]))
        down = f"{move}:{modules[here + 1]}:{_at(next_ones, 0)}"
    return Steps(up, down)


def behind(rows: QuerySet[Any], row: Module | Lesson) -> str:
    """The name of what stands behind it; empty when it is last."""
    order = _order(rows)
    return _at(order, order.index(row.uuid) + 1)


def _move_module(draft: Draft, move: Move, by: User) -> Moved:
    moving = module_or_404(draft, move.what)
    undo = f"module:{move.what}::{behind(draft.modules.all(), moving)}"
    stop = module_or_404(draft, move.before) if move.before else None
    editing.move_module(moving, by=by, before=stop)
    order = _order(draft.modules.all())
    told = _("«%(title)s» is now module %(place)s of %(total)s.") % {
        "title": said(moving.title),
        "place": order.index(moving.uuid) + 1,
        "total": len(order),
    }
    return Moved(told, undo)


def _move_lesson(draft: Draft, move: Move, into: uuid.UUID, by: User) -> Moved:
    moving = lesson_or_404(draft, move.what)
    here = moving.module
    undo = f"lesson:{move.what}:{here.uuid}:{behind(here.lessons.all(), moving)}"
    home = module_or_404(draft, into)
    stop = lesson_or_404(draft, move.before) if move.before else None
    editing.move_lesson(moving, by=by, into=home, before=stop)
    order = _order(home.lessons.all())
    told = _("«%(title)s» is now lesson %(place)s of %(total)s in «%(module)s».") % {
        "title": said(moving.title),
        "place": order.index(moving.uuid) + 1,
        "total": len(order),
        "module": said(home.title),
    }
    return Moved(told, undo)


def _order(rows: QuerySet[Any]) -> list[uuid.UUID]:
    return list(rows.order_by("position", "pk").values_list("uuid", flat=True))


def _at(order: list[uuid.UUID], place: int) -> str:
    return str(order[place]) if place < len(order) else ""


def _uuid(name: str) -> uuid.UUID | None:
    return uuid.UUID(name) if name else None
