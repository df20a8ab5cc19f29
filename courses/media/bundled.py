"""Media that come with the files of a course, listed in its `media/media.yaml`.

A file is known by its name: with new bytes it stays the same file of the library, and versions go
on showing what they showed. The same bytes again cost one look at them. A picture that is WebP is
taken as it is, with `name.640.webp` beside it for phones. A film whose entry says its `seconds`,
`width` and `height` is taken as it is too, with `name.poster.webp`; others are measured by ffmpeg
where it is. Captions stand beside a film or sound, `name.en.vtt` and `name.es.vtt`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from PIL import Image

from courses.lined import ContentError, Lined, line_of, need, read
from courses.media import captions, library, pictures, store
from courses.models import Captions, Course, Media
from lms.text import LANGUAGES

HEAD = "media.yaml"
MEASURES = ("seconds", "width", "height")


def load(course: Course, folder: Path, name_of: Callable[[str], uuid.UUID]) -> dict[str, Media]:
    """Bring the library up to date with the folder; the media by their file names."""
    head = folder / HEAD
    if not head.exists():
        return {}
    entries = read(head)
    if not isinstance(entries, list):
        raise ContentError(head, 1, "a list of files was expected")
    found: dict[str, Media] = {}
    for entry in entries:
        need(head, entry, "file", "words")
        if entry["file"] in found:
            raise ContentError(head, entry.line, f"«{entry['file']}» stands there twice")
        found[entry["file"]] = _kept(course, head, entry, name_of(entry["file"]))
    return found


def _kept(course: Course, head: Path, entry: Lined, key: uuid.UUID) -> Media:
    path = head.parent / entry["file"]
    if path.parent != head.parent or not path.is_file():
        raise ContentError(head, entry.line, f"there is no file «{entry['file']}» beside it")
    words = entry["words"]
    if missing := [code for code in LANGUAGES if not (words or {}).get(code)]:
        told = f"say what «{entry['file']}» shows, in {' and '.join(missing)}"
        raise ContentError(head, line_of(words), told)
    measured = {name: entry[name] for name in MEASURES if name in entry}
    prepared = path.suffix == ".webp"
    label = str(pictures.SMALL) if prepared else "poster"
    beside = path.with_suffix(f".{label}.webp")
    source = hashlib.sha256(path.read_bytes() + repr(measured).encode())
    if beside.exists():
        source.update(beside.read_bytes())
    media = Media.objects.filter(uuid=key, course=course).first()
    if media is None or media.facts.get("source") != source.hexdigest():
        try:
            incoming = _measured(path) if prepared else _taken(path)
        except (ValidationError, OSError) as error:
            said = error.messages[0] if isinstance(error, ValidationError) else str(error)
            raise ContentError(head, entry.line, f"«{entry['file']}»: {said}") from error
        facts = {**incoming.facts, **measured, "source": source.hexdigest()}
        if beside.exists():
            facts["files"] = {label: _made(beside)}
        media = _written(course, key, path, incoming, facts)
    if media.words != words or media.removed_at is not None:
        media.words, media.removed_at = dict(words), None
        media.save(update_fields=["words", "removed_at"])
    if media.kind in {Media.Kind.VIDEO, Media.Kind.AUDIO}:
        for language in LANGUAGES:
            _caption(media, path.with_suffix(f".{language}.vtt"), language)
    return media


def _taken(path: Path) -> library.Incoming:
    with path.open("rb") as file:
        return library.understood(file)


def _measured(path: Path) -> library.Incoming:
    with Image.open(path, formats=("WEBP",)) as image:
        facts = {"width": image.width, "height": image.height}
    return library.Incoming("image", "image/webp", "webp", store.put(path.read_bytes()), facts)


def _made(path: Path) -> dict[str, Any]:
    stored = store.put(path.read_bytes())
    return {"sha256": stored.sha256, "type": "image/webp", "bytes": stored.size}


def _written(
    course: Course,
    key: uuid.UUID,
    path: Path,
    incoming: library.Incoming,
    facts: Mapping[str, Any],
) -> Media:
    sha256 = incoming.stored.sha256
    same = Media.objects.filter(course=course, sha256=sha256).exclude(uuid=key).first()
    if same is not None:
        return same  # a trainer added the same bytes
    values: Mapping[str, Any] = {
        "kind": incoming.kind,
        "name": f"{path.stem}.{incoming.ending}",
        "sha256": sha256,
        "content_type": incoming.content_type,
        "size": incoming.stored.size,
        "facts": dict(facts),
    }
    media, _new = Media.objects.update_or_create(uuid=key, course=course, defaults=values)
    library.belongs(media, sha256, incoming.content_type, media.name)
    for label, made in facts.get("files", {}).items():
        library.belongs(media, made["sha256"], made["type"], f"{path.stem}-{label}.webp")
    if media.kind in {Media.Kind.VIDEO, Media.Kind.AUDIO} and "seconds" not in facts:
        # At once, not by a worker: what a worker finds later would look like a trainer's edit.
        media.facts = library.rendered(media)
        media.save(update_fields=["facts"])
    return media


def _caption(media: Media, path: Path, language: str) -> None:
    if not path.exists():
        return
    text = captions.tidy(path.read_text(encoding="utf-8"))
    if Captions.objects.filter(media=media, language=language, text=text).exists():
        return
    _cues, mistakes = captions.read(text)
    if mistakes:
        raise ContentError(path, mistakes[0].line, mistakes[0].sentence)
    stored = store.put(text.encode())
    library.belongs(media, stored.sha256, "text/vtt; charset=utf-8", f"{language}.vtt")
    row, new = Captions.objects.get_or_create(
        media=media, language=language, defaults={"text": text, "sha256": stored.sha256}
    )
    if not new:
        row.text, row.sha256, row.revision = text, stored.sha256, row.revision + 1
        row.save()
