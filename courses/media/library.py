"""A course's media library: files come in, get words and captions, go out of sight. The only
writer of Media, CourseFile and Captions beside `bundled` and `enclosing`.

Bytes are stored before the row that names them, so no row is ever without its bytes. The same file
again is the row that is there. What a film needs from ffmpeg is a promise, kept by a worker.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from courses.media import captions, films, pictures, store
from courses.media.placing import placed
from courses.models import Block, Captions, Course, CourseFile, Draft, Media
from courses.studio.editing import Stale, show_anew
from lms import outbox
from lms.text import Localised
from people.models import User

MB = 2**20
LARGEST = {"image": 25 * MB, "video": 250 * MB, "audio": 250 * MB, "file": 50 * MB}
LARGEST_OF_ALL = max(LARGEST.values())
RENDER = "courses.render-media"
_START = 1024
_NAME_LENGTH = 120
# Office files are zips; what is inside says which.
_OFFICE = {
    "word/": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
# Kinds of block that show a file of the library.
SHOWN_BY = {
    Media.Kind.IMAGE: Block.Kind.IMAGE,
    Media.Kind.VIDEO: Block.Kind.VIDEO,
    Media.Kind.AUDIO: Block.Kind.AUDIO,
    Media.Kind.FILE: Block.Kind.FILE,
}


@dataclass(frozen=True)
class Incoming:
    """A file that is understood and stored."""

    kind: str
    content_type: str
    ending: str
    stored: store.Stored
    facts: Mapping[str, Any]


def take_in(course: Course, file: IO[bytes], name: str, *, by: User) -> Media:
    """Check, store and add a file. Raises ValidationError with the reason it is not taken."""
    incoming = understood(file)
    name = _named(name, incoming.ending)
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=course.pk)  # the same file twice at once
        media = Media.objects.filter(course=course, sha256=incoming.stored.sha256).first()
        if media is not None:
            Media.objects.filter(pk=media.pk).update(removed_at=None)
            media.removed_at = None
            return media
        media = Media.objects.create(
            course=course,
            kind=incoming.kind,
            name=name,
            sha256=incoming.stored.sha256,
            content_type=incoming.content_type,
            size=incoming.stored.size,
            facts=incoming.facts,
            added_by=by,
        )
        belongs(media, incoming.stored.sha256, incoming.content_type, name)
        for label, made in incoming.facts.get("files", {}).items():
            belongs(media, made["sha256"], made["type"], f"{PurePosixPath(name).stem}-{label}.webp")
        if incoming.kind in {Media.Kind.VIDEO, Media.Kind.AUDIO}:
            outbox.promise(RENDER, key=str(media.uuid), payload={"media": str(media.uuid)})
    return media


def understood(file: IO[bytes]) -> Incoming:
    """Checked and stored. Raises ValidationError with the reason it is not taken."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    start = file.read(_START)
    if not start:
        raise ValidationError(_("This file is empty."))
    if film := films.sort_of(start):
        check_size(size, film.kind)
        stored = store.put_file(file)
        return Incoming(film.kind, film.content_type, film.ending, stored, {})
    if _is_picture(start):
        check_size(size, "image")
        return _picture(file)
    check_size(size, "file")
    ending, content_type = _document(file, start)
    return Incoming("file", content_type, ending, store.put_file(file), {})


def check_size(size: int, kind: str = "") -> None:
    """Raise ValidationError for a file that is too large for its kind, or for any kind."""
    most = LARGEST.get(kind, LARGEST_OF_ALL)
    if not 0 < size <= most:
        told = {"most": most // MB}
        raise ValidationError(_("This file is too large. Up to %(most)s MB can be kept.") % told)


def _is_picture(start: bytes) -> bool:
    signs = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")
    return start.startswith(signs) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def _picture(file: IO[bytes]) -> Incoming:
    try:
        picture = pictures.encode(file)
    except pictures.Unusable as refusal:
        raise ValidationError(str(refusal)) from refusal
    facts: dict[str, Any] = {"width": picture.width, "height": picture.height}
    if picture.small:
        facts["files"] = {str(pictures.SMALL): _made(picture.small, "image/webp")}
    return Incoming("image", "image/webp", "webp", store.put(picture.data), facts)


def _document(file: IO[bytes], start: bytes) -> tuple[str, str]:
    if start.startswith(b"%PDF-"):
        return "pdf", "application/pdf"
    if start.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(file) as inside:
                names = inside.namelist()[:2000]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            names = []
        for folder, (ending, content_type) in _OFFICE.items():
            if "[Content_Types].xml" in names and any(n.startswith(folder) for n in names):
                return ending, content_type
    elif b"\0" not in start:
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for piece in iter(lambda: file.read(store.PIECE), b""):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return "txt", "text/plain; charset=utf-8"
    raise ValidationError(
        _(
            "This kind of file cannot be kept here. Take a picture (JPEG, PNG, WebP), a video "
            "(MP4, WebM), sound (MP3, M4A, OGG), a PDF, or a Word, Excel or PowerPoint file."
        )
    )


def _made(data: bytes, content_type: str) -> dict[str, Any]:
    stored = store.put(data)
    return {"sha256": stored.sha256, "type": content_type, "bytes": stored.size}


def _named(name: str, ending: str) -> str:
    """A name that is safe to offer for download, with the ending of what the file really is."""
    stem = PurePosixPath(name.replace("\\", "/").replace("\0", "")).stem
    stem = re.sub(r"[^\w .()-]", "", stem).strip(" .")[: _NAME_LENGTH - 10]
    return f"{get_valid_filename(stem) if stem else 'file'}.{ending}"


def belongs(media: Media, sha256: str, content_type: str, name: str) -> None:
    """These bytes may be shown to the learners of the course, now and for good."""
    CourseFile.objects.bulk_create(
        [
            CourseFile(
                course_id=media.course_id,
                sha256=sha256,
                content_type=content_type,
                name=name[:_NAME_LENGTH],
                size=store.path_of(sha256).stat().st_size,
            )
        ],
        ignore_conflicts=True,
    )


# --- Renditions


@outbox.handles(RENDER)
def _render(payload: Mapping[str, object]) -> str:
    """Length, still and sound-only rendition of a film. Safe to repeat: bytes lie by their hash."""
    media = Media.objects.filter(uuid=str(payload["media"])).first()
    if media is None:
        raise outbox.Stale("the file is gone")
    facts = rendered(media)
    with transaction.atomic():
        Media.objects.filter(pk=media.pk).update(facts=facts)
        media.facts = facts
        _show_anew(media, None)
    return f"{media.name}: {', '.join(sorted(facts.get('files', {}))) or 'nothing to render'}"


def rendered(media: Media) -> dict[str, Any]:
    """Its facts with what ffmpeg, where it is, finds and makes. Slow."""
    path = store.path_of(media.sha256)
    facts = dict(media.facts) | films.measure(path)
    files = dict(facts.get("files", {}))
    stem = PurePosixPath(media.name).stem
    if media.kind == Media.Kind.VIDEO and films.is_here():
        if still := films.poster_of(path, facts.get("seconds", 0)):
            files["poster"] = _made(still.data, "image/webp")
            belongs(media, files["poster"]["sha256"], "image/webp", f"{stem}-poster.webp")
        if facts.get("sound") and (sound := films.sound_of(path)):
            files["audio"] = _made(sound, "audio/mp4")
            belongs(media, files["audio"]["sha256"], "audio/mp4", f"{stem}-audio.m4a")
    if files:
        facts["files"] = files
    return facts


# --- Words and captions


def mark_of(media: Media) -> str:
    """What a form about this file began from."""
    words = json.dumps(media.words, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


@transaction.atomic
def save_words(media: Media, words: Localised, *, base: str, by: User) -> Media:
    """The alt text of a picture, the title of anything else, for all lessons that show it."""
    held = _held(media)
    if held.words == words:
        return held
    if mark_of(held) != base:
        raise Stale(None)
    held.words = words
    held.save(update_fields=["words"])
    _show_anew(held, by)
    return held


@transaction.atomic
def save_captions(media: Media, language: str, text: str, *, base: int, by: User) -> Captions:
    """Keep these captions, whole. `base` is the revision they began from, 0 for none.

    Raises ValidationError with one sentence a mistake, each naming its line, and Stale.
    """
    _cues, mistakes = captions.read(text)
    if mistakes:
        raise ValidationError(
            [
                _("Line %(line)s: %(what)s") % {"line": m.line, "what": m.sentence}
                for m in mistakes[:20]
            ]
        )
    held, tidy = _held(media), captions.tidy(text)
    now = held.captions.filter(language=language).first()
    if now is not None and now.text == tidy:
        return now
    if (now.revision if now else 0) != base:
        raise Stale(None)
    stored = store.put(tidy.encode())
    belongs(held, stored.sha256, "text/vtt; charset=utf-8", f"{language}.vtt")
    kept, _new = held.captions.update_or_create(
        language=language,
        defaults={"text": tidy, "sha256": stored.sha256, "revision": base + 1, "changed_by": by},
    )
    _show_anew(held, by)
    return kept


@transaction.atomic
def remove(media: Media) -> None:
    """Out of the library. Lessons and versions that show it go on showing it."""
    Media.objects.filter(pk=media.pk, removed_at=None).update(removed_at=timezone.now())


def _held(media: Media) -> Media:
    held: Media = Media.objects.select_for_update().get(pk=media.pk)
    held.course = media.course
    return held


# --- In lessons


def _show_anew(media: Media, by: User | None) -> None:
    """Bring the blocks of the draft that show this file up to date."""
    draft = Draft.objects.filter(course=media.course_id).first()
    if draft is not None:
        show_anew(draft, str(media.uuid), lambda settings: placed(settings, media), by=by)
