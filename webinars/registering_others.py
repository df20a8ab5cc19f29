"""A training lead registers members of their organisation. The only writer of SeatInvitation.

Only who is a member today can be registered. Every other address, known to us or not, gets a letter
that invites them to register: what the lead sees is the same for all of these, so that it tells
nothing about people of other organisations. Who gave their place back is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from lms import mail, outbox
from lms.outbox import Stale
from lms.text import said
from lms.zones import spoken
from people import audit
from people.models import Membership, Organisation, User
from webinars import pasted, registering
from webinars.invitations import absolute
from webinars.models import Registration, SeatInvitation, Webinar

KIND = "webinars.invitation"
MOST = 100  # addresses in one go
REGISTER, HAS, LEFT = "register", "has", "left"  # of members
INVITE, INVITED = "invite", "invited"  # of all others
TWICE, UNREADABLE = "twice", "unreadable"
State = Registration.State


@dataclass(frozen=True)
class Row:
    """What becomes of one person who was ticked, or of one who was pasted."""

    typed: str
    outcome: str
    person: User | None = None  # a member
    email: str = ""


def members_of(organisation: Organisation) -> list[User]:
    """Whose membership is valid today, by name."""
    today = Membership.objects.on(timezone.localdate()).filter(organisation=organisation)
    people = User.objects.filter(pk__in=today.values("person"), is_active=True)
    return list(people.order_by("name", "pk"))


def look(
    webinar: Webinar, organisation: Organisation, ticked: Iterable[int], text: str
) -> list[Row]:
    """What `take` would do with those who are ticked and with the list that was pasted, person by
    person. Writes nothing."""
    members = {person.pk: person for person in members_of(organisation)}
    addresses = _addresses(members)
    states = dict(
        Registration.objects.filter(webinar=webinar, person__in=list(members)).values_list(
            "person", "state"
        )
    )
    invited = set(
        SeatInvitation.objects.filter(webinar=webinar, organisation=organisation).values_list(
            "email", flat=True
        )
    )
    rows, seen = [], set[object]()
    for pk in ticked:
        if (person := members.get(pk)) is not None and pk not in seen:
            seen.add(pk)
            rows.append(Row(person.name, _of_member(states.get(pk)), person, person.email))
    for entry in pasted.entries(text):
        line, email = str(entry), _address(entry.address)
        known = addresses.get(email)
        key: object = known.pk if known is not None else email
        if not email:
            rows.append(Row(line, UNREADABLE))
        elif key in seen:
            rows.append(Row(line, TWICE, known, email))
        elif known is not None:
            rows.append(Row(line, _of_member(states.get(known.pk)), known, email))
        else:
            rows.append(Row(line, INVITED if email in invited else INVITE, None, email))
        seen.add(key)
    return rows


@transaction.atomic
def take(
    webinar: Webinar,
    organisation: Organisation,
    ticked: Iterable[int],
    text: str,
    *,
    by: User,
) -> list[Row]:
    """Register the members and invite the others; returns what became of each. Safe to repeat.

    Looked at anew under the session's lock: somebody may have given their place back meanwhile.
    Raises ValidationError when registration is closed.
    """
    locked = registering.lock_session(webinar)
    if reason := registering.why_closed(locked):
        raise ValidationError(reason, code="closed")
    rows = look(locked, organisation, ticked, text)
    for row in rows:
        if row.outcome == REGISTER and row.person is not None:
            place = registering.register_member(
                row.person, locked, organisation=organisation, lead=by
            )
            audit.note(by, "place.taken-for", place, organisation=organisation.slug)
    wanted = [row.email for row in rows if row.outcome == INVITE]
    SeatInvitation.objects.bulk_create(
        [
            SeatInvitation(webinar=locked, organisation=organisation, email=email, by=by)
            for email in wanted
        ],
        ignore_conflicts=True,
    )
    made = SeatInvitation.objects.filter(
        webinar=locked, organisation=organisation, email__in=wanted
    )
    outbox.promise_all(
        KIND, {str(row.pk): {"invitation": row.pk, "language": by.language} for row in made}
    )
    return rows


@outbox.handles(KIND)
def _send(payload: Mapping[str, object]) -> str:
    rows = SeatInvitation.objects.select_related("webinar__course", "by", "organisation")
    invitation = rows.get(pk=int(str(payload["invitation"])))
    webinar = invitation.webinar
    if registering.why_closed(webinar):
        raise Stale("registration is closed")
    reader = User.objects.filter(email=invitation.email).first()
    language = reader.language if reader is not None else str(payload["language"])
    zone = reader.time_zone if reader is not None else webinar.zone
    with translation.override(language):
        return mail.send(
            to=invitation.email,
            template="webinars/mail/invited.md",
            context={
                "lead": invitation.by.name,
                "lead_from": invitation.organisation.name,
                "title": str(said(webinar.title)),
                "when": str(spoken(webinar.starts_at, webinar.ends_at, zone)),
                "register_url": absolute(reverse("webinars:register", args=[webinar.slug])),
            },
            language=language,
            key=f"{KIND} {invitation.pk}",
        )


def _of_member(state: str | None) -> str:
    if state is None:
        return REGISTER
    return LEFT if state in Registration.GONE else HAS


def _address(typed: str) -> str:
    """As we keep addresses; empty where it is none."""
    email = typed.lower()
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def _addresses(members: Mapping[int, User]) -> dict[str, User]:
    """Every confirmed address of each member."""
    others = EmailAddress.objects.filter(user__in=list(members), verified=True)
    found = {email: members[pk] for pk, email in others.values_list("user_id", "email")}
    return found | {person.email: person for person in members.values()}
