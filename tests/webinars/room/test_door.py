"""Who comes in, asked one by one by pages and for many at once by sockets."""

import asyncio
from itertools import product

import pytest
from django.test import Client

from tests.factories import make_person
from tests.webinars.room import factories as make
from webinars.models import Registration, Webinar
from webinars.room import door, porter, team
from webinars.room.door import Knock
from webinars.room.porter import Porter


def key_of(person):
    client = Client()
    client.force_login(person)
    return client.session.session_key


def people_of(room):
    """One of each kind."""
    moderator, waiting = make_person(), make_person()
    team.add(room, moderator.email, make.host_of(room), team.Role.MODERATOR)
    Registration.objects.create(webinar=room, person=waiting, state="waitlisted")
    return {
        "guest": make.make_guest(room),
        "waiting": waiting,
        "host": make.host_of(room),
        "host of another": make.make_host(),
        "moderator": moderator,
        "presenter": make.make_presenter(room),
        "owner of the site": make_person(is_superuser=True),
        "stranger": make_person(),
    }


def by_the_page(person, room, wanted):
    guest = door.knock(person, room.slug)
    if guest is None or not guest.may_enter:
        return None
    audience = door.audience_of(guest, wanted)
    return audience and (audience, guest.seated)


@pytest.mark.django_db
def test_sockets_are_let_in_where_pages_are():
    rooms = {name: make.make_room(live=False) for name in ("published", "draft", "rehearsal")}
    groups = {name: people_of(room) for name, room in rooms.items()}
    retired = make_person(may_host=False)  # still named as a host, and no longer one
    rooms["published"].hosts.add(retired)
    groups["published"]["retired"] = retired
    Webinar.objects.filter(pk=rooms["draft"].pk).update(published_at=None)
    Webinar.objects.filter(pk=rooms["rehearsal"].pk).update(rehearsal=True)

    asked = [
        (room, kind, person, wanted)
        for name, room in rooms.items()
        for (kind, person), wanted in product(
            groups[name].items(), ["", "host", "presenter", "attendee"]
        )
    ]
    keys = {person: key_of(person) for _, _, person, _ in asked}
    passes = door.admit(
        [Knock(keys[person], room.slug, wanted) for room, _, person, wanted in asked]
    )

    told = [p and (p.audience, p.counted) for p in passes]
    assert told == [by_the_page(person, room, wanted) for room, _, person, wanted in asked]
    inside = {(room.slug, kind) for (room, kind, *_), p in zip(asked, passes, strict=True) if p}
    assert (rooms["published"].slug, "guest") in inside
    assert (rooms["draft"].slug, "guest") not in inside
    assert door.refused([p for p in passes if p]) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, 5])
def test_many_are_asked_about_with_the_queries_of_one(many, django_assert_num_queries):
    room = make.make_room(live=False)
    knocks = [Knock(key_of(make.make_guest(room)), room.slug, "") for _ in range(many)]

    with django_assert_num_queries(6):  # sessions, people, rooms, hosts, seats, roles
        passes = door.admit(knocks)
    with django_assert_num_queries(5):
        assert door.refused(passes) == set()

    assert len({p.person_id for p in passes}) == many


# --- Together


def visits(monkeypatch, *waves):
    """Let waves of people knock; who was taken together, and what each was told."""
    walks, told = [], {}

    def admit(knocks):
        walks.append([knock.session_key for knock in knocks])
        if "trouble" in walks[-1]:
            raise OSError("away")
        return [None if knock.session_key == "stranger" else knock for knock in knocks]

    monkeypatch.setattr(door, "admit", admit)
    monkeypatch.setattr(porter, "PAUSE", 0.01)

    async def visit():
        who = Porter()

        async def come(name):
            try:
                told[name] = await who.admit(Knock(name, "room", ""))
            except OSError as error:
                told[name] = error

        for wave in waves:
            await asyncio.gather(*[come(name) for name in wave])

    asyncio.run(visit())
    return walks, told


def test_who_comes_at_the_same_time_is_taken_together(monkeypatch):
    names = [str(n) for n in range(1000)]

    walks, told = visits(monkeypatch, ["first"], [*names, "stranger"])

    assert [len(walk) for walk in walks] == [1, 500, 500, 1]
    assert [key for key, answer in told.items() if answer is None] == ["stranger"]
    assert all(answer.session_key == key for key, answer in told.items() if answer)


def test_a_fault_is_told_to_those_it_befell_and_the_next_are_let_in(monkeypatch):
    _, told = visits(monkeypatch, ["one", "trouble"], ["next"])

    assert {key: type(answer) for key, answer in told.items()} == {
        "one": OSError, "trouble": OSError, "next": Knock,
    }  # fmt: skip


def test_who_left_while_waiting_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(door, "admit", list)
    monkeypatch.setattr(porter, "PAUSE", 0.01)

    async def visit():
        who = Porter()
        gone = asyncio.create_task(who.admit(Knock("gone", "room", "")))
        stays = asyncio.create_task(who.admit(Knock("stays", "room", "")))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(visit()).session_key == "stays"
