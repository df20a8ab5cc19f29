"""Attendance reports of meeting services: bytes in, lines out. No ORM, no clock.

Zoom («Participants» of a meeting, «Attendee report» of a webinar), Teams («Attendance report», with
its section «In-Meeting Activities») and any CSV with the columns name, email, join and leave. A
report may have other tables above the one that matters: the header is found by its columns. Local
times are read in the zone that whoever brings the file names; a time with an offset keeps it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

PROVIDERS = ("zoom", "teams", "generic")
LONGEST = 5_000_000  # bytes
MOST_LINES = 50_000

# What each service calls the columns that matter, in lower case.
_COLUMNS = {
    "zoom": {
        "name": ("name (original name)", "user name (original name)", "name", "user name"),
        "email": ("user email", "email", "email address"),
        "joined": ("join time",),
        "left": ("leave time",),
    },
    "teams": {
        "name": ("name", "full name"),
        "email": ("email", "participant id (upn)"),
        "joined": ("join time",),
        "left": ("leave time",),
    },
    "generic": {
        "name": ("name", "full name"),
        "email": ("email", "e-mail", "email address", "e-mail address"),
        "joined": ("join", "joined", "join time", "start", "started"),
        "left": ("leave", "left", "leave time", "end", "ended"),
    },
}
_US_TIME = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2}),? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: *([AP])\.?M\.?)?$",
    re.I,
)
_NAMED_TIME = re.compile(
    r"([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{4}),? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: *([AP])M)?$"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Unreadable(ValueError):
    """The file as a whole; its sentence says what is wrong with it."""


@dataclass(frozen=True)
class Line:
    """One stay of one participant. With a `problem`, the times mean nothing."""

    number: int  # in the file, for whoever looks it up there
    name: str
    email: str
    joined: datetime | None = None
    left: datetime | None = None
    problem: str = ""


def read(content: bytes, provider: str, zone: str, near: datetime) -> list[Line]:
    """Every line of the table, in its order. `near`, the planned start, decides which of two is
    meant by an hour that comes twice when clocks change."""
    if provider not in PROVIDERS:
        raise ValueError(f"no provider {provider!r}")
    if len(content) > LONGEST:
        raise Unreadable(_("This file is larger than 5 MB. Attendance reports are smaller."))
    rows = list(_rows(_text(content)))
    head, columns = _header(rows, provider)
    lines = []
    for number, cells in rows[head + 1 :]:
        if not any(cells):
            break  # the end of the table: another one may follow
        if len(cells) == 1 or columns["joined"] >= len(cells):
            break
        lines.append(_line(number, cells, columns, ZoneInfo(zone), near))
        if len(lines) > MOST_LINES:
            raise Unreadable(_("This file has too many lines for one session."))
    lines = [line for line in lines if line.problem != _AWAY]
    if not lines:
        raise Unreadable(_("The table in this file is empty."))
    return lines


_AWAY = "-"  # a Zoom webinar also lists who registered and never came


def _text(content: bytes) -> str:
    teams = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if teams else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise Unreadable(_("This file cannot be read as text.")) from None
        text = content.decode("cp1252", errors="replace")  # Excel, saved as plain CSV
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first = max(text.split("\n")[:30], key=lambda line: max(line.count(c) for c in ",;\t"))
    delimiter = max("\t,;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [_plain(cell) for cell in cells]
    except csv.Error as error:
        raise Unreadable(_("This is not a CSV file: %(why)s.") % {"why": error}) from error


def _plain(cell: str) -> str:
    """Without the apostrophe with which an export keeps a spreadsheet from running it."""
    cell = " ".join(cell.split())
    return cell[1:] if re.match(r"'[=+\-@]", cell) else cell


def _header(rows: Sequence[tuple[int, list[str]]], provider: str) -> tuple[int, dict[str, int]]:
    wanted = _COLUMNS[provider]
    for place, (_number, cells) in enumerate(rows):
        names = [cell.casefold() for cell in cells]
        found = {
            column: next((names.index(name) for name in known if name in names), -1)
            for column, known in wanted.items()
        }
        if min(found["name"], found["joined"], found["left"]) >= 0:
            return place, found
    if provider == "teams":
        raise Unreadable(
            _(
                "This file has no table «In-Meeting Activities» with the columns Name, Join Time "
                "and Leave Time. Download the attendance report of the meeting once more."
            )
        )
    raise Unreadable(
        _("This file has no line that names the columns for name, join time and leave time.")
    )


def _line(
    number: int, cells: list[str], columns: dict[str, int], zone: ZoneInfo, near: datetime
) -> Line:
    def cell(column: str) -> str:
        place = columns[column]
        return cells[place] if 0 <= place < len(cells) else ""

    name, email = cell("name")[:200], cell("email")[:254].lower()
    if "@" not in email:
        email = ""
    if cell("joined") in {"", "-", "--"} and cell("left") in {"", "-", "--"}:
        return Line(number, name, email, problem=_AWAY)
    if not name and not email:
        return Line(number, name, email, problem=_("There is no name and no e-mail address."))
    try:
        joined, left = _moment(cell("joined"), zone, near), _moment(cell("left"), zone, near)
    except ValueError as error:
        return Line(number, name, email, problem=str(error))
    if left < joined:
        return Line(number, name, email, problem=_("This person left before they came."))
    if left == joined:
        return Line(number, name, email, problem=_("This stay has no length."))
    return Line(number, name, email, joined, left)


def _moment(words: str, zone: ZoneInfo, near: datetime) -> datetime:
    """As UTC. Raises ValueError with a sentence."""
    local = _local(words)
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    meant = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if meant[0].astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(
            _("Clocks changed that night: %(time)s does not exist in this time zone.")
            % {"time": words}
        )
    return min(meant, key=lambda moment: abs(moment - near))


def _local(words: str) -> datetime:
    try:
        if found := _US_TIME.match(words):
            month, day, year = int(found[1]), int(found[2]), int(found[3])
            return datetime(year + 2000 if year < 100 else year, month, day, *_clock(found))  # noqa: DTZ001
        if (found := _NAMED_TIME.match(words)) and found[1] in _MONTHS:
            month = _MONTHS.index(found[1]) + 1
            return datetime(int(found[3]), month, int(found[2]), *_clock(found))  # noqa: DTZ001
        moment = datetime.fromisoformat(words)
        if abs(moment.year - 2050) < 50 and ":" in words:
            return moment.replace(microsecond=0)
    except ValueError:
        pass
    raise ValueError(_("«%(time)s» is not a date with a time.") % {"time": words[:40]})


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(found[4]), (found[7] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "P" else 0)
    return hour, int(found[5]), int(found[6] or 0)


def touches(line: Line, start: datetime, end: datetime, margin: timedelta) -> bool:
    """Whether this stay can belong to a session of that time."""
    if line.joined is None or line.left is None:
        return False
    return line.joined < end + margin and line.left > start - margin
