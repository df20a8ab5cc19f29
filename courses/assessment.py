"""Quizzes and evaluations. The only writer of Attempt and Answer.

A paper is frozen when an attempt starts. Each answer is saved by itself until the attempt is
submitted, once. What passed or was sent becomes evidence in the transaction of the submit.
Locks are always taken in this order: enrolment, attempt.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.document import Lesson, Question
from courses.models import Answer, Attempt, Enrolment
from courses.models.course import document_of
from courses.progress import pass_percent
from courses.questions import KINDS, Unreadable

CENT = Decimal("0.01")


@transaction.atomic
def start(enrolment: Enrolment, lesson: Lesson, *, number: int | None = None) -> Attempt:
    """The open attempt at this quiz or evaluation, begun now if there is none.

    `number` is the attempt the learner asked for: one that exists is returned as it is, so that
    the same request twice never begins two. An evaluation has one attempt and no more.
    Raises ValidationError when no try is left. The enrolment is locked to count tries one by one.
    """
    if lesson.kind not in {"quiz", "evaluation"}:
        raise ValueError(f"lesson {lesson.uuid} asks no questions")
    Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    before = list(Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid))
    for attempt in before:
        once = lesson.kind == "evaluation"
        if attempt.submitted_at is None or attempt.number == number or once:
            return attempt
    limit = tries(lesson)
    if limit and len(before) >= limit:
        raise ValidationError(
            ngettext(
                "You have used your one try.", "You have used all of your %(limit)s tries.", limit
            )
            % {"limit": limit},
            code="limit",
        )
    return Attempt.objects.create(
        enrolment=enrolment,
        version_id=enrolment.version_id,
        item=lesson.uuid,
        number=len(before) + 1,
        paper=_paper(lesson),
    )


def tries(lesson: Lesson) -> int:
    """How many attempts a quiz allows; 0 is no limit."""
    return int(lesson.settings.get("attempts") or 0)


def _paper(lesson: Lesson) -> list[dict[str, Any]]:
    shuffle = bool(lesson.settings.get("shuffle"))
    paper = []
    for question in lesson.questions:
        options = KINDS[question.kind].option_ids(question.body)
        if shuffle:
            random.SystemRandom().shuffle(options)
        paper.append({"question": question.uuid, "options": options})
    return paper


def lesson_of(attempt: Attempt) -> Lesson:
    """The lesson as it stood when the attempt was started."""
    lesson = document_of(attempt.version_id).item(attempt.item)
    if lesson is None:
        raise ValueError(f"{attempt!r} is not at a lesson of its version")
    return lesson


def questions_of(attempt: Attempt) -> dict[str, Question]:
    """What the attempt asks, in its order, from the version it was started on."""
    known = {question.uuid: question for question in lesson_of(attempt).questions}
    return {entry["question"]: known[entry["question"]] for entry in attempt.paper}


@transaction.atomic
def save(attempt: Attempt, sent: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Keep these answers, as sent by the form, by question; an empty one takes the answer back.

    Returns the sentence for each answer that could not be read: those are not kept, the others
    are. Raises ValidationError once the attempt is submitted. The lock keeps an answer from
    slipping in behind the marking.
    """
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if locked.submitted_at is not None:
        raise ValidationError(_("These answers were already sent."), code="submitted")
    questions = questions_of(locked)
    unreadable: dict[str, str] = {}
    for uuid, strings in sent.items():
        question = questions[uuid]
        try:
            value = KINDS[question.kind].read(question.body, strings)
        except Unreadable as error:
            unreadable[uuid] = str(error)
            continue
        if value is None:
            Answer.objects.filter(attempt=locked, question=uuid).delete()
        else:
            Answer.objects.update_or_create(
                attempt=locked,
                question=uuid,
                defaults={"value": value, "saved_at": timezone.now()},
            )
    return unreadable


def answers_of(attempt: Attempt) -> dict[str, Answer]:
    return {answer.question: answer for answer in attempt.answers.all()}


def unanswered(attempt: Attempt, *, required_only: bool = False) -> list[str]:
    """The questions without a saved answer, in the order of the paper."""
    answered = set(Answer.objects.filter(attempt=attempt).values_list("question", flat=True))
    return [
        uuid
        for uuid, question in questions_of(attempt).items()
        if uuid not in answered and (question.body.get("required") or not required_only)
    ]


@transaction.atomic
def submit(attempt: Attempt) -> Attempt:
    """Send and mark the attempt, once: whoever comes second gets the same result.

    An evaluation without its required answers is refused with ValidationError, by question.
    """
    enrolment = Enrolment.objects.select_for_update().get(pk=attempt.enrolment_id)
    now = timezone.now()
    mine = Attempt.objects.filter(pk=attempt.pk).open().update(submitted_at=now)
    attempt.refresh_from_db()
    if not mine:
        return attempt
    lesson = lesson_of(attempt)
    if lesson.kind == "evaluation":
        if missing := unanswered(attempt, required_only=True):
            raise ValidationError({uuid: _("Please answer this question.") for uuid in missing})
        enrolment.record("evaluated", attempt.item, source="learner", reference=str(attempt.uuid))
        return attempt
    _mark(attempt, lesson)
    if attempt.passed:
        enrolment.record(
            "passed",
            attempt.item,
            source="quiz",
            reference=str(attempt.uuid),
            occurred_at=now,
            value={"percent": attempt.percent, "attempt": attempt.number},
        )
    return attempt


def _mark(attempt: Attempt, lesson: Lesson) -> None:
    """Exact shares, rounded down only where they are shown: 79.99 % is not 80 %."""
    answers = answers_of(attempt)
    total, possible = Fraction(0), 0
    for uuid, question in questions_of(attempt).items():
        kind = KINDS[question.kind]
        if not kind.marked:
            continue
        possible += question.points
        if answer := answers.get(uuid):
            points = kind.mark(question.body, answer.value) * question.points
            total += points
            answer.points = _cents(points)
    Answer.objects.bulk_update(answers.values(), ["points"])
    # A quiz that only asks for opinions is passed by sending it.
    share = Fraction(total, possible) if possible else Fraction(1)
    attempt.points, attempt.points_possible = _cents(total), possible
    attempt.percent = int(share * 100)
    attempt.passed = attempt.percent >= pass_percent(lesson)
    attempt.save(update_fields=["points", "points_possible", "percent", "passed"])


def _cents(points: Fraction) -> Decimal:
    exact = Decimal(points.numerator) / Decimal(points.denominator)
    return exact.quantize(CENT, rounding=ROUND_DOWN)
