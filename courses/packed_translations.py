"""What the zip of a course says of its translations: what each was made from, and no names.

`translations/state.json`: a list, in the order of the course, of {"item", "path", "language",
"source_sha256", "target_sha256", "origin", "reviewed"}. The texts themselves stand in the draft.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import packing, shape, translations
from courses.models import Course, Draft, Translation
from courses.publishing import freeze
from lms.zips import BadZip

NAME = "state.json"
TOLD = ("source_sha256", "target_sha256", "origin")


def pack(course: Course) -> list[tuple[str, bytes]]:
    draft = Draft.objects.get(course=course)
    rows = translations.rows_of(draft)
    told = []
    for text in translations.all_texts(freeze(draft)):
        for language in translations.TARGETS:
            row = rows.get((text.item, text.path, language))
            if row is not None and row.speaks_of(text):
                place = {"item": text.item, "path": text.path, "language": language}
                told.append({**place, **_of(row)})
    return [(NAME, packing.canonical(told))] if told else []


def unpack(draft: Draft, files: Mapping[str, bytes]) -> str:
    if files.keys() - {NAME}:
        raise BadZip(
            _("This site does not know what «%(name)s» is.") % {"name": min(files.keys() - {NAME})}
        )
    if NAME not in files:
        return ""
    rows, now = translations.rows_of(draft), timezone.now()
    changed = []
    for told in _read(files[NAME]):
        row = rows.get((told["item"], told["path"], told["language"]))
        if row is not None and _of(row) == {name: told[name] for name in (*TOLD, "reviewed")}:
            continue
        changed.append(
            Translation(
                draft=draft,
                **{name: told[name] for name in ("item", "path", "language", *TOLD)},
                translated_at=now,
                reviewed_at=now if told["reviewed"] else None,
            )
        )
    Translation.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["draft", "item", "path", "language"],
        update_fields=[*TOLD, "translated_by", "translated_at", "reviewed_by", "reviewed_at"],
    )
    if not changed:
        return ""
    said = ngettext(
        "the state of %(count)s translation", "the state of %(count)s translations", len(changed)
    )
    return said % {"count": len(changed)}


def _of(row: Translation) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in TOLD},
        "reviewed": row.reviewed_at is not None,
    }


def _read(data: bytes) -> list[dict[str, Any]]:
    try:
        told = json.loads(data.decode())
        shape.check_values(told)
        if isinstance(told, list) and all(_is_row(row) for row in told):
            places = {(row["item"], row["path"], row["language"]) for row in told}
            if len(places) == len(told):
                return told
    except (ValueError, RecursionError) as error:
        raise BadZip(_("«%(name)s» cannot be read.") % {"name": NAME}) from error
    raise BadZip(_("«%(name)s» cannot be read.") % {"name": NAME})


def _is_row(row: Any) -> bool:
    try:
        return (
            str(uuid.UUID(row["item"])) == row["item"]
            and isinstance(row["path"], str)
            and 0 < len(row["path"]) <= 200
            and row["language"] in translations.TARGETS
            and all(isinstance(row[n], str) and len(row[n]) == 64 for n in TOLD[:2])
            and row["origin"] in Translation.Origin
            and isinstance(row["reviewed"], bool)
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return False


packing.encloses(packing.Enclosure("translations", pack, unpack))
