"""Attention prompts: asked at times that the server chooses, answered with one press.

The only writer of Prompt, PromptAnswer and PromptEase. When they come is drawn from the site's key,
so that nobody can work it out, every process comes to the same moment, and none is kept anywhere
before its time. Whichever process sees first that one is due asks it; the row's number decides.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.models import PlannedQuerySet
from lms.ticks import on_tick
from people import audit
from people.models import User
from webinars import attendance, rules
from webinars.models import LiveWindow, Prompt, PromptAnswer, PromptEase, Webinar
from webinars.models.prompts import OPEN_FOR
from webinars.room import log

LONGER = 3 * OPEN_FOR


def due_at(webinar: Webinar, number: int, every_minutes: int) -> int:
    """The second of live time at which this prompt comes: from one to the next it is between half
    of `every_minutes` and one and a half."""
    gaps = (_drawn(webinar, each, 60 * every_minutes) for each in range(1, number + 1))
    return sum(gaps)


def _drawn(webinar: Webinar, number: int, every: int) -> int:
    text = f"prompt {webinar.uuid} {number}".encode()
    drawn = hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).digest()
    return every // 2 + int.from_bytes(drawn[:8]) % (every + 1)


def look(rooms: Iterable[int], now: datetime) -> int:
    """Ask what is due in these rooms and close what was open long enough. One query where nothing
    is to be done."""
    asking = Webinar.objects.filter(
        pk__in=list(rooms), state=Webinar.State.LIVE, policy__prompt_every_minutes__isnull=False
    )
    return sum(_look(pk, now) for pk in asking.values_list("pk", flat=True))


@transaction.atomic
def _look(webinar_id: int, now: datetime) -> bool:
    room = log.locked(webinar_id)
    every = room.policy.prompt_every_minutes
    if room.state != Webinar.State.LIVE or every is None:
        return False
    last = Prompt.objects.filter(webinar=room).order_by("-number").first()
    if last is not None and last.closed_at is None:
        if now >= last.asked_at + OPEN_FOR:
            _close(room, last, now)
        return False
    number = last.number + 1 if last else 1
    if _live_seconds(room, now) < due_at(room, number, every):
        return False
    prompt = Prompt.objects.create(webinar=room, number=number, asked_at=now)
    log.append(room, "prompt", prompt.pk)
    return True


def close_all(room: Webinar, now: datetime) -> None:
    """The session pauses or is over. `room` is what `log.locked` gave."""
    for prompt in Prompt.objects.filter(webinar=room, closed_at__isnull=True):
        _close(room, prompt, now)


def _close(room: Webinar, prompt: Prompt, now: datetime) -> None:
    prompt.closed_at = now
    prompt.save(update_fields=["closed_at"])
    log.append(room, "prompt", prompt.pk)


def _live_seconds(room: Webinar, now: datetime) -> int:
    windows = attendance.live_windows(room)
    opened = LiveWindow.objects.filter(webinar=room, closed_at__isnull=True)
    windows += [
        rules.Span(attendance.seconds(start), attendance.seconds(now))
        for start in opened.values_list("opened_at", flat=True)
    ]
    return sum(span.end - span.start for span in rules.union(windows))


@on_tick
def ask_where_nobody_is_on_a_socket(now: datetime) -> str:
    """Rooms in which everybody follows by asking have no hub that looks."""
    rooms = Webinar.objects.filter(state=Webinar.State.LIVE).values_list("pk", flat=True)
    return f"{look(rooms, now)} prompts asked"


@transaction.atomic
def answer(prompt: Prompt, person: User, now: datetime | None = None) -> None:
    """«I am here.» Once; the same again is no error. Somebody may have been granted more time."""
    now = now or timezone.now()
    ease = PromptEase.objects.filter(webinar=prompt.webinar_id, person=person).first()
    longer = ease is not None and ease.kind == PromptEase.Kind.LONGER
    if PromptAnswer.objects.filter(prompt=prompt, person=person).exists():
        return
    if now > prompt.asked_at + (LONGER if longer else OPEN_FOR):
        raise ValidationError(_("The time for this question is over."), code="late")
    PromptAnswer.objects.bulk_create(
        [PromptAnswer(prompt=prompt, person=person, at=now)], ignore_conflicts=True
    )


@transaction.atomic
def ease(webinar: Webinar, person: User, kind: str, by: User) -> None:
    """Grant it, or take it back (an empty kind). Also after the end: then it is decided anew."""
    room = log.locked(webinar.pk)
    if kind:
        PromptEase.objects.update_or_create(webinar=room, person=person, defaults={"kind": kind})
    else:
        PromptEase.objects.filter(webinar=room, person=person).delete()
    audit.note(by, "room.prompts-eased", room, person=person.pk, kind=kind)


def shown_to(webinar: Webinar, person: User, now: datetime) -> PlannedQuerySet[Prompt]:
    """What is open and this person has still to answer; with more time also what others no longer
    see."""
    mine = PromptAnswer.objects.filter(prompt=OuterRef("pk"), person=person)
    eased = PromptEase.objects.filter(webinar=webinar, person=person)
    spared = eased.filter(kind=PromptEase.Kind.NONE)
    still = Q(Exists(eased.filter(kind=PromptEase.Kind.LONGER)), asked_at__gt=now - LONGER)
    rows = Prompt.objects.filter(Q(closed_at__isnull=True) | still, webinar=webinar)
    return rows.exclude(Exists(mine)).exclude(Exists(spared)).planned()
