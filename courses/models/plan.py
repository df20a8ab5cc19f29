"""Publications that wait for their time."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from courses.models.course import Course, CourseVersion
from lms.models import PlannedQuerySet
from people.models import User


class PublicationQuerySet(PlannedQuerySet["PlannedPublication"]):
    def waiting(self) -> Self:
        return self.filter(state=PlannedPublication.State.WAITING)

    def due(self, now: datetime) -> Self:
        return self.waiting().filter(publish_at__lte=now)


class PlannedPublication(models.Model):
    """Publish this revision of a draft at that time. Written by `courses.planning`;
    a publication by hand cancels it.

    It is settled once: done with its version, failed with the reason, or cancelled.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    course = models.ForeignKey(Course, models.CASCADE, related_name="planned_publications")
    revision = models.PositiveIntegerField()
    policy = models.CharField(max_length=12, choices=CourseVersion.Policy)
    note = models.TextField(default="", blank=True)
    due_on = models.DateField(null=True, blank=True)
    publish_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    version = models.ForeignKey(CourseVersion, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(default="", blank=True)
    settled_at = models.DateTimeField(null=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["course"], condition=Q(state="waiting"), name="one_publication_planned"
            ),
            models.CheckConstraint(
                condition=Q(state="done", version__isnull=False)
                | ~Q(state="done") & Q(version__isnull=True),
                name="a_plan_done_has_its_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} r{self.revision} at {self.publish_at:%F %T}: {self.state}"
