"""What the zip of a course says of the question banks that its draft draws from.

`banks/<uuid>.json`: {"uuid", "slug", "title", "questions": [{"uuid", "kind", "points", "body",
"tags"}, …]}, the whole bank in its order. A bank belongs to no one course: what a site has of it
already stays as it is there, and only questions that are missing come in.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import banks, packing, shape
from courses.models import Bank, Course, Draft, Lesson
from courses.questions import KINDS, problems_of
from lms.zips import BadZip


def pack(course: Course) -> list[tuple[str, bytes]]:
    drawn = set()
    for settings in Lesson.objects.filter(module__draft__course=course).values_list(
        "settings", flat=True
    ):
        drawn |= {draw["bank"] for draw in settings.get("draws") or []}
    rows = Bank.objects.filter(uuid__in=drawn).order_by("uuid").prefetch_related("questions")
    return [(f"{bank.uuid}.json", packing.canonical(_told(bank))) for bank in rows]


def _told(bank: Bank) -> dict[str, Any]:
    return {
        "uuid": str(bank.uuid),
        "slug": bank.slug,
        "title": bank.title,
        "questions": [
            {
                "uuid": str(row.uuid),
                "kind": row.kind,
                "points": row.points,
                "body": row.body,
                "tags": row.tags,
            }
            for row in bank.questions.all()
        ],
    }


def unpack(draft: Draft, files: Mapping[str, bytes]) -> str:
    added = 0
    for name in files:
        told = _read(name, files[name])
        bank = Bank.objects.filter(uuid=told["uuid"]).first()
        if bank is None:
            taken = Bank.objects.filter(slug=told["slug"]).exists()
            slug = "" if taken else told["slug"]
            key = uuid.UUID(told["uuid"])
            bank = banks.create(by=None, key=key, title=told["title"], slug=slug)
        added += banks.bring_in(bank, told["questions"])
    if not added:
        return ""
    said = ngettext("%(count)s question in banks", "%(count)s questions in banks", added)
    return said % {"count": added}


def _read(name: str, data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data.decode())
        shape.check_values(told)
        if _is_bank(told) and name == f"{told['uuid']}.json":
            return told  # type: ignore[no-any-return]
    except (ValueError, RecursionError) as error:
        raise BadZip(_("«%(name)s» cannot be read.") % {"name": name}) from error
    raise BadZip(_("«%(name)s» cannot be read.") % {"name": name})


def _is_bank(told: Any) -> bool:
    try:
        uuids = [row["uuid"] for row in told["questions"]]
        return (
            shape.is_uuid(told["uuid"])
            and shape.is_slug(told["slug"])
            and isinstance(told["title"], str)
            and 0 < len(told["title"]) <= 200
            and len(set(uuids)) == len(uuids)
            and all(_is_question(row) for row in told["questions"])
        )
    except (TypeError, KeyError):
        return False


def _is_question(row: Any) -> bool:
    try:
        fits = (
            shape.is_uuid(row["uuid"])
            and row["kind"] in KINDS
            and type(row["points"]) is int
            and 0 <= row["points"] <= 32_767
            and isinstance(row["body"], dict)
            and isinstance(row["tags"], list)
            and all(isinstance(tag, str) for tag in row["tags"])
        )
        if fits:
            problems_of(row["kind"], row["body"])  # a body that it cannot read raises
    except (TypeError, KeyError, AttributeError, ValueError, IndexError):
        return False
    return fits


packing.encloses(packing.Enclosure("banks", pack, unpack))
