"""A badge's picture, drawn in the press's child process: words in, SVG or PNG out. No Django.

    title, other_title   of the course; the second may be empty
    eyebrow, issuer      short lines above and below

The template only places words. They are cleaned as those on a certificate are, and a run without
a place to break is given some. Letters become shapes: the file needs no font where it is shown.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import typst

from certificates.press.glyphs import FONTS, printable

TEMPLATE = FONTS.with_name("templates") / "badges" / "badge-1.typ"
FORMS = ("svg", "png")
SIDE = 1024  # pixels of a PNG
POINTS = 512  # of the page
LONGEST = 400  # characters; the rest of a longer text is not drawn
_RUN = re.compile(r"[^\s/\-\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uff00-\uffef]{15,}")
_BREAK = "\u200b"


def draw(compiler: typst.Compiler, words: Mapping[str, object], form: str) -> bytes:
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r}")
    names = ("eyebrow", "title", "other_title", "issuer")
    badge = {name: _breakable(words.get(name)) for name in names}
    picture = compiler.compile(
        input=Path(TEMPLATE),
        format="svg" if form == "svg" else "png",
        ppi=72 * SIDE / POINTS,
        sys_inputs={"badge": json.dumps(badge, ensure_ascii=False)},
    )
    if not isinstance(picture, bytes):
        raise TypeError("expected one picture")
    return picture


def _breakable(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError("a badge's words are texts")
    return _RUN.sub(lambda run: _BREAK.join(run[0]), printable(text[:LONGEST]))
