"""What a host wants to be told by letter."""

from __future__ import annotations

from django.db import models

from lms.models import PlannedQuerySet
from people.models import User


class HostLetters(models.Model):
    """One host and the letters about people who ask for a place. Written by
    `webinars.host_letters`; no row: none was sent yet, and none is unwanted."""

    host = models.OneToOneField(User, models.PROTECT, related_name="host_letters")
    told_at = models.DateTimeField(null=True)  # requests up to then were in a letter
    stopped_at = models.DateTimeField(null=True)  # wants none

    objects = PlannedQuerySet["HostLetters"].as_manager()

    def __str__(self) -> str:
        return f"letters to {self.host_id}"
