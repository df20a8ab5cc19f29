"""Claiming credit, which makes a new certificate. Claims are written by `courses.crediting`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from certificates import issuing
from certificates.credit import lines_of
from certificates.models import Certificate
from courses import crediting
from courses.models import Completion, CreditAward, CreditClaim
from lms.ticks import on_tick
from people.models import User


@transaction.atomic
def claim(award: CreditAward, hours: Decimal, *, by: User) -> CreditClaim:
    """Claim, and in the same transaction issue the certificate that states it. Safe to repeat."""
    Completion.objects.select_for_update().get(pk=award.completion_id)
    if Completion.objects.filter(supersedes=award.completion_id).exists():
        raise ValidationError(_("Your record was corrected a moment ago. Look at it again."))
    rows = Certificate.objects.filter(completion=award.completion_id).standing().with_state()
    if any(not certificate.stands for certificate in rows):
        raise ValidationError(_("Your certificate does not count now, so nothing can be claimed."))
    made = crediting.claim(award, hours)
    _restate(award.completion_id, by)
    return made


@on_tick
def restate_claims(now: datetime) -> str:
    """Claims that no certificate states: one was being issued at the moment of the claim."""
    later = Certificate.objects.filter(
        completion=OuterRef("award__completion"), issued_at__gte=OuterRef("claimed_at")
    )
    claims = CreditClaim.objects.filter(~Exists(later)).annotate(of=F("award__completion"))
    done = sum(_restate(of, None) for of in sorted(set(claims.values_list("of", flat=True))))
    return f"{done} certificates restated with claimed credit"


def _restate(completion_id: int, by: User | None) -> int:
    lines = lines_of(completion_id)
    rows = Certificate.objects.filter(completion=completion_id).standing().with_state()
    certificate = rows.select_related("holder").first()
    if certificate is None or certificate.snapshot["credit"] == lines or not certificate.stands:
        return 0
    issuing.reissue(
        certificate,
        name=certificate.snapshot["name"],
        by=by or certificate.holder,
        why="Credit was claimed.",
        credit=lines,
    )
    return 1
