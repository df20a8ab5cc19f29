"""A live room over the network: server processes, many sockets, a host who writes in the chat.

Server, sockets (`bench.listeners`) and host are processes of their own that share this machine's
processors, so times hold all sides' work; how late the sockets' process itself was stands beside
them. The processor time is the server's own. What the posts themselves cost is measured first, with
nobody there, and taken off: what is left is the price of telling everybody. Before it a bare
broadcast loop (`bench.broadcast`) does the same, on the same server with as many sockets.

Everybody comes in as fast as they are let in. In the end the process stops, and everybody comes
back to another one with the number that they have seen, at once: pages would spread over seconds.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import reverse

from bench.server import sign_in
from people.models import User
from webinars.models import Registration, Webinar

EACH_SECOND, SECONDS = 5, 20
LETTERS = 700  # of a bare message: as long as a frame of the room
HOST = "127.0.0.1"
BARE = "bench.broadcast:application"
TICK = os.sysconf("SC_CLK_TCK")


def run(sockets: int) -> list[tuple[str, str, str, str]]:
    bare = bare_loop(sockets)
    webinar = Webinar.objects.in_room().filter(hosts__isnull=False)[0]
    cookies = guests(webinar, sockets)
    host = webinar.hosts.all()[0]
    path = f"/ws/webinars/{webinar.slug}/?after={webinar.room_seq}&lang=en"
    with (
        server() as here,
        server() as other,
        listeners(path, here.port, cookies[:1]) as first,
        listeners(path, other.port, cookies[:1]) as first_there,
    ):
        first.ask()
        first_there.ask()
        chat = Chat(here.port, webinar, sign_in(host))
        chat.write(20)  # to warm up
        time.sleep(1)
        alone, _ = cost(here.pid, lambda: chat.write(EACH_SECOND * 4))
        empty = memory(here.pid)
        with listeners(path, here.port, cookies) as pages:
            come = storm(here, pages.ask)
            time.sleep(3)
            full = memory(here.pid)
            idle, took = cost(here.pid, lambda: time.sleep(10))
            pages.ask("count")
            work, _ = cost(here.pid, lambda: chat.write(EACH_SECOND * SECONDS))
            time.sleep(1.5)
            told = pages.ask("count")
            here.process.terminate()
            back = storm(other, lambda: pages.ask(f"again {other.port}"))
    wanted = sockets * EACH_SECOND * SECONDS
    posts = alone / (EACH_SECOND * 4) * EACH_SECOND * SECONDS
    telling = 1e6 * (work - posts - idle / took * SECONDS) / wanted
    each = (full - empty) / sockets / 1000
    return [
        *came("join storm: a thousand are in within", come, bare.come, sockets, 5),
        row("memory for each", each, "KB", 45, bare=bare.memory),
        row("quiet: each socket, each second", 1e6 * idle / took / sockets, "µs CPU"),
        (f"  {EACH_SECOND} messages a second: delivered", f"{told['arrived']:,.0f} of {wanted:,}",
         "all", f"{told['arrived'] / wanted:.0%}"),
        row("each delivery", telling, "µs CPU", 40, bare=bare.delivery),
        row("and each post", 1000 * alone / (EACH_SECOND * 4), "ms CPU"),
        *(
            row(f"from the post to the page, {n} %", 1000 * told[f"p{n}"], "ms",
                300 if n == 95 else None, bare=1000 * bare.told[f"p{n}"])
            for n in (50, 95, 99)
        ),
        row("of that the listeners' own delay, 95 %", 1000 * told["late"], "ms",
            bare=1000 * bare.told["late"]),
        *came("reconnect storm: a thousand are back within", back, bare.back, sockets, 4),
    ]  # fmt: skip


class Storm(NamedTuple):
    seconds: float  # until all were in
    processor: float  # seconds of the server


class Bare(NamedTuple):
    come: Storm
    back: Storm
    memory: float  # KB for each socket
    delivery: float  # µs CPU for each
    told: dict[str, float]


def storm(there: "Server", act: Callable[[], dict[str, float]]) -> Storm:
    before = processor(there.pid)
    seconds = act()["seconds"]
    return Storm(seconds, processor(there.pid) - before)


def came(
    name: str, storm: Storm, bare: Storm, sockets: int, most: float
) -> list[tuple[str, str, str, str]]:
    each = 1000 / sockets
    return [
        row(name, storm.seconds * each, "s", 30, 1, bare=bare.seconds * each),
        row("each of them", storm.processor * each, "ms CPU", most, 1, bare=bare.processor * each),
    ]


def bare_loop(sockets: int) -> Bare:
    with (
        server("bench.broadcast:application") as here,
        server("bench.broadcast:application") as other,
    ):
        line = http.client.HTTPConnection(HOST, here.port, timeout=30)
        empty = memory(here.pid)
        with listeners("/", here.port, [""] * sockets) as pages:
            come = storm(here, pages.ask)
            time.sleep(1)
            each = (memory(here.pid) - empty) / sockets / 1000
            pages.ask("count")

            def write() -> None:
                begun = time.monotonic()
                for n in range(EACH_SECOND * SECONDS):
                    time.sleep(max(0.0, begun + n / EACH_SECOND - time.monotonic()))
                    line.request("POST", "/", f"sent:{time.time():.6f} " + "x" * LETTERS)
                    line.getresponse().read()

            work, _ = cost(here.pid, write)
            time.sleep(0.5)
            told = pages.ask("count")
            back = storm(other, lambda: pages.ask(f"again {other.port}"))
    return Bare(come, back, each, 1e6 * work / (sockets * EACH_SECOND * SECONDS), told)


def row(
    name: str,
    value: float,
    unit: str,
    target: float | None = None,
    digits: int = 0,
    bare: float | None = None,
) -> tuple[str, str, str, str]:
    aim = (f"≤ {target:g} {unit}", f"{value / target:.0%}") if target else ("", "")
    beside = "" if bare is None else f", a bare loop's {bare:.{digits}f}"
    return (f"  {name}", f"{value:.{digits}f} {unit}{beside}", *aim)


def guests(webinar: Webinar, count: int) -> list[str]:
    """Cookies of that many people with a seat."""
    names = [f"room{n:05}@load.test" for n in range(count)]
    User.objects.bulk_create(
        [User(email=email, name=f"Guest {n}", password="!") for n, email in enumerate(names)],
        ignore_conflicts=True,
    )
    people = list(User.objects.filter(email__in=names))
    places = [Registration(webinar=webinar, person=p, state="seated") for p in people]
    Registration.objects.bulk_create(places, ignore_conflicts=True)
    cookies = [sign_in(person) for person in people]
    connection.close()
    return cookies


class Server(NamedTuple):
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid


@contextlib.contextmanager
def server(application: str = "lms.asgi:application") -> Iterator[Server]:
    """One process for pages and sockets, as `manage.py serve` starts it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", application, "--host", HOST,
        "--port", str(port), "--lifespan", "off", "--ws-per-message-deflate", "false",
        "--ws-max-size", "65536", "--timeout-graceful-shutdown", "5", "--no-server-header",
        "--log-level", "error",
    ]  # fmt: skip
    environment = os.environ | {"PORT": str(port), "SITE_URL": f"http://{HOST}:{port}"}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                break
            time.sleep(0.1)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(20)


class Listeners:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, word: str = "") -> dict[str, float]:
        assert self.process.stdin
        assert self.process.stdout
        if word:
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextlib.contextmanager
def listeners(path: str, port: int, cookies: list[str]) -> Iterator[Listeners]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.listeners"],
        cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = {"address": [HOST, port], "path": path, "cookies": cookies}
    assert process.stdin
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()
    try:
        yield Listeners(process)
    finally:
        process.kill()
        process.wait()


class Chat:
    """The host's side: messages through the console's form."""

    def __init__(self, port: int, webinar: Webinar, cookie: str) -> None:
        self.line = http.client.HTTPConnection(HOST, port, timeout=30)
        self.path = reverse("webinars:host-say", args=[webinar.slug])
        self.line.request(
            "GET", reverse("webinars:host", args=[webinar.slug]), headers={"Cookie": cookie}
        )
        answer = self.line.getresponse()
        answer.read()
        token = answer.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
        self.headers = {
            "Cookie": f"{cookie}; csrftoken={token}",
            "X-CSRFToken": token,
            "HX-Request": "true",
            "Origin": f"http://{HOST}:{port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def write(self, count: int) -> None:
        self.line.close()  # the server ends lines that were quiet; a new one opens by itself
        begun = time.monotonic()
        for n in range(count):
            time.sleep(max(0.0, begun + n / EACH_SECOND - time.monotonic()))
            form = urlencode(
                {"text": f"sent:{time.time():.6f} " + "A sentence as people say it. " * 3}
            )
            self.line.request("POST", self.path, form, self.headers)
            answer = self.line.getresponse()
            answer.read()
            assert answer.status == 200, answer.status


def cost(pid: int, act) -> tuple[float, float]:
    """Processor seconds of the process while it runs, and how long that took."""
    before, begun = processor(pid), time.monotonic()
    act()
    return processor(pid) - before, time.monotonic() - begun


def processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid: int) -> int:
    """Bytes that the process holds."""
    words = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
    return int(words[words.index("Rss:") + 1]) * 1024
