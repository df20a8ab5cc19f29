"""The iCalendar format (RFC 5545, and RFC 5546 for invitations): values in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from icalendar import vCalAddress, vText

from webinars import calendar_zones


@dataclass(frozen=True)
class Event:
    """One session as a calendar sees it.

    `uid` stays the same for ever and `sequence` grows whenever it moves: that is how a calendar
    knows an update from a second event. `stamped_at` decides between equal sequences.
    """

    uid: str
    sequence: int
    stamped_at: datetime
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    description: str
    url: str
    organizer: tuple[str, str]  # name, address
    cancelled: bool = False


def publication(events: Iterable[Event], *, name: str = "") -> bytes:
    """For downloads and feeds. It names no attendees: RFC 5546 has none in PUBLISH."""
    calendar = _calendar("PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("name", name)
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(_event(event))
    return _bytes(calendar)


def request(event: Event, *, attendee: tuple[str, str]) -> bytes:
    """For the letter to a person who has a seat: their acceptance is the registration itself."""
    calendar = _calendar("REQUEST")
    component = _event(event)
    component.add("attendee", _attendee(attendee))
    calendar.add_component(component)
    return _bytes(calendar)


def cancellation(event: Event, *, attendee: tuple[str, str]) -> bytes:
    """Takes the event out of one person's calendar, whether the session or the seat is gone."""
    calendar = _calendar("CANCEL")
    component = _event(event)
    component["status"] = vText("CANCELLED")
    component.add("attendee", _attendee(attendee))
    calendar.add_component(component)
    return _bytes(calendar)


def _calendar(method: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Groundwork//Webinars//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(event: Event) -> icalendar.Event:
    component = icalendar.Event()
    zone = ZoneInfo(event.zone)
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", event.stamped_at)
    component.add("dtstart", event.starts_at.astimezone(zone))
    component.add("dtend", event.ends_at.astimezone(zone))
    component.add("summary", event.title)
    component.add("description", event.description)
    component.add("location", event.url)
    component.add("url", event.url)
    component.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    name, address = event.organizer
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = vText(name)
    component.add("organizer", organizer)
    return component


def _attendee(attendee: tuple[str, str]) -> vCalAddress:
    name, address = attendee
    value = vCalAddress(f"mailto:{address}")
    value.params["CN"] = vText(name)
    value.params["ROLE"] = vText("REQ-PARTICIPANT")
    value.params["PARTSTAT"] = vText("ACCEPTED")
    value.params["RSVP"] = vText("FALSE")
    return value


def _bytes(calendar: icalendar.Calendar) -> bytes:
    if years := [event.start.year for event in calendar.events]:
        for key in sorted(calendar.get_missing_tzids()):
            zone = calendar_zones.component(key, min(years), max(years))
            calendar.subcomponents.insert(0, zone)
    return bytes(calendar.to_ical())
