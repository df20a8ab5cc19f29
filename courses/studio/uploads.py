"""Zips between their upload and the yes of the person who looked at the preview.

Kept for a day in a folder of that person alone, under the SHA-256 of their bytes: nobody opens
what another person sent, and sending the same file again keeps it once.
"""

import hashlib
from datetime import datetime, timedelta

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import is_naive, make_aware

from lms.ticks import on_tick
from people.models import User

FOLDER = "studio-uploads"
KEPT = timedelta(days=1)


def keep(upload: UploadedFile, by: User) -> str:
    """Returns the name under which `find` gives it back."""
    sums = hashlib.sha256()
    for chunk in upload.chunks():
        sums.update(chunk)
    name = sums.hexdigest()
    if not default_storage.exists(_path(by, name)):
        upload.seek(0)
        default_storage.save(_path(by, name), upload)
    return name


def find(by: User, name: str) -> File | None:
    try:
        return default_storage.open(_path(by, name))
    except FileNotFoundError:
        return None


def _path(by: User, name: str) -> str:
    return f"{FOLDER}/{by.pk}/{name}.zip"


@on_tick
def throw_away_old(now: datetime) -> str:
    """Uploads that nobody said yes to."""
    gone = 0
    if not default_storage.exists(FOLDER):
        return "0 old uploads removed"
    for person in default_storage.listdir(FOLDER)[0]:
        for name in default_storage.listdir(f"{FOLDER}/{person}")[1]:
            path = f"{FOLDER}/{person}/{name}"
            kept_at = default_storage.get_modified_time(path)
            kept_at = make_aware(kept_at) if is_naive(kept_at) else kept_at
            if now - kept_at > KEPT:
                default_storage.delete(path)
                gone += 1
    return f"{gone} old uploads removed"
