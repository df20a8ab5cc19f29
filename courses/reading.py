"""A lesson's blocks as this reader's page shows them: language, film, own words. Plain values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import get_language

from courses.document import Block
from lms.text import LANGUAGES, Said, said

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")


@dataclass(frozen=True)
class Film:
    """By provider and id, or a file of ours with its captions by language."""

    youtube: str = ""
    file: str = ""
    captions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Piece:
    """One block; `written` and `refused` are the learner's own text and why it was not kept."""

    uuid: str
    kind: str
    title: Said
    body: Said
    film: Film
    written: str
    refused: str

    @property
    def foreign(self) -> bool:
        """Its words are not in the language of the page."""
        words = self.body if self.kind != "video" else self.title
        return bool(words) and words.language != (get_language() or "en")[:2]


def pieces(
    blocks: Iterable[Block], written: Mapping[str, str], refused: Mapping[str, str]
) -> list[Piece]:
    return [
        Piece(
            uuid=block.uuid,
            kind=block.kind,
            title=said(block.title or {}),
            body=said(block.body or {}),
            film=_film(block) if block.kind == "video" else Film(),
            written=written.get(block.uuid, ""),
            refused=refused.get(block.uuid, ""),
        )
        for block in blocks
    ]


def _film(block: Block) -> Film:
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
