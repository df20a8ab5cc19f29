"""SQLite with a queue: within one process, transactions that write take turns.

SQLite has one writer at a time, and who waits for it polls, more and more rarely. Under a crowd
newcomers overtake, and some poll in vain until they time out: 2,000 registrations from 24
connections left a few «database is locked» behind. Here the threads of a process wait for each
other before they ask; between processes SQLite's own time-out decides as before.
"""

import threading

from django.db.backends.sqlite3 import base

_turn = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the turn with BEGIN IMMEDIATE, passes it on with COMMIT, ROLLBACK or a lost
    connection. Reads outside of a transaction never wait."""

    _has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        # Whoever waited as long as SQLite would have lets SQLite decide.
        self._has_turn = _turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5))
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._pass_on()
            raise

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
