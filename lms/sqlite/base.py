"""SQLite with a queue: within one process, transactions that write take turns.

SQLite has one writer at a time, and who waits for it polls, more and more rarely. Under a crowd
newcomers overtake, and some poll in vain until they time out: 2,000 registrations from 24
connections left a few «database is locked» behind. Here the threads of a process wait for each
other before they ask. Between processes somebody has to poll: we do it evenly. SQLite itself asks
ever more rarely, down to ten times a second, and a worker that certifies a full webinar leaves gaps
of a few milliseconds: a learner's answer waited up to two seconds for one (bench, part «bulk»).
"""

import threading
import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base

POLL = 0.002  # seconds

_turn = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the turn with BEGIN IMMEDIATE, passes it on with COMMIT, ROLLBACK or a lost
    connection. Reads outside of a transaction never wait."""

    _has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        # Whoever waited as long as SQLite would have lets SQLite decide.
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        self._has_turn = _turn.acquire(timeout=patience)
        try:
            self._begin(patience)
        except BaseException:
            self._pass_on()
            raise

    def _begin(self, patience: float) -> None:
        """BEGIN IMMEDIATE, asked for every two milliseconds while another process writes."""
        until = time.monotonic() + patience
        self._wait_at_most(0)
        try:
            while True:
                try:
                    return super()._start_transaction_under_autocommit()  # type: ignore[misc, no-any-return]
                except OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > until:
                        raise
                time.sleep(POLL)
        finally:
            self._wait_at_most(patience)

    def _wait_at_most(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._pass_on()  # not when that failed: a rollback follows

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._pass_on()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()
