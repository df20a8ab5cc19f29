"""A transcript for the press: checked and printable, as `sheet.py` does it for certificates.

Plain JSON data: `format` 1, `language`, `made_on` (a date), the texts `heading`, `name`,
`provider`, `made`, `total`, `page`, `empty`, `columns` (four texts), `notes` (texts) and `groups`:
[{"label", "hours", "rows": [[title, below, date, hours, number]]}]. Every text is only placed.
"""

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from certificates.press.sheet import OTHER, PAPERS, Sheet, Text, _date, _midnight, _Reader

TEMPLATE = Path(__file__).with_name("templates") / "record" / "transcript-1.typ"
MOST_ROWS = 2_000


def record_of(record: Mapping[str, Any], paper: str, without: Set[str] = frozenset()) -> Sheet:
    if record.get("format") != 1:
        raise ValueError(f"unknown record format {record.get('format')!r}")
    language = record.get("language")
    if language not in OTHER:
        raise ValueError(f"unknown language {language!r}")
    if paper not in PAPERS:
        raise ValueError(f"unknown paper {paper!r}")
    made_on = _date(record, "made_on")
    if made_on is None:
        raise ValueError("made_on is missing")
    groups = record["groups"]
    if sum(len(group["rows"]) for group in groups) > MOST_ROWS:
        raise ValueError(f"more than {MOST_ROWS} rows")
    reader = _Reader(str(language), without)

    def texts(values: object) -> list[Text]:
        if not isinstance(values, list):
            raise ValueError("not a list of texts")
        return [reader.text(value, "text", room=16) for value in values]

    fields = {
        "paper": paper,
        "language": language,
        **{
            key: reader.text(record.get(key), key)
            for key in ("heading", "name", "provider", "made", "total", "page", "empty")
        },
        "columns": texts(record["columns"]),
        "notes": texts(record["notes"]),
        "groups": [
            {
                "label": reader.text(group["label"], "label"),
                "hours": reader.text(group["hours"], "hours"),
                "rows": [texts(row) for row in group["rows"]],
            }
            for group in groups
        ],
    }
    return Sheet(
        template=TEMPLATE,
        verify_url="",
        printed_at=_midnight(made_on),
        fields=fields,
        missing="".join(reader.missing),
    )
