"""How long a try at a quiz lasts. Plain values."""

from datetime import datetime, timedelta

LONGEST = 600  # minutes that a quiz may give
MOST_PERCENT, MOST_MINUTES = 300, 600  # of extra time
# For what was sent in time and came late over a slow line. Nobody is told of it or plans it in.
GRACE = timedelta(seconds=10)


def time_for(limit: int, percent: int = 0, minutes: int = 0) -> timedelta | None:
    """The time of one person for a quiz of so many minutes, whole seconds; None: no limit."""
    if limit <= 0:
        return None
    return timedelta(seconds=-(-limit * 60 * (100 + percent) // 100) + minutes * 60)


def over(closes_at: datetime | None, now: datetime) -> bool:
    """Nothing is taken any more."""
    return closes_at is not None and now >= closes_at + GRACE
