"""Durable work: mail, reminders, PDFs, calls to providers. The only writer of OutboxEntry.

`promise()` inside the transaction of the act; a worker keeps it later, at least once. A handler
is therefore safe to repeat, re-reads the rows its payload names, and raises `Stale` when the
promise no longer makes sense. Its return value, a short sentence, is shown to staff.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone

from lms.models import OutboxEntry, OutboxQuerySet

logger = logging.getLogger(__name__)

type Handler = Callable[[Mapping[str, object]], str]
type Together = Callable[[Sequence[Mapping[str, object]]], str]

LEASE = timedelta(minutes=5)  # longer than the slowest handler may take
PAUSES = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 86400)]  # then dead
_handlers: dict[str, Handler] = {}
_together: dict[str, Together] = {}
_hurrying = threading.BoundedSemaphore(4)  # letters this process sends itself at one time


class Stale(Exception):
    """The promise is no longer true; its sentence says why. Not an error."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the one function that keeps promises of this kind."""

    def register(handler: Handler) -> Handler:
        if kind in _handlers and _handlers[kind] is not handler:
            raise ValueError(f"two handlers for {kind!r}")
        _handlers[kind] = handler
        return handler

    return register


def handles_together(kind: str) -> Callable[[Together], Together]:
    """Register what keeps many promises of this kind in a few statements, all of them or none.

    Beside the handler of one: when it raises, that one keeps each by itself and says what is wrong.
    """

    def register(handler: Together) -> Together:
        if kind in _together and _together[kind] is not handler:
            raise ValueError(f"two handlers of many for {kind!r}")
        _together[kind] = handler
        return handler

    return register


def promise(
    kind: str, *, key: str, payload: Mapping[str, object], due_at: datetime | None = None
) -> None:
    """Write the promise in the caller's transaction. The same (kind, key) again changes nothing."""
    if kind not in _handlers:
        raise ValueError(f"nobody handles {kind!r}")
    OutboxEntry.objects.bulk_create([_entry(kind, key, payload, due_at)], ignore_conflicts=True)


def promise_all(
    kind: str, promises: Mapping[str, Mapping[str, object]], *, due_at: datetime | None = None
) -> None:
    """Many promises of one kind, `{key: payload}`, in a few statements."""
    promise_timed(kind, {key: (payload, due_at) for key, payload in promises.items()})


def promise_timed(
    kind: str, promises: Mapping[str, tuple[Mapping[str, object], datetime | None]]
) -> None:
    """The same with a time for each, `{key: (payload, due_at)}`; None is now."""
    if kind not in _handlers:
        raise ValueError(f"nobody handles {kind!r}")
    entries = [_entry(kind, key, payload, at) for key, (payload, at) in promises.items()]
    OutboxEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=500)


def _entry(
    kind: str, key: str, payload: Mapping[str, object], due_at: datetime | None
) -> OutboxEntry:
    return OutboxEntry(kind=kind, key=key, payload=dict(payload), due_at=due_at or timezone.now())


def hurry(kind: str, key: str) -> None:
    """After commit, keep this one promise at once, in this process, instead of in its turn.

    For letters that somebody is waiting for. The row stays the truth: it is leased like any other,
    so nobody keeps it twice, and whatever goes wrong here a worker does later.
    """
    transaction.on_commit(partial(_hurry, kind, key), robust=True)


def work(now: datetime | None = None, *, limit: int = 20) -> int:
    """Keep up to `limit` due promises, one after the other; returns how many were taken.

    Any number of workers may call this at once. A worker killed in a handler leaves a lease that
    runs out, and the promise is kept by another.
    """
    now, begun = now or timezone.now(), time.monotonic()
    # First tries first: a promise that ends its worker takes no other down with it.
    taken = sorted(_take(now, limit), key=lambda entry: entry.attempts)
    alone = _keep_together(taken)
    for place, entry in enumerate(alone):
        if time.monotonic() - begun > LEASE.total_seconds() / 2:
            _give_back(alone[place:])  # slow company: their leases would run out under our hands
            return len(taken) - len(alone) + place
        _keep(entry, now)
    return len(taken)


def retry(entry: OutboxEntry) -> bool:
    """Give a dead or skipped promise another full set of tries. False if it is alive already."""
    again = OutboxEntry.objects.filter(
        pk=entry.pk, state__in=[OutboxEntry.State.DEAD, OutboxEntry.State.SKIPPED]
    )
    return bool(
        again.update(
            state=OutboxEntry.State.WAITING,
            attempts=0,
            due_at=timezone.now(),
            lease_until=None,
            finished_at=None,
        )
    )


def _hurry(kind: str, key: str) -> None:
    if not settings.OUTBOX_THREADS:
        _keep_one(kind, key)
    elif _hurrying.acquire(blocking=False):  # else enough letters are on their way: in its turn
        threading.Thread(target=_keep_one_and_leave, args=(kind, key), daemon=True).start()


def _keep_one_and_leave(kind: str, key: str) -> None:
    try:
        _keep_one(kind, key)
    finally:
        connections.close_all()
        _hurrying.release()


def _keep_one(kind: str, key: str) -> None:
    now = timezone.now()
    for entry in _take(now, 1, kind=kind, key=key):
        _keep(entry, now)


@transaction.atomic
def _take(now: datetime, limit: int, **only: str) -> list[OutboxEntry]:
    # SKIP LOCKED lets workers pass each other on PostgreSQL; on SQLite the transaction is alone.
    due = OutboxEntry.objects.due(now).filter(**only).select_for_update(skip_locked=True)
    taken = list(due.order_by("due_at", "pk")[:limit])
    OutboxEntry.objects.filter(pk__in=[entry.pk for entry in taken]).update(
        lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    for entry in taken:
        entry.attempts += 1
    return taken


def _give_back(entries: list[OutboxEntry]) -> None:
    for entry in entries:
        _mine(entry).update(lease_until=None, attempts=F("attempts") - 1)


def _keep_together(taken: list[OutboxEntry]) -> list[OutboxEntry]:
    """Keep what can be kept together; returns what is to be kept one by one.

    First tries only: what failed before, or ended its worker, takes nothing else down with it.
    """
    alone: list[OutboxEntry] = []
    ordered = sorted(taken, key=lambda entry: (entry.attempts, entry.kind))
    for (tries, kind), group in groupby(ordered, key=lambda entry: (entry.attempts, entry.kind)):
        entries = list(group)
        if tries > 1 or kind not in _together or len(entries) < 2:
            alone += entries
            continue
        try:
            outcome = _together[kind]([entry.payload for entry in entries])
        except Exception:
            logger.info("outbox: %s %s one by one", len(entries), kind, exc_info=True)
            alone += entries
            continue
        mine = OutboxEntry.objects.filter(
            pk__in=[entry.pk for entry in entries], attempts=1, state=OutboxEntry.State.WAITING
        )
        _end(mine, OutboxEntry.State.DONE, outcome)
    places = {entry.pk: place for place, entry in enumerate(taken)}
    return sorted(alone, key=lambda entry: places[entry.pk])


def _keep(entry: OutboxEntry, now: datetime) -> None:
    if entry.attempts > len(PAUSES) + 1:
        _bury(entry, "Each try ended with its worker.")
        return
    try:
        handler = _handlers[entry.kind]
        outcome, state = handler(entry.payload), OutboxEntry.State.DONE
    except Stale as reason:
        outcome, state = str(reason), OutboxEntry.State.SKIPPED
    except Exception as error:
        logger.exception("outbox %s, try %s", entry, entry.attempts)
        _postpone(entry, now, f"{type(error).__name__}: {error}")
        return
    _end(_mine(entry), state, outcome)


def _postpone(entry: OutboxEntry, now: datetime, outcome: str) -> None:
    if entry.attempts > len(PAUSES):
        _bury(entry, outcome)
    else:
        pause = PAUSES[entry.attempts - 1]
        _mine(entry).update(due_at=now + pause, outcome=outcome, lease_until=None)


def _bury(entry: OutboxEntry, outcome: str) -> None:
    _end(_mine(entry), OutboxEntry.State.DEAD, outcome)


def _end(entries: OutboxQuerySet, state: OutboxEntry.State, outcome: str) -> None:
    entries.update(state=state, outcome=outcome, finished_at=timezone.now(), lease_until=None)


def _mine(entry: OutboxEntry) -> OutboxQuerySet:
    # The number of attempts fences off a worker whose lease ran out and was taken by another.
    return OutboxEntry.objects.filter(
        pk=entry.pk, attempts=entry.attempts, state=OutboxEntry.State.WAITING
    )
