"""Tables as CSV: values in, text out. Cells that would start a formula are guarded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(cell: object) -> str:
    """A spreadsheet shows it and never runs it: people choose their own names."""
    text = str(cell)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def as_csv(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """With a byte-order mark: without it Excel takes UTF-8 for something else."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([guarded(cell) for cell in head])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()
