"""More time than others have, for those who need it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from courses.models.course import Course
from lms.models import PlannedQuerySet
from people.models import User


class ExtraTimeQuerySet(PlannedQuerySet["ExtraTime"]):
    def standing(self) -> Self:
        """The last word about each person in each course."""
        later = ExtraTime.objects.filter(
            person=models.OuterRef("person"),
            course=models.OuterRef("course"),
            pk__gt=models.OuterRef("pk"),
        )
        return self.filter(~models.Exists(later))


class ExtraTime(models.Model):
    """From now on this person has so much more time in timed quizzes of the course. Append-only;
    written by `courses.clock`. The last row stands; one without time takes it back.

    An attempt copies what it may take when it starts, so its end never depends on these rows later.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    objects = ExtraTimeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "extra time"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="extra_time_has_a_reason"),
        ]
        indexes = [models.Index(fields=["course", "person"])]

    def __str__(self) -> str:
        return f"{self.percent}% and {self.minutes} min for {self.person_id}"
