from threading import Barrier, Thread

from django.conf import settings
from django.db import connection


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
