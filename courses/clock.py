"""Extra time in timed quizzes. The only writer of ExtraTime.

A trainer grants it with a reason; it holds for every quiz of the course from then on, and for a try
that is running it moves the end, never to an earlier moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import assessment, clock_rules
from courses.models import Attempt, Course, Enrolment, ExtraTime
from people.audit import note
from people.models import User


class Granted(NamedTuple):
    row: ExtraTime
    moved: int  # running tries whose end moved


@transaction.atomic
def grant(
    course: Course,
    person: User,
    *,
    by: User,
    percent: int,
    minutes: int,
    reason: str,
    now: datetime | None = None,
) -> Granted:
    """From now on this person has more time. The same again changes nothing.

    Nobody grants time to themselves. The person's enrolments are locked, so that a try which starts
    at this moment has the old time or the new, and is moved when it has the old.
    """
    now = now or timezone.now()
    if person.pk == by.pk:
        raise ValidationError(_("Nobody gives extra time to themselves."), code="own")
    mine = Enrolment.objects.filter(person=person, course=course).order_by("pk")
    if not list(mine.select_for_update()):
        raise ValidationError(_("This person does not take the course."), code="stranger")
    last = ExtraTime.objects.filter(course=course, person=person).last()
    same = last is not None and (last.percent, last.minutes, last.reason) == (
        percent, minutes, reason,
    )  # fmt: skip
    if last is None or not same:
        last = ExtraTime.objects.create(
            course=course,
            person=person,
            percent=percent,
            minutes=minutes,
            reason=reason,
            granted_by=by,
            granted_at=now,
        )
        note(by, "quiz.extra-time", person, course=course.pk, percent=percent, minutes=minutes)
    running = Attempt.objects.open().filter(enrolment__in=mine, closes_at__isnull=False)
    moved = sum(_moved(attempt, last) for attempt in running.select_for_update().order_by("pk"))
    return Granted(last, moved)


def _moved(attempt: Attempt, extra: ExtraTime) -> bool:
    limit = assessment.minutes_allowed(assessment.lesson_of(attempt))
    time = clock_rules.time_for(limit, extra.percent, extra.minutes)
    if time is None or attempt.closes_at is None:
        return False
    return assessment.extend(attempt, attempt.started_at + time)
