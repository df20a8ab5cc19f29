"""Tables as CSV: values in, text out. Cells that would start a formula are guarded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(cell: object) -> str:
    """A spreadsheet shows it and never runs it: people choose their own names."""
    text = str(cell)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def lines(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """One after the other, the head first, with a byte-order mark: without it Excel takes UTF-8
    for something else."""
    line = io.StringIO()
    writer = csv.writer(line)
    line.write("\ufeff")
    for row in chain([head], rows):
        writer.writerow([guarded(cell) for cell in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def as_csv(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    return "".join(lines(head, rows))
