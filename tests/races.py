from threading import Barrier, Thread

from django.db import connection


def at_once(*acts):
    """Run the acts at the same moment, each on its own connection; what each gave or raised."""
    gate, outcomes = Barrier(len(acts), timeout=30), [None] * len(acts)

    def run(place, act):
        try:
            connection.ensure_connection()  # or they come one after the other, as they connect
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
