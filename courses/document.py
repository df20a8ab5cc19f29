"""A published version as values: what learners read. No database, no request.

`Document.read(data)` takes the JSON that `publishing.freeze` made. Everything in it is as frozen:
uuids are strings and stay the same from version to version, HTML was cleaned when it was saved,
localised values are `{"en": …, "es": …}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from courses.annotating import Glossary, term_key
from lms.text import Localised

FORMAT = 1

# What each kind of lesson asks of a learner: the kind of evidence that meets its requirement.
NEEDS = {
    "page": "finished",
    "quiz": "passed",
    "live": "attended",
    "evaluation": "evaluated",
}


@dataclass(frozen=True)
class Block:
    uuid: str
    kind: str  # see courses.blocks
    title: Localised
    body: Localised  # cleaned HTML; for a video its address
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    uuid: str
    kind: str  # see courses.questions
    points: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Pool:
    """What a quiz draws `count` questions from, at random for each attempt."""

    bank: str  # its uuid
    tag: str
    count: int
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Lesson:
    uuid: str
    slug: str
    kind: str
    title: Localised
    minutes: int
    required: bool
    settings: Mapping[str, Any]  # quiz: pass_percent, attempts, shuffle; evaluation: intro
    blocks: tuple[Block, ...]
    questions: tuple[Question, ...]
    number: int  # 1, 2, 3 … through the whole course
    module_number: int
    pools: tuple[Pool, ...] = ()

    @property
    def asks(self) -> int:
        """How many questions one attempt asks."""
        return len(self.questions) + sum(pool.count for pool in self.pools)

    @property
    def may_ask(self) -> tuple[Question, ...]:
        """Every question that some attempt may ask."""
        drawn = (question for pool in self.pools for question in pool.questions)
        return tuple({q.uuid: q for q in (*self.questions, *drawn)}.values())

    @property
    def needs(self) -> str:
        return NEEDS[self.kind]


@dataclass(frozen=True)
class Module:
    uuid: str
    title: Localised
    summary: Localised
    lessons: tuple[Lesson, ...]
    number: int

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)


@dataclass(frozen=True)
class Document:
    title: Localised
    summary: Localised
    about: Localised
    outcomes: tuple[Localised, ...]
    format: str  # self-paced or webinar
    hours: Decimal
    languages: tuple[str, ...]
    modules: tuple[Module, ...]
    rule: Mapping[str, Any]
    data: Mapping[str, Any]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Document:
        if data["format"] != FORMAT:
            raise ValueError(f"a course document of format {data['format']} is not known here")
        modules: list[Module] = []
        number = 0
        for place, module in enumerate(data["modules"], 1):
            lessons = []
            for lesson in module["lessons"]:
                number += 1
                lessons.append(_lesson(lesson, number, place))
            modules.append(
                Module(module["uuid"], module["title"], module["summary"], tuple(lessons), place)
            )
        return cls(
            title=data["title"],
            summary=data["summary"],
            about=data["about"],
            outcomes=tuple(data["outcomes"]),
            format=data["delivery"],
            hours=Decimal(data["hours"]),
            languages=tuple(data["languages"]),
            modules=tuple(modules),
            rule=data["rule"],
            data=data,
        )

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @cached_property
    def _by_slug(self) -> dict[str, Lesson]:
        return {lesson.slug: lesson for lesson in self.lessons}

    @cached_property
    def _by_uuid(self) -> dict[str, Lesson]:
        return {lesson.uuid: lesson for lesson in self.lessons}

    @cached_property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @cached_property
    def glossary(self) -> Glossary:
        """What the glossaries of the course explain, by each language's form of the term."""
        found: dict[str, Localised] = {}
        for lesson in self.lessons:
            for block in lesson.blocks:
                if block.kind == "glossary":
                    for item in block.settings.get("items", []):
                        for term in item["title"].values():
                            found.setdefault(term_key(term), item["body"])
        return found

    def lesson(self, slug: str) -> Lesson | None:
        return self._by_slug.get(slug)

    def item(self, uuid: str) -> Lesson | None:
        return self._by_uuid.get(uuid)

    def neighbours(self, lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
        """The lessons before and after this one."""
        before = self.lessons[lesson.number - 2] if lesson.number > 1 else None
        after = self.lessons[lesson.number] if lesson.number < len(self.lessons) else None
        return before, after


def _lesson(data: Mapping[str, Any], number: int, module_number: int) -> Lesson:
    return Lesson(
        uuid=data["uuid"],
        slug=data["slug"],
        kind=data["kind"],
        title=data["title"],
        minutes=data["minutes"],
        required=data["required"],
        settings=data["settings"],
        blocks=tuple(
            Block(b["uuid"], b["kind"], b["title"], b["body"], b["settings"])
            for b in data["blocks"]
        ),
        questions=_questions(data["questions"]),
        number=number,
        module_number=module_number,
        pools=tuple(
            Pool(p["bank"], p["tag"], p["count"], _questions(p["questions"]))
            for p in data.get("pools", [])
        ),
    )


def _questions(data: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    return tuple(Question(q["uuid"], q["kind"], q["points"], q["body"]) for q in data)
