"""A list of people as somebody pastes it: from a mail program, a table, or typed one a line.

Plain values in and out. A semicolon and a line's end separate people unless they are quoted. A
comma may separate people too, or stand inside a name («Marín, Rosa»): what tells is the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# Quoted text, an address in angle brackets, a separator, or anything else.
_PIECES = re.compile(r'"(?:\\.|[^"\\\n])*"|<[^<>\n]*>|[\n;,]|[^"<\n;,]+|["<]')
_BRACKETED = re.compile(r"<\s*(?:mailto:)?([^<>\s]*@[^<>\s]*)\s*>")
_BARE = re.compile(r"(?<![^\s(])(?:mailto:)?([^\s<>\"(),;]+@[^\s<>\"(),;]+)")
# What stands after a comma without being a first name. Short ones that are names too («Do») are
# left out: then the order is wrong, and nobody is missed.
_AFTER_NAMES = {
    *("md", "phd", "drph", "mph", "mpa", "mha", "mba", "msw", "lcsw", "rn", "bsn", "msn", "np"),
    *("dnp", "aprn", "fnp", "lpn", "pharmd", "dds", "dvm", "jd", "edd", "ches", "mches", "cph"),
    *("rd", "rdn", "ldn", "jr", "sr", "ii", "iii", "iv", "esq"),
}


class Entry(NamedTuple):
    """One person of the list: the name in speaking order, or what was typed where no address is."""

    name: str
    address: str

    def __str__(self) -> str:
        both = self.name and self.address
        return f"{self.name} <{self.address}>" if both else self.name or self.address


def entries(text: str) -> list[Entry]:
    found: list[Entry] = []
    parts: list[str] = []  # of the entry under way, between its commas
    for piece in [*_pieces(text), "\n"]:
        if piece in "\n;":
            found += _entries(parts)
            parts = []
        else:
            parts.append(piece)
    return found


def _pieces(text: str) -> Iterable[str]:
    """What stands between separators, and the separators that end an entry for certain."""
    held = ""
    for piece in _PIECES.findall(text.replace("\r", "\n")):
        if piece not in (",", ";", "\n"):
            held += piece
            continue
        yield held
        held = ""
        if piece != ",":
            yield piece
    yield held


def _entries(parts: list[str]) -> Iterable[Entry]:
    """A part with an address ends an entry. Those before it are its name if it has some too."""
    names: list[str] = []
    for part in (part.strip() for part in parts):
        if not part:
            continue
        found = _BRACKETED.search(part) or _BARE.search(_without_quotes(part))
        if found is None:
            names.append(part)
            continue
        own = _bare_name(part.replace(found[0], " ", 1))
        bracketed = "<" in found[0]
        if own or bracketed:
            yield Entry(_in_order([*(_bare_name(name) for name in names), own]), found[1])
        else:
            yield from (Entry(_bare_name(name), "") for name in names)
            yield Entry("", found[1])
        names = []
    if typed := ", ".join(name for name in map(_bare_name, names) if name):
        yield Entry(typed, "")


def _without_quotes(part: str) -> str:
    return re.sub(r'"[^"]*"', lambda quoted: " " * len(quoted[0]), part)


def _bare_name(text: str) -> str:
    text = re.sub(r"\\(.)", r"\1", text.replace('"', " "))
    return " ".join(text.split()).strip(" '()").strip()


def _in_order(parts: Iterable[str]) -> str:
    """«Marín, Rosa, RN» is «Rosa Marín, RN»."""
    words = [word for part in parts for word in (one.strip() for one in part.split(",")) if word]
    if len(words) < 2:
        return "".join(words)
    first = next((n for n in range(1, len(words)) if not _is_title(words[n])), 0)
    if first:
        words[0] = f"{words.pop(first)} {words[0]}"
    return ", ".join(words)


def _is_title(word: str) -> bool:
    parts = re.split(r"[\s-]+", word)
    return all(part.replace(".", "").casefold() in _AFTER_NAMES for part in parts)
