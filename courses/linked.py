"""Which addresses of other sites a course leads to, and where it says so. Plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag

from courses import blocks
from courses.document import Document
from lms.text import Localised

# Stored HTML went through bleach, which writes attributes in one way.
_HREF = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')


@dataclass(frozen=True)
class Link:
    url: str
    lesson: str  # its uuid; empty: the text about the course
    title: Localised  # of the lesson
    part: str  # block or question
    number: int
    uuid: str  # of the block or question


def links_of(document: Document, site: str) -> list[Link]:
    """Every link to another site, each place once, in the order of the course."""
    found: list[Link] = []
    found += [Link(url, "", {}, "", 0, "") for url in _in_html(document.about.values())]
    for lesson in document.lessons:
        for number, block in enumerate(lesson.blocks, 1):
            urls = [
                url
                for text in blocks.texts(block)
                if text.html
                for url in _in_html(text.words.values())
            ]
            if block.kind == "video":
                urls += _whole(block.body.values())
            found += [
                Link(url, lesson.uuid, lesson.title, "block", number, block.uuid) for url in urls
            ]
        for number, question in enumerate(lesson.questions, 1):
            body = question.body
            urls = [
                *_in_html((body.get("prompt_html") or {}).values()),
                *_whole([str(body.get("source") or "")]),
            ]
            found += [
                Link(url, lesson.uuid, lesson.title, "question", number, question.uuid)
                for url in urls
            ]
    own = f"{site}/"
    seen: dict[tuple[str, str], Link] = {}
    for link in found:
        seen.setdefault((link.uuid, link.url), link)
    return [link for link in seen.values() if not f"{link.url}/".startswith(own)]


def _in_html(texts: Iterable[str]) -> Iterator[str]:
    for html in texts:
        yield from _whole(unescape(href) for href in _HREF.findall(html))


def _whole(urls: Iterable[str]) -> list[str]:
    """Whole addresses of the web, without the place inside the page."""
    kept = (urldefrag(url.strip())[0] for url in urls)
    return [url for url in kept if url.startswith(("https://", "http://"))]
