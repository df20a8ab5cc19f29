"""Reading essays. The only writer of AttemptReview, and of who holds an attempt for reading.

A trainer takes an attempt, reads it and gives points; the pass is recorded in that transaction and
not before. While one holds it, nobody else gives points; a hold that is left ends by itself.
Locks are taken in the order of `courses.assessment`: enrolment, attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import assessment
from courses.models import Attempt, AttemptReview, Enrolment
from people.models import User

HOLD = timedelta(minutes=45)
LONGEST_COMMENT = 5000


@dataclass(frozen=True)
class Mark:
    points: Decimal
    comment: str = ""


def take(attempt: Attempt, reader: User, *, now: datetime | None = None) -> bool:
    """Hold it for this reader, or longer. False: somebody else holds it, or it needs no reading."""
    now = now or timezone.now()
    free = Q(held_by=None) | Q(held_by=reader) | Q(held_until__lt=now)
    theirs = Attempt.objects.awaiting_review_by(reader).filter(pk=attempt.pk)
    # Who holds it is asked of the row itself: PostgreSQL looks at that again after it waited for
    # somebody else's update, but not at what stands in a subquery.
    mine = Attempt.objects.filter(free, pk__in=theirs.values("pk"))
    return bool(mine.update(held_by=reader, held_until=now + HOLD))


def give_back(attempt: Attempt, reader: User) -> None:
    Attempt.objects.filter(pk=attempt.pk, held_by=reader).update(held_by=None, held_until=None)


@transaction.atomic
def review(
    attempt: Attempt, reader: User, marks: Mapping[str, Mark], *, now: datetime | None = None
) -> AttemptReview:
    """Write down what the essays are worth, and what follows. The same again changes nothing.

    Raises ValidationError when somebody else reviewed it or holds it; when an essay has no points
    or more than it can have, by question. The lock makes two readers come one after the other.
    """
    now = now or timezone.now()
    enrolment = Enrolment.objects.select_for_update().get(pk=attempt.enrolment_id)
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if enrolment.person_id == reader.pk:
        raise ValueError(f"{attempt!r} is the reader's own")
    done = AttemptReview.objects.filter(attempt=attempt).select_related("reader").first()
    if done is not None:
        if done.reader_id == reader.pk:
            return done
        raise ValidationError(
            _("%(name)s read this answer before you. Their points stand.")
            % {"name": done.reader.name},
            code="reviewed",
        )
    if attempt.awaits_review_since is None:
        raise ValueError(f"{attempt!r} needs no review")
    if attempt.held_by_id not in {None, reader.pk} and (attempt.held_until or now) > now:
        raise ValidationError(_("Somebody else is reading this answer now."), code="held")
    essays = assessment.essays_of(attempt)
    wrong = {}
    for uuid, question in essays.items():
        if uuid not in marks:
            wrong[uuid] = _("Give points for this answer.")
        elif not 0 <= marks[uuid].points <= question.points:
            wrong[uuid] = _("Give 0 to %(most)s points.") % {"most": question.points}
    if wrong:
        raise ValidationError(wrong)
    written = AttemptReview.objects.create(
        attempt=attempt,
        reader=reader,
        reviewed_at=now,
        marks={
            uuid: {"points": str(marks[uuid].points), "comment": marks[uuid].comment}
            for uuid in essays
        },
    )
    assessment.settle(attempt, enrolment, {uuid: marks[uuid].points for uuid in essays})
    return written
