"""A paper as its learner sees it: while it is open from the allow-list alone, after it in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.assessment import answers_of, questions_of
from courses.document import Lesson, Question
from courses.models import Attempt
from courses.questions import KINDS
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
class Asked:
    """One question before the review. Its words come from `Kind.shown`, an allow-list."""

    number: int
    uuid: str
    kind: str
    shown: Mapping[str, Any]
    choices: tuple[Choice, ...]
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
        """The control that takes the answer; the template has one piece for each."""
        return _CONTROLS[self.kind]

    @property
    def written(self) -> bool:
        """Typed rather than chosen."""
        return self.control in {"number", "textarea"}


@dataclass(frozen=True)
class Reviewed:
    """One question after the attempt was submitted: everything about it may be told now."""

    number: int
    uuid: str
    kind: str
    prompt: Localised
    choices: tuple[Choice, ...]
    given: str  # the answer to a question without choices
    right: str
    unit: Localised
    verdict: str  # right, partly, wrong, none (not answered), asked (not marked)
    explanation: Localised
    source: str


_CONTROLS = {
    "single": "radio",
    "true_false": "radio",
    "multiple": "checkbox",
    "scale": "scale",
    "numeric": "number",
    "text": "textarea",
}


def blank(lesson: Lesson) -> list[Asked]:
    """The questions of an evaluation nobody has begun."""
    return [
        _asked(number, question, KINDS[question.kind].option_ids(question.body), [], "")
        for number, question in enumerate(lesson.questions, 1)
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
        strings = _strings(answers[uuid].value) if uuid in answers else []
        if uuid in errors and uuid in typed:
            strings = list(typed[uuid])
        page.append(_asked(number, question, options[uuid], strings, errors.get(uuid, "")))
    return page


def _asked(
    number: int, question: Question, order: Sequence[str], strings: Sequence[str], error: str
) -> Asked:
    shown = KINDS[question.kind].shown(question.body)
    texts = _texts(question.kind, shown, order)
    return Asked(
        number=number,
        uuid=question.uuid,
        kind=question.kind,
        shown=shown,
        choices=tuple(Choice(id, text, id in strings) for id, text in texts.items()),
        text=strings[0] if strings else "",
        error=error,
    )


def _texts(kind: str, shown: Mapping[str, Any], order: Sequence[str]) -> dict[str, Localised]:
    """The choices of a question by id, in the order of the paper."""
    match kind:
        case "true_false":
            return {"true": _here(_("True")), "false": _here(_("False"))}
        case "scale":
            return {str(n): _here(str(n)) for n in range(1, shown["steps"] + 1)}
        case "single" | "multiple":
            options = {option["id"]: option["text"] for option in shown["options"]}
            return {id: options[id] for id in order}
        case _other:
            return {}


def _here(text: str) -> Localised:
    """Words of the page itself, which are in its language already."""
    return {(get_language() or "en")[:2]: text}


def reviewed(attempt: Attempt) -> list[Reviewed]:
    """The whole paper with right answers and reasons. Refused while the attempt is open."""
    if attempt.submitted_at is None:
        raise ValueError("an open attempt is not reviewed")
    answers, options = answers_of(attempt), {e["question"]: e["options"] for e in attempt.paper}
    page = []
    for number, (uuid, question) in enumerate(questions_of(attempt).items(), 1):
        value = answers[uuid].value if uuid in answers else None
        page.append(_reviewed(number, question, options[uuid], value))
    return page


def _reviewed(number: int, question: Question, order: Sequence[str], value: Any) -> Reviewed:
    body, kind = question.body, KINDS[question.kind]
    strings = _strings(value) if value is not None else []
    rights = _rights(question)
    feedback = {option["id"]: option.get("feedback") for option in body.get("options", [])}
    texts = _texts(question.kind, kind.shown(body), order)
    return Reviewed(
        number=number,
        uuid=question.uuid,
        kind=question.kind,
        prompt=body["prompt"],
        choices=tuple(
            Choice(id, text, id in strings, id in rights if kind.marked else None, feedback.get(id))
            for id, text in texts.items()
        ),
        given="".join(strings),
        right=str(body["answer"]["value"]) if question.kind == "numeric" else "",
        unit=(body["answer"].get("unit") or {}) if question.kind == "numeric" else {},
        verdict=_verdict(question, value),
        explanation=body.get("explanation") or {},
        source=_address(str(body.get("source") or "")),
    )


def _address(source: str) -> str:
    """Authors write it, learners press it: nothing but a page of the web."""
    return source if source.startswith(("https://", "http://")) else ""


def _rights(question: Question) -> set[str]:
    if question.kind == "true_false":
        return {"true" if question.body["answer"] else "false"}
    return {option["id"] for option in question.body.get("options", []) if option.get("right")}


def _verdict(question: Question, value: Any) -> str:
    kind = KINDS[question.kind]
    if not kind.marked:
        return "asked"
    if value is None:
        return "none"
    mark = kind.mark(question.body, value)
    return "right" if mark == 1 else "partly" if mark else "wrong"


def _strings(value: Any) -> list[str]:
    """A saved answer as a form would send it."""
    match value:
        case bool():
            return ["true" if value else "false"]
        case list():
            return [str(each) for each in value]
        case _other:
            return [str(value)]
