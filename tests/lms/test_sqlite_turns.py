"""A crowd of writers on SQLite: everyone gets their turn, whatever happens to the one before."""

import sqlite3
import threading
import time

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from lms.models import OutboxEntry
from lms.sqlite import base

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    failures = []

    def run(act):
        try:
            act()
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """New connections poll for 0.2 s, much less than the whole crowd needs; the queue waits on."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    turn = threading.Lock()

    class Turn:
        def acquire(self, timeout):
            return turn.acquire(timeout=20)

        release = turn.release
        locked = turn.locked

    monkeypatch.setattr(base, "_turn", Turn())
    return turn


def write(n):
    with transaction.atomic():
        OutboxEntry.objects.create(kind="crowd", key=str(n))
        time.sleep(0.02)


def test_a_crowd_of_writers_waits_in_line():
    failures = at_once(*(lambda n=n: write(n) for n in range(40)))

    assert failures == []
    assert OutboxEntry.objects.filter(kind="crowd").count() == 40


def test_a_failed_transaction_passes_the_turn_on(patience):
    OutboxEntry.objects.create(kind="crowd", key="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxEntry.objects.create(kind="crowd", key="1")

    assert not patience.locked()
    assert at_once(lambda: write(2)) == []


def test_a_connection_that_is_lost_passes_the_turn_on(patience):
    def lose_it():
        with transaction.atomic():
            write(1)
            connection.close()

    at_once(lose_it)

    assert not patience.locked()
    assert not OutboxEntry.objects.filter(kind="crowd").exists()


def test_a_transaction_that_cannot_begin_passes_the_turn_on(patience, monkeypatch):
    def refuse(self):
        raise OperationalError("database is locked")

    monkeypatch.setattr(base.base.DatabaseWrapper, "_start_transaction_under_autocommit", refuse)
    with pytest.raises(OperationalError), transaction.atomic():
        pass

    assert not patience.locked()


def test_reading_needs_no_turn(patience):
    read = []
    with transaction.atomic():
        OutboxEntry.objects.create(kind="crowd", key="1")
        at_once(lambda: read.append(OutboxEntry.objects.count()))

    assert read == [0]


def test_another_process_is_asked_evenly_until_it_leaves_a_gap(monkeypatch, tmp_path):
    """A gap between a worker's transactions is short: who asks ever more rarely misses it."""
    connection.ensure_connection()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 30:
            other.execute("COMMIT")

    monkeypatch.setattr(base.time, "sleep", sleep)
    with transaction.atomic():
        OutboxEntry.objects.create(kind="crowd", key="patient")

    assert pauses == [base.POLL] * 30
    (waits,) = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    assert waits == connection.settings_dict["OPTIONS"]["timeout"] * 1000
    other.close()
