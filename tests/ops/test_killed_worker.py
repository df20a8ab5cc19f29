"""A worker killed in the middle of its work, for real: the promise waits for its lease, then
another worker keeps it."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from tests.ops.units import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

# A worker process with one more kind of promise: it writes a line, and the first time it hangs.
WORKER = """
import os, sys, time
import django
django.setup()
from django.core.management import call_command
from lms import outbox

@outbox.handles("test.slow")
def slow(payload):
    with open(payload["file"], "a") as book:
        print(os.getpid(), payload["name"], file=book, flush=True)
    if payload["name"] == "first" and len(open(payload["file"]).readlines()) == 1:
        time.sleep(600)
    return "written"

call_command("worker")
"""


@outbox.handles("test.slow")
def never_here(payload):
    raise AssertionError("kept by a worker process, not by the test's own")


@pytest.fixture
def workers(tmp_path):
    """Starts workers on the test's database; whatever still runs at the end is killed."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    environment = os.environ | {
        "GROUNDWORK_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": url,
    }
    running = []

    def start():
        worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)
        running.append(worker)
        return worker

    yield start
    for worker in running:
        worker.kill()
        worker.wait()


def until(question):
    deadline = time.monotonic() + 60
    while not question():
        assert time.monotonic() < deadline, "not within a minute"
        time.sleep(0.05)


def test_nothing_is_lost_when_a_worker_is_killed_in_a_handler(workers, tmp_path):
    book = tmp_path / "book"
    for name in ["first", "second", "third"]:
        outbox.promise("test.slow", key=name, payload={"file": str(book), "name": name})
    killed = workers()
    until(lambda: book.exists() and book.read_text())

    killed.send_signal(signal.SIGKILL)
    killed.wait()
    other = workers()
    outbox.promise("test.slow", key="later", payload={"file": str(book), "name": "later"})
    until(lambda: OutboxEntry.objects.filter(key="later", state="done").exists())

    # The other works, and leaves alone what somebody may still be doing.
    ours = OutboxEntry.objects.filter(
        kind="test.slow"
    )  # workers tick, and promise work of the night
    held = ours.filter(state="waiting", lease_until__gt=timezone.now())
    assert set(held.values_list("key", flat=True)) == {"first", "second", "third"}
    assert book.read_text().split("\n")[:-1] == [f"{killed.pid} first", f"{other.pid} later"]

    # Time passes.
    held.update(lease_until=F("lease_until") - outbox.LEASE - timedelta(seconds=1))
    until(lambda: ours.filter(state="done").count() == 4)

    lines = [line.split() for line in book.read_text().splitlines()]
    assert lines[2:] == [[str(other.pid), name] for name in ["first", "second", "third"]]
    attempts = ours.order_by("pk").values_list("key", "attempts")
    assert list(attempts) == [("first", 2), ("second", 2), ("third", 2), ("later", 1)]

    other.terminate()
    assert other.wait(30) == 0
