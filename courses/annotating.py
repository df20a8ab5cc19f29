"""Glossary terms and footnotes in author HTML, as a reader's page shows them. Plain values.

Authors mark a term with `<dfn>` (`title` names it where the text has another form of the word) and
put a footnote where it belongs, in `<small>`. What is stored says no more than that. On the page a
term that a glossary of the course explains becomes a button with its meaning, which opens on a
press or a tap without any script; footnotes become numbers and a list below the text. A picture is
named by its uuid: what the course's library says of it comes with the block.
"""

import re
from collections.abc import Mapping

from django.urls import reverse
from django.utils.html import escape, strip_tags
from django.utils.translation import gettext as _

from courses.blocks import PICTURE
from courses.media.shown import Shown, Source
from lms.text import Said, folded, said

_TERM = re.compile(r'<dfn(?: title="([^"]*)")?>(.*?)</dfn>', re.DOTALL)
_NOTE = re.compile(r"\s*<small>(.*?)</small>", re.DOTALL)

# Where a text stands and how wide a picture in it gets: as those of picture blocks.
SIZES = "(min-width: 44em) 40rem, 100vw"

type Glossary = Mapping[str, Mapping[str, str]]  # what `term_key` makes of a term: its meaning


def term_key(term: str) -> str:
    return " ".join(folded(strip_tags(term)).split())


def annotated(html: Said, glossary: Glossary, name: str) -> Said:
    """`name` is unique on the page: the ids of what is added begin with it."""
    text = str(html)
    if "<dfn" in text:
        text = _with_terms(text, glossary, name)
    if "<small>" in text:
        text = _with_notes(text, name)
    return Said(text, html.language)


def with_pictures(html: Said, pictures: Mapping[str, Shown], course: str) -> Said:
    """Pictures by their uuids, for a page of the course with this slug. An unknown one is words."""
    if "<picture" not in html:
        return html

    def shown(match: re.Match[str]) -> str:
        it, words = pictures.get(match[1]), match[2]
        return _picture(it, words, course) if it and course else words

    return Said(PICTURE.sub(shown, html), html.language)


def _picture(it: Shown, words: str, course: str) -> str:
    def address(source: Source) -> str:
        return escape(reverse("courses:media", args=[course, source.sha256, source.name]))

    whole = address(it.source)
    small = f"{address(it.small)} 640w, {whole} {it.width}w" if it.small.sha256 else ""
    srcset = f' srcset="{small}" sizes="{SIZES}"' if small else ""
    return (
        f'<img class="gw-inline-picture" src="{whole}"{srcset} width="{it.width}"'
        f' height="{it.height}" alt="{words.replace('"', "&quot;")}" loading="lazy"'
        ' decoding="async">'
    )


def _with_terms(html: str, glossary: Glossary, name: str) -> str:
    count = 0

    def explained(match: re.Match[str]) -> str:
        nonlocal count
        meaning = said(glossary.get(term_key(match[1] or match[2]), {}))
        if not meaning:
            return match[0]
        count += 1
        id = f"{name}-term-{count}"
        return (
            f'<button type="button" class="gw-term" popovertarget="{id}">{match[2]}</button>'
            f'<span class="gw-term__meaning" id="{id}" popover lang="{meaning.language}">'
            f"{escape(meaning)}</span>"
        )

    return _TERM.sub(explained, html)


def _with_notes(html: str, name: str) -> str:
    notes: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        notes.append(match[1])
        n = len(notes)
        label = escape(_("Note %(number)s") % {"number": n})
        return (
            f'<sup><a class="gw-note" id="{name}-from-{n}" href="#{name}-note-{n}"'
            f' aria-label="{label}">{n}</a></sup>'
        )

    text = _NOTE.sub(numbered, html)
    back = escape(_("Back to the text"))
    items = "".join(
        f'<li id="{name}-note-{n}">{note} <a href="#{name}-from-{n}" aria-label="{back}">↩</a></li>'
        for n, note in enumerate(notes, 1)
    )
    return f'{text}<ol class="gw-notes" aria-label="{escape(_("Notes"))}">{items}</ol>'
