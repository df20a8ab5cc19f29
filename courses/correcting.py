"""What a completion says was wrong: its day, or its hours. The only writer of corrected ones.

The completion itself is never changed. A new row supersedes it, with the same evidence, rule and
version: reports, the transcript and the cycle look at the row that stands. What the certificate
says follows in the same transaction (`certificates.correcting`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Completion, CreditAward
from courses.models import credit as awards
from lms import outbox
from people.audit import note
from people.models import User


@transaction.atomic
def correct(
    completion: Completion,
    *,
    by: User,
    why: str,
    completed_on: date | None = None,
    hours: Decimal | None = None,
) -> Completion:
    """The corrected row; raises ValidationError when another one has replaced this one already.

    The lock is for two corrections at once, and for a certificate being issued at this moment.
    """
    locked = (
        Completion.objects.select_for_update(of=["self"])
        .select_related("enrolment")
        .get(pk=completion.pk)
    )
    if Completion.objects.filter(supersedes=locked).exists():
        raise ValidationError(_("This record was corrected a moment ago. Look at it again."))
    said = {
        **locked.hours,
        "training": locked.hours["training"] if hours is None else f"{hours:.2f}",
    }
    fresh = Completion(
        enrolment=locked.enrolment,
        sequence=locked.sequence + 1,
        supersedes=locked,
        version_id=locked.version_id,
        completed_at=_moment(locked, completed_on),
        recorded_at=timezone.now(),
        rule=locked.rule,
        score=locked.score,
        minutes=locked.minutes,
        hours=said,
        evidence_ids=locked.evidence_ids,
    )
    met = {requirement["needs"] for requirement in locked.rule["requirements"]}
    covered = awards.carried(locked, fresh, met=met)
    lost = CreditAward.objects.filter(completion=locked).exclude(pk__in=[row.pk for row in covered])
    for slug in lost.values_list("credit_type__slug", flat=True):
        fresh.hours.pop(slug, None)
    fresh.save(force_insert=True)
    awards.carry_over(covered, fresh)
    outbox.promise(
        "courses.completed",
        key=str(fresh.pk),
        payload={"completion": fresh.pk, "course": locked.enrolment.course_id},
    )
    note(by, "completion.corrected", fresh, supersedes=locked.pk, why=why)
    return fresh


def _moment(completion: Completion, day: date | None) -> datetime:
    """That day where the provider is, at the hour that is on record."""
    zone = timezone.get_default_timezone()
    local = timezone.localtime(completion.completed_at, zone)
    if day is None or day == local.date():
        return completion.completed_at
    if day > timezone.localdate(timezone=zone):
        raise ValidationError({"completed_on": _("This day has not come yet.")})
    moment = min(datetime.combine(day, local.time(), tzinfo=zone), timezone.now())
    since = completion.enrolment.counts_from
    if since is not None and moment < since:
        raise ValidationError({"completed_on": _("This renewal had not begun on that day.")})
    return moment
