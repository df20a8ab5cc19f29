"""Where a learner stands: the evidence held against the course, in the order of the course.

Plain values. Whether a lesson is done, a requirement met or the course complete is decided by
`courses.rules.status` alone; this puts the answer beside the lessons and into words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from courses import rules
from courses.document import Document, Lesson, Module


@dataclass(frozen=True)
class Step:
    """One lesson and since when it is done; None is «not yet»."""

    lesson: Lesson
    met_at: datetime | None

    @property
    def asks(self) -> str:
        """What a learner does to meet it."""
        match self.lesson.kind:
            case "quiz":
                return _("Pass the quiz with %(percent)s%% or more.") % {
                    "percent": pass_percent(self.lesson)
                }
            case "live":
                return _("Take part in the live session.")
            case "evaluation":
                return _("Send the evaluation.")
            case _other:
                return _("Read the lesson, then mark it as done.")


@dataclass(frozen=True)
class Part:
    """One module with its steps."""

    module: Module
    steps: tuple[Step, ...]

    @property
    def done_count(self) -> int:
        return sum(step.met_at is not None for step in self.steps)


class Progress:
    def __init__(self, document: Document, facts: Iterable[rules.Fact]) -> None:
        facts = list(facts)
        self.document = document
        self.status = rules.status(document.rule, facts)
        every = [{"item": each.uuid, "needs": each.needs} for each in document.lessons]
        met = rules.status({"requirements": every}, facts).requirements
        self._met_at: Mapping[str, datetime | None] = {r.item: r.met_at for r in met}

    def step(self, lesson: Lesson) -> Step:
        return Step(lesson, self._met_at[lesson.uuid])

    def part(self, number: int) -> Part:
        """The module of that number, counted from 1."""
        module = self.document.modules[number - 1]
        return Part(module, tuple(self.step(lesson) for lesson in module.lessons))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self.part(module.number) for module in self.document.modules)

    @cached_property
    def owed(self) -> tuple[Step, ...]:
        """Every required lesson, met or missing."""
        required = {requirement.item for requirement in self.status.requirements}
        return tuple(self.step(each) for each in self.document.lessons if each.uuid in required)

    @property
    def begun(self) -> bool:
        return any(self._met_at.values())

    @property
    def next(self) -> Lesson | None:
        """Where to go on: the first required lesson not done, else the first other one."""
        missing = {requirement.item for requirement in self.status.missing}
        open_ones = [each for each in self.document.lessons if self._met_at[each.uuid] is None]
        required = (each for each in open_ones if each.uuid in missing)
        return next(required, open_ones[0] if open_ones else None)


def pass_percent(lesson: Lesson) -> int:
    return int(lesson.settings.get("pass_percent", 80))
