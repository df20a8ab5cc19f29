"""Aiken: a question, answers after letters, `ANSWER: B`. As Moodle's documentation describes it."""

import re
from fractions import Fraction

from django.utils.translation import gettext as _

from courses.formats.base import NotTaken, Reader, Refused, Row, Taken, options, short, text_of

_OPTION = re.compile(r"\s*([A-Z])\s*[.)]\s*(.*)")
_ANSWER = re.compile(r"\s*ANSWER\s*:\s*([A-Z])?\s*$", re.IGNORECASE)


def read(data: bytes) -> list[Row]:
    rows: list[Row] = []
    asked: list[str] = []
    given: list[tuple[str, str]] = []
    for line in [*text_of(data).split("\n"), None]:
        answer = _ANSWER.match(line) if line is not None else None
        if line is None or answer:
            if asked or given or answer:
                rows.append(_row(len(rows) + 1, asked, given, answer[1] if answer else None))
            asked, given = [], []
        elif (option := _OPTION.match(line)) and asked:
            given.append((option[1], option[2]))
        elif line.strip():
            if given:  # the next question began: this one had no ANSWER
                rows.append(_row(len(rows) + 1, asked, given, None))
                asked, given = [], []
            asked.append(line.strip())
    return rows


def _row(number: int, asked: list[str], given: list[tuple[str, str]], right: str | None) -> Row:
    name, reader = short(" ".join(asked)), Reader(is_html=False)
    try:
        letters = [letter for letter, _text in given]
        if not asked:
            raise NotTaken(_("it has no question."))
        if right is None:
            raise NotTaken(_("it has no line «ANSWER:» with a letter."))
        if right.upper() not in letters:
            raise NotTaken(_("its answer «%(letter)s» is not in the list.") % {"letter": right})
        if len(set(letters)) < len(letters):
            raise NotTaken(_("a letter stands twice."))
        choices = [(text, Fraction(letter == right.upper()), "") for letter, text in given]
        body = {**reader.prompt("\n".join(asked)), **options(reader, choices, single=True)}
    except NotTaken as refusal:
        return Refused(number, name, str(refusal))
    return Taken(number, name, "single", body)
