"""How questions of a quiz work, from the first tries of everybody. Nobody is named or countable.

Formulas, of classical test theory, as Moodle's «Quiz statistics calculations» writes them (facility
index, discrimination index), for question i with marks x from 0 to 1:

    difficulty      p = mean(x)                      1 is easy, 0 is hard
    discrimination  r = cov(x, X) / sqrt(var(x) var(X)),  X = points of the rest of the quiz

r is the item-rest correlation (Henrysson, «Correction of item-total correlations in item
analysis», Psychometrika 28, 1963). The words for r follow Ebel and Frisbie, «Essentials of
Educational Measurement», 1991: .40 and up very good, .30 good, .20 marginal, below that poor.

A count of 1 to 10 is never shown, nor what would give it away: the shares of right and of not right
answers go together, and in a table of answers small counts are hidden with enough others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from courses.document import Lesson, Question
from courses.models import Answer, Attempt, Course
from courses.models.course import documents_of

FEWEST = 11


@dataclass(frozen=True)
class Mark:
    """What one learner got for one question, 0 to 1, beside what they got for the rest."""

    share: float
    rest: float


@dataclass(frozen=True)
class Pick:
    """One answer to choose, and how many chose it; None: not shown."""

    option: Mapping[str, Any]
    count: int | None


@dataclass(frozen=True)
class Item:
    number: int
    question: Question
    tries: int | None  # None: fewer than eleven, so nothing is shown
    difficulty: float | None  # None: it would give a small count away
    nearly: str  # «all right» or «none right» stand where the difficulty is hidden
    discrimination: float | None
    picks: tuple[Pick, ...]

    @property
    def percent(self) -> int | None:
        return None if self.difficulty is None else round(self.difficulty * 100)

    @property
    def verdict(self) -> str:
        """What to make of the discrimination."""
        if self.discrimination is None:
            return ""
        steps = ((0.4, "very good"), (0.3, "good"), (0.2, "marginal"), (0.0, "poor"))
        return next((name for least, name in steps if self.discrimination >= least), "reversed")


def difficulty(marks: Sequence[Mark]) -> float:
    return sum(mark.share for mark in marks) / len(marks)


def discrimination(marks: Sequence[Mark]) -> float | None:
    """None where everybody got the same, here or in the rest."""
    n = len(marks)
    x, y = [mark.share for mark in marks], [mark.rest for mark in marks]
    mean_x, mean_y = sum(x) / n, sum(y) / n
    both = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    spread = sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y)
    return both / sqrt(spread) if spread > 1e-18 else None


def told(count: int) -> bool:
    """A count that may be shown."""
    return count == 0 or count >= FEWEST


def hidden(counts: Mapping[str, int]) -> set[str]:
    """Which counts are not shown: small ones, and so many others that none can be worked out.

    At least two, and eleven people together: the total is known, so what is hidden is known in sum.
    """
    gone = {name for name, count in counts.items() if not told(count)}
    if not gone:
        return gone
    rest = sorted((count, name) for name, count in counts.items() if count >= FEWEST)
    while rest and (len(gone) < 2 or sum(counts[name] for name in gone) < FEWEST):
        gone.add(rest.pop(0)[1])
    alone = len(gone) < 2 or sum(counts[name] for name in gone) < FEWEST
    return set(counts) if alone else gone


def judged(number: int, question: Question, marks: Sequence[Mark], chosen: Counter[str]) -> Item:
    """One question from its marks and, where it has options, how often each was chosen."""
    if len(marks) < FEWEST:
        return Item(number, question, None, None, "", None, ())
    right = sum(mark.share > 0.999 for mark in marks)
    wrong = sum(mark.share < 0.001 for mark in marks)
    shown = all(told(count) for count in (right, len(marks) - right, wrong, len(marks) - wrong))
    nearly = ""
    if not shown:
        nearly = (
            "all right" if len(marks) - right < FEWEST else "none right" if right < FEWEST else ""
        )
    picks: tuple[Pick, ...] = ()
    options = question.body.get("options", [])
    if options and (shown or question.kind == "multiple"):
        counts = {option["id"]: chosen[option["id"]] for option in options}
        counts[""] = chosen[""]  # chose none
        gone = _hidden(question, counts, len(marks))
        rows = [*options, {"id": "", "text": {}}]
        picks = tuple(Pick(row, None if row["id"] in gone else counts[row["id"]]) for row in rows)
    return Item(
        number,
        question,
        len(marks),
        difficulty(marks) if shown else None,
        nearly,
        discrimination(marks) if shown else None,
        picks,
    )


def _hidden(question: Question, counts: Mapping[str, int], total: int) -> set[str]:
    """Of several right answers each count has a complement of its own: those who did not choose."""
    if question.kind != "multiple":
        return hidden(counts)
    return {name for name, count in counts.items() if not (told(count) and told(total - count))}


def analyse(course: Course, lesson: Lesson) -> list[Item]:
    """Every question that the lesson may ask, from first tries that asked it in these words.

    A question whose words or answers changed starts anew. Two queries for any number of learners.
    """
    return analyse_all(course, [lesson])[lesson.uuid]


def analyse_all(course: Course, lessons: Iterable[Lesson]) -> dict[str, list[Item]]:
    """The same of several lessons, by uuid, in as many queries as of one."""
    asking = {lesson.uuid: lesson for lesson in lessons}
    attempts = Attempt.objects.filter(
        enrolment__course=course, item__in=asking, number=1, percent__isnull=False
    ).order_by("pk")
    papers = {
        pk: (item, version, [entry["question"] for entry in paper])
        for pk, item, version, paper in attempts.values_list("pk", "item", "version_id", "paper")
    }
    given: dict[int, dict[str, tuple[Any, float]]] = {}
    answers = Answer.objects.filter(attempt__in=attempts.order_by())
    for row in answers.only("attempt_id", "question", "value", "points").iterator():
        given.setdefault(row.attempt_id, {})[row.question] = (row.value, float(row.points or 0))
    same = _same_words(asking, {version for _item, version, _paper in papers.values()})
    marks: dict[str, list[Mark]] = {}
    chosen: dict[str, Counter[str]] = {}
    for pk, (item, version, asked) in papers.items():
        own = given.get(pk, {})
        total = sum(points for _value, points in own.values())
        for uuid in asked:
            question = same.get((version, item, uuid))
            if question is None:
                continue
            value, reached = own.get(uuid, (None, 0.0))
            mark = Mark(reached / question.points, total - reached)
            marks.setdefault(uuid, []).append(mark)
            chosen.setdefault(uuid, Counter()).update(_choices(value))
    return {
        item: [
            judged(number, each, marks.get(each.uuid, []), chosen.get(each.uuid, Counter()))
            for number, each in enumerate(lesson.may_ask, 1)
        ]
        for item, lesson in asking.items()
    }


def _same_words(
    lessons: Mapping[str, Lesson], versions: Iterable[int]
) -> dict[tuple[int, str, str], Question]:
    """By (version, lesson, question): the question, where it was then as it is now."""
    found = {}
    for version, document in documents_of(versions).items():
        for item, lesson in lessons.items():
            now = {question.uuid: question for question in lesson.may_ask}
            then = document.item(item)
            for question in then.may_ask if then else ():
                if now.get(question.uuid) == question:
                    found[version, item, question.uuid] = question
    return found


def _choices(value: Any) -> list[str]:
    if value is None:
        return [""]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
