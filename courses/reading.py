"""A lesson's blocks as this reader's page shows them: language, film, own words. Plain values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.translation import get_language

from courses.annotating import Glossary, annotated, with_pictures
from courses.blocks import PLAIN_BODIES, WITH_FILES, Held
from courses.media.shown import Shown as File
from courses.media.shown import shown as file_of
from courses.walking import Walk, walk
from lms.text import LANGUAGES, Said, said

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")
NOTHING = Said("", "")
TRIED = {"check", "scenario"}  # kinds that a reader tries in place; nothing of it is kept


class Shown(Held, Protocol):
    """A block with its name."""

    @property
    def uuid(self) -> object: ...


@dataclass(frozen=True)
class Film:
    """By provider and id, or a file of ours with its captions by language."""

    youtube: str = ""
    file: str = ""
    captions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Item:
    """A part of an accordion, or a term of a glossary."""

    id: str
    title: Said
    body: Said


@dataclass(frozen=True)
class Option:
    """`right` and `feedback` say nothing before the reader has answered."""

    id: str
    text: Said
    picked: bool
    right: bool = False
    feedback: Said = NOTHING


@dataclass(frozen=True)
class Check:
    """A question that is answered in place and never counts."""

    options: tuple[Option, ...]
    several: bool
    answered: bool
    right: bool
    explanation: Said


@dataclass(frozen=True)
class Piece:
    """One block; `written` and `refused` are the learner's own text and why it was not kept."""

    uuid: str
    kind: str
    title: Said
    body: Said
    film: Film
    media: File | None
    written: str
    refused: str
    items: tuple[Item, ...] = ()
    check: Check | None = None
    walk: Walk | None = None
    talk: object = None  # what was said under a discussion: courses.discussing.Talk
    words: Said = NOTHING  # some text of it, to know its language by

    @property
    def foreign(self) -> bool:
        """Its words are not in the language of the page."""
        return bool(self.words) and self.words.language != (get_language() or "en")[:2]


def pieces(
    blocks: Iterable[Shown],
    written: Mapping[str, str],
    refused: Mapping[str, str],
    *,
    tried: Mapping[str, Sequence[str]] | None = None,
    glossary: Glossary | None = None,
    talks: Mapping[str, object] | None = None,
    course: str = "",
) -> list[Piece]:
    """`tried` is what the reader tried in checks and scenarios, `talks` what was said, by block.

    Without the slug of the `course`, pictures inside texts are their words.
    """
    found = [
        _piece(
            block, written, refused, (tried or {}).get(str(block.uuid), ()), glossary or {}, course
        )
        for block in blocks
    ]
    return [
        replace(one, talk=talks[one.uuid]) if talks and one.uuid in talks else one for one in found
    ]


def _piece(
    block: Shown,
    written: Mapping[str, str],
    refused: Mapping[str, str],
    tried: Sequence[str],
    glossary: Glossary,
    course: str,
) -> Piece:
    uuid = str(block.uuid)
    title, body = said(block.title or {}), said(block.body or {})
    pictures = _pictures(block)
    if block.kind not in PLAIN_BODIES:
        body = with_pictures(annotated(body, glossary, uuid), pictures, course)
    items = _items(block, glossary, pictures, course)
    story = walk(block.settings, tried[0] if tried else "") if block.kind == "scenario" else None
    file = file_of(block.settings) if block.kind in WITH_FILES else None
    words = [body if block.kind != "video" else title, *(item.body for item in items)]
    if file and block.kind == "image":
        words.append(file.alt)
    if story:
        words += [scene.text for scene in story.all_scenes]
    return Piece(
        uuid=uuid,
        kind=block.kind,
        title=title,
        body=body,
        film=_film(block) if block.kind == "video" else Film(),
        media=file,
        written=written.get(uuid, ""),
        refused=refused.get(uuid, ""),
        items=items,
        check=_check(block, tried) if block.kind == "check" else None,
        walk=story,
        words=next(filter(None, words), title),
    )


def _pictures(block: Shown) -> dict[str, File]:
    """What the library says of the pictures in the texts, by uuid."""
    told = {str(one.get("media")): file_of(one) for one in block.settings.get("pictures") or []}
    return {name: file for name, file in told.items() if file}


def _items(
    block: Shown, glossary: Glossary, pictures: Mapping[str, File], course: str
) -> tuple[Item, ...]:
    found = []
    for stored in block.settings.get("items", []):
        body = said(stored["body"])
        if block.kind == "accordion":
            body = annotated(body, glossary, f"{block.uuid}-{stored['id']}")
            body = with_pictures(body, pictures, course)
        found.append(Item(stored["id"], said(stored["title"]), body))
    return tuple(found)


def _check(block: Shown, tried: Sequence[str]) -> Check:
    stored = block.settings.get("options", [])
    picked = {option["id"] for option in stored} & set(tried)
    options = tuple(
        Option(option["id"], said(option["text"]), option["id"] in picked)
        if not picked
        else Option(
            id=option["id"],
            text=said(option["text"]),
            picked=option["id"] in picked,
            right=bool(option["right"]),
            feedback=said(option.get("feedback") or {}),
        )
        for option in stored
    )
    wanted = {option["id"] for option in stored if option["right"]}
    return Check(
        options=options,
        several=len(wanted) > 1,
        answered=bool(picked),
        right=picked == wanted,
        explanation=said(block.settings.get("explanation") or {} if picked else {}),
    )


def _film(block: Shown) -> Film:
    """Only addresses that can be nothing but a film: a provider's id, a path here, https."""
    if block.settings.get("provider") == "youtube":
        id = str(block.settings.get("id", ""))
        return Film(youtube=id) if _YOUTUBE_ID.fullmatch(id) else Film()
    captions = block.settings.get("captions") or {}
    return Film(
        file=_own(said(block.body or {})),
        captions=tuple(
            (language, address)
            for language in LANGUAGES
            if (address := _own(str(captions.get(language, ""))))
        ),
    )


def _own(address: str) -> str:
    ours = address.startswith("/") and not address.startswith("//")
    return address if ours or address.startswith("https://") else ""
