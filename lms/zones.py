"""Times as people say them: the day, the hours, and the zone spelled out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The zones of the United States by the names that people there use; others are named by city.
NAMES = {
    "America/New_York": gettext_lazy("Eastern Time"),
    "America/Chicago": gettext_lazy("Central Time"),
    "America/Denver": gettext_lazy("Mountain Time"),
    "America/Phoenix": gettext_lazy("Arizona Time"),
    "America/Los_Angeles": gettext_lazy("Pacific Time"),
    "America/Anchorage": gettext_lazy("Alaska Time"),
    "Pacific/Honolulu": gettext_lazy("Hawaii Time"),
    "America/Puerto_Rico": gettext_lazy("Atlantic Time (Puerto Rico)"),
    "Pacific/Guam": gettext_lazy("Chamorro Time (Guam)"),
    "UTC": "UTC",
}


@dataclass(frozen=True)
class When:
    """One stretch of time in one zone, in the active language."""

    starts_at: datetime
    day: str
    hours: str
    zone: str

    def __str__(self) -> str:
        return _("%(day)s, %(hours)s, %(zone)s") % {
            "day": self.day,
            "hours": self.hours,
            "zone": self.zone,
        }


def zone_name(key: str) -> str:
    if key in NAMES:
        return str(NAMES[key])
    return _("%(city)s time") % {"city": key.rsplit("/", 1)[-1].replace("_", " ")}


def days_until(starts_at: datetime, now: datetime, zone: str) -> int:
    """Midnights between the two on that zone's clock: 0 today, 1 tomorrow."""
    there = ZoneInfo(zone)
    return (starts_at.astimezone(there).date() - now.astimezone(there).date()).days


def spoken(starts_at: datetime, ends_at: datetime, zone: str) -> When:
    start, end = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    until = _clock(end) if end.date() == start.date() else f"{_day(end)}, {_clock(end)}"
    hours = _("%(start)s to %(end)s") % {"start": _clock(start), "end": until}
    return When(start, _day(start), hours, zone_name(zone))


def spoken_moment(moment: datetime, zone: str) -> str:
    there = moment.astimezone(ZoneInfo(zone))
    said = {"day": _day(there), "hours": _clock(there), "zone": zone_name(zone)}
    return _("%(day)s, %(hours)s, %(zone)s") % said


def spoken_for(starts_at: datetime, ends_at: datetime, *, reader: str, host: str) -> list[When]:
    """In the reader's zone, and after it in the host's where their clocks differ that day."""
    told = [reader]
    if (
        starts_at.astimezone(ZoneInfo(reader)).utcoffset()
        != starts_at.astimezone(ZoneInfo(host)).utcoffset()
    ):
        told.append(host)
    return [spoken(starts_at, ends_at, zone) for zone in told]


def _day(moment: datetime) -> str:
    return f"{date_format(moment, 'l')}, {date_format(moment, 'DATE_FORMAT')}"


def _clock(moment: datetime) -> str:
    return date_format(moment, "P")
