"""Files of the library where lessons show them: a block keeps all that a page needs of a file."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from courses.blocks import pictures_in
from courses.models import Course, Media

OURS = ("media", "sha256", "type", "name", "bytes", "width", "height", "seconds", "files", "tracks")


def as_settings(media: Media) -> dict[str, Any]:
    """What a block keeps of a file: all that a page needs, so that a version stands by itself."""
    facts = media.facts
    kept: dict[str, Any] = {
        "media": str(media.uuid),
        "sha256": media.sha256,
        "type": media.content_type,
        "name": media.name,
        "bytes": media.size,
    }
    kept |= {n: facts[n] for n in ("width", "height", "seconds", "files") if facts.get(n)}
    if media.kind == Media.Kind.IMAGE:
        kept["alt"] = dict(media.words)
    rows = sorted(media.captions.all(), key=lambda row: row.language)
    if rows:  # no dict by language: that is the shape of words to translate
        kept["tracks"] = [{"language": row.language, "sha256": row.sha256} for row in rows]
    return kept


def placed(settings: Mapping[str, Any], media: Media | None) -> dict[str, Any]:
    """The settings of a block after this file was chosen for it; what is not ours stays.

    Words that were translated in the lesson stay where the library has none in that language.
    """
    kept = {name: value for name, value in settings.items() if name not in (*OURS, "alt")}
    if media is None:
        return kept
    kept |= as_settings(media)
    if "alt" in kept and settings.get("media") == kept["media"]:
        kept["alt"] = {**(settings.get("alt") or {}), **kept["alt"]}
    return kept


def illustrated(
    course: Course, kind: str, values: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings of a block with what the library says of the pictures in its texts.

    `values` hold the block's title and body. One that the library does not have any more stays as
    the block knew it; one that it never had shows its words.
    """
    block = SimpleNamespace(
        kind=kind, title=values["title"], body=values["body"], settings=settings
    )
    kept = {name: value for name, value in settings.items() if name != "pictures"}
    if not (names := pictures_in(block)):
        return kept
    known = {one.get("media"): one for one in settings.get("pictures") or []}
    rows = Media.objects.filter(course=course, kind=Media.Kind.IMAGE, uuid__in=names)
    for row in rows.prefetch_related("captions"):
        told = as_settings(row)
        del told["alt"]  # its words stand in the text
        known[str(row.uuid)] = told
    if found := [known[name] for name in names if name in known]:
        kept["pictures"] = found
    return kept
