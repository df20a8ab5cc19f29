"""Who may come into a room, and who may still be there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from people.access import has_second_step, owes_second_step, signed_in
from people.models import User
from webinars.models import Hand, LiveWindow, PromptEase, Registration, RoomHelper, Webinar
from webinars.room.log import Audience

CHUNK = 500  # people in one query
CHECK = "check"  # a look whether a socket works, from the lobby: nobody came in


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What somebody is in a room that they may know of."""

    person: User
    seated: bool
    hosting: bool
    role: str = ""  # in the hosts' team, see RoomHelper

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


@dataclass(frozen=True, kw_only=True)
class Guest(Standing):
    """Somebody at the door, with what a page of theirs shows."""

    webinar: Webinar
    place: Registration | None
    hand_up: bool = False
    ease: str = ""  # see PromptEase


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
    return Guest(
        webinar=webinar,
        person=person,
        place=place,
        seated=place is not None and place.state == Registration.State.SEATED,
        hosting=hosting,
        role=role or "",
        hand_up=hand_up,
        ease=ease,
    )


class Knock(NamedTuple):
    """A socket that wants to be let in, to see the room as `wanted`."""

    session_key: str
    slug: str
    wanted: str


class Pass(NamedTuple):
    """What let a socket in. The same questions are asked again while it is open."""

    webinar_id: int
    person_id: int
    audience: str
    counted: bool  # has a seat, so presence is evidence
    session_key: str
    password_mark: int


def admit(knocks: Sequence[Knock]) -> list[Pass | None]:
    """Who of these is let in. Six queries, for one as for five hundred."""
    people = signed_in({knock.session_key for knock in knocks})
    rooms = Webinar.objects.filter(slug__in={knock.slug for knock in knocks})
    pks = dict(rooms.values_list("slug", "pk"))
    roll = Roll(pks.values(), {person.pk for person in people.values()})

    def opened(knock: Knock) -> Pass | None:
        person, room = people.get(knock.session_key), pks.get(knock.slug)
        if person is None or room is None:
            return None
        standing = roll.of(room, person)
        if not standing.may_enter or owes_second_step(person):
            return None
        audience = audience_of(standing, knock.wanted)
        if audience is None:
            return None
        return Pass(
            webinar_id=room,
            person_id=person.pk,
            audience=audience,
            counted=standing.seated and knock.wanted != CHECK,
            session_key=knock.session_key,
            password_mark=hash(person.password),
        )

    return [opened(knock) for knock in knocks]


class Roll:
    """Who is what in some rooms, for many people at once: the answers of `knock` without a page's
    rows. Seats and roles in a session that is not published let nobody in."""

    def __init__(self, rooms: Collection[int], people: Collection[int]) -> None:
        hosts = Webinar.hosts.through.objects.filter(webinar__in=rooms)
        self._hosts = set(hosts.values_list("webinar", "user"))
        theirs = {
            "webinar__in": rooms,
            "webinar__published_at__isnull": False,
            "person__in": people,
        }
        seats = Registration.objects.seated().filter(**theirs)
        self._seats = set(seats.values_list("webinar", "person"))
        roles = RoomHelper.objects.filter(**theirs).values_list("webinar", "person", "role")
        self._roles = {(room, person): role for room, person, role in roles}

    def of(self, room: int, person: User) -> Standing:
        place = room, person.pk
        return Standing(
            person=person,
            seated=place in self._seats,
            hosting=person.is_superuser or (person.may_host and place in self._hosts),
            role=self._roles.get(place, ""),
        )


def audience_of(guest: Standing, wanted: str) -> str | None:
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


def unproven(person: User) -> bool:
    """In production a moderator signs in with two steps, whatever else they are here."""
    return settings.SECOND_STEP_FOR_STAFF and not has_second_step(person)


def refused(passes: Iterable[Pass]) -> set[Pass]:
    """Which of these would not be let in now: signed out, password changed, barred, seat or role
    taken back, session withdrawn. Five queries for five hundred."""
    return {p for chunk in batched(passes, CHUNK) for p in _refused(chunk)}


def _refused(passes: Sequence[Pass]) -> list[Pass]:
    sessions = Session.objects.filter(
        session_key__in={p.session_key for p in passes}, expire_date__gt=timezone.now()
    )
    signed_in = set(sessions.values_list("session_key", flat=True))
    people = User.objects.filter(is_active=True).in_bulk({p.person_id for p in passes})
    roll = Roll({p.webinar_id for p in passes}, people.keys())

    def stands(p: Pass) -> bool:
        person = people.get(p.person_id)
        if p.session_key not in signed_in or person is None:
            return False
        now = roll.of(p.webinar_id, person)
        enough = {
            Audience.STAFF: now.hosting or now.moderating,
            Audience.PRESENTER: now.hosting or bool(now.role),
            Audience.ALL: now.may_enter,
        }[Audience(p.audience)]
        same = hash(person.password) == p.password_mark
        return same and enough and (now.seated or not p.counted)

    return [p for p in passes if not stands(p)]
