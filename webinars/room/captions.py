"""Live captions: typed by a captioner elsewhere, posted here line by line, shown within a second.

The only writer of CaptionLine. Lines are no events: they go out as they come, to whoever is there.
Afterwards they make one WebVTT file for each language.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.text import LANGUAGES
from people import audit
from people.models import User
from webinars import attendance, rules
from webinars.models import CaptionLine, RoomSetup, Webinar
from webinars.room import doorbell, log

LONGEST = 1000
RECENT, FEW = timedelta(seconds=90), 6  # what somebody gets who comes in between
LONGEST_CUE = 7  # seconds that a line stands where none follows it


class Line(NamedTuple):
    """As a page gets it."""

    language: str
    number: int
    text: str


@transaction.atomic
def new_address(webinar: Webinar, by: User) -> str:
    """The secret in a captioner's address; the one before it stops working."""
    room = log.locked(webinar.pk)
    setup = RoomSetup.objects.get_or_create(webinar=room)[0]
    setup.caption_secret = secrets.token_urlsafe(32)
    setup.save(update_fields=["caption_secret"])
    audit.note(by, "room.captions-address", room)
    return setup.caption_secret


@transaction.atomic
def add(
    webinar: Webinar, language: str, text: str, number: int | None, now: datetime | None = None
) -> CaptionLine:
    """One more line. The same number again is the line that is there already.

    Under the room's lock: lines are read by their ids, and an id that became visible after a later
    one would never be shown.
    """
    room = log.locked(webinar.pk)
    if room.state == Webinar.State.ENDED or room.cancelled_at is not None:
        raise ValidationError(_("This session is over."), code="over")
    if language not in LANGUAGES:
        raise ValidationError(_("There are captions in English and Spanish only."), code="language")
    text = " ".join(text.replace("\0", "").split())[:LONGEST]
    if not text:
        raise ValidationError(_("There is no text."), code="empty")
    lines = CaptionLine.objects.filter(webinar=room, language=language)
    if number is None:
        number = (lines.aggregate(last=Max("number"))["last"] or 0) + 1
    line, is_new = lines.get_or_create(
        number=number,
        defaults={"webinar": room, "language": language, "text": text, "at": now or timezone.now()},
    )
    if is_new:
        ring = partial(doorbell.ring, room.pk, "captions")
        transaction.on_commit(ring, robust=True)
    return line


def last_number(webinar: Webinar, language: str) -> int:
    lines = CaptionLine.objects.filter(webinar=webinar, language=language)
    return int(lines.aggregate(last=Max("number"))["last"] or 0)


def newest(rooms: Iterable[int]) -> dict[int, int]:
    """Each room's last id: whether there is something to read."""
    lines = CaptionLine.objects.filter(webinar__in=list(rooms)).order_by()
    return dict(lines.values_list("webinar").annotate(last=Max("pk")))


def since(webinar_id: int, after: int) -> tuple[int, list[Line]]:
    """Lines with a later id than this, and the last id."""
    rows = list(
        CaptionLine.objects.filter(webinar=webinar_id, pk__gt=after)
        .order_by("pk")
        .values_list("pk", "language", "number", "text")
    )
    return (rows[-1][0] if rows else after), [Line(*row[1:]) for row in rows]


def recent(webinar_id: int, now: datetime) -> list[Line]:
    """The last few, for whoever comes in."""
    rows = CaptionLine.objects.filter(webinar=webinar_id, at__gt=now - RECENT).order_by("-pk")
    found = [Line(*row) for row in rows.values_list("language", "number", "text")[:FEW]]
    return found[::-1]


def as_webvtt(webinar: Webinar, language: str, *, breaks: bool = False) -> str:
    """All lines of the live time as WebVTT. Its clock starts at the first go-live and stands still
    in breaks; with `breaks` it goes on, for a recording that was not paused either."""
    windows = rules.union(attendance.live_windows(webinar))
    if breaks and windows:
        windows = [rules.Span(windows[0].start, windows[-1].end)]
    lines = CaptionLine.objects.filter(webinar=webinar, language=language).order_by("at", "pk")
    timed = [
        (at, text)
        for moment, text in lines.values_list("at", "text")
        for at in _on_clock(moment, windows)
    ]
    cues = ["WEBVTT\n"]
    for place, (start, text) in enumerate(timed):
        following = timed[place + 1][0] if place + 1 < len(timed) else start + LONGEST_CUE
        end = max(start + 1, min(following, start + LONGEST_CUE))
        cues.append(f"{place + 1}\n{_stamp(start)} --> {_stamp(end)}\n{_plain(text)}\n")
    return "\n".join(cues)


def _on_clock(moment: datetime, windows: list[rules.Span]) -> Iterator[float]:
    """Seconds of live time before this moment; nothing for a moment that was not live."""
    at = (moment - attendance.EPOCH).total_seconds()
    before = 0.0
    for window in windows:
        if window.start <= at < window.end:
            yield before + at - window.start
        before += window.end - window.start


def _stamp(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _plain(text: str) -> str:
    """Nothing in it is markup or an arrow to a player."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
