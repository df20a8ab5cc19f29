"""When a course is complete. Plain values in, plain values out: no ORM, no clock, no request.

A rule is what a version froze: `{"format": 1, "requirements": [{"item": uuid, "needs": kind}]}`.
A requirement is met by evidence of that kind for that item, or by an accreditation of the item.
Facts only ever add: more evidence never un-meets a requirement.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

ACCREDITED = "accredited"


class Fact(NamedTuple):
    """One row of evidence, as the rule sees it."""

    kind: str  # finished, passed, attended, evaluated, accredited
    item: str
    occurred_at: datetime


@dataclass(frozen=True)
class Requirement:
    item: str
    needs: str
    met_at: datetime | None  # since when; None is «missing»

    @property
    def met(self) -> bool:
        return self.met_at is not None


@dataclass(frozen=True)
class Status:
    """What is met and what is missing, in the order of the course."""

    requirements: tuple[Requirement, ...]

    @property
    def met_count(self) -> int:
        return sum(r.met for r in self.requirements)

    @property
    def missing(self) -> tuple[Requirement, ...]:
        return tuple(r for r in self.requirements if not r.met)

    @property
    def complete(self) -> bool:
        """A rule that asks for nothing is never complete: it would certify everybody."""
        return bool(self.requirements) and not self.missing

    @property
    def completed_at(self) -> datetime | None:
        """The moment of the deciding evidence."""
        moments = [r.met_at for r in self.requirements if r.met_at is not None]
        return max(moments) if self.complete else None

    @property
    def percent(self) -> int:
        """0 to 100, rounded down: 100 is said of a complete course and of no other."""
        return 100 * self.met_count // len(self.requirements) if self.requirements else 0

    def met(self, item: str) -> bool:
        return any(r.item == item and r.met for r in self.requirements)


def status(rule: Mapping[str, Any], facts: Iterable[Fact]) -> Status:
    """Hold the facts against the rule. Their order and repetitions do not matter."""
    first: dict[tuple[str, str], datetime] = {}
    for fact in facts:
        key = (fact.item, fact.kind)
        if key not in first or fact.occurred_at < first[key]:
            first[key] = fact.occurred_at
    return Status(
        tuple(
            Requirement(item, needs, _earliest(first, item, needs))
            for item, needs in ((r["item"], r["needs"]) for r in rule["requirements"])
        )
    )


def _earliest(first: Mapping[tuple[str, str], datetime], item: str, needs: str) -> datetime | None:
    moments = [first[key] for key in ((item, needs), (item, ACCREDITED)) if key in first]
    return min(moments, default=None)
