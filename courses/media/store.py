"""Files under the hash of their bytes. Put once, never changed, never deleted.

Writing is atomic (a temporary file, fsync, rename), so two writers of the same bytes do no harm and
a crash leaves no half file under a hash. All web and worker machines share the folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

PIECE = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    sha256: str
    size: int


def is_hash(value: object) -> bool:
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


def path_of(sha256: str) -> Path:
    if not is_hash(sha256):
        raise ValueError("not a hash")
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def has(sha256: str) -> bool:
    return is_hash(sha256) and path_of(sha256).is_file()


def read(sha256: str) -> bytes:
    return path_of(sha256).read_bytes()


def put(data: bytes) -> Stored:
    return put_pieces([data])


def put_file(file: IO[bytes]) -> Stored:
    file.seek(0)
    return put_pieces(iter(lambda: file.read(PIECE), b""))


def put_pieces(pieces: Iterable[bytes]) -> Stored:
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=root, prefix="incoming-")
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        target = path_of(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Stored(digest.hexdigest(), size)
