"""A draft that says what a document says: going back to a version, and bringing one in.

Items keep their uuids, what the document does not hold goes. Blocks get a revision above all they
ever had, so that an editor opened before is refused. What the draft said before and no version says
is kept whole beside its deleted parts, and can be brought back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Manager, QuerySet
from django.utils.translation import gettext as _

from courses.cleaning import cleaned
from courses.models import Block, CourseVersion, Draft, Lesson, Module, Question, Removed
from courses.publishing import fingerprint, freeze
from courses.studio import removing
from courses.studio.editing import SHOWN, Placed, hold, touch, write
from library.models import CompetencyDomain, Practice
from people.models import User


@transaction.atomic
def restore(
    draft: Draft, version: CourseVersion, *, by: User, expected: int | None = None
) -> Removed | None:
    """Make the draft say what a version said. Returns what it said before, if no version says it.

    Refused when the draft is not the one that its author looked at (`expected`), unless it says
    what the version said already.
    """
    if version.course_id != draft.course_id:
        raise ValueError(f"{version!r} is not of the course of {draft!r}")
    held = hold(draft)
    if fingerprint(freeze(held)) == version.sha256:
        return None
    if expected is not None and held.revision != expected:
        raise ValidationError(
            _("The draft was changed after you opened this page. Look at it again."), code="stale"
        )
    kept = keep_draft(held, by=by)
    fill(held, version.document, by=by)
    return kept


@transaction.atomic
def bring_back(kept: Removed, *, by: User) -> Draft:
    """Make the draft say what it said before it was replaced; what it says now is kept in turn.
    Safe to repeat."""
    held = hold(kept.draft)
    if not Removed.objects.filter(pk=kept.pk).exists():
        return held
    if fingerprint(freeze(held)) != fingerprint(kept.data):
        keep_draft(held, by=by)
        fill(held, kept.data, by=by)
    Removed.objects.filter(pk=kept.pk).delete()
    return held


def keep_draft(held: Draft, *, by: User | None) -> Removed | None:
    """What this draft says and no version of its course, before it says something else."""
    document = freeze(held)
    if held.course.versions.filter(sha256=fingerprint(document)).exists():
        return None
    return removing.keep(held, "draft", held.course.uuid, held.title, document, by=by)


def fill(held: Draft, document: Mapping[str, Any], *, by: User | None) -> Draft:
    """Write a document into a draft whose row is held. Its HTML is cleaned on the way."""
    document = cleaned(document)
    touch(held, by)
    write(
        held,
        {
            **_of(document, "title", "summary", "about", "outcomes", "hours", "languages"),
            "format": document["delivery"],
            "working_title": document["working_title"],
        },
    )
    held.practices.set(Practice.objects.filter(slug__in=document["practices"]))
    held.competencies.set(CompetencyDomain.objects.filter(number__in=document["competencies"]))
    _fill_tree(held, document["modules"])
    held.refresh_from_db()
    return held


def _fill_tree(held: Draft, modules: Sequence[Mapping[str, Any]]) -> None:
    lessons = [(m["uuid"], lesson) for m in modules for lesson in m["lessons"]]
    blocks = [(lesson["uuid"], b) for _module, lesson in lessons for b in lesson["blocks"]]
    questions = [(lesson["uuid"], q) for _module, lesson in lessons for q in lesson["questions"]]
    module_rows = _put_back(
        Module,
        held.modules.all(),
        [(m, {"draft": held, **_of(m, "title", "summary")}) for m in modules],
    )
    lesson_rows = _put_back(
        Lesson,
        Lesson.objects.filter(module__draft=held),
        [
            (
                data,
                {"module": module_rows[parent], "kind": data["kind"], **_of(data, *SHOWN[Lesson])},
            )
            for parent, data in lessons
        ],
    )
    _put_back(
        Block,
        Block.objects.filter(lesson__module__draft=held),
        [
            (
                data,
                {
                    "lesson": lesson_rows[parent],
                    "kind": data["kind"],
                    "title": data["title"],
                    "body": data["body"],
                    "settings": data["settings"],
                    "revision": held.revision,
                },
            )
            for parent, data in blocks
        ],
    )
    _put_back(
        Question,
        Question.objects.filter(lesson__module__draft=held),
        [
            (data, {"lesson": lesson_rows[parent], **_of(data, "kind", "points", "body")})
            for parent, data in questions
        ],
    )


def _put_back[M: Placed](
    model: type[M],
    stored: QuerySet[M],
    wanted: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> dict[str, M]:
    """Rows as they were, by uuid and in order; what is stored and not wanted goes."""
    known = {str(row.uuid): row for row in stored}
    rows: dict[str, M] = {}
    places: dict[Any, int] = {}
    for data, values in wanted:
        row = known.get(data["uuid"]) or model(uuid=data["uuid"])
        for name, value in values.items():
            setattr(row, name, value)
        parent = next(iter(values.values()))
        row.position = places[parent.pk] = places.get(parent.pk, 0) + 1
        rows[data["uuid"]] = row
    manager: Manager[Any] = model._default_manager
    manager.bulk_create([row for row in rows.values() if row.pk is None])
    changed = [row for row in rows.values() if str(row.uuid) in known]
    if changed:
        manager.bulk_update(changed, ["position", *wanted[0][1]], batch_size=100)
    gone = [row.pk for uuid, row in known.items() if uuid not in rows]
    manager.filter(pk__in=gone).delete()
    return rows


def _of(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names}
