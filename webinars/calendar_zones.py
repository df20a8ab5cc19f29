"""A time zone as calendars read it (VTIMEZONE of RFC 5545): the changes of its clock.

Written by us: icalendar 7.3 lists summer time with the hour after the change where the standard
asks for the hour before it, and as single dates (RDATE). Outlook reads rules alone: an RRULE with
one day of the week, and ignores single dates ([MS-STANOICAL] 2.2.47).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import icalendar

SAMPLE = 10  # years in which a change has to keep to a rule, for the rule to be written
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Change(NamedTuple):
    """The clock is set from one distance to UTC to another, at `at` on the clock before it."""

    before: timedelta
    after: timedelta
    name: str
    at: datetime

    @property
    def kind(self) -> tuple[timedelta, timedelta, str]:
        return self.before, self.after, self.name


def component(key: str, first: int, last: int) -> icalendar.Timezone:
    """What the clock of zone `key` does in the years of some events."""
    zone = icalendar.Timezone()
    zone.add("tzid", key)
    changes = _changes(key, first - 1, first + SAMPLE)
    if not changes:
        still = datetime(first, 1, 1, tzinfo=ZoneInfo(key))
        offset = still.utcoffset() or timedelta()
        zone.add_component(
            _observance(Change(offset, offset, still.tzname() or key, datetime(1970, 1, 1)))  # noqa: DTZ001
        )
    for _kind, group in groupby(sorted(changes, key=lambda one: (one.kind, one.at)), _kind_of):
        same = list(group)
        if rule := _rule(same, first):
            zone.add_component(_observance(same[0], rule))
        else:
            for change in same:
                if change.at.year <= last + 1:
                    zone.add_component(_observance(change))
    return zone


def _kind_of(change: Change) -> tuple[timedelta, timedelta, str]:
    return change.kind


@lru_cache(maxsize=64)
def _changes(key: str, first: int, last: int) -> tuple[Change, ...]:
    return tuple(_found(ZoneInfo(key), first, last))


def _found(zone: ZoneInfo, first: int, last: int) -> Iterable[Change]:
    """A day at a time; within a day in which the clock changed, the second is looked for."""
    day, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while day < end:
        early, late = day, day + timedelta(days=1)
        if _offset(early, zone) != _offset(late, zone):
            while late - early > timedelta(seconds=1):
                middle = early + (late - early) // 2
                middle = middle.replace(microsecond=0)
                if _offset(middle, zone) == _offset(early, zone):
                    early = middle
                else:
                    late = middle
            before, after = _offset(early, zone), _offset(late, zone)
            name = late.astimezone(zone).tzname() or ""
            yield Change(before, after, name, late.replace(tzinfo=None) + before)
        day += timedelta(days=1)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _rule(changes: list[Change], first: int) -> dict[str, object] | None:
    """«The second Sunday of March», where each year of the sample keeps to it; else None."""
    days = [change.at for change in changes]
    alike = {(day.month, day.weekday(), day.time()) for day in days}
    if [day.year for day in days] != list(range(first - 1, first + SAMPLE + 1)) or len(alike) > 1:
        return None
    if all(day.day + 7 > monthrange(day.year, day.month)[1] for day in days):
        place = -1
    elif len(places := {(day.day + 6) // 7 for day in days}) == 1:
        place = places.pop()
    else:
        return None
    day = days[0]
    return {"freq": "yearly", "bymonth": day.month, "byday": f"{place}{DAYS[day.weekday()]}"}


def _observance(
    change: Change, rule: dict[str, object] | None = None
) -> icalendar.TimezoneDaylight | icalendar.TimezoneStandard:
    summer = change.after > change.before
    part = icalendar.TimezoneDaylight() if summer else icalendar.TimezoneStandard()
    part.add("dtstart", change.at)
    part.add("tzoffsetfrom", change.before)
    part.add("tzoffsetto", change.after)
    part.add("tzname", change.name)
    if rule is not None:
        part.add("rrule", rule)
    return part
