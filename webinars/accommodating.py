"""What people need to take part: asked for, arranged, answered. The only writer of Accommodation.

Hosts get a letter for each request, the person one for each answer. What only staff may know stays
in `provider_note`, which no letter and no page of the person's holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lms import mail, outbox
from lms.outbox import Stale
from lms.text import said
from lms.zones import spoken, spoken_moment
from people import audit
from people.models import User
from webinars.invitations import absolute
from webinars.models import Accommodation, Registration

ASKED, ANSWERED = "webinars.need-asked", "webinars.need-answered"
State = Accommodation.State


def ask(registration: Registration, needs: Mapping[str, str]) -> None:
    """Add what is new, `{kind: note}`, and tell the hosts. Called with the session's row locked;
    asking again changes nothing."""
    known = set(registration.accommodations.values_list("kind", flat=True))
    new = [
        registration.accommodations.create(kind=kind, note=note)
        for kind, note in needs.items()
        if kind not in known
    ]
    if not new:
        return
    hosts = registration.webinar.hosts.filter(is_active=True).values_list("pk", flat=True)
    outbox.promise_all(
        ASKED,
        {f"{need.pk}:{host}": {"need": need.pk, "host": host} for need in new for host in hosts},
    )


@transaction.atomic
def answer(need: Accommodation, *, state: str, answer: str, provider_note: str, by: User) -> bool:
    """Say how it stands. The person gets a letter when what they may know has changed; False when
    nothing has. The row is locked, so that the letter tells what stands."""
    locked = Accommodation.objects.select_for_update(of=("self",)).get(pk=need.pk)
    answer, provider_note = " ".join(answer.split()), provider_note.strip()
    if state not in State.values:
        raise ValueError(f"no state {state!r}")
    if state == State.DECLINED and not answer:
        raise ValidationError({"answer": _("Say why, and what else might help.")})
    told = (locked.state, locked.answer) != (state, answer)
    if not told and locked.provider_note == provider_note:
        return False
    locked.state, locked.answer, locked.provider_note = state, answer, provider_note
    if told:
        locked.changed_at = timezone.now()
        once = f"{locked.changed_at:%Y%m%d%H%M%S%f}"
        outbox.promise(
            ANSWERED, key=f"{locked.pk}:{once}", payload={"need": locked.pk, "once": once}
        )
    locked.save()
    audit.note(by, f"need.{state}", locked)
    return True


@outbox.handles(ASKED)
def _tell_host(payload: Mapping[str, object]) -> str:
    need = _fetch(payload)
    webinar = need.registration.webinar
    host = webinar.hosts.filter(pk=int(str(payload["host"])), is_active=True).first()
    if host is None:
        raise Stale("no longer a host of this session")
    with translation.override(host.language):
        return mail.send(
            to=host.email,
            template="webinars/mail/need-asked.md",
            context={
                **_context(need, host),
                "person": need.registration.person.name,
                "note": need.note,
                "book_by": spoken_moment(need.book_by, host.time_zone),
                "late": need.urgency == "late",
                "need_url": absolute(reverse("webinars:need", args=[webinar.slug, need.pk])),
            },
            language=host.language,
            key=f"{ASKED} {need.pk}:{host.pk}",
        )


@outbox.handles(ANSWERED)
def _tell_person(payload: Mapping[str, object]) -> str:
    need = _fetch(payload)
    person, once = need.registration.person, str(payload["once"])
    if need.changed_at is None or f"{need.changed_at:%Y%m%d%H%M%S%f}" != once:
        raise Stale("a newer letter says it better")
    if not person.is_active:
        raise Stale("this person may not sign in")
    with translation.override(person.language):
        return mail.send(
            to=person.email,
            template="webinars/mail/need-answered.md",
            context={**_context(need, person), "state": need.state, "answer": need.answer},
            language=person.language,
            key=f"{ANSWERED} {need.pk}:{once}",
        )


def _fetch(payload: Mapping[str, object]) -> Accommodation:
    need = Accommodation.objects.for_worklist().get(pk=int(str(payload["need"])))
    webinar = need.registration.webinar
    if need.registration.state in Registration.GONE:
        raise Stale("the person does not come")
    if webinar.cancelled_at is not None or webinar.ended_at is not None:
        raise Stale("the session is not to come")
    return need


def _context(need: Accommodation, reader: User) -> dict[str, object]:
    webinar = need.registration.webinar
    return {
        "name": reader.first_name or reader.email,
        "title": str(said(webinar.title)),
        "kind": need.get_kind_display(),
        "when": str(spoken(webinar.starts_at, webinar.ends_at, reader.time_zone)),
        "page_url": absolute(webinar.get_absolute_url()),
    }
