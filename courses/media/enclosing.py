"""The media library inside the zip of a course.

media/library.json    {"files": [{"sha256", "content_type", "name"}, …],
                       "media": [{"uuid", "kind", "name", "sha256", "content_type", "words",
                                  "facts", "removed", "captions": {language: text}}, …]}
media/files/<sha256>  the bytes, every one that any version may show

Who added or captioned a file stays here. Coming in, bytes are what their name says or the zip is
refused; only kinds of file that could have been added here are taken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.media import captions, store
from courses.media.shown import shown
from courses.models import Captions, Course, CourseFile, Draft, Media
from courses.packing import Enclosure, Files, canonical, encloses
from lms.text import LANGUAGES
from lms.zips import BadZip

HEAD = "library.json"
_TYPES = {
    "image/webp",
    "video/mp4",
    "video/webm",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/plain; charset=utf-8",
    "text/vtt; charset=utf-8",
}
_LONGEST_NAME = 120


def pack(course: Course) -> Iterable[tuple[str, bytes]]:
    """Nothing for a course without files, so that its zip stays as it was."""
    files = list(CourseFile.objects.filter(course=course).order_by("sha256"))
    if not files:
        return
    media = Media.objects.filter(course=course).order_by("uuid").prefetch_related("captions")
    head = {
        "files": [
            {"sha256": file.sha256, "content_type": file.content_type, "name": file.name}
            for file in files
        ],
        "media": [
            {
                "uuid": str(row.uuid),
                "kind": row.kind,
                "name": row.name,
                "sha256": row.sha256,
                "content_type": row.content_type,
                "words": row.words,
                "facts": row.facts,
                "removed": row.removed_at is not None,
                "captions": {each.language: each.text for each in row.captions.all()},
            }
            for row in media
        ],
    }
    yield HEAD, canonical(head)
    for file in files:
        yield f"files/{file.sha256}", store.read(file.sha256)


def unpack(draft: Draft, files: Files) -> str:
    """Add what the library does not have yet. Words and captions that are here already stay."""
    if not files:
        return ""
    head = _head(files)
    known: dict[str, str] = {}
    for told in head["files"]:
        known[told["sha256"]] = _take(draft.course, told, files)
    if extra := set(files) - {HEAD} - {f"files/{sha256}" for sha256 in known}:
        raise BadZip(
            _("The media library does not know the file «%(name)s».") % {"name": min(extra)}
        )
    added = sum(_add(draft.course, told, known) for told in head["media"])
    return ngettext("%(n)s new file", "%(n)s new files", added) % {"n": added} if added else ""


def _head(files: Files) -> Mapping[str, Any]:
    try:
        head = json.loads(files[HEAD].decode())
        for told in head["files"]:
            _text(told, "sha256", "content_type", "name")
        for told in head["media"]:
            _text(told, "uuid", "kind", "name", "sha256", "content_type")
            uuid.UUID(told["uuid"])
            if not isinstance(told["facts"], dict) or not isinstance(told["removed"], bool):
                raise TypeError
            for words in (told["words"], told["captions"]):
                _text(words, *words)
                if not words.keys() <= set(LANGUAGES):
                    raise ValueError
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadZip(_("The media library in the zip cannot be read.")) from error
    return head  # type: ignore[no-any-return]


def _text(told: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(told[name], str) or "\0" in told[name]:
            raise TypeError


def _take(course: Course, told: Mapping[str, str], files: Files) -> str:
    sha256, name = told["sha256"], f"files/{told['sha256']}"
    if told["content_type"] not in _TYPES or len(told["name"]) > _LONGEST_NAME:
        raise BadZip(_("The media library holds a kind of file that cannot be kept here."))
    if name not in files:
        raise BadZip(_("«%(name)s» is missing in the zip.") % {"name": f"media/{name}"})
    stored = store.put(files[name])
    if stored.sha256 != sha256:
        raise BadZip(_("«%(name)s» in the zip is damaged.") % {"name": f"media/{name}"})
    CourseFile.objects.get_or_create(
        course=course,
        sha256=sha256,
        defaults={
            "content_type": told["content_type"],
            "name": told["name"].replace("/", ""),
            "size": stored.size,
        },
    )
    return told["content_type"]


def _add(course: Course, told: Mapping[str, Any], known: Mapping[str, str]) -> int:
    if told["kind"] not in Media.Kind.values or known.get(told["sha256"]) != told["content_type"]:
        raise BadZip(_("The media library in the zip cannot be read."))
    there = shown({**told["facts"], "sha256": told["sha256"], "name": told["name"]})
    if there is None or any(
        made.sha256 and made.sha256 not in known
        for made in (there.small, there.poster, there.sound)
    ):
        raise BadZip(_("The media library in the zip cannot be read."))
    if Media.objects.filter(course=course, sha256=told["sha256"]).exists():
        return 0
    key = uuid.UUID(told["uuid"])
    if Media.objects.filter(uuid=key).exists():
        raise BadZip(_("Another course has this media file already."))
    media = Media.objects.create(
        course=course,
        uuid=key,
        kind=told["kind"],
        name=told["name"].replace("/", "")[:_LONGEST_NAME],
        sha256=told["sha256"],
        content_type=told["content_type"],
        size=store.path_of(told["sha256"]).stat().st_size,
        words=told["words"],
        facts=told["facts"],
        removed_at=timezone.now() if told["removed"] else None,
    )
    for language, text in told["captions"].items():
        _caption(media, language, text, known)
    return 1


def _caption(media: Media, language: str, text: str, known: Mapping[str, str]) -> None:
    _cues, mistakes = captions.read(text)
    if mistakes:
        where = {"name": media.name, "line": mistakes[0].line}
        raise BadZip(_("The captions of «%(name)s» cannot be read (line %(line)s).") % where)
    stored = store.put(captions.tidy(text).encode())
    if stored.sha256 not in known:
        raise BadZip(_("The media library in the zip cannot be read."))
    Captions.objects.create(
        media=media, language=language, text=captions.tidy(text), sha256=stored.sha256
    )


encloses(Enclosure("media", pack, unpack))
