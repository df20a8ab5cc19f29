"""Two server processes on one database, and two hundred pages: one process is killed."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from urllib.request import urlopen

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.webinars.room import factories as make
from tests.webinars.room.reading import Page, fresh
from webinars.models import PresenceSpan, RoomEvent
from webinars.room import chat

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PAGES = 200


@pytest.fixture
def servers(tmp_path):
    """Two uvicorn processes on the test's database: `{port: process}`."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    running = {}
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = os.environ | {
            "GROUNDWORK_ENV": "test",
            "VAR_DIR": str(tmp_path / "var"),
            "DATABASE_URL": url,
            "PORT": str(port),
        }
        command = [
            sys.executable, "-m", "uvicorn", "lms.asgi:application", "--host", "127.0.0.1",
            "--port", str(port), "--lifespan", "off", "--ws-per-message-deflate", "false",
            "--log-level", "error",
        ]  # fmt: skip
        running[port] = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    for port in running:
        until(lambda port=port: answers(port))
    yield running
    for process in running.values():
        process.kill()
        process.wait()


def until(question, seconds=60):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def answers(port):
    with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as r:
        return r.status == 200
    return False


class Follower(Page):
    """A page that keeps its line: it comes back, to any process, from the number it has."""

    def __init__(self, room, cookie):
        super().__init__(room)
        self.slug, self.cookie, self.came_back = room.slug, cookie, 0

    def load(self):
        self.lists, self.after = fresh(self.pk, self.view)

    async def follow(self, ports):
        while True:
            port = random.choice(ports)
            base = f"127.0.0.1:{port}"
            try:
                async with connect(
                    f"ws://{base}/ws/webinars/{self.slug}/?after={self.after}&lang=en",
                    origin=f"http://{base}",
                    additional_headers={"Cookie": f"sessionid={self.cookie}"},
                    open_timeout=60,
                ) as line:
                    async for text in line:
                        frame = json.loads(text)
                        if "hb" in frame:
                            await line.send(json.dumps({"hb": frame["hb"]}))
                        else:
                            self.take(frame)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                self.came_back += 1
                await asyncio.sleep(random.uniform(0.1, 0.6))


def cookie_of(person):
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def test_a_killed_process_costs_nobody_a_number(servers):
    room = make.make_room()
    people = [make.make_guest(room) for _ in range(PAGES)]
    pages = [Follower(room, cookie_of(person)) for person in people]
    begun = room.room_seq

    async def live_through():
        ports = list(servers)
        async with asyncio.TaskGroup() as group:
            lines = [group.create_task(page.follow(ports)) for page in pages]
            await asyncio.sleep(6)
            for n in range(30):
                if n == 12:
                    victim = ports.pop(0)
                    servers[victim].send_signal(signal.SIGKILL)
                await database_sync_to_async(do_something)(room, n)
                await asyncio.sleep(0.15)
            last = await database_sync_to_async(last_number)(room)
            deadline = time.monotonic() + 60
            while any(page.after < last for page in pages):
                assert time.monotonic() < deadline, sorted({page.after for page in pages})
                await asyncio.sleep(0.2)
            await asyncio.sleep(21)  # a heartbeat and its echo, and then a goodbye
            for line in lines:
                line.cancel()

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(live_through())

    seen = RoomEvent.objects.filter(webinar=room, seq__gt=begun, audience="all")
    numbers = seen.values_list("seq", flat=True)
    assert {tuple(sorted(set(page.seen))) for page in pages} == {tuple(numbers)}
    shown, _ = fresh(room.pk, pages[0].view)
    assert all(page.lists == shown for page in pages)
    assert sum(page.came_back > 0 for page in pages) >= PAGES // 4
    until(lambda: PresenceSpan.objects.values("person").distinct().count() == PAGES)
    assert all(
        span.ended_at - span.started_at <= timedelta(seconds=90)
        for span in PresenceSpan.objects.all()
    )


def do_something(room, n):
    """Every third time a question comes up; now and then a message is taken off."""
    if n % 3 == 0:
        make.ask(room, text=f"Question {n}?", shown=True)
    else:
        message = make.say(room, text=f"Message {n}.")
        if n % 5 == 0:
            chat.remove(message, make.host_of(room))


def last_number(room):
    last = RoomEvent.objects.filter(webinar=room).order_by("-seq").values_list("seq", flat=True)
    return last[0]


def test_a_process_that_is_told_to_stop_writes_everybodys_last_minute(servers):
    room = make.make_room()
    people = [make.make_guest(room) for _ in range(20)]
    pages = [Follower(room, cookie_of(person)) for person in people]
    stopping, staying = servers

    async def live_through():
        async with asyncio.TaskGroup() as group:
            lines = [group.create_task(page.follow([stopping])) for page in pages]
            await asyncio.sleep(24)  # every socket has echoed once
            servers[stopping].send_signal(signal.SIGTERM)
            await sync_to_async(servers[stopping].wait)(20)
            for line in lines:
                line.cancel()

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(live_through())

    assert servers[staying].poll() is None
    assert PresenceSpan.objects.values("person").distinct().count() == len(people)
