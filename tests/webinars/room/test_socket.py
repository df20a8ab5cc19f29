"""The socket as a page opens it: who may, what comes, what counts."""

import asyncio
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from lms.asgi import application
from tests.factories import make_person
from tests.webinars.factories import seat
from tests.webinars.room import factories as make
from tests.webinars.room.wire import PATIENCE, Wire
from webinars.models import Headcount, PresenceSpan, Registration, Webinar
from webinars.room import doorbell, hub, polls, questions, stage
from webinars.room.socket import is_ours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fast_clock(monkeypatch):
    """Ticks of the hub every 20 ms instead of every second."""
    monkeypatch.setattr(hub, "SECOND", 0.02)


@pytest.fixture
def room():
    return make.make_room()


def knock(room, person, query="after=0", origin=b"http://localhost:8000", host=b"localhost:8000"):
    client = Client()
    if person is not None:
        client.force_login(person)
    session = client.cookies["sessionid"].value if person else ""
    headers = [(b"cookie", f"sessionid={session}".encode()), (b"origin", origin), (b"host", host)]
    path = f"/ws/webinars/{room.slug}/?{query}"
    return Wire(application, path, headers)


def scenario(act):
    """Run an async scenario; what it calls by `do` runs in the test's own thread."""
    return async_to_sync(act)()


do = sync_to_async


async def opened(room, person, query="after=0"):
    socket = await do(knock)(room, person, query)
    assert await socket.connect() == (True, None)
    return socket


async def until(socket, right, seconds=PATIENCE):
    """Read frames, echoing heartbeats, until one is right; returns all that came."""
    came = []
    async with asyncio.timeout(seconds):
        while True:
            frame = json.loads(await socket.receive_from(timeout=seconds))
            came.append(frame)
            if "hb" in frame:
                await socket.send_to(text_data=json.dumps({"hb": frame["hb"]}))
            if right(frame):
                return came


async def closed(socket, seconds=PATIENCE):
    """Wait for the server to close; returns the code."""
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive_output(timeout=seconds)
            if message["type"] == "websocket.close":
                return message["code"]


def entries(frames, kind):
    return [e for f in frames for e in f.get("ev", []) if e["kind"] == kind]


def is_beat(frame):
    return "hb" in frame


# --- Who may


@pytest.mark.parametrize("who", ["signed out", "stranger", "waitlisted", "cancelled", "elsewhere",
                                 "barred", "trainer"])  # fmt: skip
def test_the_door_stays_shut(room, who):
    person = make_person(may_author=who == "trainer") if who != "signed out" else None
    if who in {"waitlisted", "cancelled"}:
        Registration.objects.create(webinar=room, person=person, state=who)
    if who == "elsewhere":
        seat(person, make.make_room())
    if who == "barred":
        seat(person, room)

    async def visit():
        socket = await do(knock)(room, person)
        if who == "barred":
            await do(type(person).objects.filter(pk=person.pk).update)(is_active=False)
        return await socket.connect()

    assert scenario(visit) == (False, 4403)


@pytest.mark.parametrize("slug", ["nowhere", "../../admin"])
def test_a_room_that_is_not_there_is_refused_quietly(room, slug):
    guest = make.make_guest(room)

    async def visit():
        socket = await do(knock)(Webinar(slug=slug), guest)
        return await socket.connect()

    assert scenario(visit) == (False, 4403)


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://127.0.0.1:8000", "elsewhere.example", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://127.0.0.1:9999", "127.0.0.1:9999", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://evil.example", "evil.example", False),
        ("http://127.0.0.1:8000.evil.example", "x", False),
        ("http://localhost:8000@evil.example", "localhost:8000@evil.example", False),
        ("null", "localhost", False),
        ("", "", False),
        ("http://[", "[", False),
    ],
)
def test_only_pages_of_this_site_open_sockets(settings, origin, host, ours):
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert is_ours(origin, host) is ours


def test_in_production_it_is_the_sites_origin_alone(settings):
    settings.SITE_URL, settings.PRODUCTION = "https://learn.example.org", True
    assert is_ours("https://learn.example.org", "learn.example.org")
    assert is_ours("https://learn.example.org:443", "")
    assert not is_ours("http://learn.example.org", "learn.example.org")
    assert not is_ours("http://localhost:8000", "localhost:8000")


def test_a_page_of_another_site_is_refused(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await do(knock)(room, guest, origin=b"http://evil.example")
        return await socket.connect()

    assert scenario(visit) == (False, 4403)


REVOCATIONS = {
    "signed out": lambda person, room: Session.objects.all().delete(),
    "password changed": lambda person, room: (person.set_password("new"), person.save()),
    "barred": lambda person, room: type(person).objects.update(is_active=False),
    "seat given back": lambda person, room: Registration.objects.update(state="cancelled"),
    "session withdrawn": lambda person, room: Webinar.objects.update(published_at=None),
}


@pytest.mark.parametrize("how", REVOCATIONS)
def test_who_may_no_longer_be_there_is_shown_out(room, how):
    guest, other = make.make_guest(room), make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        await until(socket, is_beat)
        if how == "signed out":
            stays = await opened(room, other)
            mine = [s for s in await do(list)(Session.objects.all())
                    if s.get_decoded()[SESSION_KEY] == str(guest.pk)]  # fmt: skip
            await do(mine[0].delete)()
            code = await closed(socket)
            await until(stays, is_beat)
            await stays.disconnect()
            return code
        await do(REVOCATIONS[how])(guest, room)
        return await closed(socket)

    assert scenario(visit) == 4403


def test_a_host_who_is_no_host_any_more_leaves_the_console(room):
    host = make.host_of(room)

    async def visit():
        socket = await opened(room, host)
        await do(room.hosts.clear)()
        return await closed(socket)

    assert scenario(visit) == 4403


# --- What comes


def test_what_happens_reaches_everyone_as_they_may_see_it(room):
    guest, spanish, host = make.make_guest(room), make.make_guest(room), make.host_of(room)
    make.make_poll(room)

    async def visit():
        sockets = [
            await opened(room, guest),
            await opened(room, spanish, "after=0&lang=es"),
            await opened(room, host),
            await opened(room, host, "after=0&as=attendee"),
        ]
        for socket in sockets:
            await until(socket, lambda f: f.get("to") == room.room_seq + 2)
        await do(make.ask)(room, guest, "Still waiting?")
        question = await do(make.ask)(room, guest, "Now shown?", shown=True)
        came = [
            await until(s, lambda f: "ev" in f and f["to"] == room.room_seq + 5) for s in sockets
        ]
        for socket in sockets:
            await socket.disconnect()
        return question, came

    question, (attendee, in_spanish, moderator, host_as_attendee) = scenario(visit)

    for frames in (attendee, in_spanish, host_as_attendee):
        assert [e["id"] for e in entries(frames, "question")] == [question.pk]
        assert "Still waiting?" not in json.dumps(frames)
    assert "/es/webinars/" in json.dumps(in_spanish)
    assert "/es/webinars/" not in json.dumps(attendee)
    assert "Still waiting?" in json.dumps(moderator)


def test_who_comes_back_gets_what_was_missed(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        came = await until(socket, lambda f: "to" in f)
        await socket.disconnect()
        await do(make.say)(room, text="First.")
        await do(make.say)(room, text="Second.")
        socket = await opened(room, guest, f"after={came[-1]['to']}")
        missed = await until(socket, lambda f: "ev" in f)
        await socket.disconnect()
        return missed

    [frame] = [f for f in scenario(visit) if "ev" in f]
    assert [e["seq"] for e in frame["ev"]] == [2, 3]
    assert "First." in frame["ev"][0]["html"]


def test_without_the_bell_the_rooms_number_is_looked_at(room, monkeypatch):
    monkeypatch.setattr(doorbell, "ring", lambda *args: None)
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        await until(socket, lambda f: "to" in f)
        await do(make.say)(room, text="Unrung.")
        came = await until(socket, lambda f: "ev" in f)
        await socket.disconnect()
        return came

    assert "Unrung." in json.dumps(scenario(visit))


def test_a_gap_that_is_too_long_asks_for_a_fresh_page(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest, "after=99")
        frame = json.loads(await socket.receive_from())
        await socket.disconnect()
        return frame

    assert scenario(visit) == {"reload": True}


def test_counts_come_in_ticks(room):
    guest, host = make.make_guest(room), make.host_of(room)
    question, poll = make.ask(room, shown=True), make.make_poll(room)

    async def visit():
        sockets = [await opened(room, guest), await opened(room, host)]
        for socket in sockets:
            await until(socket, lambda f: f.get("tick", {}).get("here") == 2)
        await do(questions.vote)(question, guest, wanted=True)
        await do(polls.vote)(poll, guest, ["b"])
        came = []
        for socket in sockets:
            seen = {}
            while not {"votes", "polls"} <= set(seen):
                seen |= (await until(socket, lambda f: "tick" in f))[-1]["tick"]
            came.append(seen)
        late = await opened(room, guest)
        came.append((await until(late, lambda f: "tick" in f))[-1]["tick"])
        for socket in (*sockets, late):
            await socket.disconnect()
        return came

    attendee, moderator, late = scenario(visit)

    counts = {"votes": {str(question.pk): 1}, "polls": {str(poll.pk): 1}}
    assert {k: attendee[k] for k in counts} == counts
    assert "results" not in attendee
    assert moderator["results"] == {str(poll.pk): {"b": 1}}
    assert {k: late[k] for k in counts} == counts


def test_a_vote_that_is_taken_back_counts_down_to_nothing(room):
    guest = make.make_guest(room)
    question = make.ask(room, shown=True)
    questions.vote(question, guest, wanted=True)

    async def visit():
        socket = await opened(room, guest)
        await until(socket, lambda f: f.get("tick", {}).get("votes") == {str(question.pk): 1})
        await do(questions.vote)(question, guest, wanted=False)
        await until(socket, lambda f: f.get("tick", {}).get("votes") == {str(question.pk): 0})
        await socket.disconnect()

    scenario(visit)


def test_a_slow_reader_is_closed_and_the_others_are_not_held_up(room, monkeypatch):
    monkeypatch.setattr(hub, "QUEUE", 2)
    monkeypatch.setattr(hub, "GRACE", 0.3)
    guest, slow = make.make_guest(room), make.make_guest(room)
    stuck = asyncio.Event()

    async def visit():
        quick = await opened(room, guest)
        behind = await do(knock)(room, slow)
        app, left = behind.application, asyncio.Event()

        async def reads_nothing(scope, receive, send):
            async def send_slowly(message):
                if message["type"] == "websocket.send":
                    stuck.set()
                    await asyncio.Event().wait()
                await send(message)

            await app(scope, receive, send_slowly)
            left.set()

        behind.application = reads_nothing
        assert await behind.connect() == (True, None)
        await stuck.wait()
        for n in range(6):
            await do(make.say)(room, text=f"Message {n}.")
            await until(quick, lambda f, n=n: f"Message {n}." in json.dumps(f))
        await asyncio.wait_for(left.wait(), PATIENCE)
        await quick.disconnect()

    scenario(visit)


def test_a_page_that_sends_too_much_is_closed(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        for _ in range(hub.NOISE + 1):
            await socket.send_to(text_data="[" * 50_000)
        return await closed(socket)

    assert scenario(visit) == 4409


def test_who_opens_ever_more_sockets_loses_the_oldest(room, monkeypatch):
    monkeypatch.setattr(hub, "TABS", 2)
    guest, other = make.make_guest(room), make.make_guest(room)

    async def visit():
        neighbour = await opened(room, other)
        tabs = [await opened(room, guest) for _ in range(3)]
        code = await closed(tabs[0])
        for socket in (neighbour, *tabs[1:]):
            await until(socket, is_beat)
            await socket.disconnect()
        return code

    assert scenario(visit) == 4409


# --- What counts


def spans():
    return list(PresenceSpan.objects.order_by("pk").values_list("person", "source"))


def test_echoes_are_presence_and_the_last_one_out_has_it_written(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        await until(socket, is_beat)
        await asyncio.sleep(0.05)
        await socket.disconnect()

    scenario(visit)

    assert spans() == [(guest.pk, "room")]
    assert not Headcount.objects.exists()


def test_a_lost_line_without_an_echo_is_no_presence(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        await asyncio.sleep(0.1)
        await socket.disconnect(code=1006)

    scenario(visit)

    assert spans() == []


def test_an_echo_of_another_number_is_no_presence(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        for text in ['{"hb": 0}', '{"hb": 999999}', '{"hb": true}', "[]", '"hb"', "{"]:
            await socket.send_to(text_data=text)
        await asyncio.sleep(0.05)
        await socket.disconnect(code=1006)

    scenario(visit)

    assert spans() == []


def test_two_tabs_are_both_written_and_a_host_without_a_seat_is_not(room):
    guest, host = make.make_guest(room), make.host_of(room)

    async def visit():
        sockets = [await opened(room, guest), await opened(room, guest), await opened(room, host)]
        for socket in sockets:
            await until(socket, is_beat)
        for socket in sockets:
            await socket.disconnect()

    scenario(visit)

    assert spans() == [(guest.pk, "room")] * 2


def test_slices_are_written_every_minute_while_the_socket_stays_open(room):
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        for _ in range(3):
            await until(socket, is_beat)
        async with asyncio.timeout(PATIENCE):
            while not await do(PresenceSpan.objects.exists)():
                await until(socket, is_beat)
        await socket.disconnect()

    scenario(visit)

    rows = PresenceSpan.objects.order_by("started_at")
    assert len(rows) >= 2
    assert all(a.ended_at <= b.started_at for a, b in pairwise(rows))


def test_long_after_the_end_nothing_is_counted(room):
    guest, ended = make.make_guest(room), timezone.now() - timedelta(hours=1)
    stage.end(room, make.host_of(room))
    Webinar.objects.filter(pk=room.pk).update(ended_at=ended)

    async def visit():
        socket = await opened(room, guest)
        await asyncio.sleep(0.1)
        for _ in range(3):
            await until(socket, is_beat)
        await socket.disconnect()

    scenario(visit)

    counted = [span.ended_at - span.started_at for span in PresenceSpan.objects.all()]
    assert sum(counted, timedelta()) < timedelta(seconds=0.5)


def test_a_fault_in_the_database_does_not_end_the_room(room, monkeypatch):
    guest = make.make_guest(room)
    tell = hub.frames.news_as_text
    faults = iter([OSError("away"), OSError("away")])

    def sometimes(*args):
        for fault in faults:
            raise fault
        return tell(*args)

    monkeypatch.setattr(hub.frames, "news_as_text", sometimes)

    async def visit():
        socket = await opened(room, guest)
        came = await until(socket, lambda f: "ev" in f)
        await socket.disconnect()
        return came

    assert entries(scenario(visit), "state")


def test_the_last_minutes_are_written_when_the_database_is_back(room, monkeypatch):
    """The last one leaves while it is away. Without the late flush nobody would try again."""
    guest, write = make.make_guest(room), hub.record_slices
    faults = iter([OSError("away"), OSError("away")])

    def sometimes(slices):
        for fault in faults:
            raise fault
        return write(slices)

    monkeypatch.setattr(hub, "record_slices", sometimes)

    async def visit():
        socket = await opened(room, guest)
        await until(socket, is_beat)
        await asyncio.sleep(0.05)
        await socket.disconnect()
        async with asyncio.timeout(PATIENCE):
            while not await do(PresenceSpan.objects.exists)():
                await asyncio.sleep(0.02)

    scenario(visit)

    assert spans() == [(guest.pk, "room")]


def test_a_bell_that_cannot_ring_fails_no_request(room, monkeypatch, settings, client):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
        }
    }
    make.say(room)
    room.refresh_from_db()
    assert room.room_seq == 2
