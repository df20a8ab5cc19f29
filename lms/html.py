"""The only place where HTML from authors becomes safe, and where Markdown becomes HTML."""

import bleach
from bleach.css_sanitizer import CSSSanitizer
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from lms.nesting import is_plain, levelled

# Small on purpose: no svg, math, style, form, data-*, hx-*, ids or classes from authors.
# `dfn` marks a term of the glossary and `small` a footnote: see courses.annotating.
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
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table"])
_no_css = CSSSanitizer(allowed_css_properties=[])
_ROUNDS = 4  # a parser that repairs «a table in a heading» may want to repair its own repair


def clean_html(source: str) -> str:
    """Author HTML with only the allowed tags and attributes; idempotent; NUL is dropped.

    Called on save, import and restore, so that what is stored may be shown as it is. What is
    nested deeper than any text needs keeps its words: see `lms.nesting`.
    """
    source = source.replace("\0", "")
    for _round in range(_ROUNDS):
        cleaned = _cleaned(source)
        if cleaned == source:
            break
        source = cleaned
    return source


def _cleaned(source: str) -> str:
    if not is_plain(source):
        source = levelled(source, TAGS)
    return bleach.clean(
        source,
        tags=TAGS,
        attributes=ATTRIBUTES,
        protocols={"http", "https", "mailto"},
        css_sanitizer=_no_css,
        strip=True,
        strip_comments=True,
    )


def markdown_html(source: str) -> str:
    """CommonMark with tables, cleaned. Raw HTML in the source shows as text."""
    return clean_html(_markdown.render(source))


def trusted(stored: str) -> SafeString:
    """Mark HTML that `clean_html` let through when it was stored."""
    return mark_safe(stored)
