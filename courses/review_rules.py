"""What a review means for a draft as it is now. Plain values, no Django."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Duties:
    """What one person may do for one course."""

    author: bool = False
    reviewer: bool = False
    publisher: bool = False

    def has(self, duty: str) -> bool:
        return bool(getattr(self, duty))


def may_decide(person: int, *, asked_by: int | None, hands: Collection[int]) -> bool:
    """Nobody reviews what they asked for, nor what they alone have written."""
    return person != asked_by and (not hands or any(hand != person for hand in hands))


def standing(state: str | None, *, same: bool) -> str:
    """Where a draft stands with its last review: `same` is whether it was of this draft as it is.

    none, asked, approved, returned; «moved-on» when the draft changed after it was asked for or
    approved. One that was sent back stays sent back while its author mends it.
    """
    if state in {None, "withdrawn"}:
        return "none"
    if state == "returned":
        return "returned"
    return str(state) if same else "moved-on"
