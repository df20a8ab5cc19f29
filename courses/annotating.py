"""Glossary terms and footnotes in author HTML, as a reader's page shows them. Plain values.

Authors mark a term with `<dfn>` (`title` names it where the text has another form of the word) and
put a footnote where it belongs, in `<small>`. What is stored says no more than that. On the page a
term that a glossary of the course explains becomes a button with its meaning, which opens on a
press or a tap without any script; footnotes become numbers and a list below the text.
"""

import re
from collections.abc import Mapping

from django.utils.html import escape, strip_tags
from django.utils.translation import gettext as _

from lms.text import Said, folded, said

_TERM = re.compile(r'<dfn(?: title="([^"]*)")?>(.*?)</dfn>', re.DOTALL)
_NOTE = re.compile(r"\s*<small>(.*?)</small>", re.DOTALL)

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
