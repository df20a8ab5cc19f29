"""Which counts may be shown. Plain values: no ORM, no request."""

from collections.abc import Mapping

FEWEST = 11  # a count of 1 to 10 could point at somebody


def shown(counts: Mapping[str, int]) -> dict[str, int] | None:
    """All counts of one question, or None when one of them would have to be hidden.

    Hiding one alone would not do: it follows from the others and the sum.
    """
    if sum(counts.values()) < FEWEST or any(0 < count < FEWEST for count in counts.values()):
        return None
    return dict(sorted(counts.items()))
