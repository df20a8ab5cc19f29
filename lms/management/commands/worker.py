"""The worker: keeps outbox promises and runs the sweeps. Start as many as you like."""

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from lms import outbox, ticks

logger = logging.getLogger("worker")
PAUSE = 0.5  # seconds between looks when there was nothing to do
SWEEP_EVERY = 60.0


class Command(BaseCommand):
    help = "Keep outbox promises and sweep once a minute, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        stop = threading.Event()
        if once:
            self.stdout.write(f"{drain()} promises kept.")
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        swept = 0.0
        while not stop.is_set():
            close_old_connections()
            try:
                if time.monotonic() - swept > SWEEP_EVERY:
                    swept = time.monotonic()
                    ticks.run_all(timezone.now())
                busy = outbox.work()
            except OperationalError:
                # The database went away or was busy for long. Promises wait in it: look again.
                logger.exception("database")
                busy = 0
                stop.wait(2)
            if not busy:
                stop.wait(PAUSE)


def drain() -> int:
    """Keep everything that is due, in turn; returns how many promises were taken."""
    kept = 0
    while taken := outbox.work():
        kept += taken
    return kept
