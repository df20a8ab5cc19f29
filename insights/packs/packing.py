"""Evidence packs: asked for, made by a worker, fetched for a week. The only writer of EvidencePack.

Each step is in the audit trail. Making one again writes the same file over, so a worker that was
killed leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from certificates.press import PressError
from certificates.printing import pdf_of
from insights.models import EvidencePack
from insights.packs import gathering
from lms import outbox, sheets
from lms.text import LANGUAGES
from lms.ticks import on_tick
from people.audit import note
from people.models import User

FETCHABLE = timedelta(days=7)
MOST = 5_000  # enrolments in one pack: a worker makes it within its lease
SHOWN = 200  # of them on its first page; the table has them all


def ask(by: User, *, key: UUID, about: str, why: str, **wanted: Any) -> EvidencePack:
    """Promise a pack; the same form again gives the same one. Refuses one that is too large or
    empty, with ValidationError."""
    if known := EvidencePack.objects.filter(asked_by=by, key=key).first():
        return known
    pack = EvidencePack(asked_by=by, key=key, about=about, why=why, **wanted)
    count = gathering.enrolments(pack)[: MOST + 1].count()
    if count > MOST:
        raise ValidationError(_("That is too much for one pack. Choose fewer days."))
    if not count:
        raise ValidationError(_("There is nothing on record for this choice."))
    try:
        with transaction.atomic():
            pack.save()
            note(by, "pack.asked", pack, subject=str(pack), why=why)
            outbox.promise("insights.pack", key=str(pack.pk), payload={"pack": pack.pk})
    except IntegrityError:
        return EvidencePack.objects.get(asked_by=by, key=key)
    return pack


def fetched(pack: EvidencePack, by: User) -> IO[bytes]:
    """The file, with a line in the audit trail before a byte of it leaves."""
    note(by, "pack.downloaded", pack, sha256=pack.sha256)
    return default_storage.open(pack.path, "rb")


@on_tick
def empty_expired(now: datetime) -> str:
    """Delete the files of packs whose week is over; the rows stay."""
    due = EvidencePack.objects.filter(expires_at__lte=now, emptied_at__isnull=True)
    emptied = 0
    for pack in due:
        default_storage.delete(pack.path)
        emptied += EvidencePack.objects.filter(pk=pack.pk).update(emptied_at=now)
    return f"{emptied} evidence packs emptied"


@outbox.handles("insights.pack")
def _make(payload: Mapping[str, object]) -> str:
    pack = EvidencePack.objects.for_list().get(pk=int(str(payload["pack"])))
    if pack.made_at is not None:
        raise outbox.Stale("it is made")
    with tempfile.TemporaryFile() as file:
        written = write(pack, file)
        size = file.tell()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        now = timezone.now()
        # Of two workers one changes the row, and that one alone puts its file in place: the hash
        # on record is the file's.
        with transaction.atomic():
            made = EvidencePack.objects.filter(pk=pack.pk, made_at=None).update(
                made_at=now,
                expires_at=now + FETCHABLE,
                sha256=sha256,
                size=size,
                people=written.people,
            )
            if not made:
                raise outbox.Stale("another worker has made it")
            _put(file, Path(default_storage.path(pack.path)))
            note(None, "pack.made", pack, sha256=sha256, files=len(written.files))
    return f"{len(written.files)} files, {size} bytes"


def _put(file: IO[bytes], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(".part")
    with part.open("wb") as out:
        shutil.copyfileobj(file, out)
        out.flush()
        os.fsync(out.fileno())
    part.replace(place)


class Written:
    """The zip under way, and what the manifest says of each file in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.files: list[dict[str, object]] = []
        self.people = 0
        self.shown: dict[str, list[gathering.Row]] = {}  # the first rows of each table
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    def add(self, path: str, content: bytes, *, listed: bool = True) -> None:
        self._zip.writestr(path, content)
        if listed:
            digest = hashlib.sha256(content).hexdigest()
            self.files.append({"path": path, "bytes": len(content), "sha256": digest})

    def add_json(self, path: str, value: object) -> None:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        self.add(path, text.encode())

    def add_table(self, table: gathering.Table) -> int:
        """A row at a time, into a file on disk when it is large. Returns how many rows."""
        count, digest, size = 0, hashlib.sha256(), 0
        rows = _noting(table.rows, self.shown.setdefault(table.name, []))
        with self._zip.open(table.name, "w", force_zip64=True) as out:
            for place, line in enumerate(sheets.lines(table.head, rows)):
                row = line.encode()
                digest.update(row)
                size += out.write(row)
                count = place
        self.files.append({"path": table.name, "bytes": size, "sha256": digest.hexdigest()})
        return count

    def close(self) -> None:
        self._zip.close()


def _noting(rows: Iterable[gathering.Row], first: list[gathering.Row]) -> Iterator[gathering.Row]:
    for row in rows:
        if len(first) < SHOWN:
            first.append(row)
        yield row


def write(pack: EvidencePack, file: IO[bytes]) -> Written:
    """The whole zip: tables, versions, certificates, then a manifest and pages that explain it."""
    out = Written(file)
    counts = {
        table.name.removesuffix(".csv"): out.add_table(table) for table in gathering.tables(pack)
    }
    rows = gathering.enrolments(pack).order_by().values("person").distinct()
    out.people = rows.count()
    versions = []
    for name, version in gathering.version_documents(pack):
        out.add_json(f"versions/{name}.json", version)
        versions.append(f"versions/{name}.json")
    out.add_json("policies.json", gathering.policies(pack))
    summary = gathering.evaluation_summary(pack)
    out.add_json("evaluation-summary.json", summary)
    unprinted = 0
    for certificate in gathering.certificates(pack):
        out.add_json(f"certificates/{certificate.number}.json", certificate.snapshot)
        if certificate.stands:
            try:
                printed = pdf_of(certificate.snapshot)
            except PressError:
                unprinted += 1
            else:
                out.add(f"certificates/{certificate.number}.pdf", printed)
    made_at = timezone.now()
    manifest = {
        "format": 1,
        "about": pack.about,
        "subject": pack.subject,
        "first": pack.first and pack.first.isoformat(),
        "last": pack.last and pack.last.isoformat(),
        "why": pack.why,
        "asked_by": pack.asked_by.name,
        "asked_at": pack.asked_at.isoformat(),
        "made_at": made_at.isoformat(),
        "provider": settings.PROVIDER_NAME,
        "site": settings.SITE_URL,
        "people": out.people,
        "unprinted": unprinted,
    }
    on_page = gathering.ROSTER_ON_PAGE.items()
    places = {key: gathering.ROSTER.index(column) for key, column in on_page}
    context = {
        "pack": pack,
        "manifest": manifest,
        "made_at": made_at,
        "counts": counts,
        "versions": versions,
        "summary": summary,
        "files": list(out.files),
        "roster": [
            {key: row[place] for key, place in places.items()}
            | {"file": f"certificates/{row[places['certificate']]}.json"}
            for row in out.shown["roster.csv"]
        ],
    }
    for language in LANGUAGES:
        with translation.override(language):
            page = render_to_string("insights/pack/index.html", {**context, "language": language})
        name = "index.html" if language == "en" else f"index.{language}.html"
        out.add(name, page.encode())
    text = json.dumps({**manifest, "files": out.files}, indent=1, ensure_ascii=False)
    out.add("manifest.json", text.encode(), listed=False)
    out.close()
    return out
