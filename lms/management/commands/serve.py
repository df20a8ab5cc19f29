"""Web and worker processes on one machine, kept alive. What `make run` starts.

Production uses a process manager instead (DEPLOY.md): pages by WSGI, sockets by ASGI.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

GRACE = 10.0  # seconds a child has to end by itself


@dataclass
class Child:
    """One process that should be running; restarted when it ends, slower each time."""

    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def ensure(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        recent = [start for start in self.starts if time.monotonic() - start < 60]
        if recent and time.monotonic() - recent[-1] < min(2 ** len(recent), 30):
            return
        self.starts = [*recent, time.monotonic()]
        self.process = subprocess.Popen(self.command)  # noqa: S603 -- our own command


class Command(BaseCommand):
    help = "Serve the site on PORT with WEB_PROCESSES web and WORKERS worker processes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="first do what `prepare` does")

    def handle(self, *, prepare: bool, **options: Any) -> None:
        _refuse_a_taken_port()
        if prepare:
            call_command("prepare", stdout=self.stdout)
            connections.close_all()
        children = [Child(_web()), *(Child(_worker()) for _ in range(settings.WORKERS))]
        stopping = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        announced = False
        while not stopping:
            for child in children:
                child.ensure()
            if not announced and _answers():
                announced = True
                self._announce()
            time.sleep(0.2)
        _end(children)

    def _announce(self) -> None:
        self.stdout.write(f"\nGroundwork answers at {settings.SITE_URL}/")
        if settings.ENVIRONMENT == "demo":
            people = "learner, attendee, trainer, host, lead, credit, admin"
            self.stdout.write(
                f"Demo people: {people} (each @demo.test), password: {settings.DEMO_PASSWORD}"
            )
            self.stdout.write(f"Mail is written to {settings.VAR_DIR / 'mail'}\n")
        self.stdout.flush()


def _web() -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", "lms.asgi:application",
        "--host", "127.0.0.1", "--port", str(settings.PORT),
        "--workers", str(settings.WEB_PROCESSES),
        "--lifespan", "off", "--ws-per-message-deflate", "false", "--ws-max-size", "65536",
        "--timeout-graceful-shutdown", "5", "--no-server-header", "--log-level", "warning",
    ]  # fmt: skip


def _worker() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]


def _refuse_a_taken_port() -> None:
    # Otherwise another program's answers would be announced as ours.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.PORT))
        except OSError as error:
            raise CommandError(
                f"Port {settings.PORT} is taken. Stop what uses it, or choose another: "
                f"PORT={settings.PORT + 1} make run"
            ) from error


def _answers() -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{settings.PORT}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _end(children: list[Child]) -> None:
    for child in children:
        if child.process is not None:
            child.process.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.kill(child.process.pid, signal.SIGKILL)
