"""A wrong key is put right for those who answered. The only writer of KeyCorrection and Regrade.

The trainer mends the question in the draft, as any other; this holds what the draft says against
what was asked. Tries that were asked the question in the same words are marked anew, each beside
its old score: nobody loses points, nobody un-passes, and who passes by it completes now. A worker
does it, try by try; the same again changes nothing.

Locks are those of `courses.assessment`: enrolment, attempt. A try that is sent at this moment is
marked by the new key, or is found here: open tries are locked and looked at, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import assessment
from courses.document import Question
from courses.models import Answer, Attempt, Course, Enrolment, KeyCorrection, Regrade
from courses.publishing import fingerprint
from courses.questions import KINDS, problems_of
from lms import outbox
from lms.models import PlannedQuerySet
from people.audit import note
from people.models import User

KIND = "courses.regrade"
BATCH = 200


@dataclass(frozen=True)
class Preview:
    """What marking anew would do. Counts of tries, and of people who would newly pass."""

    tries: int  # that were asked the question, in these words
    higher: int
    newly: int
    kept: int  # the new key would give less: they keep what they have
    otherwise: int  # asked in other words: left alone

    @property
    def changes(self) -> bool:
        return bool(self.higher)


@dataclass(frozen=True)
class Anew:
    """What a try is worth since a correction, as its learner reads it."""

    number: int
    percent: int
    passed: bool
    made_at: datetime
    reason: str


def told(attempt: Attempt) -> tuple[list[KeyCorrection], list[Anew]]:
    """The corrections of its quiz, and what they made of this try, the last one last. One query."""
    mine = FilteredRelation("regrades", condition=Q(regrades__attempt=attempt))
    rows = assessment.corrections_of(attempt).annotate(
        mine=mine,
        anew=F("mine__pk"),
        anew_percent=F("mine__percent"),
        anew_passed=F("mine__passed"),
        anew_at=F("mine__made_at"),
    )
    corrections = list(rows)
    found = [
        Anew(row.anew, row.anew_percent, row.anew_passed, row.anew_at, row.reason)
        for row in corrections
        if row.anew
    ]
    return list(corrections), sorted(found, key=lambda each: each.number)


def can_be_marked_anew(question: Question) -> bool:
    kind = KINDS[question.kind]
    return kind.marked(question.body) and not kind.by_hand


def preview(course: Course, item: str, question: Question) -> Preview:
    """Reads only; a few queries for any number of tries."""
    counts: Counter[str] = Counter()
    people: set[int] = set()
    if course.current_id is None:
        return Preview(0, 0, 0, 0, 0)
    standing = {each.question: each for each in _standing(course, item)}
    for attempt, answers in _sent(course, item):
        questions = assessment.questions_of(attempt)
        asked = questions.get(question.uuid)
        if asked is None:
            continue
        if not assessment.same_words(asked, question):
            counts["otherwise"] += 1
            continue
        counts["tries"] += 1
        keys = {
            uuid: assessment.corrected(each, standing.get(uuid), attempt)
            for uuid, each in questions.items()
        }
        before = assessment.worth(keys, answers)
        after = assessment.worth({**keys, question.uuid: question}, answers)
        if _share(after) < _share(before):
            counts["kept"] += 1
        if not _gains(attempt, after):
            continue
        counts["higher"] += 1
        if not attempt.standing.passed and _passes(attempt, after):
            people.add(attempt.enrolment_id)
    passed = _passed_before(course, item, people)
    return Preview(
        counts["tries"], counts["higher"], len(people - passed), counts["kept"], counts["otherwise"]
    )


@transaction.atomic
def correct(
    course: Course, item: str, question: Question, *, by: User, reason: str
) -> KeyCorrection:
    """From now on tries at the published versions are marked so, and a worker marks anew what was
    sent before. The same again changes nothing."""
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if course.current_id is None or not can_be_marked_anew(question):
        raise ValueError(f"{question.uuid} is not marked by a key that learners have met")
    if problems := problems_of(question.kind, question.body):
        raise ValidationError(problems[0])
    if not reason.strip():
        raise ValidationError({"reason": _("Say what was wrong: learners read it.")})
    before = _standing(course, item).filter(question=question.uuid)
    last = before.last()
    if last is not None and last.mark == mark_of(question) and last.up_to_id == course.current_id:
        return last
    made = KeyCorrection.objects.create(
        up_to_id=course.current_id,
        item=item,
        question=question.uuid,
        number=before.count() + 1,
        kind=question.kind,
        body=dict(question.body),
        points=question.points,
        mark=mark_of(question),
        reason=reason.strip(),
        made_by=by,
    )
    note(by, "question.corrected", made, course=course.pk, question=question.uuid)
    outbox.promise(KIND, key=str(made.pk), payload={"correction": made.pk})
    return made


@outbox.handles(KIND)
def _mark_anew(payload: Mapping[str, object]) -> str:
    """Every try that was asked the question, sent or not yet. Safe to repeat, and to stop at."""
    correction = (
        KeyCorrection.objects.select_related("up_to")
        .defer("up_to__document")
        .get(pk=int(str(payload["correction"])))
    )
    mine = Attempt.objects.filter(
        enrolment__course=correction.up_to.course_id,
        item=correction.item,
        version__lte=correction.up_to_id,
    )
    changed = sum(
        _one(pk, correction) for pk in list(mine.order_by("pk").values_list("pk", flat=True))
    )
    return f"{changed} tries marked anew"


@transaction.atomic
def _one(pk: int, correction: KeyCorrection) -> int:
    """The lock lets a try that is being sent come first, and be found marked; or come later, and be
    marked by the correction itself."""
    owner = Attempt.objects.only("enrolment").get(pk=pk).enrolment_id
    enrolment = Enrolment.objects.select_for_update().get(pk=owner)
    attempt = Attempt.objects.select_for_update().get(pk=pk)
    if attempt.percent is None:  # not sent, or a person reads it first: marked by the new key then
        return 0
    keys = assessment.key_of(attempt)
    if correction.question not in keys:
        return 0
    worth = assessment.worth(keys, assessment.answers_of(attempt))
    if not _gains(attempt, worth):
        return 0
    passed_before = attempt.standing.passed
    points, possible = worth
    regrade, made = Regrade.objects.get_or_create(
        attempt=attempt,
        correction=correction,
        defaults={
            "points": assessment.cents(points),
            "points_possible": possible,
            "percent": int(_share(worth) * 100),
            "passed": bool(passed_before) or _passes(attempt, worth),
        },
    )
    if regrade.passed and not passed_before:
        enrolment.record(
            "passed",
            attempt.item,
            source="regrade",
            reference=str(attempt.uuid),
            occurred_at=timezone.now(),
            value={"percent": regrade.percent, "attempt": attempt.number, "regrade": regrade.pk},
        )
    return int(made)


def mark_of(question: Question) -> str:
    """What the correction says, in 64 letters: the page sends it back, so that what is done is what
    was looked at."""
    return fingerprint({"body": question.body, "points": question.points, "kind": question.kind})


def _standing(course: Course, item: str) -> PlannedQuerySet[KeyCorrection]:
    return KeyCorrection.objects.filter(up_to__course=course, item=item).order_by("pk")


def _sent(course: Course, item: str) -> Iterator[tuple[Attempt, dict[str, Answer]]]:
    """Every marked try with its answers, in batches."""
    marked = Attempt.objects.filter(
        enrolment__course=course, item=item, percent__isnull=False
    ).prefetch_related("answers", "regrades")
    for attempt in marked.order_by("pk").iterator(chunk_size=BATCH):
        yield attempt, {answer.question: answer for answer in attempt.answers.all()}


def _gains(attempt: Attempt, worth: tuple[Fraction, int]) -> bool:
    """More than what stands: a lower score changes nothing, and an equal one neither."""
    standing = attempt.standing
    now = Fraction(standing.points or 0) / (standing.points_possible or 1)
    points, possible = worth
    return bool(possible) and Fraction(assessment.cents(points)) / possible > now


def _share(worth: tuple[Fraction, int]) -> Fraction:
    points, possible = worth
    return Fraction(points, possible) if possible else Fraction(1)


def _passes(attempt: Attempt, worth: tuple[Fraction, int]) -> bool:
    wanted = assessment.pass_percent(assessment.lesson_of(attempt))
    return int(_share(worth) * 100) >= wanted


def _passed_before(course: Course, item: str, enrolments: Iterable[int]) -> set[int]:
    """Those who passed with another try: they would not pass newly."""
    rows = Enrolment.objects.filter(
        pk__in=set(enrolments), evidence__kind="passed", evidence__item=item
    )
    return set(rows.values_list("pk", flat=True))
