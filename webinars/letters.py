"""Every letter about a place at a session. Each is promised once and rendered when it is sent:
from the rows as they are then, in the person's language and their own zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone, translation

from lms import mail, outbox
from lms.outbox import Stale
from lms.text import said
from lms.zones import days_until, spoken_for, spoken_moment
from webinars.invitations import absolute, invitation
from webinars.models import Determination, Registration, Webinar

KIND = "webinars.letter"
State = Registration.State


@dataclass(frozen=True)
class Letter:
    """`true` says whether the letter still holds; `once` names what it is sent once for."""

    true: Callable[[Registration], bool]
    once: Callable[[Registration], str]
    invites: bool = False  # who has a seat finds the calendar entry in it


def _place(registration: Registration) -> str:
    """Each change of someone's place is worth a letter of its own."""
    return f"{registration.changed_at:%Y%m%d%H%M%S%f}"


def _schedule(registration: Registration) -> str:
    return str(registration.webinar.revision)


def _ahead(webinar: Webinar) -> bool:
    return webinar.cancelled_at is None and webinar.ended_at is None


def _seated(registration: Registration) -> bool:
    return registration.state == State.SEATED and _ahead(registration.webinar)


def _waiting(registration: Registration) -> bool:
    return registration.state == State.WAITLISTED and _ahead(registration.webinar)


def _asked(registration: Registration) -> bool:
    return registration.state == State.ASKED and _ahead(registration.webinar)


def _offered(registration: Registration) -> bool:
    return registration.state == State.OFFERED and _ahead(registration.webinar)


def _took_place(determination: Determination | None) -> bool:
    return determination is not None and determination.live_seconds > 0


LETTERS = {
    "confirmed": Letter(_seated, _place, invites=True),
    "asked": Letter(_asked, _place),
    "declined": Letter(lambda r: r.state == State.DECLINED and _ahead(r.webinar), _place),
    "waitlisted": Letter(_waiting, _place),
    "promoted": Letter(_seated, _place, invites=True),
    "offered": Letter(_offered, _place),
    "offer-over": Letter(lambda r: r.state == State.CANCELLED, _place),
    "cancelled": Letter(lambda r: r.state == State.CANCELLED, _place),
    "moved": Letter(
        lambda r: r.state not in Registration.GONE and _ahead(r.webinar), _schedule, invites=True
    ),
    "called-off": Letter(
        lambda r: r.state not in Registration.GONE and r.webinar.cancelled_at is not None,
        _schedule,
    ),
    # Asked for again by someone who is registered: once an hour is enough for a lost letter, and
    # too little to fill a stranger's mailbox.
    "again": Letter(
        lambda r: r.state != State.CANCELLED and _ahead(r.webinar),
        lambda _: f"{timezone.now():%Y%m%d%H}",
        invites=True,
    ),
    "thanks": Letter(lambda r: _took_place(r.determination), lambda _: ""),
}


def promise(registration: Registration, letter: str) -> None:
    """Promise a letter in the caller's transaction. The same occasion again changes nothing."""
    promise_all([registration], letter)


def promise_all(registrations: Iterable[Registration], letter: str) -> None:
    once = LETTERS[letter].once
    outbox.promise_all(
        KIND,
        {
            f"{row.pk}:{letter}:{once(row)}": {
                "registration": row.pk,
                "letter": letter,
                "once": once(row),
            }
            for row in registrations
        },
    )


@outbox.handles(KIND)
def _send(payload: Mapping[str, object]) -> str:
    registration = fetch(payload["registration"])
    name, once = str(payload["letter"]), str(payload["once"])
    letter = LETTERS[name]
    if not letter.true(registration):
        raise Stale(f"no longer true: {registration}")
    if letter.once in (_place, _schedule) and letter.once(registration) != once:
        raise Stale("a newer letter says it better")
    method = _method(registration, letter)
    if method == "REQUEST":  # before it goes: what a crash leaves unsure can be taken out again
        _note_calendar(registration, True)
    told = deliver(registration, name, key=f"{registration.pk}:{name}:{once}", calendar=method)
    if method == "CANCEL":
        _note_calendar(registration, False)
    return told


def _method(registration: Registration, letter: Letter) -> str:
    """CANCEL goes to those alone into whose calendar we put the session. To all others it would be
    a meeting that they never had; Outlook shows it as one that was called off."""
    if registration.state == State.SEATED and registration.webinar.cancelled_at is None:
        return "REQUEST" if letter.invites else ""
    over = registration.webinar.ended_at is not None
    return "CANCEL" if registration.in_calendar and not over else ""


def _note_calendar(registration: Registration, there: bool) -> None:
    Registration.objects.filter(pk=registration.pk).update(in_calendar=there)


def fetch(pk: object) -> Registration:
    """The registration with all that a letter says; Stale when its person may not sign in."""
    rows = Registration.objects.select_related(
        "person", "webinar__course", "organisation"
    ).with_determinations()
    rows = rows.select_related("registered_by")
    registration = rows.prefetch_related("accommodations", "offers", "decisions").get(
        pk=int(str(pk))
    )
    if not registration.person.is_active:
        raise Stale("this person may not sign in")
    return registration


def deliver(
    registration: Registration,
    name: str,
    *,
    key: str,
    calendar: str = "",
    step: str = "",
    unsubscribe_url: str = "",
) -> str:
    """Send one letter now. Only handlers of promises call this."""
    person = registration.person
    with translation.override(person.language):
        part = invitation(registration, cancel=calendar == "CANCEL") if calendar else None
        context = _context(registration) | {"step": step, "stop_url": unsubscribe_url}
        context["out_of_calendar"] = calendar == "CANCEL"
        if step:
            context |= _ahead_of(registration, timezone.now())
        return mail.send(
            to=person.email,
            template=f"webinars/mail/{name}.md",
            context=context,
            language=person.language,
            key=f"{KIND} {key}",
            calendar=part,
            calendar_method=calendar or "REQUEST",
            unsubscribe_url=unsubscribe_url,
        )


def _ahead_of(registration: Registration, now: datetime) -> dict[str, object]:
    """How far off it is when the letter goes out: a late worker must not say «tomorrow» today."""
    starts_at = registration.webinar.starts_at
    return {
        "days": days_until(starts_at, now, registration.person.time_zone),
        "minutes_left": max(0, -(-(starts_at - now) // timedelta(minutes=1))),
    }


def _context(registration: Registration) -> dict[str, object]:
    webinar, person = registration.webinar, registration.person
    times = spoken_for(
        webinar.starts_at, webinar.ends_at, reader=person.time_zone, host=webinar.zone
    )
    page = absolute(webinar.get_absolute_url())
    return {
        "name": person.first_name or person.email,
        "title": str(said(webinar.title)),
        "course": str(said(webinar.course.title)),
        "when": str(times[0]),
        "host_when": str(times[1]) if len(times) > 1 else "",
        "email": person.email,
        "seated": registration.state == State.SEATED,
        "state": registration.state,
        "approved": any(decision.approved for decision in registration.decisions.all()),
        "host_words": _host_words(registration),
        "never_signed_in": person.last_login is None,
        **_needs(registration),
        "page_url": page,
        "room_url": absolute(webinar.room_path),
        "schedule_url": absolute(reverse("webinars:schedule")),
        "cancel_url": absolute(reverse("webinars:cancel", args=[webinar.slug])),
        "course_url": absolute(webinar.course.get_absolute_url()),
        "recorded": bool(webinar.recording),
        **_registered_by(registration),
        **_kept(registration),
        **_decided(registration.determination),
    }


def _needs(registration: Registration) -> dict[str, object]:
    """What they asked for and how each of it stands now; `needs_open`: somebody is still at it."""
    needs = list(registration.accommodations.all())
    return {
        "needs": [
            {"kind": need.get_kind_display(), "stands": need.get_state_display(),
             "answer": need.answer}
            for need in needs
        ],
        "needs_open": any(need.is_open for need in needs),
    }  # fmt: skip


def _registered_by(registration: Registration) -> dict[str, object]:
    """Who did it for them, and whether the host's questions still wait for an answer."""
    lead, webinar = registration.registered_by, registration.webinar
    if lead is None:
        return {}
    owed = webinar.form_questions.standing().filter(required=True)
    return {
        "lead": lead.name,
        "lead_from": str(registration.organisation or ""),
        "owes_answers": owed.exclude(answers__registration=registration).exists(),
        "register_url": absolute(reverse("webinars:register", args=[webinar.slug])),
    }


def _host_words(registration: Registration) -> str:
    last = max(registration.decisions.all(), key=lambda decision: decision.turn, default=None)
    return last.words if last is not None else ""


def _kept(registration: Registration) -> dict[str, object]:
    offer, person = registration.offer, registration.person
    if offer is None:
        return {}
    return {
        "until": str(spoken_moment(offer.expires_at, person.time_zone)),
        "offer_url": absolute(reverse("webinars:offer", args=[registration.webinar.slug])),
    }


def _decided(determination: Determination | None) -> dict[str, object]:
    if determination is None:
        return {"decided": False}
    return {
        "decided": True,
        "came": determination.present_seconds > 0,
        "credited": determination.credited,
        "minutes": determination.minutes,
        "counted_minutes": determination.counted_minutes,
        "live_minutes": determination.live_minutes,
        "why": " ".join(determination.why),
    }
