"""Which blocks of a course are hard to read, in each of its languages. Plain values."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from courses import blocks
from courses.document import Document
from courses.plain_language import AIM_GRADE, AIM_INFLESZ, Ease, ease_of
from courses.studio.bilingual import LANGUAGE_NAMES
from lms.text import said


@dataclass(frozen=True)
class Hard:
    """One block in one language that is harder than the aim."""

    lesson: str
    title: str
    number: int
    ease: Ease

    @property
    def sentence(self) -> str:
        told = {"lesson": self.title, "number": self.number, "score": self.ease.shown}
        if self.ease.language == "en":
            told["aim"] = AIM_GRADE
            return (
                _(
                    "«%(lesson)s», block %(number)s: the English reads at grade %(score)s. "
                    "Aim for grade %(aim)s."
                )
                % told
            )
        told["aim"] = AIM_INFLESZ
        return (
            _(
                "«%(lesson)s», block %(number)s: the Spanish scores %(score)s on INFLESZ. "
                "Aim for %(aim)s or more."
            )
            % told
        )


@dataclass(frozen=True)
class Levels:
    hard: tuple[Hard, ...]
    counts: tuple[tuple[str, int, int], ...]  # language, plain ones, all that can be judged


def levels(document: Document) -> Levels:
    """The hardest first. Blocks with few words are not judged."""
    hard: list[tuple[float, Hard]] = []
    judged = {language: [0, 0] for language in document.languages}
    for lesson in document.lessons:
        for number, block in enumerate(lesson.blocks, 1):
            for language in document.languages:
                html = "\n".join(
                    f"<p>{text.words.get(language, '')}</p>"
                    for text in blocks.texts(block)
                    if text.place != ("title",)
                )
                ease = ease_of(html, language)
                if ease is None:
                    continue
                judged[language][0] += ease.plain
                judged[language][1] += 1
                if not ease.plain:
                    beyond = ease.score - AIM_GRADE if language == "en" else _beyond(ease)
                    title = said(lesson.title) or lesson.slug
                    hard.append((beyond, Hard(lesson.uuid, title, number, ease)))
    hard.sort(key=lambda one: -one[0])
    return Levels(
        tuple(one for _beyond_aim, one in hard),
        tuple(
            (str(LANGUAGE_NAMES.get(language, language)), plain, all_of_them)
            for language, (plain, all_of_them) in judged.items()
            if all_of_them
        ),
    )


def _beyond(ease: Ease) -> float:
    """INFLESZ points below the aim, on the scale of school grades: some five points a grade."""
    return (AIM_INFLESZ - ease.score) / 5
