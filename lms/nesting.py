"""HTML whose elements nest as they should, and not too deep. Not yet safe: `lms.html` goes on.

A parser of HTML repairs what is nested wrongly or very deep, and for hostile input that takes it
many seconds: five thousand lists inside each other, or as many links that are never closed. So
what is not plain is levelled first, in one pass over the tags: what stands too deep keeps its
words and loses its tags, and every element is closed.
"""

import re
from collections.abc import Container

DEEPEST = 24  # elements inside each other; a list in a list in a table is ten
REMEMBERED = 200  # open elements whose end is waited for; what is deeper has no tags at all
_VOID = {"br", "hr", "img", "wbr"}
# A strict tag: anything else that has a bracket makes the source not plain.
_PLAIN_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"<>]*")*)\s*(/?)>')
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?/](?![a-zA-Z])[^<>]*>?|<(/?)([a-zA-Z][^\s<>/]*)([^<>]*)>", re.DOTALL
)
# Words inside these are no words of a text.
_SILENT = re.compile(
    r"<(style|script|title|xml|template|noscript|textarea|iframe)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
# What a start tag closes by itself, and what it never reaches beyond.
_ENDS = {
    "li": ({"li"}, {"ul", "ol"}),
    "tr": ({"tr", "td", "th"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    **{
        name: ({"p"}, {"li", "td", "th", "blockquote", "caption"})
        for name in (
            "p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr",
        )
    },
}  # fmt: skip


def is_plain(source: str) -> bool:
    """Every tag is strict, every element closed in its turn, and none stands too deep."""
    open_ones: list[str] = []
    end = 0
    for tag in _PLAIN_TAG.finditer(source):
        if "<" in source[end : tag.start()]:
            return False
        end = tag.end()
        closes, name = tag[1], tag[2]
        if name in _VOID:
            if closes:
                return False
        elif closes:
            if not open_ones or open_ones.pop() != name:
                return False
        else:
            open_ones.append(name)
            if len(open_ones) > DEEPEST:
                return False
    return not open_ones and "<" not in source[end:]


def levelled(source: str, known: Container[str]) -> str:
    """The same words and known elements, closed in their turn and at most `DEEPEST` deep."""
    source = _SILENT.sub("", source)
    out: list[str] = []
    open_ones: list[tuple[str, bool]] = []  # and whether the tag was written
    end = 0
    for token in _TOKEN.finditer(source):
        out.append(_words(source[end : token.start()]))
        end = token.end()
        if token[2] is None:
            continue  # a comment or a declaration
        name = token[2].lower()
        if name not in known:
            continue
        if name in _VOID:
            if not token[1]:
                _close_for(name, open_ones, out)
                out.append(f"<{name}{token[3]}>")
        elif token[1]:
            _close(name, open_ones, out)
        else:
            _close_for(name, open_ones, out)
            if len(open_ones) == REMEMBERED:
                continue
            written = len(open_ones) < DEEPEST
            open_ones.append((name, written))
            if written:
                out.append(f"<{name}{token[3].rstrip('/')}>")
    out.append(_words(source[end:]))
    while open_ones:
        _pop(open_ones, out)
    return "".join(out)


def _words(text: str) -> str:
    return text.replace("<", "&lt;")


def _close(name: str, open_ones: list[tuple[str, bool]], out: list[str]) -> None:
    if any(one == name for one, _written in open_ones):
        while True:
            if _pop(open_ones, out) == name:
                return


def _close_for(name: str, open_ones: list[tuple[str, bool]], out: list[str]) -> None:
    closes, beyond = _ENDS.get(name, (set(), set()))
    for place in range(len(open_ones) - 1, -1, -1):
        inner = open_ones[place][0]
        if inner in beyond:
            return
        if inner in closes:
            while len(open_ones) > place:
                _pop(open_ones, out)


def _pop(open_ones: list[tuple[str, bool]], out: list[str]) -> str:
    name, written = open_ones.pop()
    if written:
        out.append(f"</{name}>")
    return name
