"""Quizzes and evaluations. The only writer of Attempt and Answer.

A paper is frozen when an attempt starts. Each answer is saved by itself until the attempt is
submitted, once. What passed or was sent becomes evidence in the transaction of the submit, or of
the review when somebody has to read an essay first (`courses.reviewing`).
Locks are always taken in this order: enrolment, attempt.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import clock_rules
from courses.document import Lesson, Question
from courses.models import Answer, Attempt, AttemptReview, Enrolment, ExtraTime, KeyCorrection
from courses.models.course import document_of
from courses.progress import pass_percent
from courses.questions import KINDS, Unreadable
from lms.ticks import on_tick

CENT = Decimal("0.01")
MOST_AT_ONCE = 500  # tries that one tick sends whose time is over


@transaction.atomic
def start(
    enrolment: Enrolment,
    lesson: Lesson,
    *,
    number: int | None = None,
    now: datetime | None = None,
) -> Attempt:
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
    if any(attempt.awaits_review_since for attempt in before):
        raise ValidationError(
            _("A trainer is still reading your last try. You will see the result here."),
            code="waiting",
        )
    limit = tries(lesson)
    if limit and len(before) >= limit:
        raise ValidationError(
            ngettext(
                "You have used your one try.", "You have used all of your %(limit)s tries.", limit
            )
            % {"limit": limit},
            code="limit",
        )
    now, time = now or timezone.now(), own_time(enrolment, lesson)
    return Attempt.objects.create(
        enrolment=enrolment,
        version_id=enrolment.version_id,
        item=lesson.uuid,
        number=len(before) + 1,
        paper=_paper(lesson),
        started_at=now,
        closes_at=now + time if time else None,
    )


def tries(lesson: Lesson) -> int:
    """How many attempts a quiz allows; 0 is no limit."""
    return int(lesson.settings.get("attempts") or 0)


def minutes_allowed(lesson: Lesson) -> int:
    """How long one try may take; 0 is no limit."""
    return int(lesson.settings.get("time_limit") or 0) if lesson.kind == "quiz" else 0


def own_time(enrolment: Enrolment, lesson: Lesson) -> timedelta | None:
    """How long this person's try may take, with their extra time. None: as long as they like."""
    if not (limit := minutes_allowed(lesson)):
        return None
    mine = ExtraTime.objects.filter(course=enrolment.course_id, person=enrolment.person_id)
    extra = mine.values_list("percent", "minutes").last() or (0, 0)
    return clock_rules.time_for(limit, *extra)


def extend(attempt: Attempt, closes_at: datetime) -> bool:
    """Move the end of a running try, never to an earlier moment. True: it moved. By `clock`, which
    holds the enrolment's lock."""
    mine = Attempt.objects.open().filter(pk=attempt.pk, closes_at__lt=closes_at)
    return bool(mine.update(closes_at=closes_at))


def _paper(lesson: Lesson) -> list[dict[str, Any]]:
    mix = bool(lesson.settings.get("shuffle"))
    return [
        {
            "question": question.uuid,
            "options": KINDS[question.kind].order(question.body, mix=mix),
        }
        for question in drawn(lesson)
    ]


def drawn(lesson: Lesson) -> list[Question]:
    """The questions of one attempt: those of the lesson, then a random draw from each pool.

    No question is drawn twice, though two pools may hold it.
    """
    chance = random.SystemRandom()
    questions = list(lesson.questions)
    for pool in lesson.pools:
        taken = {question.uuid for question in questions}
        free = [question for question in pool.questions if question.uuid not in taken]
        questions += chance.sample(free, min(pool.count, len(free)))
    if lesson.settings.get("shuffle_questions"):
        chance.shuffle(questions)
    return questions


def lesson_of(attempt: Attempt) -> Lesson:
    """The lesson as it stood when the attempt was started."""
    lesson = document_of(attempt.version_id).item(attempt.item)
    if lesson is None:
        raise ValueError(f"{attempt!r} is not at a lesson of its version")
    return lesson


def questions_of(attempt: Attempt) -> dict[str, Question]:
    """What the attempt asks, in its order, from the version it was started on."""
    known = {question.uuid: question for question in lesson_of(attempt).may_ask}
    return {entry["question"]: known[entry["question"]] for entry in attempt.paper}


@transaction.atomic
def save(
    attempt: Attempt, sent: Mapping[str, Sequence[str]], *, now: datetime | None = None
) -> dict[str, str]:
    """Keep these answers, as sent by the form, by question; an empty one takes the answer back.

    Returns the sentence for each answer that could not be read: those are not kept, the others
    are. Raises ValidationError once the attempt is submitted or its time is over: what was saved
    before stays. The lock keeps an answer from slipping in behind the marking; the clock is read
    under it, so that waiting for it gains nobody time.
    """
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if locked.submitted_at is not None:
        raise ValidationError(_("These answers were already sent."), code="submitted")
    if clock_rules.over(locked.closes_at, now or timezone.now()):
        raise ValidationError(_("Your time for this try is over."), code="late")
    questions = questions_of(locked)
    orders = {entry["question"]: entry["options"] for entry in locked.paper}
    unreadable: dict[str, str] = {}
    for uuid, strings in sent.items():
        question = questions[uuid]
        try:
            value = KINDS[question.kind].read(question.body, strings, orders[uuid])
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


def remarks_on(attempt: Attempt) -> dict[str, str]:
    """What the trainer wrote who read this attempt, by question; `review` comes with the row."""
    review: AttemptReview | None = getattr(attempt, "review", None)
    given = review.marks if review else {}
    return {uuid: mark["comment"] for uuid, mark in given.items() if mark["comment"]}


def unanswered(attempt: Attempt, *, required_only: bool = False) -> list[str]:
    """The questions without a saved answer, in the order of the paper."""
    answered = set(Answer.objects.filter(attempt=attempt).values_list("question", flat=True))
    return [
        uuid
        for uuid, question in questions_of(attempt).items()
        if uuid not in answered and (question.body.get("required") or not required_only)
    ]


@transaction.atomic
def submit(attempt: Attempt, *, now: datetime | None = None) -> Attempt:
    """Send and mark the attempt, once: whoever comes second gets the same result.

    An evaluation without its required answers is refused with ValidationError, by question.
    When its time is over already, it was sent at that moment, by the clock.
    """
    enrolment = Enrolment.objects.select_for_update().get(pk=attempt.enrolment_id)
    now = now or timezone.now()
    attempt.refresh_from_db(fields=["closes_at"])  # under the lock: extra time may have moved it
    late = attempt.closes_at is not None and clock_rules.over(attempt.closes_at, now)
    if late and attempt.closes_at is not None:
        now = attempt.closes_at
    open_still = Attempt.objects.filter(pk=attempt.pk).open()
    mine = open_still.update(submitted_at=now, closed_by_clock=late)
    attempt.refresh_from_db()
    if not mine:
        return attempt
    lesson = lesson_of(attempt)
    if lesson.kind == "evaluation":
        if missing := unanswered(attempt, required_only=True):
            raise ValidationError({uuid: _("Please answer this question.") for uuid in missing})
        enrolment.record("evaluated", attempt.item, source="learner", reference=str(attempt.uuid))
        return attempt
    if essays_of(attempt):
        attempt.awaits_review_since = now
        attempt.save(update_fields=["awaits_review_since"])
        return attempt
    settle(attempt, enrolment, {})
    return attempt


@on_tick
def send_what_is_over(now: datetime) -> str:
    """Send every try whose time is over, with what was saved. One that extra time moved meanwhile
    stays open."""
    overdue = Attempt.objects.open().filter(closes_at__lte=now - clock_rules.GRACE)
    sent = sum(_send_over(attempt, now) for attempt in overdue.order_by("pk")[:MOST_AT_ONCE])
    return f"{sent} tries sent whose time was over"


@transaction.atomic
def _send_over(attempt: Attempt, now: datetime) -> int:
    Enrolment.objects.select_for_update().get(pk=attempt.enrolment_id)
    still = Attempt.objects.open().filter(pk=attempt.pk, closes_at__lte=now - clock_rules.GRACE)
    if not still.exists():
        return 0
    submit(attempt, now=now)
    return 1


def essays_of(attempt: Attempt) -> dict[str, Question]:
    """The questions of this attempt that were answered and that a person has to read."""
    answered = set(Answer.objects.filter(attempt=attempt).values_list("question", flat=True))
    return {
        uuid: question
        for uuid, question in questions_of(attempt).items()
        if KINDS[question.kind].by_hand and uuid in answered
    }


def settle(attempt: Attempt, enrolment: Enrolment, by_hand: Mapping[str, Decimal]) -> None:
    """Mark it, and record the pass. Inside the transaction that holds the enrolment's row.

    `by_hand` are the points that a person gave, by question. Whoever passes did it at the moment
    of sending, however long somebody took to read it.
    """
    _mark(attempt, lesson_of(attempt), by_hand)
    if attempt.passed:
        enrolment.record(
            "passed",
            attempt.item,
            source="quiz",
            reference=str(attempt.uuid),
            occurred_at=attempt.submitted_at,
            value={"percent": attempt.percent, "attempt": attempt.number},
        )


def _mark(attempt: Attempt, lesson: Lesson, by_hand: Mapping[str, Decimal]) -> None:
    """Exact shares, rounded down only where they are shown: 79.99 % is not 80 %."""
    answers, keys = answers_of(attempt), key_of(attempt)
    for uuid, points in _points(keys, answers, by_hand).items():
        answers[uuid].points = cents(points)
    total, possible = worth(keys, answers, by_hand)
    Answer.objects.bulk_update(answers.values(), ["points"])
    # A quiz that only asks for opinions is passed by sending it.
    share = Fraction(total, possible) if possible else Fraction(1)
    attempt.points, attempt.points_possible = cents(total), possible
    attempt.percent = int(share * 100)
    attempt.passed = attempt.percent >= pass_percent(lesson)
    attempt.awaits_review_since = None
    attempt.save(
        update_fields=["points", "points_possible", "percent", "passed", "awaits_review_since"]
    )


def worth(
    keys: Mapping[str, Question],
    answers: Mapping[str, Answer],
    by_hand: Mapping[str, Decimal] | None = None,
) -> tuple[Fraction, int]:
    """Points reached and possible. What a person gave stays, unless given anew in `by_hand`."""
    asked = [question for question in keys.values() if KINDS[question.kind].marked(question.body)]
    reached = _points(keys, answers, by_hand)
    return sum(reached.values(), Fraction(0)), sum(question.points for question in asked)


def _points(
    keys: Mapping[str, Question],
    answers: Mapping[str, Answer],
    by_hand: Mapping[str, Decimal] | None,
) -> dict[str, Fraction]:
    """Of each answer that is marked."""
    found = {}
    for uuid, question in keys.items():
        kind, answer = KINDS[question.kind], answers.get(uuid)
        if answer is None or not kind.marked(question.body):
            continue
        if kind.by_hand:
            given = answer.points if by_hand is None else by_hand.get(uuid, Decimal(0))
            found[uuid] = Fraction(given or 0)
        else:
            found[uuid] = kind.mark(question.body, answer.value) * question.points
    return found


def corrections_of(attempt: Attempt) -> QuerySet[KeyCorrection]:
    """Of every question of its quiz, the oldest first."""
    return KeyCorrection.objects.filter(
        up_to__course__enrolments=attempt.enrolment_id, item=attempt.item
    ).order_by("pk")


def key_of(attempt: Attempt, made: Sequence[KeyCorrection] | None = None) -> dict[str, Question]:
    """What the attempt asks, with the keys that trainers have put right since. For marking it is
    called under the enrolment's lock: a correction is seen here, or finds this attempt marked."""
    if made is None:
        made = list(corrections_of(attempt))
    last = {row.question: row for row in made}
    return {
        uuid: corrected(question, last.get(uuid), attempt)
        for uuid, question in questions_of(attempt).items()
    }


def corrected(question: Question, made: KeyCorrection | None, attempt: Attempt) -> Question:
    """The question as it counts. A correction holds for versions up to its own, and for a question
    that was asked in the same words."""
    if made is None or attempt.version_id > made.up_to_id:
        return question
    new = Question(made.question, made.kind, made.points, made.body)
    return new if same_words(question, new) else question


def same_words(one: Question, other: Question) -> bool:
    """Learners would see the same: only the key, the points or the feedback differ."""
    if one.kind != other.kind:
        return False
    shown = KINDS[one.kind].shown
    return shown(one.body) == shown(other.body)


def cents(points: Fraction) -> Decimal:
    exact = Decimal(points.numerator) / Decimal(points.denominator)
    return exact.quantize(CENT, rounding=ROUND_DOWN)
