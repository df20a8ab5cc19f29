"""Which characters the shipped fonts can print.

The answer is read from the character maps of the very files that Typst loads, so there is no
table to keep in step with them.
"""

import functools
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator, Set
from pathlib import Path

FONTS = Path(__file__).with_name("fonts")

# Stands for a character that no font has. It is in the East Asian font.
MISSING = "\u25a1"

# Invisible, or steering the direction of what follows: no part of what a person is called, and
# the means by which a name could pretend to be another. The two joiners (U+200C, U+200D) stay:
# Persian and the scripts of India are spelled with them.
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMPATIBILITY = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")
_JOINERS = "\u200c\u200d"


def cleaned(text: str) -> str:
    """The text on one line, composed, without control, steering and invisible characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _IGNORED.sub("", text)
    text = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) != "Cc"
    )
    # Composed, since fonts have ready-made letters. Not so the ideographs that Unicode would swap
    # for a look-alike: the difference can be the point of the name.
    parts = _COMPATIBILITY.split(text)
    text = "".join(
        part if i % 2 and part in coverage() else unicodedata.normalize("NFC", part)
        for i, part in enumerate(parts)
    )
    return " ".join(text.split())


def missing_glyphs(text: str) -> str:
    """The characters of a text that no shipped font can print, each once, in order."""
    has = coverage()
    return "".join(
        dict.fromkeys(c for c in cleaned(text) if c not in has and c not in _JOINERS and c != " ")
    )


def printable(text: str, without: Set[str] = frozenset()) -> str:
    """The cleaned text, with a visible sign for each character that cannot be printed."""
    text = cleaned(text)
    absent = {*missing_glyphs(text), *without}
    if not absent:
        return text
    kept: list[str] = []
    for character in text:
        lost = character in absent
        mark = unicodedata.category(character)[0] == "M"
        if (mark or character in _JOINERS) and kept and kept[-1] == MISSING:
            continue  # it has nothing to hold on to
        kept.append(MISSING if lost else character)
    return "".join(kept)


@functools.cache
def coverage() -> frozenset[str]:
    """Every character that at least one shipped font has a glyph for."""
    found: set[str] = set()
    for path in sorted(FONTS.glob("*.[ot]tf")):
        found.update(map(chr, _mapped(path.read_bytes())))
    # A private-use character means nothing to a reader, whatever a font draws for it.
    return frozenset(c for c in found if unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs"})


def _mapped(font: bytes) -> Iterator[int]:
    """The code points of a font's Unicode character maps (OpenType, table cmap)."""
    for record in range(12, 12 + 16 * _u16(font, 4), 16):
        if font[record : record + 4] == b"cmap":
            table = font[_u32(font, record + 8) :]
            break
    else:
        raise ValueError("a font without a character map")
    read: dict[int, Callable[[bytes], Iterator[int]]] = {4: _segments, 12: _groups}
    for record in range(4, 4 + 8 * _u16(table, 2), 8):
        if (_u16(table, record), _u16(table, record + 2)) in {(3, 1), (3, 10)}:
            subtable = table[_u32(table, record + 4) :]
            yield from read[_u16(subtable, 0)](subtable)


def _segments(table: bytes) -> Iterator[int]:
    """Format 4: segments of the Basic Multilingual Plane."""
    count = _u16(table, 6) // 2
    ends, starts, deltas, offsets = (14 + 2 * count * n + 2 * (n > 0) for n in range(4))
    for i in range(0, 2 * count, 2):
        start, end = _u16(table, starts + i), _u16(table, ends + i)
        delta, offset = _u16(table, deltas + i), _u16(table, offsets + i)
        for code in range(start, min(end, 0xFFFE) + 1):
            if offset:
                glyph = _u16(table, offsets + i + offset + 2 * (code - start))
            else:
                glyph = (code + delta) & 0xFFFF
            if glyph:
                yield code


def _groups(table: bytes) -> Iterator[int]:
    """Format 12: runs of any plane."""
    for group in range(16, 16 + 12 * _u32(table, 12), 12):
        start, end, glyph = struct.unpack_from(">III", table, group)
        yield from range(start if glyph else start + 1, end + 1)


def _u16(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", data, at)[0])


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])
