"""Correcting what a certificate says, by whom it belongs to.

The name and the wording of the title are the certificate's own: it is issued anew with them. The
day and the hours are the record's: a corrected completion takes the place of the old one, and the
certificate follows it in the same transaction, as do certificates of series that count it. So no
certificate ever says other hours than the record it rests on.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from certificates import issuing, series, withdrawing
from certificates.models import Certificate
from courses import correcting
from courses.models import Completion
from lms.text import Localised
from people.models import User


@transaction.atomic
def correct(
    certificate: Certificate,
    *,
    name: str,
    title: Localised,
    completed_on: date | None = None,
    hours: Decimal | None = None,
    by: User,
    why: str,
) -> Certificate:
    """The corrected certificate. Raises ValidationError when this one no longer stands, when
    nothing would change, and for a day or hours that the record cannot have.

    None means «as it is»; a series has its day and hours from its courses.
    """
    withdrawing.lock_standing(certificate)
    before = certificate.snapshot
    wording: dict[str, Any] = {}
    if name != before["name"]:
        wording["name"] = name
    if title != before["title"]:
        wording["title"] = title
    if completed_on == certificate.completed_on:
        completed_on = None
    if hours == Decimal(before["hours"]):
        hours = None
    if completed_on is None and hours is None:
        if not wording:
            raise ValidationError(_("Nothing was changed."), code="unchanged")
        return issuing.reissue(certificate, **wording, by=by, why=why)
    if certificate.completion_id is None:
        raise ValueError("a series has no day and no hours of its own")
    old = Completion.objects.get(pk=certificate.completion_id)
    completion = correcting.correct(old, completed_on=completed_on, hours=hours, by=by, why=why)
    fresh = issuing.restate(completion, wording=wording, by=by, why=why)
    _follow(completion, by, why)
    return fresh


def _follow(completion: Completion, by: User, why: str) -> None:
    """Series certificates that count it say the corrected figures, where they stand."""
    for award in series.resting_on(completion):
        rows = Certificate.objects.filter(series_award=award).standing().with_state()
        for certificate in rows:
            if certificate.stands:
                issuing.restate_series(certificate, by=by, why=why)
