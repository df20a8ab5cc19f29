"""How a course goes for those who take it: where they stop, how long they take, what they ask, what
is hard. Reads only, and nothing here can name or single out a person.

Everybody counts once, with their latest time through the course. «Done» is evidence of any kind for
the lesson. A count of 1 to 10 is never shown, and neither is anything it could be worked out from:

* of one lesson: those who did it and those who did not are both none, or at least eleven;
* from lesson to lesson, and to the end: two numbers shown are equal or differ by eleven;
  a row that is too near says that it is not shown;
* from part to part (versions, languages): parts with fewer than eleven people are joined, and a row
  is shown in all of them or in none. Only one way of parting is used at a time.

**Time** is what the record can tell, no more. Of a quiz: from start to sending of the first try. Of
everything else: from the step before to this one, by the same person, when no more than two hours
lie between; else they went away and came back. Nothing watches a reader. The middle value of at
least eleven such times is told, in whole minutes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Count, F, Q

from courses.analysis import FEWEST, Item, analyse_all, told
from courses.document import Document, Lesson
from courses.models import Attempt, Course, Enrolment, Evidence, Post
from courses.models.course import documents_of

MOST_STEPS = 20_000  # the newest, for times: enough for any middle value, and memory has an end
AWAY = timedelta(hours=2)
HARDEST = 5

type Asked = Callable[[Course], Mapping[str, int]]
_asked: list[Asked] = []


def counts_questions(counter: Asked) -> Asked:
    """Register a room above in which learners ask, too: how many questions, by lesson."""
    if counter not in _asked:
        _asked.append(counter)
    return counter


@dataclass(frozen=True)
class Part:
    """Some of the class: one version or several, a language, or everybody («»)."""

    key: str
    versions: tuple[int, ...] = ()  # their numbers
    language: str = ""


@dataclass(frozen=True)
class Step:
    """One lesson. None: not shown."""

    lesson: Lesson
    people: int | None  # whose version has the lesson
    done: int | None
    minutes: int | None
    questions: int | None
    asked: bool = False  # somebody can ask something in it

    @property
    def percent(self) -> int | None:
        if self.people and self.done is not None:
            return round(100 * self.done / self.people)
        return None


@dataclass(frozen=True)
class Hard:
    lesson: Lesson
    item: Item


@dataclass(frozen=True)
class Class:
    parts: tuple[Part, ...]
    part: Part
    people: int | None
    completed: int | None
    steps: tuple[Step, ...]
    hardest: tuple[Hard, ...]


@dataclass(frozen=True)
class _Heads:
    """Counts of people by version id and language, all of them and by lesson."""

    all: Counter[tuple[int, str]]
    completed: Counter[tuple[int, str]]
    done: Mapping[str, Counter[tuple[int, str]]]


EVERYBODY = Part("")
COMPLETED = "completed"


def see(course: Course, wanted: str = "") -> Class:
    """The class, or the part of it that `wanted` names. As many queries for any number of rows."""
    if course.current_id is None:
        return Class((EVERYBODY,), EVERYBODY, 0, 0, (), ())
    heads = _heads(course)
    numbers = dict(course.versions.order_by("number").values_list("pk", "number"))
    documents = documents_of({*(version for version, _language in heads.all), course.current_id})
    document = documents[course.current_id]
    by_version, by_language = _versions(heads, numbers), _languages(heads)
    parts = (EVERYBODY, *by_version, *by_language)
    part = next((each for each in parts if each.key == wanted), EVERYBODY)
    family = by_version if part in by_version else by_language if part in by_language else ()
    holds = _holds(documents, document)
    shown = _shown(heads, document, [EVERYBODY, *family], holds, numbers)
    times = _times(course, document)
    questions = _questions(course, document) if part == EVERYBODY else {}
    steps = []
    for lesson in document.lessons:
        people, done = _of(heads, lesson.uuid, part, holds, numbers)
        visible = lesson.uuid in shown
        steps.append(
            Step(
                lesson,
                people if visible else None,
                done if visible else None,
                times.get(lesson.uuid),
                questions.get(lesson.uuid),
                lesson.uuid in questions,
            )
        )
    people, completed = _sums(heads, part, numbers)
    return Class(
        parts,
        part,
        people if told(people) else None,
        completed if COMPLETED in shown else None,
        tuple(steps),
        _hardest(course, document),
    )


def _heads(course: Course) -> _Heads:
    mine = Enrolment.objects.filter(course=course).latest_cycle()
    all_of_them: Counter[tuple[int, str]] = Counter()
    completed: Counter[tuple[int, str]] = Counter()
    rows = mine.values_list("version_id", "person__language").annotate(
        Count("pk", distinct=True),
        Count("completions__enrolment", distinct=True),
    )
    for version, language, people, done in rows:
        all_of_them[version, language] = people
        completed[version, language] = done
    counts = Q(enrolment__counts_from=None) | Q(occurred_at__gte=F("enrolment__counts_from"))
    evidence = (
        Evidence.objects.filter(counts, enrolment__in=mine)
        .values_list("enrolment__version_id", "enrolment__person__language", "item")
        .annotate(Count("enrolment", distinct=True))
    )
    done_by: defaultdict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    for version, language, item, people in evidence:
        done_by[item][version, language] = people
    return _Heads(all_of_them, completed, done_by)


def _versions(heads: _Heads, numbers: Mapping[int, int]) -> tuple[Part, ...]:
    """Versions by number; those with too few people are joined with the one before."""
    counts: Counter[int] = Counter()
    for (version, _language), people in heads.all.items():
        counts[numbers[version]] += people
    return tuple(
        Part(f"v{'-'.join(map(str, group))}", versions=tuple(group)) for group in joined(counts)
    )


def joined(counts: Mapping[int, int]) -> list[list[int]]:
    """Neighbours joined until each group has eleven people. One group alone parts nothing."""
    groups: list[list[int]] = []
    size = FEWEST
    for number in sorted(counts):
        if size < FEWEST:
            groups[-1].append(number)
            size += counts[number]
        else:
            groups.append([number])
            size = counts[number]
    if size < FEWEST and len(groups) > 1:
        last = groups.pop()
        groups[-1] += last
    return groups if len(groups) > 1 else []


def _languages(heads: _Heads) -> tuple[Part, ...]:
    """By the language that people chose for themselves; all have eleven people, or no part is."""
    counts: Counter[str] = Counter()
    for (_version, language), people in heads.all.items():
        counts[language] += people
    if len(counts) < 2 or min(counts.values()) < FEWEST:
        return ()
    return tuple(Part(language, language=language) for language in sorted(counts))


def _holds(documents: Mapping[int, Document], current: Document) -> dict[str, set[int]]:
    """The versions that have each lesson of the present one."""
    return {
        lesson.uuid: {pk for pk, document in documents.items() if document.item(lesson.uuid)}
        for lesson in current.lessons
    }


def _within(key: tuple[int, str], part: Part, numbers: Mapping[int, int]) -> bool:
    version, language = key
    in_version = not part.versions or numbers[version] in part.versions
    return in_version and part.language in {"", language}


def _sums(heads: _Heads, part: Part, numbers: Mapping[int, int]) -> tuple[int, int]:
    people = sum(n for key, n in heads.all.items() if _within(key, part, numbers))
    return people, sum(n for key, n in heads.completed.items() if _within(key, part, numbers))


def _of(
    heads: _Heads,
    item: str,
    part: Part,
    holds: Mapping[str, set[int]],
    numbers: Mapping[int, int],
) -> tuple[int, int]:
    """Of the lesson: who could do it, who did."""

    def counted(rows: Mapping[tuple[int, str], int]) -> int:
        return sum(
            n for key, n in rows.items() if key[0] in holds[item] and _within(key, part, numbers)
        )

    return counted(heads.all), counted(heads.done.get(item, Counter()))


def _tellable(people: int, done: int) -> bool:
    return told(done) and told(people - done)


def _shown(
    heads: _Heads,
    document: Document,
    parts: Sequence[Part],
    holds: Mapping[str, set[int]],
    numbers: Mapping[int, int],
) -> set[str]:
    """The lessons whose numbers may stand on the page: in all of these parts, or in none. Whoever
    completed did the lessons too, so that number is one more row of the walk.
    """
    columns = [
        [_of(heads, lesson.uuid, part, holds, numbers) for part in parts]
        for lesson in document.lessons
    ]
    columns.append([_sums(heads, part, numbers) for part in parts])
    names = [*(lesson.uuid for lesson in document.lessons), COMPLETED]
    return {names[place] for place in walk(columns)}


def walk(columns: Sequence[Sequence[tuple[int, int]]]) -> list[int]:
    """Which lessons may be shown: `columns[lesson][part]` is (people, done).

    Each count by itself, its rest, and its distance from every other that is shown is none or at
    least eleven, in every part.
    """
    kept: list[int] = []
    shown: set[tuple[tuple[int, int], ...]] = set()
    for place, column in enumerate(columns):
        if all(told(people) and _tellable(people, done) for people, done in column) and all(
            _apart(column, other) for other in shown
        ):
            kept.append(place)
            shown.add(tuple(column))
    return kept


def _apart(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> bool:
    return all(
        told(abs(people - others)) and told(abs(done - others_done))
        for (people, done), (others, others_done) in zip(one, other, strict=True)
    )


def _times(course: Course, document: Document) -> dict[str, int]:
    """Of everybody: parts share them, so that no difference between parts tells more."""
    quizzes = {lesson.uuid for lesson in document.lessons if lesson.kind == "quiz"}
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    tries = Attempt.objects.filter(
        enrolment__course=course, item__in=quizzes, number=1, submitted_at__isnull=False
    )
    moments = tries.order_by("-pk").values_list("item", "started_at", "submitted_at")
    for item, started, sent in moments[:MOST_STEPS]:
        if sent is not None and sent - started <= AWAY:
            seconds[item].append((sent - started).total_seconds())
    steps = Evidence.objects.filter(enrolment__course=course).exclude(source="carried")
    walks = defaultdict(list)
    rows = steps.order_by("-pk").values_list("enrolment", "item", "occurred_at")[:MOST_STEPS]
    for enrolment, item, moment in rows:
        walks[enrolment].append((moment, item))
    for way in walks.values():
        way.sort()
        for (before, _item), (moment, item) in pairwise(way):
            if item not in quizzes and timedelta() < moment - before <= AWAY:
                seconds[item].append((moment - before).total_seconds())
    return {
        item: max(1, round(median(found) / 60))
        for item, found in seconds.items()
        if len(found) >= FEWEST
    }


def _questions(course: Course, document: Document) -> dict[str, int | None]:
    """What was said under discussions and asked in sessions, by lesson; small numbers are hidden.

    Lessons where nobody can ask have no entry.
    """
    lesson_of = {
        block.uuid: lesson.uuid
        for lesson in document.lessons
        for block in lesson.blocks
        if block.kind == "discussion"
    }
    counts: Counter[str] = Counter(
        {lesson.uuid: 0 for lesson in document.lessons if lesson.kind == "live"}
    )
    counts.update(dict.fromkeys(lesson_of.values(), 0))
    said = Post.objects.within(course).shown().filter(block__in=lesson_of)
    for block, number in said.order_by().values_list("block").annotate(Count("pk")):
        counts[lesson_of[block]] += number
    for counter in _asked:
        counts.update(counter(course))
    return {item: number if told(number) else None for item, number in counts.items()}


def _hardest(course: Course, document: Document) -> tuple[Hard, ...]:
    quizzes = [lesson for lesson in document.lessons if lesson.kind == "quiz"]
    found = analyse_all(course, quizzes)
    hard = [
        (item.difficulty, lesson.number, item.number, Hard(lesson, item))
        for lesson in quizzes
        for item in found[lesson.uuid]
        if item.difficulty is not None
    ]
    hard.sort(key=lambda each: each[:3])
    return tuple(each[3] for each in hard[:HARDEST])
