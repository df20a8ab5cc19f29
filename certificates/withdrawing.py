"""Taking a certificate back, for good or for a while.

The only writer of Revocation, Suspension and Lifting rows. Every act takes the lock of the
certificate's line first, so acts that meet come one after the other. The state is derived from
these rows whenever somebody looks: an act is seen everywhere as soon as it is committed. Who acted
and why is in the audit trail, and the holder gets a letter.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from certificates import letters
from certificates.models import Certificate, Lifting, Revocation, SeriesAward, State, Suspension
from courses.models import Completion
from people.audit import note
from people.models import User


@transaction.atomic
def revoke(certificate: Certificate, *, reason: str, by: User, why: str) -> Revocation:
    """Say for good that this certificate no longer stands. Safe to repeat: the first one stays.

    A suspended one may be revoked: that is how most suspensions end that are not lifted.
    """
    lock_line(certificate)
    already = Revocation.objects.filter(certificate=certificate).first()
    if already is not None:
        return already
    _refuse_if(certificate, State.SUPERSEDED)
    revocation = Revocation.objects.create(certificate=certificate, reason=reason, note=why, by=by)
    note(by, "certificate.revoked", certificate, reason=reason, why=why)
    letters.promise_notice(certificate, "revoked", row=revocation.pk)
    return revocation


@transaction.atomic
def suspend(certificate: Certificate, *, reason: str, by: User, why: str) -> Suspension:
    """The certificate does not count until the suspension is lifted. Safe to repeat."""
    lock_line(certificate)
    _refuse_if(certificate, State.SUPERSEDED, State.REVOKED)
    rows = Suspension.objects.filter(certificate=certificate)
    already = rows.filter(lifting=None).first()
    if already is not None:
        return already
    suspension = Suspension.objects.create(
        certificate=certificate, number=rows.count() + 1, reason=reason, note=why, by=by
    )
    note(by, "certificate.suspended", certificate, reason=reason, why=why)
    letters.promise_notice(certificate, "suspended", row=suspension.pk)
    return suspension


@transaction.atomic
def lift(certificate: Certificate, *, by: User, why: str) -> Lifting | None:
    """End the open suspension. Safe to repeat: None when there is none (any more)."""
    lock_line(certificate)
    _refuse_if(certificate, State.REVOKED)
    suspension = Suspension.objects.filter(certificate=certificate, lifting=None).first()
    if suspension is None:
        return None
    lifting = Lifting.objects.create(suspension=suspension, note=why, by=by)
    note(by, "certificate.restored", certificate, why=why)
    letters.promise_notice(certificate, "restored", row=lifting.pk)
    return lifting


def lock_line(certificate: Certificate) -> None:
    """Wait until nobody else changes what stands for this completion, or this series."""
    if certificate.completion_id is not None:
        Completion.objects.select_for_update().get(pk=certificate.completion_id)
    else:
        SeriesAward.objects.select_for_update().get(certificates=certificate)


def lock_standing(certificate: Certificate) -> None:
    """The same, and refuse unless this certificate is the one that stands, and counts."""
    lock_line(certificate)
    _refuse_if(certificate, State.SUPERSEDED, State.REVOKED, State.SUSPENDED)


def refuse_unless_revoked(certificate: Certificate) -> None:
    if not Revocation.objects.filter(certificate=certificate).exists():
        raise ValidationError(_("This certificate was not revoked."), code="not-revoked")


def _refuse_if(certificate: Certificate, *states: State) -> None:
    state = Certificate.objects.with_state().get(pk=certificate.pk).state
    if state not in states:
        return
    why = {
        State.SUPERSEDED: _("A newer certificate has replaced this one."),
        State.REVOKED: _("This certificate was revoked."),
        State.SUSPENDED: _("This certificate is suspended. Lift the suspension first."),
    }
    raise ValidationError(why[state], code=str(state.value))
