"""Places at a session: taken, waited for, given back. The only writer of Registration rows.

Every change happens under the lock of the session's row, where seats are counted: of 2,000 people
for 100 seats exactly 100 get one, and the rest wait in the order in which they came. A seat that
becomes free is offered to the first who waits and kept for a while (`rules.offer_seconds`); who
lets the time run out gives up the place, and the next is asked. The only writer of SeatOffer too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enrolling import enrol
from courses.models import Enrolment
from courses.models.record import organisation_of
from lms.ticks import on_tick
from lms.zones import spoken_moment
from people.accounts import account_for, tell_role
from people.joining import join
from people.models import Organisation, User
from webinars import accommodating, asking, host_letters, letters, reminders, rules
from webinars.asking import Answers
from webinars.models import Registration, SeatOffer, Webinar

State, Outcome = Registration.State, SeatOffer.Outcome
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


@dataclass(frozen=True)
class Wishes:
    """What comes with a registration. `by_themself`: whoever sent the form is known to be this
    person, and may change what they answered before."""

    organisation: Organisation | None
    needs: Mapping[str, str]
    answers: Answers
    by_themself: bool = True
    lead: User | None = None  # who registers this person for their organisation


@transaction.atomic
def register(
    person: User,
    webinar: Webinar,
    *,
    organisation: Organisation | None = None,
    needs: Mapping[str, str] | None = None,
    answers: Answers | None = None,
) -> Registration:
    """A seat, or a place on the waitlist when there is none. Safe to repeat.

    `needs` maps kinds of accommodation to a note; asking again adds, it takes nothing away.
    `answers` are to the host's questions; the last ones stand. Someone who cancelled may come
    back: to a free seat, else to the end of the waitlist. Enrols the person in the course too.
    Where hosts approve each registration it is a request at first; one that was declined stays
    so. Raises ValidationError when registration is closed.
    """
    return _register(
        person, lock_session(webinar), Wishes(organisation, needs or {}, answers or {})
    )


@transaction.atomic
def register_for_all(
    person: User,
    webinars: Iterable[Webinar],
    *,
    organisation: Organisation | None = None,
    needs: Mapping[str, str] | None = None,
    answers: Answers | None = None,
    job_role: str = "",
) -> list[Registration]:
    """Several sessions at once, all or none. `job_role` becomes the person's own.

    Rows are locked in one order, all sessions before any course that somebody is enrolled in: no
    deadlock.
    """
    if job_role:
        tell_role(person, job_role)
    return _register_all(person, webinars, Wishes(organisation, needs or {}, answers or {}))


def register_member(
    person: User, locked: Webinar, *, organisation: Organisation, lead: User
) -> Registration:
    """By a training lead, for a member. Called with the session's row locked; who gave a place
    back stays away until they come themselves (`webinars.registering_others` asks)."""
    wishes = Wishes(organisation, {}, {}, by_themself=False, lead=lead)
    return _register(person, locked, wishes)


def register_by_address(
    email: str,
    webinars: Sequence[Webinar],
    *,
    name: str,
    language: str,
    job_role: str = "",
    organisation: Organisation | None = None,
    needs: Mapping[str, str] | None = None,
    answers: Answers | None = None,
) -> None:
    """For someone who is not signed in. The letter is the answer: this returns nothing, so that
    a page cannot show whether the address was known, seated or waiting.

    An unknown address becomes an account without a password. A known one keeps its own name,
    organisation and answers, and whoever is registered already gets the details once more. Raises
    ValidationError when registration is closed, for everybody alike.
    """
    for webinar in webinars:
        if reason := why_closed(webinar):
            raise ValidationError(reason, code="closed")
    with transaction.atomic():
        person, made = account_for(email, name=name, language=language, job_role=job_role)
        if not person.is_active:
            return
        if made and organisation is not None:
            join(person, organisation)
        mine = Registration.objects.of(person).exclude(state=State.CANCELLED)
        mine = mine.filter(webinar__in=webinars)
        before = set() if made else set(mine.values_list("pk", flat=True))
        wishes = Wishes(organisation, needs or {}, answers or {}, by_themself=False)
        rows = _register_all(person, webinars, wishes)
        if again := [row for row in rows if row.pk in before]:
            letters.promise_all(again, "again")


@transaction.atomic
def cancel(person: User, webinar: Webinar) -> bool:
    """Give a place back; the first who waits is offered the seat. False when there was none."""
    locked = lock_session(webinar)
    registration = Registration.objects.of(person).standing().filter(webinar=locked).first()
    if registration is None:
        return False
    if locked.ended_at is not None:
        raise ValidationError(_("This session is over, so there is nothing left to cancel."))
    _close_offer(registration, Outcome.DECLINED)
    _change(registration, State.CANCELLED)
    registration.webinar = locked
    letters.promise(registration, "cancelled")
    seat_waiting(locked)
    return True


@transaction.atomic
def accept(person: User, webinar: Webinar) -> Registration | None:
    """Take the seat that is kept for this person. Safe to repeat; None when it is kept no longer.

    Under the session's lock, as the sweep is: of accepting and running out, one comes first.
    """
    locked = lock_session(webinar)
    registration = Registration.objects.of(person).filter(webinar=locked).first()
    if registration is None or registration.state == State.SEATED:
        return registration
    offer = registration.offers.filter(closed_at=None, expires_at__gt=timezone.now()).first()
    if offer is None or locked.cancelled_at is not None or locked.ended_at is not None:
        return None
    _close_offer(registration, Outcome.ACCEPTED)
    _change(registration, State.SEATED)
    registration.webinar = locked
    letters.promise(registration, "confirmed")
    reminders.promise(locked, [registration])
    return registration


@on_tick
def pass_on_offers(now: datetime) -> str:
    """Offers that ran out: the place is given up, and the next who waits is asked."""
    late = SeatOffer.objects.filter(closed_at=None, expires_at__lte=now)
    passed = 0
    for pk in late.values_list("registration__webinar", flat=True).distinct().order_by():
        passed += _pass_on(pk, now)
    return f"{passed} offers of a seat passed on"


@transaction.atomic
def _pass_on(webinar: int, now: datetime) -> int:
    locked = lock_session(Webinar(pk=webinar))
    late = Registration.objects.filter(
        webinar=locked, state=State.OFFERED, offers__closed_at=None, offers__expires_at__lte=now
    )
    given_up = list(late)
    for registration in given_up:
        _close_offer(registration, Outcome.EXPIRED)
        _change(registration, State.CANCELLED)
        registration.webinar = locked
    letters.promise_all(given_up, "offer-over")
    seat_waiting(locked)
    return len(given_up)


def seat_waiting(locked: Webinar) -> int:
    """Free seats go to the first who wait; returns how many. Called with the row locked.

    A session that is over or called off seats nobody.
    """
    if locked.cancelled_at is not None or locked.ended_at is not None:
        return 0
    return _seat_first(locked, _free_seats(locked))


def _seat_first(locked: Webinar, free: int | None) -> int:
    """For as many of those who wait as there are free seats (None: all): an offer, or the seat
    itself where there is no time to ask."""
    waiting = locked.registrations.waiting().select_related("person")
    if free is not None:
        waiting = waiting[: max(0, free)]
    now = timezone.now()
    kept = rules.offer_seconds((locked.starts_at - now) // SECOND) if free is not None else None
    first = list(waiting)
    for registration in first:
        _change(registration, State.SEATED if kept is None else State.OFFERED)
        registration.webinar = locked
        if kept is not None:
            registration.offers.create(made_at=now, expires_at=now + kept * SECOND)
    if first:
        letters.promise_all(first, "promoted" if kept is None else "offered")
    if first and kept is None:
        reminders.promise(locked, first)
    return len(first)


def fit_offers(locked: Webinar) -> None:
    """The session moved: no seat is kept for longer than it would be kept now, and none until after
    the start. Where there is no time left to ask, the seat is theirs. Called with the row locked,
    before the letters about the move are promised."""
    now = timezone.now()
    kept = rules.offer_seconds((locked.starts_at - now) // SECOND)
    offered = locked.registrations.filter(state=State.OFFERED).select_related("person")
    if kept is not None:
        late = SeatOffer.objects.filter(
            registration__in=offered, closed_at=None, expires_at__gt=now + kept * SECOND
        )
        late.update(expires_at=now + kept * SECOND)
        return
    given = list(offered)
    for registration in given:
        _close_offer(registration, Outcome.ACCEPTED)
        _change(registration, State.SEATED)
        registration.webinar = locked
    letters.promise_all(given, "promoted")


def _change(registration: Registration, state: str) -> None:
    registration.state, registration.changed_at = state, timezone.now()
    registration.turn += 1
    registration.save(update_fields=["state", "changed_at", "turn"])


def _save(registration: Registration) -> None:
    """Of a row that stands already only what is written here: letters and mail programs write
    into it without the session's lock."""
    mine = ["organisation", "registered_by", "state", "changed_at", "turn"]
    registration.save(update_fields=None if registration.pk is None else mine)


def _close_offer(registration: Registration, outcome: str) -> None:
    registration.offers.filter(closed_at=None).update(closed_at=timezone.now(), outcome=outcome)


def why_closed(webinar: Webinar) -> str:
    """Why registration is closed, in words; empty while it is open.

    The same for everybody: also where the course takes nobody new, who is in it already may not.
    """
    in_course = webinar.course.current_id is not None and webinar.course.retired_at is None
    if webinar.takes_registrations and in_course:
        return ""
    if webinar.cancelled_at is not None:
        return _("This session was called off.")
    if webinar.phase in {"over", "missed"}:
        return _("This session is over.")
    opens_at = webinar.registration_opens_at
    if webinar.published_at is not None and opens_at is not None and webinar.opens_later:
        return _("Registration opens on %(when)s.") % {
            "when": spoken_moment(opens_at, webinar.zone)
        }
    if webinar.published_at is None or webinar.rehearsal:
        return _("This session is not open for registration yet.")
    return _("Registration for this session has closed.")


def lock_session(webinar: Webinar) -> Webinar:
    """The row under whose lock every place at the session changes."""
    return (
        Webinar.objects.select_for_update(no_key=True, of=("self",))
        .select_related("course")
        .get(pk=webinar.pk)
    )


def _register_all(person: User, webinars: Iterable[Webinar], wishes: Wishes) -> list[Registration]:
    locked = [lock_session(webinar) for webinar in sorted(webinars, key=lambda webinar: webinar.pk)]
    locked.sort(key=lambda webinar: webinar.course_id)
    return [_register(person, row, wishes) for row in locked]


def _register(person: User, locked: Webinar, wishes: Wishes) -> Registration:
    registration = Registration.objects.filter(webinar=locked, person=person).first()
    stands = registration is not None and registration.state != State.CANCELLED
    if registration is not None and registration.state == State.DECLINED:
        return registration  # a host said no, and only a host can change that
    if registration is None or not stands:
        if reason := why_closed(locked):
            raise ValidationError(reason, code="closed")
        now = timezone.now()
        registration = registration or Registration(person=person, registered_at=now)
        registration.webinar, registration.person = locked, person
        registration.organisation = wishes.organisation or organisation_of(person, now)
        registration.registered_by = wishes.lead
        if locked.needs_approval:
            _ask_for_place(registration, now)
        else:
            let_in(registration, now)
    registration.webinar = locked
    if wishes.needs:
        accommodating.ask(registration, wishes.needs)
    if wishes.answers and (wishes.by_themself or not stands):
        asking.record(registration, wishes.answers)
    return registration


def _ask_for_place(registration: Registration, now: datetime) -> None:
    """No seat is taken until a host says yes."""
    registration.turn += registration.pk is not None
    registration.state, registration.changed_at = State.ASKED, now
    _save(registration)
    letters.promise(registration, "asked")
    host_letters.promise(registration.webinar, now)


def let_in(registration: Registration, now: datetime) -> None:
    """A free seat, or the end of the waitlist. Called with the session's row locked."""
    locked = registration.webinar
    enrol(registration.person, locked.course, reason=Enrolment.Reason.WEBINAR)
    free = _free_seats(locked)
    if free is not None and free > 0:
        free -= _seat_first(locked, free)  # nobody overtakes the waitlist
    full = free is not None and free <= 0
    registration.turn += registration.pk is not None
    registration.state = State.WAITLISTED if full else State.SEATED
    registration.changed_at = _behind_the_others(locked, now) if full else now
    _save(registration)
    letters.promise(registration, "waitlisted" if full else "confirmed")
    if not full:
        reminders.promise(locked, [registration], now)


def let_in_all(locked: Webinar) -> None:
    """Everybody who asked, in their order. Called with the session's row locked."""
    if locked.cancelled_at is not None or locked.ended_at is not None:
        return
    for registration in locked.registrations.asked().select_related("person"):
        registration.webinar = locked
        let_in(registration, timezone.now())


def turn_away(registration: Registration) -> None:
    """A host said no. Called with the session's row locked."""
    _change(registration, State.DECLINED)
    letters.promise(registration, "declined")


def _free_seats(locked: Webinar) -> int | None:
    """None: no limit."""
    if locked.capacity is None:
        return None
    return locked.capacity - locked.registrations.holding().count()


def _behind_the_others(locked: Webinar, now: datetime) -> datetime:
    """The waitlist is ordered by this time. Two machines' clocks differ; the order must not."""
    last = locked.registrations.waiting().values_list("changed_at", flat=True).last()
    return now if last is None else max(now, last + MICROSECOND)
