"""Certificates that their holders do not share for now."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Hidden(models.Model):
    """While this row is there, strangers see the number and the state and nothing else.

    A wish of the holder, not a record: it comes and goes. Written by `certificates.sharing`.
    """

    certificate = models.OneToOneField(
        "certificates.Certificate", models.PROTECT, related_name="hidden"
    )
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.certificate_id} since {self.at:%F}"
