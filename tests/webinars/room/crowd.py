"""Many pages in one room over real sockets, in a thread of their own, and somebody who writes."""

import asyncio
import contextlib
import http.client
import json
import random
import threading
import uuid
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from people.models import User
from tests.webinars.room.reading import Page
from tests.webinars.room.stack import HOST, until
from webinars.models import Registration

TOKEN = "t" * 32
PACE = 0.1  # seconds between two messages


def cookies_of(people):
    """A session for each of these people, signed in: person → cookie."""
    store, rows, keys = SessionStore(), [], {}
    for person in people:
        session = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        keys[person] = uuid.uuid4().hex
        rows.append(
            Session(
                session_key=keys[person],
                session_data=store.encode(session),
                expire_date=timezone.now() + timezone.timedelta(days=1),
            )
        )
    Session.objects.bulk_create(rows)
    return {person: f"{settings.SESSION_COOKIE_NAME}={key}" for person, key in keys.items()}


@transaction.atomic
def make_guests(room, count):
    names = [f"{uuid.uuid4().hex}@example.org" for _ in range(count)]
    people = User.objects.bulk_create([User(email=name, name="Guest") for name in names])
    seats = [Registration(webinar=room, person=person, state="seated") for person in people]
    Registration.objects.bulk_create(seats)
    return people


class Visit(NamedTuple):
    """One line of one page, from before it opened until after it was gone; the close code."""

    port: int
    since: datetime
    until: datetime
    code: int


class Follower(Page):
    """A page that keeps its line: it comes back, to any process, from the number it has."""

    def __init__(self, room, person, cookie):
        super().__init__(room)
        self.slug, self.person, self.cookie = room.slug, person, cookie
        self.port, self.visits, self.echoes = 0, [], 0

    async def follow(self, ports, gate):
        while True:
            port, since, code = random.choice(ports), datetime.now(UTC), 1006
            try:
                async with gate:
                    line = await connect(
                        f"ws://{HOST}:{port}/ws/webinars/{self.slug}/?after={self.after}&lang=en",
                        origin=f"http://{HOST}:{port}",
                        additional_headers={"Cookie": self.cookie},
                        open_timeout=60,
                    )
                async with line:
                    self.port = port
                    async for text in line:
                        frame = json.loads(text)
                        if "hb" in frame:
                            await line.send(json.dumps({"hb": frame["hb"]}))
                            self.echoes += 1
                        assert not frame.get("reload"), "its number is from this log"
                        self.take(frame)
                code = line.close_code
            except ConnectionClosed as gone:
                code = gone.rcvd.code if gone.rcvd else 1006
            except (OSError, InvalidHandshake, TimeoutError):
                since = None  # it never opened
            finally:
                self.port = 0
                if since is not None:
                    self.visits.append(Visit(port, since, datetime.now(UTC), code))
            await asyncio.sleep(random.uniform(0.05, 0.4))


class Crowd:
    """Pages of so many guests, spread over the ports that `ports` holds when they come."""

    def __init__(self, room, count, ports):
        self.room, self.ports = room, list(ports)
        self.guests = make_guests(room, count)
        self.begun = room.room_seq
        cookies = cookies_of(self.guests)
        self.pages = [Follower(room, person, cookies[person]) for person in self.guests]
        self._stop = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()))

    def __enter__(self):
        self._thread.start()
        until(lambda: all(page.port for page in self.pages))
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def on(self, port):
        return [page for page in self.pages if page.port == port]

    def know(self, number):
        """Whether each page has seen everything up to this number."""
        return all(page.after >= number for page in self.pages)

    async def _follow(self):
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        gate = asyncio.Semaphore(20)
        lines = [asyncio.create_task(page.follow(self.ports, gate)) for page in self.pages]
        await self._stop.wait()
        for line in lines:
            line.cancel()
        done = await asyncio.gather(*lines, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in done), done


class Writer:
    """A host who writes in the chat without a pause, through any process that answers, and sends
    a message again, with the same key, until it is acknowledged."""

    def __init__(self, room, host, ports):
        self.path, self.ports = reverse("webinars:host-say", args=[room.slug]), list(ports)
        cookie = f"{cookies_of([host])[host]}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        self.headers = {
            "Cookie": cookie,
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.acknowledged, self.refused = [], None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        self.writes(3)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def writes(self, more):
        """Wait for so many more messages to be acknowledged."""
        enough = len(self.acknowledged) + more

        def has_written():
            assert self._thread.is_alive(), f"the writer was refused: {self.refused}"
            return len(self.acknowledged) >= enough

        until(has_written)

    def _write(self):
        number = 0
        while not self._stop.wait(PACE):
            number += 1
            form = urlencode({"text": f"Message {number}.", "key": str(uuid.uuid4())})
            while not self._post(random.choice(self.ports), form):
                if self._stop.wait(0.05):
                    return
            self.acknowledged.append(f"Message {number}.")

    def _post(self, port, form):
        line = http.client.HTTPConnection(HOST, port, timeout=60)
        with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
            line.request("POST", self.path, form, self.headers)
            answer = line.getresponse()
            if 400 <= answer.status < 500:
                self.refused = answer.status
                self._stop.set()
            return answer.status == 303
        return False
