"""Letters before a session: a week, a day and an hour ahead, and when it begins.

One row per registration, step and schedule revision, written with the seat or with the move that
made the revision. A step whose time had passed by then is not written; a row that no longer holds
when its time comes is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from lms.outbox import Stale
from webinars import letters
from webinars.invitations import absolute
from webinars.models import PresenceSpan, Registration, Webinar

KIND = "webinars.reminder"
STEPS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "live": timedelta(0),
}


def promise(
    webinar: Webinar, registrations: Iterable[Registration], now: datetime | None = None
) -> None:
    """Write the steps still ahead for people who have a seat, in the caller's transaction."""
    now, rows = now or timezone.now(), list(registrations)
    due = {step: webinar.starts_at - ahead for step, ahead in STEPS.items()}
    outbox.promise_timed(
        KIND,
        {
            f"{row.pk}:{step}:{webinar.revision}": (
                {"registration": row.pk, "step": step, "revision": webinar.revision},
                due_at,
            )
            for step, due_at in due.items()
            if due_at > now
            for row in rows
        },
    )


@outbox.handles(KIND)
def _send(payload: Mapping[str, object]) -> str:
    registration = letters.fetch(payload["registration"])
    step, webinar = str(payload["step"]), registration.webinar
    if reason := _why_not(registration, step, payload["revision"], timezone.now()):
        raise Stale(reason)
    return letters.deliver(
        registration,
        "reminder",
        key=f"{registration.pk}:{step}:{webinar.revision}",
        step=step,
        unsubscribe_url=stop_url(registration),
    )


def stop_url(registration: Registration) -> str:
    """Where a person, or their mail program for them, stops the reminders of one session. The
    signature is the key: who has the letter need not sign in."""
    return absolute(reverse("webinars:reminders", args=[_signer().sign(str(registration.pk))]))


def registration_of(token: str) -> Registration | None:
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        return None
    rows = Registration.objects.select_related("webinar", "person")
    return rows.filter(pk=int(pk)).first()


def set_stopped(registration: Registration, stopped: bool) -> None:
    """Stop the reminders of this session, or send those to come again. Safe to repeat. Letters
    about a change of the session are no reminders: they come all the same."""
    Registration.objects.filter(pk=registration.pk).update(
        reminders_stopped_at=timezone.now() if stopped else None
    )


def _signer() -> Signer:
    return Signer(sep=".", salt="webinars.reminders")


def _why_not(registration: Registration, step: str, revision: object, now: datetime) -> str:
    webinar = registration.webinar
    if webinar.cancelled_at is not None:
        return "the session was called off"
    if webinar.revision != revision:
        return "the session moved"
    if registration.state != Registration.State.SEATED:
        return "no seat"
    if registration.reminders_stopped_at is not None:
        return "the person wants no reminders"
    if webinar.ended_at is not None or now >= _until(webinar, step):
        return "its time has passed"
    there = PresenceSpan.objects.filter(webinar=webinar, person=registration.person_id)
    if step == "live" and there.exists():
        return "already in the room"
    return ""


def _until(webinar: Webinar, step: str) -> datetime:
    """When the next step takes over; the last one holds until the planned end."""
    following = list(STEPS)[list(STEPS).index(step) + 1 :]
    return webinar.starts_at - STEPS[following[0]] if following else webinar.ends_at
