"""Who may come into a room, and who may still be there."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from people.access import has_second_step, owes_second_step
from people.models import User
from webinars.models import Hand, LiveWindow, PromptEase, Registration, RoomHelper, Webinar
from webinars.room.log import Audience

CHUNK = 500  # ids in one query
CHECK = "check"  # a look whether a socket works, from the lobby: nobody came in


@dataclass(frozen=True)
class Guest:
    """Somebody at the door of a session that they may know of."""

    webinar: Webinar
    person: User
    place: Registration | None
    hosting: bool
    role: str = ""  # in the hosts' team, see RoomHelper
    hand_up: bool = False
    ease: str = ""  # see PromptEase

    @property
    def seated(self) -> bool:
        return self.place is not None and self.place.state == Registration.State.SEATED

    @property
    def moderating(self) -> bool:
        """Without hosting it."""
        return self.role == RoomHelper.Role.MODERATOR

    @property
    def presenting(self) -> bool:
        return self.role == RoomHelper.Role.PRESENTER

    @property
    def may_enter(self) -> bool:
        return self.seated or self.hosting or bool(self.role)


def knock(person: User, slug: str) -> Guest | None:
    """None: for this person there is no such session. One query for who has a place."""
    hosts = Webinar.hosts.through.objects.filter(user=person.pk)
    helpers = RoomHelper.objects.filter(person=person.pk)
    eases = PromptEase.objects.filter(person=person.pk)
    hands = Hand.objects.filter(person=person.pk, lowered_at__isnull=True)
    opened = LiveWindow.objects.filter(closed_at__isnull=True)
    mine = (
        Registration.objects.of(person)
        .filter(webinar__slug=slug)
        .select_related("webinar__policy", "webinar__room_setup")
        .annotate(
            hosted=Exists(hosts.filter(webinar=OuterRef("webinar"))),
            role=Subquery(helpers.filter(webinar=OuterRef("webinar")).values("role")),
            hand_up=Exists(hands.filter(webinar=OuterRef("webinar"))),
            ease=Subquery(eases.filter(webinar=OuterRef("webinar")).values("kind")),
        )
        .planned()
    )
    place: Any = mine.first()
    if place is not None:
        webinar, hosted, hand_up = place.webinar, place.hosted, place.hand_up
        ease, role = place.ease or "", place.role
    else:
        # A rehearsal is there for its hosts and for who helps them.
        seen = Q(pk__in=Webinar.objects.visible_to(person)) | Q(pk__in=helpers.values("webinar"))
        found = Webinar.objects.filter(seen, slug=slug)
        row: Any = (
            found.select_related("policy", "room_setup")
            .annotate(
                hosted=Exists(hosts.filter(webinar=OuterRef("pk"))),
                role=Subquery(helpers.filter(webinar=OuterRef("pk")).values("role")),
                live_since=Subquery(opened.filter(webinar=OuterRef("pk")).values("opened_at")[:1]),
                hand_up=Exists(hands.filter(webinar=OuterRef("pk"))),
            )
            .planned()
            .first()
        )
        if row is None:
            return None
        webinar, hosted, hand_up, ease = row, row.hosted, row.hand_up, ""
        role = row.role
    hosting = person.is_superuser or (person.may_host and hosted)
    if webinar.published_at is None and not hosting:
        return None
    return Guest(webinar, person, place, hosting, role or "", hand_up, ease)


class Pass(NamedTuple):
    """What let a socket in. The same questions are asked again while it is open."""

    webinar_id: int
    person_id: int
    audience: str
    counted: bool  # has a seat, so presence is evidence
    session_key: str
    password_mark: int


def audience_of(guest: Guest, wanted: str) -> str | None:
    """Which audience this guest belongs to who asks to see the room as `wanted`; None: not theirs.

    Who does not say gets the most that they may have.
    """
    if wanted in {"attendee", CHECK}:
        return Audience.ALL
    if wanted == "presenter":
        return Audience.PRESENTER if guest.hosting or guest.role else None
    if not (guest.hosting or guest.moderating):
        return None if wanted == "host" else Audience.ALL
    return None if unproven(guest.person) else Audience.STAFF


def admit(person: User | AnonymousUser, slug: str, session_key: str, *, wanted: str) -> Pass | None:
    """Let a socket in, to see the room as `wanted`."""
    if not isinstance(person, User) or not person.is_active:
        return None
    guest = knock(person, slug)
    if guest is None or not guest.may_enter or owes_second_step(person):
        return None
    audience = audience_of(guest, wanted)
    if audience is None:
        return None
    return Pass(
        webinar_id=guest.webinar.pk,
        person_id=person.pk,
        audience=audience,
        counted=guest.seated and wanted != CHECK,
        session_key=session_key,
        password_mark=hash(person.password),
    )


def unproven(person: User) -> bool:
    """In production a moderator signs in with two steps, whatever else they are here."""
    return settings.SECOND_STEP_FOR_STAFF and not has_second_step(person)


def refused(passes: Collection[Pass]) -> set[Pass]:
    """Which of these would not be let in now: signed out, password changed, barred, seat or role
    taken back, session withdrawn. Six queries for five hundred."""
    signed_in = {
        key
        for chunk in _chunks({p.session_key for p in passes})
        for key in Session.objects.filter(
            session_key__in=chunk, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    }
    people = {
        pk: (hash(password), may_host, is_superuser)
        for chunk in _chunks({p.person_id for p in passes})
        for pk, password, may_host, is_superuser in User.objects.filter(
            pk__in=chunk, is_active=True
        ).values_list("pk", "password", "may_host", "is_superuser")
    }
    rooms = {p.webinar_id for p in passes}
    published = set(
        Webinar.objects.filter(pk__in=rooms, published_at__isnull=False).values_list(
            "pk", flat=True
        )
    )
    hosts = set(
        Webinar.hosts.through.objects.filter(webinar__in=rooms).values_list("webinar", "user")
    )
    helpers = RoomHelper.objects.filter(webinar__in=rooms)
    roles = {
        (room, pk): role for room, pk, role in helpers.values_list("webinar", "person", "role")
    }
    seats = {
        seat
        for chunk in _chunks({p.person_id for p in passes})
        for seat in Registration.objects.seated()
        .filter(webinar__in=rooms, person__in=chunk)
        .values_list("webinar", "person")
    }

    def stands(p: Pass) -> bool:
        if p.session_key not in signed_in or p.person_id not in people:
            return False
        password_mark, may_host, is_superuser = people[p.person_id]
        room = p.webinar_id, p.person_id
        hosting = is_superuser or (may_host and room in hosts)
        seated = room in seats and p.webinar_id in published
        enough = {
            Audience.STAFF: hosting or roles.get(room) == RoomHelper.Role.MODERATOR,
            Audience.PRESENTER: hosting or room in roles,
            Audience.ALL: hosting or room in roles or seated,
        }[Audience(p.audience)]
        return password_mark == p.password_mark and enough and (seated or not p.counted)

    return {p for p in passes if not stands(p)}


def _chunks[T](values: Iterable[T]) -> Iterator[list[T]]:
    return (list(chunk) for chunk in batched(values, CHUNK))
