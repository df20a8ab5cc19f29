"""Certificates that were taken back."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import User


class Revocation(models.Model):
    """A certificate no longer stands. Append-only: it is never un-revoked, only issued anew."""

    class Reason(models.TextChoices):
        ISSUED_IN_ERROR = "error", _("It was issued in error")
        NOT_EARNED = "not-earned", _("What it states was not earned")
        ASKED = "asked", _("Its holder asked for it")

    certificate = models.OneToOneField(
        "certificates.Certificate", models.PROTECT, related_name="revocation"
    )
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.TextField(max_length=1000)  # for the audit, never public
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.reason}"
