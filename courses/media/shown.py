"""A file of the library as a page shows it, from what the block kept of it. Plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from courses.media.store import is_hash
from lms.text import LANGUAGES, Said, said

_SLASHES = re.compile(r"[/\\\x00-\x1f]")


@dataclass(frozen=True)
class Source:
    sha256: str
    name: str


@dataclass(frozen=True)
class Shown:
    """`small`, `poster` and `sound` are empty sources where there is no such rendition."""

    source: Source
    content_type: str
    bytes: int
    width: int
    height: int
    seconds: int
    alt: Said
    decorative: bool
    small: Source
    poster: Source
    sound: Source
    sound_bytes: int
    tracks: tuple[tuple[str, Source], ...] = field(default=())

    @property
    def ending(self) -> str:
        return self.source.name.rpartition(".")[2].upper()


def shown(settings: Mapping[str, Any]) -> Shown | None:
    """None when no file is chosen yet. Settings may come from a zip: nothing is taken as given."""
    if not is_hash(settings.get("sha256")):
        return None
    name = _SLASHES.sub("", str(settings.get("name", ""))) or "file"
    stem = name.rpartition(".")[0] or name
    files = settings.get("files") or {}
    tracks = {track.get("language"): track.get("sha256") for track in settings.get("tracks") or []}

    def rendition(label: str, ending: str) -> Source:
        sha256 = (files.get(label) or {}).get("sha256")
        return Source(str(sha256) if is_hash(sha256) else "", f"{stem}-{label}.{ending}")

    return Shown(
        source=Source(settings["sha256"], name),
        content_type=str(settings.get("type", "")),
        bytes=_count(settings.get("bytes")),
        width=_count(settings.get("width")),
        height=_count(settings.get("height")),
        seconds=_count(settings.get("seconds")),
        alt=said(settings.get("alt") or {}),
        decorative=bool(settings.get("decorative")),
        small=rendition("640", "webp"),
        poster=rendition("poster", "webp"),
        sound=rendition("audio", "m4a"),
        sound_bytes=_count((files.get("audio") or {}).get("bytes")),
        tracks=tuple(
            (language, Source(str(tracks[language]), f"{language}.vtt"))
            for language in LANGUAGES
            if is_hash(tracks.get(language))
        ),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**40 else 0
