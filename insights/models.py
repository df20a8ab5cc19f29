"""What managers and credit administrators ask for about many records at once."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import Course
from lms.models import PlannedQuerySet
from people.models import Organisation, User


class PackQuerySet(PlannedQuerySet["EvidencePack"]):
    def for_list(self) -> Self:
        return self.select_related("person", "course", "organisation", "asked_by").planned()

    def ready(self, now: datetime) -> Self:
        """Those that can be fetched."""
        return self.filter(made_at__isnull=False, expires_at__gt=now, emptied_at__isnull=True)


class EvidencePack(models.Model):
    """The evidence about one person, one course or one organisation, as a zip for an accreditor.

    Written by `insights.packs.packing`. The row outlives its file: who asked for what, and the
    hash of what they got, stay on record.
    """

    class About(models.TextChoices):
        PERSON = "person", _("One person")
        COURSE = "course", _("One course")
        ORGANISATION = "organisation", _("One organization")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.UUIDField(default=uuid4)  # of the form: sent twice it is one
    about = models.CharField(max_length=12, choices=About)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    course = models.ForeignKey(Course, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    first = models.DateField(null=True, blank=True)
    last = models.DateField(null=True, blank=True)
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    people = models.PositiveIntegerField(null=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "key"], name="pack_asked_once"),
            models.CheckConstraint(
                condition=Q(about="person", person__isnull=False)
                | Q(about="course", course__isnull=False)
                | Q(about="organisation", organisation__isnull=False),
                name="a_pack_is_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.subject}"

    @property
    def subject(self) -> str:
        return str(self.person or self.course or self.organisation)

    @property
    def can_be_fetched(self) -> bool:
        made = self.made_at is not None and self.emptied_at is None
        return made and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def path(self) -> str:
        """In the default storage; made again it is the same file."""
        return f"packs/{self.uuid}.zip"
