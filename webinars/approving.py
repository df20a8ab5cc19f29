"""Hosts say who comes, where a session asks them to. The only writer of SeatDecision.

A seat is taken at the moment of approval, under the lock of the session's row, where seats are
counted: who is approved when all are taken goes to the end of the waitlist, in the order in which
people asked. A decision is a row for each time that somebody asked, so it is made once.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars import registering
from webinars.models import Registration, SeatDecision, Webinar

State = Registration.State


@transaction.atomic
def approve(webinar: Webinar, places: Iterable[int], *, by: User) -> list[Registration]:
    """Give these people their place; returns those for whom that was new. Who was declined before
    may be approved after all. Safe to repeat."""
    locked = _lock(webinar)
    rows = locked.registrations.filter(
        pk__in=list(places), state__in=[State.ASKED, State.DECLINED]
    ).order_by("changed_at", "pk")
    approved = list(rows.select_related("person"))
    for registration in approved:
        registration.webinar = locked
        _note(registration, True, "", by)
        registering.let_in(registration, timezone.now())
    return approved


@transaction.atomic
def decline(
    webinar: Webinar, places: Iterable[int], *, by: User, words: str = ""
) -> list[Registration]:
    """Say no to these people, with words for them if there are any; returns those for whom that
    was new. Who has a place already keeps it. Safe to repeat."""
    locked = _lock(webinar)
    words = " ".join(words.split())
    declined = list(locked.registrations.asked().filter(pk__in=list(places)))
    for registration in declined:
        registration.webinar = locked
        _note(registration, False, words, by)
        registering.turn_away(registration)
    return declined


def _note(registration: Registration, approved: bool, words: str, by: User) -> None:
    SeatDecision.objects.create(
        registration=registration, turn=registration.turn, approved=approved, words=words, by=by
    )
    audit.note(by, f"place.{'approved' if approved else 'declined'}", registration)


def _lock(webinar: Webinar) -> Webinar:
    locked = registering.lock_session(webinar)
    if locked.cancelled_at is not None:
        raise ValidationError(_("This session was called off."))
    if locked.ended_at is not None:
        raise ValidationError(_("This session is over."))
    return locked
