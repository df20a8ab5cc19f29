"""How long a completion of a course holds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from courses import cycle_rules
from courses.models.course import Course
from people.models import User


class RenewalPolicy(models.Model):
    """From now on completions of this course hold so long. Append-only; written by
    `courses.cycles`. The last row of a course stands; 0 months: they hold for good.

    A completion keeps the terms that stood when it was recorded, because these rows never change.
    With `earlier_too` those who were done before begin a cycle on the day of the policy.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="renewal_policies")
    months = models.PositiveSmallIntegerField()
    window_days = models.PositiveSmallIntegerField(default=60)
    grace_days = models.PositiveSmallIntegerField(default=30)
    remind_days = models.JSONField(default=list)  # days before the due day
    earlier_too = models.BooleanField(default=False)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["set_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(months=0) | Q(window_days__lt=F("months") * 28),
                name="window_is_shorter_than_its_cycle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.months} months for {self.course_id}"

    @property
    def terms(self) -> cycle_rules.Terms | None:
        if not self.months:
            return None
        return cycle_rules.Terms(self.months, self.window_days, self.grace_days)
