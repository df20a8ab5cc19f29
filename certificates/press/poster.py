"""A poster for the press: checked and printable, as `sheet.py` does it for certificates.

Plain JSON data: `format` 1, `language`, `made_on` (a date), `url` (a web address: text, link and
QR code), the texts `provider`, `label`, `heading`, `summary`, `call`, `qr` (what the code is, for
those who do not see it) and `when` (texts, one a line). Every text is only placed.
"""

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from certificates.press.sheet import (
    OTHER,
    PAPERS,
    Sheet,
    _address,
    _date,
    _lines,
    _midnight,
    _Reader,
)

TEMPLATE = Path(__file__).with_name("templates") / "poster" / "poster-1.typ"
MOST_LINES = 4


def poster_of(poster: Mapping[str, Any], paper: str, without: Set[str] = frozenset()) -> Sheet:
    if poster.get("format") != 1:
        raise ValueError(f"unknown poster format {poster.get('format')!r}")
    language = poster.get("language")
    if language not in OTHER:
        raise ValueError(f"unknown language {language!r}")
    if paper not in PAPERS:
        raise ValueError(f"unknown paper {paper!r}")
    made_on, url = _date(poster, "made_on"), _address(poster.get("url"), "url")
    if made_on is None or not url:
        raise ValueError("made_on or url is missing")
    when = poster["when"]
    if not isinstance(when, list) or len(when) > MOST_LINES:
        raise ValueError("when is not a short list of texts")
    reader = _Reader(str(language), without)
    fields = {
        "paper": paper,
        "language": language,
        **{
            key: reader.text(poster.get(key), key)
            for key in ("provider", "label", "heading", "summary", "call", "qr")
        },
        "when": [reader.text(line, "when") for line in when],
        "url": url,
        "shown": [reader.text(line, "url") for line in _lines(url)],
    }
    return Sheet(
        template=TEMPLATE,
        verify_url=url,
        printed_at=_midnight(made_on),
        fields=fields,
        missing="".join(reader.missing),
    )
