"""When a series is earned. Plain values in, plain values out: no ORM, no clock, no request."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple


class Done(NamedTuple):
    """One completion that stands, as the rule of a series sees it."""

    completed_at: datetime
    completion: int
    course: int
    cycle: int


def earned(
    needed: int, courses: Collection[int], done: Iterable[Done]
) -> dict[int, tuple[Done, ...]]:
    """`{cycle: the completions that decided}` for each cycle in which enough courses were done.

    Those are the first `needed` different courses in the order of time, so that it does not
    matter who asks and when: more completions never change what was earned.
    """
    first: dict[int, dict[int, Done]] = {}
    for each in sorted(done):
        if each.course in courses:
            first.setdefault(each.cycle, {}).setdefault(each.course, each)
    return {
        cycle: tuple(sorted(by_course.values())[:needed])
        for cycle, by_course in sorted(first.items())
        if len(by_course) >= needed
    }
