"""The least that makes a session, a place and some presence."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from tests.factories import both, make_course
from webinars.attendance import Slice, record_slices
from webinars.models import LiveWindow, Webinar
from webinars.registering import register
from webinars.scheduling import schedule

numbers = count(1)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def make_webinar(*, starts_in=2 * WEEK, minutes=60, course=None, **fields) -> Webinar:
    """A published session, two weeks ahead, of a course whose only lesson it is."""
    course = course or make_course(lessons=["live"], format="webinar")
    n = next(numbers)
    starts_at = fields.pop("starts_at", timezone.now() + starts_in)
    fields = {
        "slug": f"session-{n}",
        "title": both(f"Session {n}"),
        "languages": ["en"],
        "caption_plan": "automatic",
        "interpretation_plan": "request",
        "item": live_item(course),
    } | fields
    item = fields.pop("item")
    return schedule(
        course,
        item,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **fields,
    )


def live_item(course) -> str:
    """The uuid of the course's first live lesson."""
    document = course.current.document
    lessons = (lesson for module in document["modules"] for lesson in module["lessons"])
    return next(lesson["uuid"] for lesson in lessons if lesson["kind"] == "live")


def seat(person, webinar):
    return register(person, webinar)


def hold(webinar, *windows, ended=True) -> Webinar:
    """The session was live in these windows: minutes from its start; none: all of its time."""
    for opened, closed in windows or [(0, webinar.minutes)]:
        LiveWindow.objects.create(
            webinar=webinar, opened_at=after(webinar, opened), closed_at=after(webinar, closed)
        )
    webinar.state = "ended" if ended else "live"
    webinar.ended_at = after(webinar, (windows or [(0, webinar.minutes)])[-1][1]) if ended else None
    webinar.save()
    return webinar


def after(webinar, minutes):
    return webinar.starts_at + timedelta(minutes=minutes)


def be_there(person, webinar, *stretches, source="room"):
    """Presence from minute to minute after the start, in slices of a minute at most."""
    slices = []
    for begin, end in stretches:
        at, last = after(webinar, begin), after(webinar, end)
        while at < last:
            until = min(at + timedelta(minutes=1), last)
            key = f"{webinar.pk}:{person.pk}:{next(numbers)}"
            slices.append(Slice(webinar.pk, person.pk, key, at, until, source))
            at = until
    return record_slices(slices)
