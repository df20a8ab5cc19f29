"""The only place where HTML from authors becomes safe, and where Markdown becomes HTML."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from lms.nesting import is_plain, levelled

# Small on purpose: no svg, math, style, form, data-*, hx-*, ids or classes from authors.
# `dfn` marks a term of the glossary and `small` a footnote: see courses.annotating. `picture`
# names a picture of the course's library in its title, and holds what the picture shows, in words.
# It is no address: what a page loads is decided where it is shown.
TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "u", "s", "sub", "sup",
    "a", "blockquote", "code", "pre", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "abbr", "span", "dfn", "small",
}  # fmt: skip
ATTRIBUTES = {
    "a": ["href", "title"],
    "abbr": ["title"],
    "dfn": ["title"],  # a term of the glossary; the title names it where the text inflects it
    "th": ["scope", "colspan", "rowspan"],
    "td": ["colspan", "rowspan"],
    "ol": ["start"],
    "span": ["lang"],
    "p": ["lang"],
}
PICTURE = "picture"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PICTURE = re.compile(r'<picture(?: title="([^"]*)")?>(.*?)</picture>', re.DOTALL)
_no_css = CSSSanitizer(allowed_css_properties=[])
_ROUNDS = 4  # a parser that repairs «a table in a heading» may want to repair its own repair


def clean_html(source: str, *, pictures: bool = False) -> str:
    """Author HTML with only the allowed tags and attributes; idempotent; NUL is dropped.

    Called on save, import and restore, so that what is stored may be shown as it is. What is
    nested deeper than any text needs keeps its words: see `lms.nesting`. Only a text of a course
    has `pictures`; elsewhere, and where one names no picture, its words stay.
    """
    source = source.replace("\0", "")
    for _round in range(_ROUNDS):
        cleaned = _cleaned(source, pictures)
        if cleaned == source:
            break
        source = cleaned
    return source


def _cleaned(source: str, pictures: bool) -> str:
    tags = TAGS | {PICTURE} if pictures else TAGS
    if not is_plain(source):
        source = levelled(source, tags)
    cleaned: str = bleach.clean(
        source,
        tags=tags,
        attributes={**ATTRIBUTES, PICTURE: ["title"]},
        protocols={"http", "https", "mailto"},
        css_sanitizer=_no_css,
        strip=True,
        strip_comments=True,
    )
    return _PICTURE.sub(_plain_picture, cleaned) if pictures else cleaned


def _plain_picture(found: re.Match[str]) -> str:
    words = strip_tags(found[2])
    if not _UUID.fullmatch(found[1] or ""):
        return words
    return picture(found[1], words)


def picture(name: str, words: str) -> str:
    """The marker of a picture. `words` are HTML without tags."""
    return f'<picture title="{name}">{words}</picture>'


def _rendered_picture(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Mapping[str, Any]
) -> str:
    token = tokens[at]
    words = renderer.renderInlineAsText(token.children, options, env)  # type: ignore[arg-type]
    return picture(escape(str(token.attrs.get("src", ""))), escape(words))


def markdown_html(source: str, *, pictures: bool = False, reader: MarkdownIt | None = None) -> str:
    """CommonMark with tables, cleaned. Raw HTML in the source shows as text.

    `![what it shows](uuid)` is a picture of the course. `reader` is a `markdown()` that knows more.
    """
    return clean_html((reader or _markdown).render(source), pictures=pictures)


def markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table"])
    reader.add_render_rule("image", _rendered_picture)
    return reader


_markdown = markdown()


def trusted(stored: str) -> SafeString:
    """Mark HTML that `clean_html` let through when it was stored."""
    return mark_safe(stored)
