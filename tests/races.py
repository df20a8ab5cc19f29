from threading import Barrier, Thread
from time import sleep

from django.conf import settings
from django.db import connection, transaction


def at_once(*acts):
    """Run the acts at the same moment, each on its own connection; what each gave or raised.

    As many as the pool has connections for begin with theirs open: or they would come one after
    the other, as they connect. More than that queue for them, as they would on a site.
    """
    gate, outcomes = Barrier(len(acts), timeout=30), [None] * len(acts)
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool") or {}
    room_for_all = len(acts) < pool.get("max_size", 1000)

    def run(place, act):
        try:
            if room_for_all:
                connection.ensure_connection()
            gate.wait()
            outcomes[place] = act()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def during(act, other):
    """Run `act` in a transaction, and `other` on a connection of its own before it is committed;
    what the other gave or raised.

    The commit comes when the other waits for a lock of this transaction, or is done. On SQLite,
    where a writing transaction is alone, it waits before its first statement.
    """
    outcomes = []

    def run():
        try:
            outcomes.append(other())
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    try:
        with transaction.atomic():
            act()
            thread.start()
            while connection.vendor == "postgresql" and thread.is_alive() and not _somebody_waits():
                sleep(0.005)
    finally:
        if thread.ident is not None:
            thread.join(60)
    assert not thread.is_alive()
    return outcomes[0]


def _somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS(SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
