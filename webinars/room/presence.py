"""Slices of presence from heartbeats, kept in the process until the next flush.

A stay is somebody's one socket. Every echo of a heartbeat is a proof; the time between two proofs
counts when they are close together. Nothing is open in the database: a flush writes what is
proven and begins a new slice there, so a crash loses at most what came after the last flush.
"""

import uuid
from datetime import datetime, timedelta
from itertools import count

from webinars.attendance import Slice

LONGEST_SILENCE = timedelta(seconds=60)  # a page that slept was not watched meanwhile


class Stay:
    __slots__ = ("person_id", "seen", "since", "webinar_id")

    def __init__(self, webinar_id: int, person_id: int, now: datetime) -> None:
        self.webinar_id, self.person_id = webinar_id, person_id
        self.since = self.seen = now


class Ledger:
    """The stays of one process, and the slices that it has still to write.

    Slices keep their key (this ledger's name and a number) until `written`, so that a flush which
    failed half-way is repeated and counts once.
    """

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex  # made here, not on import: processes are forked
        self._numbers = count(1)
        self._stays: set[Stay] = set()
        self._closed: list[Slice] = []

    def begin(self, webinar_id: int, person_id: int, now: datetime) -> Stay:
        stay = Stay(webinar_id, person_id, now)
        self._stays.add(stay)
        return stay

    def beat(self, stay: Stay, now: datetime) -> None:
        """The page answered. After a long silence a new slice begins."""
        if now - stay.seen > LONGEST_SILENCE:
            self._close(stay)
            stay.since = now
        stay.seen = now

    def skip(self, stay: Stay, now: datetime) -> None:
        """The page answered at a time that does not count, such as hours after the end."""
        self._close(stay)
        stay.since = stay.seen = now

    def end(self, stay: Stay, now: datetime, *, said_goodbye: bool) -> None:
        """The socket is gone. A goodbye is a proof too; a broken line is not."""
        if said_goodbye:
            self.beat(stay, now)
        self._close(stay)
        self._stays.discard(stay)

    def cut(self) -> list[Slice]:
        """Close every slice at its last proof; what is to be written now."""
        for stay in self._stays:
            self._close(stay)
        return list(self._closed)

    def written(self, slices: list[Slice]) -> None:
        done = {piece.key for piece in slices}
        self._closed = [piece for piece in self._closed if piece.key not in done]

    def _close(self, stay: Stay) -> None:
        if stay.seen > stay.since:
            key = f"{self.name}:{next(self._numbers)}"
            self._closed.append(Slice(stay.webinar_id, stay.person_id, key, stay.since, stay.seen))
            stay.since = stay.seen
