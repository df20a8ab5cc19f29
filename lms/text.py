"""Words in more than one language, and words as a search sees them.

A localised value is a plain dict, `{"en": "Data", "es": "Datos"}`: the same shape in drafts,
versions, certificates and content files. English is always there; a missing language falls back
to it, visibly (`Said.language` tells the page which language it got).
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

type Localised = dict[str, str]
LANGUAGES = ("en", "es")
LANGUAGE_NAMES: Mapping[str, Promise] = {"en": _("English"), "es": _("Spanish")}


class Said(str):
    """Text together with the language it is really in."""

    language: str

    def __new__(cls, text: str, language: str) -> Self:
        said = super().__new__(cls, text)
        said.language = language
        return said


def said(value: Mapping[str, str], language: str | None = None) -> Said:
    """The text in `language` (default: the active one), else in English, else in any language."""
    wanted = (language or get_language() or "en")[:2]
    for candidate in (wanted, "en", *value):
        text = value.get(candidate)
        if text:
            return Said(text, candidate)
    return Said("", wanted)


def folded(text: str) -> str:
    """Lower case without accents or NUL: «Práctica» and «practica» are one word to a search.

    PostgreSQL refuses NUL in text, so it goes here, where every search passes.
    """
    plain = unicodedata.normalize("NFKD", text.replace("\0", "").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def searchable(values: Iterable[Mapping[str, str] | str]) -> str:
    """One folded line holding every language of every value: what free-text search looks in."""
    words: list[str] = []
    for value in values:
        words.extend([value] if isinstance(value, str) else value.values())
    return folded(" ".join(" ".join(words).split()))
