"""How many people are in a room, over all processes. The only writer of Headcount."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum

from webinars.models import Headcount, PresenceSpan

STALE = timedelta(seconds=40)  # a process that was killed is forgotten after this
POLLED = timedelta(seconds=75)  # somebody on the fallback writes a slice at least this often


def tell(process: str, people: Mapping[int, int], now: datetime) -> None:
    """Write down what this process has: room → people."""
    Headcount.objects.bulk_create(
        [
            Headcount(webinar_id=room, process=process, people=n, at=now)
            for room, n in people.items()
        ],
        update_conflicts=True,
        unique_fields=["webinar", "process"],
        update_fields=["people", "at"],
    )


def leave(process: str, now: datetime) -> None:
    """This process has nobody left; also sweep up after those that could not say so."""
    Headcount.objects.filter(process=process).delete()
    Headcount.objects.filter(at__lt=now - timedelta(days=1)).delete()


def here(rooms: list[int], now: datetime) -> Counter[int]:
    """People in each room: those on sockets, and those who poll."""
    counted: Counter[int] = Counter()
    for found in (on_sockets(now), by_polls(now)):
        for room, n in found.filter(webinar__in=rooms):
            counted[room] += n
    return counted


def on_sockets(now: datetime) -> QuerySet[Any, Any]:
    """(room, n), for whoever filters by `webinar`."""
    alive = Headcount.objects.filter(at__gt=now - STALE).order_by()
    return alive.values("webinar").annotate(n=Sum("people")).values_list("webinar", "n")


def by_polls(now: datetime) -> QuerySet[Any, Any]:
    lately = PresenceSpan.objects.filter(
        source=PresenceSpan.Source.POLL, ended_at__gt=now - POLLED
    ).order_by()
    people = Count("person", distinct=True)
    return lately.values("webinar").annotate(n=people).values_list("webinar", "n")
