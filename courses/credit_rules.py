"""What professional credit a completion earns. Plain values: no ORM, no clock, no request.

Credit is decided once, at the moment a course is completed, from the approvals that stand on
record at that moment. Nothing is granted that was only applied for (there is no such state), and
nothing that was approved or written down later: boards do not grant credit backwards.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True)
class Terms:
    """One approval of one course by one board, as far as the decision looks at it."""

    hours: Decimal
    step: Decimal  # the smallest part of a credit that the board knows
    needs: frozenset[str]  # kinds of evidence that the course itself must have asked for
    valid_from: date
    valid_to: date | None  # the last day, itself included
    recorded_at: datetime
    withdrawn_at: datetime | None = None


def truncated(hours: Decimal, step: Decimal) -> Decimal:
    """Down to the board's step, never up: 1.30 in quarters is 1.25."""
    return (hours / step).to_integral_value(ROUND_FLOOR) * step


def earned(
    terms: Terms, *, met: Collection[str], completed_at: datetime, completed_on: date
) -> Decimal:
    """The hours that a completion with these kinds of evidence earns; 0 is none.

    `completed_on` is the day of `completed_at` where the provider is.
    """
    began = terms.recorded_at <= completed_at and terms.valid_from <= completed_on
    ended = (terms.valid_to is not None and terms.valid_to < completed_on) or (
        terms.withdrawn_at is not None and terms.withdrawn_at <= completed_at
    )
    if not began or ended or not terms.needs <= set(met):
        return Decimal(0)
    return truncated(terms.hours, terms.step)


def claimable(hours: Decimal, *, most: Decimal, step: Decimal) -> bool:
    """May a person claim this many? Some, in whole steps, and no more than were granted."""
    return 0 < hours <= most and hours % step == 0
