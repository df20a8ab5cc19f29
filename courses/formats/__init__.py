"""Question files of other systems. Values in, values out: no database.

`read(format, data)` gives a row for each question of the file: taken, or refused with the reason.
`write(format, questions)` gives a file, and says what it could not carry.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.formats import aiken, csv, gift, moodle_xml, qti, qti_writing
from courses.formats.base import BadFile, Given, Refused, Row, Taken, Written
from courses.questions import problems_of

__all__ = ["FORMATS", "BadFile", "Given", "Refused", "Row", "Taken", "Written", "read", "write"]

LARGEST = 30 * 2**20  # bytes of a file
MOST = 20_000  # questions
LONGEST_BODY = 60_000  # characters of one question as JSON


@dataclass(frozen=True)
class Format:
    words: str
    endings: Sequence[str]
    read: Callable[[bytes], list[Row]]
    write: Callable[[Iterable[Given]], Written] | None = None


FORMATS: Mapping[str, Format] = {
    "gift": Format("GIFT", (".gift", ".txt"), gift.read, gift.write),
    "aiken": Format("Aiken", (".txt",), aiken.read),
    "moodle-xml": Format("Moodle XML", (".xml",), moodle_xml.read, moodle_xml.write),
    "qti": Format("QTI 1.2, 2.1, 2.2, 3.0", (".zip", ".xml"), qti.read, qti_writing.write),
    "csv": Format(gettext_lazy("CSV table"), (".csv",), csv.read),  # type: ignore[arg-type]
}


def read(format: str, data: bytes) -> list[Row]:
    """Every question of the file, in its order. Raises BadFile when it cannot be read at all."""
    if len(data) > LARGEST:
        raise BadFile(_("The file is larger than %(most)s MB.") % {"most": LARGEST // 2**20})
    _check_kind(FORMATS[format], data)
    rows = FORMATS[format].read(data)
    if not rows:
        raise BadFile(_("There is no question in this file."))
    if len(rows) > MOST:
        told = {"count": len(rows), "most": MOST}
        raise BadFile(
            _("The file holds %(count)s questions; %(most)s can be taken at once.") % told
        )
    return [_judged(row) for row in rows]


def write(format: str, questions: Iterable[Given]) -> Written:
    writer = FORMATS[format].write
    if writer is None:
        raise ValueError(f"{format} is only read")
    return writer(questions)


def _check_kind(format: Format, data: bytes) -> None:
    """A zip or XML file never reads as text: then the format was chosen wrongly."""
    if data.startswith(b"PK\x03\x04") and ".zip" not in format.endings:
        raise BadFile(_("This is a zip file, as other systems export QTI. Choose QTI for it."))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and ".xml" not in format.endings:
        raise BadFile(_("This file is XML. Choose Moodle XML or QTI for it."))


def _judged(row: Row) -> Row:
    """What could be read but not asked is refused with the reasons that a trainer would see."""
    if isinstance(row, Refused):
        return row
    if len(json.dumps(row.body)) > LONGEST_BODY:
        return Refused(row.number, row.name, _("it is too long."))
    if problems := problems_of(row.kind, row.body):
        return Refused(row.number, row.name, " ".join(problems))
    return row
