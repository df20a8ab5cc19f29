"""Certificates that do not count for a while."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import User


class Suspension(models.Model):
    """A certificate does not count until this is lifted. Append-only.

    Written by `certificates.withdrawing`, under the lock of the certificate's line: at most one is
    open at a time, and `(certificate, number)` holds it.
    """

    class Reason(models.TextChoices):
        INQUIRY = "inquiry", _("What it states is being checked")
        ASKED = "asked", _("Its holder asked for it")

    certificate = models.ForeignKey(
        "certificates.Certificate", models.PROTECT, related_name="suspensions"
    )
    number = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.TextField(max_length=1000)  # for the audit, never public
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "number"], name="one_suspension_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} #{self.number}: {self.reason}"


class Lifting(models.Model):
    """A suspension ended, and the certificate counts again. Append-only."""

    suspension = models.OneToOneField(Suspension, models.PROTECT, related_name="lifting")
    note = models.TextField(max_length=1000)  # for the audit, never public
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.suspension_id} lifted"
