"""Periodic work. `manage.py tick` runs it all, at any time, as often as you like.

Everything here is a sweep that finds what is left to do from the rows themselves, so a missed
tick costs time and nothing else.
"""

import logging
from collections.abc import Callable
from datetime import datetime

logger = logging.getLogger(__name__)

type Sweep = Callable[[datetime], str]
_sweeps: list[Sweep] = []


def on_tick(sweep: Sweep) -> Sweep:
    """Register a sweep. It takes the time, is safe to repeat, and says in numbers what it did."""
    _sweeps.append(sweep)
    return sweep


def run_all(now: datetime) -> dict[str, str]:
    """Run every sweep; one that fails does not stop the others. Returns {name: what it did}."""
    said = {}
    for sweep in _sweeps:
        name = f"{sweep.__module__}.{sweep.__name__}"
        try:
            said[name] = sweep(now)
        except Exception as error:
            logger.exception("sweep %s", name)
            said[name] = f"failed: {error}"
    return said
