"""When training has to be done again. Plain values in, plain values out.

A cycle ends on its due day. Some days before it the window opens, in which the next cycle's
evidence counts; some days after it the grace ends and the training has lapsed. Who renews between
the two keeps the anniversary: nobody loses days by being early or gains them by being late. Who
renews after a lapse starts from that day. All of it follows from dates; nothing is ever reset.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class State(StrEnum):
    CURRENT = "current"
    OPEN = "open"  # the window: it may be renewed
    GRACE = "grace"  # past due, not lapsed yet
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Terms:
    months: int
    window_days: int
    grace_days: int


@dataclass(frozen=True)
class Done:
    """One completion, with the terms that stood for it; without terms it never runs out."""

    on: date
    terms: Terms | None


@dataclass(frozen=True)
class Cycle:
    """The cycle that the last completion began."""

    due_on: date
    opens_on: date
    lapses_on: date  # the first day on which it has lapsed

    def state(self, today: date) -> State:
        if today < self.opens_on:
            return State.CURRENT
        if today <= self.due_on:
            return State.OPEN
        return State.GRACE if today < self.lapses_on else State.LAPSED


def later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def present(history: Iterable[Done]) -> Cycle | None:
    """The cycle that runs after all these completions; None when nothing runs out."""
    cycle: Cycle | None = None
    for done in sorted(history, key=lambda done: done.on):
        if done.terms is None:
            cycle = None
            continue
        renews = cycle is not None and cycle.opens_on <= done.on < cycle.lapses_on
        begins = cycle.due_on if cycle is not None and renews else done.on
        due = later(begins, done.terms.months)
        cycle = Cycle(
            due_on=due,
            opens_on=due - timedelta(days=done.terms.window_days),
            lapses_on=due + timedelta(days=done.terms.grace_days + 1),
        )
    return cycle
