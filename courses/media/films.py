"""What a film or sound is: told from its first bytes, measured and rendered by ffmpeg where it is.

ffmpeg runs as a process of its own with limits on time, memory and threads, reads only the one
file, and never the network. Where it is not installed a film keeps its bytes and its captions; it
has no measured length, no poster and no sound-only rendition, and the pages say so.
"""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courses.media import pictures

PATIENCE = 240  # seconds; a lease of the outbox is five minutes
MEMORY = 2 * 2**30
_LOCAL = ("-nostdin", "-protocol_whitelist", "file,pipe", "-hide_banner", "-loglevel", "error")


@dataclass(frozen=True)
class Sort:
    """A kind of file we take, by its first bytes."""

    kind: str  # a Media.Kind
    content_type: str
    ending: str


MP4, WEBM = Sort("video", "video/mp4", "mp4"), Sort("video", "video/webm", "webm")
M4A, MP3, OGG = (
    Sort("audio", "audio/mp4", "m4a"),
    Sort("audio", "audio/mpeg", "mp3"),
    Sort("audio", "audio/ogg", "ogg"),
)


def sort_of(start: bytes) -> Sort | None:
    """By what the bytes say, never by the name. `start` is the first kilobyte."""
    if start[4:8] == b"ftyp":
        return M4A if start[8:12] in {b"M4A ", b"M4B "} else MP4
    if start.startswith(b"\x1aE\xdf\xa3"):
        return WEBM if b"webm" in start[:64] else None
    if start.startswith(b"OggS"):
        return OGG
    if start.startswith(b"ID3") or (
        len(start) > 1 and start[0] == 0xFF and start[1] & 0xE6 == 0xE2
    ):
        return MP3
    return None


def is_here() -> bool:
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def measure(path: Path) -> dict[str, Any]:
    """{"seconds", "width", "height", "sound"}, as far as they are known; {} without ffprobe."""
    if not is_here():
        return {}
    asked = ["-show_entries", "format=duration:stream=codec_type,width,height", "-of", "json"]
    said = _run(["ffprobe", *_LOCAL[1:], *asked, str(path)])
    if said is None:
        return {}
    found: Mapping[str, Any] = json.loads(said or b"{}")
    facts: dict[str, Any] = {}
    try:
        facts["seconds"] = round(float(found.get("format", {}).get("duration", 0)))
    except (TypeError, ValueError):
        facts["seconds"] = 0
    for stream in found.get("streams", []):
        if stream.get("codec_type") == "video" and "width" not in facts:
            facts |= {"width": stream.get("width", 0), "height": stream.get("height", 0)}
        if stream.get("codec_type") == "audio":
            facts["sound"] = True
    return facts


def sound_of(path: Path) -> bytes | None:
    """The sound alone, 48 kbit/s mono AAC: a tenth of a film, for a slow or dear connection."""
    return _made(
        path, "m4a", ["-vn", "-ac", "1", "-b:a", "48k", "-c:a", "aac", "-movflags", "+faststart"]
    )


def poster_of(path: Path, seconds: int) -> pictures.Picture | None:
    """A still from its first tenth, as a picture of ours."""
    at = str(min(10, seconds // 10))
    still = _made(path, "png", ["-frames:v", "1", "-vf", "scale='min(1280,iw)':-2"], start=at)
    if still is None:
        return None
    with tempfile.TemporaryFile() as file:
        file.write(still)
        try:
            return pictures.encode(file)
        except pictures.Unusable:
            return None


def _made(path: Path, ending: str, how: list[str], start: str = "0") -> bytes | None:
    with tempfile.TemporaryDirectory(prefix="groundwork-film-") as folder:
        target = Path(folder) / f"out.{ending}"
        command = ["ffmpeg", *_LOCAL, "-threads", "1", "-ss", start, "-i", str(path)]
        command += ["-map_metadata", "-1", *how, str(target)]
        if _run(command) is None or not target.is_file():
            return None
        return target.read_bytes() or None


def _run(command: list[str]) -> bytes | None:
    """Its output, None when it failed or took too long."""
    try:
        process = subprocess.Popen(  # noqa: S603 -- our own words and a path of the store
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    if hasattr(resource, "prlimit"):  # Linux. From here: code between fork and exec may deadlock.
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    try:
        output, _nothing = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return output if process.returncode == 0 else None
