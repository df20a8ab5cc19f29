import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from lms.outbox import LEASE, PAUSES, Stale

State = OutboxEntry.State
done = []


@outbox.handles("test.note")
def _note(payload):
    done.append(payload["n"])
    return f"noted {payload['n']}"


@outbox.handles("test.fail")
def _fail(payload):
    raise RuntimeError("the provider is away")


@outbox.handles("test.stale")
def _stale(payload):
    raise Stale("the session was moved")


@outbox.handles("test.many")
def _one(payload):
    done.append(payload["n"])
    return f"noted {payload['n']}"


@outbox.handles_together("test.many")
def _many(payloads):
    if any(payload["n"] < 0 for payload in payloads):
        raise RuntimeError("not together")
    done.append(sorted(payload["n"] for payload in payloads))
    return "noted together"


@pytest.fixture(autouse=True)
def _empty():
    done.clear()


def promise(kind="test.note", key="a", **payload):
    outbox.promise(kind, key=key, payload=payload or {"n": 1})
    return OutboxEntry.objects.get(kind=kind, key=key)


@pytest.mark.django_db
def test_a_promise_is_kept_once_and_says_so():
    promise()
    promise()

    assert outbox.work() == 1
    assert outbox.work() == 0

    entry = OutboxEntry.objects.get()
    assert (entry.state, entry.outcome, done) == (State.DONE, "noted 1", [1])


@pytest.mark.django_db
def test_a_promise_goes_with_the_transaction_that_made_it():
    @transaction.atomic
    def act():
        promise()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()

    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db
def test_a_failure_is_tried_again_later_and_at_last_left_to_a_person():
    entry = promise("test.fail")
    now = timezone.now()

    for pause in PAUSES:
        assert outbox.work(now) == 1
        assert outbox.work(now) == 0  # not before its time
        now += pause + timedelta(minutes=1)
    assert outbox.work(now) == 1

    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == (State.DEAD, len(PAUSES) + 1)
    assert entry.outcome == "RuntimeError: the provider is away"
    assert outbox.retry(entry)
    assert outbox.work() == 1


@pytest.mark.django_db
def test_what_is_no_longer_true_is_skipped_with_its_reason():
    entry = promise("test.stale")

    outbox.work()

    entry.refresh_from_db()
    assert (entry.state, entry.outcome) == (State.SKIPPED, "the session was moved")


@pytest.mark.django_db
def test_a_worker_that_died_leaves_a_lease_that_runs_out():
    promise()
    (taken,) = outbox._take(timezone.now(), 20)  # and here the worker is killed

    assert outbox.work() == 0
    assert outbox.work(timezone.now() + outbox.LEASE + timedelta(seconds=1)) == 1

    assert done == [1]
    outbox._mine(taken).update(outcome="too late")  # the dead one wakes up: it is fenced off
    assert OutboxEntry.objects.get().outcome == "noted 1"


@pytest.mark.django_db
def test_nobody_promises_what_nobody_handles():
    with pytest.raises(ValueError, match="nobody handles"):
        outbox.promise("test.unknown", key="a", payload={})


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_keep_each_promise_once():
    outbox.promise_all("test.note", {str(n): {"n": n} for n in range(40)})

    def worker():
        try:
            while outbox.work(limit=5):
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(40))


@pytest.mark.django_db
def test_a_promise_that_ends_its_worker_takes_no_other_down_and_is_given_up_at_last():
    bad = promise(key="bad", n=1)
    OutboxEntry.objects.filter(pk=bad.pk).update(attempts=len(PAUSES) + 1)  # each lease ran out
    promise(key="good", n=2)

    outbox.work()

    bad.refresh_from_db()
    assert (bad.state, bad.outcome) == (State.DEAD, "Each try ended with its worker.")
    assert done == [2]


@pytest.mark.django_db
def test_what_slow_promises_leave_no_time_for_is_given_back(monkeypatch):
    """Twenty letters to a mail server that hangs take longer than a lease."""
    for n in (1, 2, 3):
        promise(key=str(n), n=n)
    clock = iter([0.0, 1.0, LEASE.total_seconds() - 1])
    monkeypatch.setattr(outbox.time, "monotonic", lambda: next(clock))

    assert outbox.work() == 1

    waiting = OutboxEntry.objects.filter(state=State.WAITING).values_list("attempts", "lease_until")
    assert (list(waiting), done) == ([(0, None), (0, None)], [1])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("numbers", "kept", "outcomes"),
    [
        ([1, 2, 3], [[1, 2, 3]], ["noted together"] * 3),
        ([1], [1], ["noted 1"]),  # alone
        ([1, -2], [1, -2], ["noted 1", "noted -2"]),  # all or none, then one by one
    ],
)
def test_many_of_a_kind_are_kept_together_where_that_works(numbers, kept, outcomes):
    for n in numbers:
        promise("test.many", key=str(n), n=n)

    assert outbox.work() == len(numbers)

    assert done == kept
    entries = OutboxEntry.objects.order_by("pk")
    assert [entry.outcome for entry in entries] == outcomes
    assert {(entry.state, entry.attempts) for entry in entries} == {(State.DONE, 1)}
    assert all(entry.lease_until is None and entry.finished_at for entry in entries)


@pytest.mark.django_db
def test_what_was_tried_before_is_kept_by_itself():
    """Else what ends its worker would take the same company down again and again."""
    for n in (1, 2):
        promise("test.many", key=str(n), n=n)
    OutboxEntry.objects.update(attempts=1)

    outbox.work()

    assert done == [1, 2]
