"""Who was who in a report from another service: what came in, and whom it was found to be."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User
from webinars.models.presence import PresenceSpan
from webinars.models.registration import Registration
from webinars.models.schedule import Webinar


class AttendanceReport(models.Model):
    """A file as it was brought in, kept as it is: an audit can read it again.

    Written by `webinars.reconciling`. The same file for the same session is one row.
    """

    class Provider(models.TextChoices):
        ZOOM = "zoom", _("Zoom report")
        TEAMS = "teams", _("Teams report")
        GENERIC = "generic", _("Another CSV file")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="reports")
    provider = models.CharField(max_length=10, choices=Provider)
    zone = models.CharField(max_length=64)
    file_name = models.CharField(max_length=120)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # null: a command
    brought_at = models.DateTimeField(default=timezone.now)
    imported_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["AttendanceReport"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "provider", "zone", "sha256"], name="report_brought_once"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ReportRow(models.Model):
    """One line of a report beside the span it became. Append-only.

    `identity` is what the line knows of its person: the address, else the name.
    """

    report = models.ForeignKey(AttendanceReport, models.PROTECT, related_name="rows")
    span = models.OneToOneField(PresenceSpan, models.PROTECT, related_name="report_row")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    identity = models.CharField(max_length=260)

    objects = PlannedQuerySet["ReportRow"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["identity"])]

    def __str__(self) -> str:
        return f"line {self.number} of {self.report_id}"


class IdentityMatchQuerySet(PlannedQuerySet["IdentityMatch"]):
    def standing(self) -> Self:
        """The last word on each span."""
        later = IdentityMatch.objects.filter(
            span=OuterRef("span"), sequence__gt=OuterRef("sequence")
        )
        return self.filter(~Exists(later))

    def at(self, webinar: Webinar) -> Self:
        return self.filter(registration__webinar=webinar)


class IdentityMatch(models.Model):
    """A span of a report belongs to a registration, or (null) to nobody on the list.

    Append-only: a correction is a row with the next sequence, and the last one stands.
    """

    class How(models.TextChoices):
        EMAIL = "email", _("by e-mail address")
        HAND = "hand", _("by hand")
        UNDONE = "undone", _("taken back")  # it waits for a person again

    span = models.ForeignKey(PresenceSpan, models.PROTECT, related_name="matches")
    sequence = models.PositiveSmallIntegerField(default=1)
    registration = models.ForeignKey(
        Registration, models.PROTECT, null=True, related_name="matches"
    )
    how = models.CharField(max_length=8, choices=How)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = IdentityMatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identity matches"
        constraints = [
            models.UniqueConstraint(fields=["span", "sequence"], name="match_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.span_id} is {self.registration_id}"
