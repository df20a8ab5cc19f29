"""Sessions for every app's templates: `{% load webinars %}`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django import template
from django.contrib.auth.models import AnonymousUser

from lms.zones import When, spoken_for, spoken_moment
from people.models import User
from webinars.models import Registration, Webinar

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def live_sessions(context: Context, lessons: str | Iterable[str]) -> list[Webinar]:
    """`{% live_sessions lesson.uuid as sessions %}`: the published sessions of a live lesson, or
    of several at once (each session names its lesson in `item`), those to come first. Each has
    `my_state` (None, seated, waitlisted, cancelled) for the person in the context, `seats_taken`,
    `phase` and its course. One query."""
    uuids = [lessons] if isinstance(lessons, str) else list(lessons)
    sessions = Webinar.objects.public().filter(item__in=uuids)
    rows = list(sessions.for_reader(_reader(context)).order_by("starts_at"))
    past = {"over", "cancelled", "missed"}
    ahead = [row for row in rows if row.phase not in past]
    return ahead + [row for row in reversed(rows) if row.phase in past]


@register.simple_tag(takes_context=True)
def my_webinars(context: Context) -> list[Registration]:
    """`{% my_webinars as webinars %}`: the places of the signed-in person at sessions to come,
    the next first, each with `webinar`. Nothing for anybody else."""
    reader = _reader(context)
    if not isinstance(reader, User):
        return []
    ahead = Webinar.objects.upcoming().values("pk")
    mine = Registration.objects.of(reader).standing().filter(webinar__in=ahead)
    return list(mine.select_related("webinar__course").order_by("webinar__starts_at").planned())


@register.simple_tag(takes_context=True)
def next_webinar(context: Context) -> Webinar | None:
    """`{% next_webinar as webinar %}`: the one that is live, else the next to come; or None."""
    public = Webinar.objects.public()
    return public.for_reader(_reader(context)).upcoming().first()


@register.simple_tag(takes_context=True)
def session_times(context: Context, webinar: Webinar) -> list[When]:
    """`{% session_times webinar as times %}`: in the reader's zone, then in the host's where the
    clocks differ. Somebody who is not signed in gets the host's."""
    reader = _reader(context)
    zone = reader.time_zone if isinstance(reader, User) else webinar.zone
    return spoken_for(webinar.starts_at, webinar.ends_at, reader=zone, host=webinar.zone)


@register.simple_tag(takes_context=True)
def session_moment(context: Context, moment: datetime, webinar: Webinar) -> str:
    """`{% session_moment offer.expires_at webinar as until %}`: a moment about a session with its
    zone spelled out: the reader's, or the host's for somebody who is not signed in."""
    reader = _reader(context)
    return spoken_moment(moment, reader.time_zone if isinstance(reader, User) else webinar.zone)


def _reader(context: Context) -> User | AnonymousUser:
    user = context.get("user")
    return user if isinstance(user, User) else AnonymousUser()
