"""Raised hands and reactions: what a room shows without words. The only writer of both.

Everybody sees how many; who raised a hand is for moderators and presenters, in the order in which
they did.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars.models import Hand, Reaction, Webinar
from webinars.room import doorbell, log
from webinars.room.log import Audience

SHOWN_FOR = timedelta(seconds=30)


@transaction.atomic
def raise_hand(webinar: Webinar, person: User, *, wanted: bool) -> None:
    """Raise the hand, or take it down. Safe to repeat."""
    room = log.locked(webinar.pk)
    if wanted and room.state not in Webinar.IN_ROOM:
        raise ValidationError(_("You can raise your hand while the session goes on."), code="state")
    up = Hand.objects.filter(webinar=room, person=person, lowered_at__isnull=True).first()
    if wanted and up is None:
        up = Hand.objects.create(webinar=room, person=person)
    elif not wanted and up is not None:
        up.lowered_at = timezone.now()
        up.save(update_fields=["lowered_at"])
    else:
        return
    log.append(room, "hand", up.pk, audience=Audience.PRESENTER)
    transaction.on_commit(partial(doorbell.ring, room.pk, "tally"), robust=True)


@transaction.atomic
def lower(hand: Hand, by: User) -> None:
    """A moderator takes it down: it was this person's turn. Safe to repeat."""
    room = log.locked(hand.webinar_id)
    lowered = Hand.objects.filter(pk=hand.pk, lowered_at__isnull=True).update(
        lowered_at=timezone.now()
    )
    if lowered:
        log.append(room, "hand", hand.pk, audience=Audience.PRESENTER, by=by.pk)
        audit.note(by, "room.hand-lowered", hand, webinar=room.pk)
        transaction.on_commit(partial(doorbell.ring, room.pk, "tally"), robust=True)


@transaction.atomic
def lower_all(webinar: Webinar, by: User, now: datetime | None = None) -> int:
    """Take every hand down, in one event however many there are. Safe to repeat."""
    room = log.locked(webinar.pk)
    up = Hand.objects.filter(webinar=room, lowered_at__isnull=True)
    lowered = up.update(lowered_at=now or timezone.now())
    if lowered:
        log.append(room, "hands", audience=Audience.PRESENTER, by=by.pk, lowered=lowered)
        audit.note(by, "room.hands-lowered", room, hands=lowered)
        transaction.on_commit(partial(doorbell.ring, room.pk, "tally"), robust=True)
    return lowered


def react(webinar: Webinar, person: User, kind: str, now: datetime | None = None) -> None:
    """Show it for half a minute. Again is once more the half minute, and still one person."""
    if kind not in Reaction.Kind.values:
        raise ValidationError(_("There is no such reaction."), code="kind")
    if webinar.state not in Webinar.IN_ROOM:
        raise ValidationError(_("You can react while the session goes on."), code="state")
    mine = Reaction(webinar=webinar, person=person, kind=kind, at=now or timezone.now())
    Reaction.objects.bulk_create(
        [mine],
        update_conflicts=True,
        unique_fields=["webinar", "person", "kind"],
        update_fields=["at"],
    )
    transaction.on_commit(partial(doorbell.ring, webinar.pk, "tally"), robust=True)


def shown(webinars: Iterable[int], now: datetime) -> dict[int, dict[str, int]]:
    """Reactions of the last half minute: room → kind → people."""
    lately = Reaction.objects.filter(webinar__in=list(webinars), at__gt=now - SHOWN_FOR)
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for room, kind, n in lately.values_list("webinar", "kind").annotate(n=Count("pk")).order_by():
        counted[room][kind] = n
    return counted


def up(webinars: Iterable[int]) -> Counter[int]:
    raised = Hand.objects.filter(webinar__in=list(webinars), lowered_at__isnull=True)
    return Counter(dict(raised.values_list("webinar").annotate(n=Count("pk")).order_by()))
