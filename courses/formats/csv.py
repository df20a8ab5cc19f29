"""A table of questions, one a row, as a spreadsheet saves it.

Columns: `kind` (one of ours; empty is «single»), `question`, `option_1` to `option_20`, `right`,
`tolerance`, `points`, `tags` (with commas), `explanation`; `_es` behind a name is its Spanish.
`right` is a letter or number for one right answer, several with semicolons, true or false, or the
number. Options are the accepted answers of short text, the right order, or pairs «line -> match».
"""

import csv
import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from courses.formats.base import (
    BadFile,
    NotTaken,
    Reader,
    Refused,
    Row,
    Taken,
    number,
    options,
    short,
    text_of,
    whole_points,
)
from courses.formats.gift import GAPS
from courses.questions import KINDS
from lms.text import Localised

MOST_OPTIONS = 20
KNOWN = {"kind", "question", "right", "tolerance", "points", "tags", "explanation"} | {
    f"option_{n}" for n in range(1, MOST_OPTIONS + 1)
}


def read(data: bytes) -> list[Row]:
    text = text_of(data)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise BadFile(_("The table is broken: %(reason)s") % {"reason": error}) from error
    names = [name.strip().lower().replace(" ", "_") for name in table[0]] if table else []
    if "question" not in names:
        raise BadFile(
            _("The first line of the table must name the columns; «question» is missing.")
        )
    unknown = [name for name in names if name and name.removesuffix("_es") not in KNOWN]
    if unknown:
        told = {"names": ", ".join(unknown)[:200]}
        raise BadFile(_("These columns are not known: %(names)s.") % told)
    rows: list[Row] = []
    for line in table[1:]:
        if any(cell.strip() for cell in line):
            cells = dict(zip(names, (cell.strip() for cell in line), strict=False))
            rows.append(_row(len(rows) + 1, cells))
    return rows


def _row(place: int, cells: Mapping[str, str]) -> Row:
    reader = Reader(is_html=False)
    name = short(cells.get("question", ""))
    kind = (cells.get("kind") or "single").lower().replace(" ", "_").replace("/", "_")
    try:
        if kind not in KINDS:
            raise NotTaken(_("its kind «%(kind)s» is not known here.") % {"kind": kind[:40]})
        body = _body(kind, cells, reader)
        if said := _both(cells, "explanation"):
            body["explanation"] = said
        points = whole_points(cells.get("points", ""), reader)
    except NotTaken as refusal:
        return Refused(place, name, str(refusal))
    tags = tuple(tag.strip() for tag in cells.get("tags", "").split(",") if tag.strip())
    return Taken(place, name, kind, body, points, tags, tuple(reader.notes))


def _both(cells: Mapping[str, str], name: str) -> Localised:
    told = {"en": cells.get(name, ""), "es": cells.get(f"{name}_es", "")}
    return {language: text for language, text in told.items() if text}


def _options(cells: Mapping[str, str]) -> list[Localised]:
    return [told for n in range(1, MOST_OPTIONS + 1) if (told := _both(cells, f"option_{n}"))]


def _body(kind: str, cells: Mapping[str, str], reader: Reader) -> dict[str, Any]:
    body: dict[str, Any] = {"prompt": _both(cells, "question")}
    right, given = cells.get("right", ""), _options(cells)
    match kind:
        case "single" | "multiple":
            places = {_place(one, len(given)) for one in right.replace(",", ";").split(";")}
            right_share = Fraction(1, len(places)) if kind == "multiple" else Fraction(1)
            wrong_share = -right_share if kind == "multiple" else Fraction(0)
            choices = [
                ("", right_share if n in places else wrong_share, "")
                for n in range(1, len(given) + 1)
            ]
            body |= options(reader, choices, single=kind == "single")
            for option, told in zip(body["options"], given, strict=True):
                option["text"] = told
        case "true_false":
            if right.lower() not in {"true", "false", "t", "f"}:
                raise NotTaken(_("it does not say whether it is true or false."))
            body["answer"] = right.lower().startswith("t")
        case "numeric":
            tolerance = cells.get("tolerance", "") or "0"
            body["answer"] = {"value": number(right), "tolerance": number(tolerance)}
        case "text":
            words = [*(told.get("en", "") for told in given), *filter(None, [right])]
            body["accepted"] = [{"text": each} for each in words]
        case "ordering":
            body["items"] = given
        case "matching":
            body["pairs"] = [_pair(told) for told in given]
        case "fill_in":
            body = {"prompt": dict(GAPS), "text": body["prompt"]}
        case "scale":
            ends = dict(zip(("low", "high"), given, strict=False))
            body |= {**ends, "steps": int(right) if right.isdigit() else 5}
    return body


def _place(sent: str, count: int) -> int:
    """«B» and «2» are the second option."""
    told = sent.strip().upper()
    place = (
        int(told) if told.isdecimal() and len(told) < 4 else ord(told) - 64 if len(told) == 1 else 0
    )
    if not 1 <= place <= count:
        raise NotTaken(_("its answer «%(letter)s» is not in the list.") % {"letter": sent[:40]})
    return place


def _pair(told: Localised) -> dict[str, Localised]:
    sides = {language: text.partition("->") for language, text in told.items()}
    if any(not arrow for _left, arrow, _right in sides.values()):
        raise NotTaken(_("a pair is not written as «line -> match»."))
    return {
        "text": {language: side[0].strip() for language, side in sides.items()},
        "match": {language: side[2].strip() for language, side in sides.items()},
    }
