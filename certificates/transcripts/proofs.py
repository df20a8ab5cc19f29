"""Files that people send as proof: three kinds, told by their first bytes, never by their names."""

from __future__ import annotations

from typing import IO, Final

LARGEST: Final = 5 * 1024 * 1024
KINDS: Final = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg"}
_STARTS: Final = {b"%PDF-": ".pdf", b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}


def ending(file: IO[bytes]) -> str | None:
    """`.pdf`, `.png` or `.jpg`, or None for anything else. Leaves the file at its start."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)
