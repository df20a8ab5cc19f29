"""A paper as its learner sees it: while it is open from the allow-list alone, after it in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.assessment import answers_of, drawn, key_of, questions_of, remarks_on
from courses.document import Lesson, Question
from courses.models import Answer, Attempt, KeyCorrection
from courses.questions import KINDS, Line
from courses.questions.base import here
from lms.text import Localised

FIELD = "q-"  # a question's field in the form is this and its uuid


@dataclass(frozen=True)
class Choice:
    id: str
    text: Localised
    chosen: bool
    right: bool | None = None  # None: not told
    feedback: Localised | None = None


@dataclass(frozen=True)
class Row:
    """One of several fields of a question, and the words in front of it."""

    text: Localised
    value: str


@dataclass(frozen=True)
class Asked:
    """One question before the review. Its words come from `Kind.shown`, an allow-list."""

    number: int
    uuid: str
    kind: str
    shown: Mapping[str, Any]
    choices: tuple[Choice, ...]
    rows: tuple[Row, ...]
    matches: tuple[Localised, ...]  # what a row may be matched with, in the order of the paper
    tail: Localised  # the words after the last gap
    text: str  # what stands in a field to write in
    error: str

    @property
    def field(self) -> str:
        return FIELD + self.uuid

    @property
    def required(self) -> bool:
        return bool(self.shown.get("required"))

    @property
    def control(self) -> str:
        return KINDS[self.kind].control

    @property
    def template(self) -> str:
        return template_of(self.control)

    @property
    def written(self) -> bool:
        """Typed rather than chosen."""
        return self.control in {"number", "text", "essay", "gaps"}


@dataclass(frozen=True)
class Reviewed:
    """One question after the attempt was submitted: everything about it may be told now."""

    number: int
    uuid: str
    kind: str
    prompt: Localised
    prompt_html: Localised
    choices: tuple[Choice, ...]
    lines: tuple[Line, ...]
    verdict: str  # right, partly, wrong, none (not answered), asked (not marked), waiting
    comments: tuple[Localised, ...]
    remark: str  # what the trainer wrote who read it
    points: str  # of an answer that a trainer read
    possible: int
    explanation: Localised
    source: str


def template_of(control: str) -> str:
    """The piece of a page that takes an answer. The site does not start when one is missing."""
    return f"courses/questions/{control}.html"


def blank(lesson: Lesson) -> list[Asked]:
    """The questions of a lesson nobody has begun."""
    return [
        _asked(number, question, KINDS[question.kind].order(question.body, mix=False), [], "")
        for number, question in enumerate(drawn(lesson), 1)
    ]


def asked(
    attempt: Attempt,
    *,
    typed: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Asked]:
    """The open paper with the saved answers, and what was typed where that could not be saved."""
    typed, errors = typed or {}, errors or {}
    answers, options = answers_of(attempt), {e["question"]: e["options"] for e in attempt.paper}
    page = []
    for number, (uuid, question) in enumerate(questions_of(attempt).items(), 1):
        kind, order = KINDS[question.kind], options[uuid]
        value = answers[uuid].value if uuid in answers else None
        strings = kind.strings(question.body, value, order)
        if uuid in errors and uuid in typed:
            strings = list(typed[uuid])
        page.append(_asked(number, question, order, strings, errors.get(uuid, "")))
    return page


def _asked(
    number: int, question: Question, order: Sequence[str], strings: Sequence[str], error: str
) -> Asked:
    shown = KINDS[question.kind].shown(question.body)
    texts = _texts(question.kind, shown, order)
    rows, tail = _rows(question.kind, shown, order, strings)
    matching = question.kind == "matching"
    return Asked(
        number=number,
        uuid=question.uuid,
        kind=question.kind,
        shown=shown,
        choices=tuple(Choice(id, text, id in strings) for id, text in texts.items()),
        rows=tuple(rows),
        matches=tuple(shown["parts"][part] for part in order) if matching else (),
        tail=tail,
        text=strings[0] if strings else "",
        error=error,
    )


def _texts(kind: str, shown: Mapping[str, Any], order: Sequence[str]) -> dict[str, Localised]:
    """The choices of a question by id, in the order of the paper."""
    match kind:
        case "true_false":
            return {"true": here(_("True")), "false": here(_("False"))}
        case "scale":
            return {str(n): here(str(n)) for n in range(1, shown["steps"] + 1)}
        case "single" | "multiple":
            options = {option["id"]: option["text"] for option in shown["options"]}
            return {id: options[id] for id in order}
        case _other:
            return {}


def _rows(
    kind: str, shown: Mapping[str, Any], order: Sequence[str], strings: Sequence[str]
) -> tuple[list[Row], Localised]:
    """The fields of a question that has several, each with what stands in it."""
    texts: list[Localised] = []
    tail: Localised = {}
    match kind:
        case "ordering":
            texts = [shown["parts"][part] for part in order]
        case "matching":
            texts = list(shown["lines"])
        case "fill_in":
            wanted = (get_language() or "en")[:2]
            language = wanted if wanted in shown["pieces"] else "en"
            *before, last = shown["pieces"][language]
            texts, tail = [{language: words} for words in before], {language: last}
    given = [*strings, *[""] * (len(texts) - len(strings))]
    return [Row(text, value) for text, value in zip(texts, given, strict=False)], tail


def reviewed(
    attempt: Attempt, corrections: Sequence[KeyCorrection] | None = None
) -> list[Reviewed]:
    """The whole paper with right answers and reasons. Refused while the attempt is open."""
    if attempt.submitted_at is None:
        raise ValueError("an open attempt is not reviewed")
    answers, options = answers_of(attempt), {e["question"]: e["options"] for e in attempt.paper}
    remarks = remarks_on(attempt)
    return [
        _reviewed(number, question, options[uuid], answers.get(uuid), remarks.get(uuid, ""))
        for number, (uuid, question) in enumerate(key_of(attempt, corrections).items(), 1)
    ]


def _reviewed(
    number: int, question: Question, order: Sequence[str], answer: Answer | None, remark: str
) -> Reviewed:
    body, kind = question.body, KINDS[question.kind]
    value = answer.value if answer else None
    strings = kind.strings(body, value, order)
    rights = _rights(question)
    feedback = {option["id"]: option.get("feedback") for option in body.get("options", [])}
    texts, told = _texts(question.kind, kind.shown(body), order), kind.marked(body)
    lines = () if texts and kind.name != "scale" else tuple(kind.lines(body, value))
    return Reviewed(
        number=number,
        uuid=question.uuid,
        kind=question.kind,
        prompt=body["prompt"],
        prompt_html=body.get("prompt_html") or {},
        choices=()
        if lines
        else tuple(
            Choice(id, text, id in strings, id in rights if told else None, feedback.get(id))
            for id, text in texts.items()
        ),
        lines=lines,
        verdict=_verdict(question, answer),
        comments=tuple(kind.comments(body, value)),
        remark=remark,
        points=_short(answer.points)
        if kind.by_hand and answer and answer.points is not None
        else "",
        possible=question.points,
        explanation=body.get("explanation") or {},
        source=_address(str(body.get("source") or "")),
    )


def _short(points: Decimal) -> str:
    """«1.5», «2»."""
    return f"{points.normalize():f}"


def _address(source: str) -> str:
    """Authors write it, learners press it: nothing but a page of the web."""
    return source if source.startswith(("https://", "http://")) else ""


def _rights(question: Question) -> set[str]:
    if question.kind == "true_false":
        return {"true" if question.body["answer"] else "false"}
    return {option["id"] for option in question.body.get("options", []) if option.get("right")}


def _verdict(question: Question, answer: Answer | None) -> str:
    kind = KINDS[question.kind]
    if not kind.marked(question.body):
        return "asked"
    if answer is None:
        return "none"
    if kind.by_hand:
        if answer.points is None:
            return "waiting"
        mark = Fraction(answer.points) / question.points
    else:
        mark = kind.mark(question.body, answer.value)
    return "right" if mark == 1 else "partly" if mark else "wrong"
