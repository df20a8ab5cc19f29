"""What keeps no course from being published, yet a trainer will want to know. Plain values."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from courses import blocks
from courses.document import Document, Lesson
from courses.publishing import Problem
from courses.studio.bilingual import LANGUAGE_NAMES
from lms.text import said


def advice(document: Document) -> list[Problem]:
    """Empty blocks, and words that a language of the course does not have yet."""
    found: list[Problem] = []
    for lesson in document.lessons:
        name = said(lesson.title) or lesson.slug
        for number, block in enumerate(lesson.blocks, 1):
            if not blocks.filled(block):
                sentence = _("«%(lesson)s» has an empty block.") % {"lesson": name}
                found.append(Problem(sentence, lesson=lesson.uuid))
                continue
            found += [
                Problem(
                    _("«%(lesson)s», block %(number)s: %(barrier)s.")
                    % {"lesson": name, "number": number, "barrier": barrier},
                    lesson=lesson.uuid,
                )
                for barrier in blocks.barriers(block)
            ]
        missing = [code for code in document.languages if _lacks(lesson, code)]
        found += [
            Problem(
                _("«%(lesson)s» is not all in %(language)s yet. Learners see the other language.")
                % {"lesson": name, "language": LANGUAGE_NAMES.get(code, code)},
                lesson=lesson.uuid,
            )
            for code in missing
        ]
    return found


def _lacks(lesson: Lesson, language: str) -> bool:
    return any(words and not words.get(language) for words in _words(lesson))


def _words(lesson: Lesson) -> Iterable[Mapping[str, str]]:
    yield lesson.title
    for block in lesson.blocks:
        yield from (text.words for text in blocks.texts(block))
    for question in lesson.questions:
        yield question.body.get("prompt") or {}
        yield question.body.get("explanation") or {}
        for option in question.body.get("options", []):
            yield option["text"]
            yield option.get("feedback") or {}
