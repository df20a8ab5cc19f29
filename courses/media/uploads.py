"""Large files arrive in pieces and go on where they stopped.

The protocol is the core of tus 1.0 (https://tus.io/protocols/resumable-upload) with our own
addresses: a form creates the upload, HEAD tells how far it is, PATCH appends one piece at the
offset that its sender believes in. A piece counts when its bytes are on disk and the row says so,
in this order; a crash between the two leaves bytes that the next piece writes over.
"""

from __future__ import annotations

import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from courses.media import library
from courses.models import Course, Media, Upload
from lms.ticks import on_tick
from people.models import User

LARGEST_PIECE = 2 * 2**20  # within DATA_UPLOAD_MAX_MEMORY_SIZE
KEPT = timedelta(days=7)  # after the last piece nobody went on


class WrongOffset(Exception):
    """The sender believes in another offset; `received` is the true one."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes are here")
        self.received = received


def path_of(upload: Upload) -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads" / str(upload.uuid)


def begin(course: Course, *, key: uuid.UUID, name: str, size: int, by: User) -> Upload:
    """A place for the file. The same key again is the same place. Raises ValidationError."""
    library.check_size(size)
    upload, _new = Upload.objects.get_or_create(
        uuid=key, course=course, by=by, defaults={"name": name[:120] or "file", "size": size}
    )
    return upload


def append(upload: Upload, offset: int, piece: bytes) -> Upload:
    """Write one piece at its place; `finish` makes the whole part of the library.

    Raises WrongOffset, and ValidationError when the whole is not taken. Safe to repeat: a piece
    whose answer was lost is refused with the true offset, and the sender goes on from there.
    """
    with transaction.atomic():
        held = Upload.objects.select_for_update().select_related("course").get(pk=upload.pk)
        if offset != held.received:
            raise WrongOffset(held.received)
        if offset + len(piece) > held.size:
            raise ValidationError(_("This file is longer than it was said to be."))
        path = path_of(held)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "r+b" if path.exists() else "w+b") as file:
            file.seek(offset)
            file.write(piece)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        held.received = offset + len(piece)
        held.save(update_fields=["received"])
    return held


def finish(upload: Upload, *, by: User) -> Media:
    """All bytes are here: take the file in. Safe to repeat; the second time it is the same file."""
    if upload.received != upload.size:
        raise WrongOffset(upload.received)
    if upload.media is not None:
        return upload.media
    try:
        with open(path_of(upload), "rb") as file:
            media = library.take_in(upload.course, file, upload.name, by=by)
    except FileNotFoundError:
        # Another request finished it at this moment: the row names the file before the bytes go.
        done = Upload.objects.select_related("media").get(pk=upload.pk)
        if done.media is None:
            raise
        return done.media
    Upload.objects.filter(pk=upload.pk).update(media=media)
    path_of(upload).unlink(missing_ok=True)
    return media


@on_tick
def forget_old_uploads(now: datetime) -> str:
    """What nobody went on with for a week goes, row and bytes."""
    gone = 0
    for upload in Upload.objects.filter(started_at__lt=now - KEPT):
        path_of(upload).unlink(missing_ok=True)
        upload.delete()
        gone += 1
    return f"{gone} old uploads forgotten" if gone else ""
