"""A question whose key was wrong, put right after people had answered it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from courses.models.assessment import Attempt
from courses.models.course import CourseVersion
from lms.models import PlannedQuerySet
from people.models import User


class KeyCorrection(models.Model):
    """How a question of published versions is marked from now on. Append-only; written by
    `courses.regrading`. Of several for a question the last one stands.

    It holds for versions up to the one that was current; a later version says itself what is right.
    """

    up_to = models.ForeignKey(CourseVersion, models.PROTECT, related_name="+")
    item = models.CharField(max_length=36)  # the lesson's uuid
    question = models.CharField(max_length=36)
    number = models.PositiveSmallIntegerField()  # of the corrections of this question
    kind = models.CharField(max_length=20)
    body = models.JSONField()
    points = models.PositiveSmallIntegerField()
    mark = models.CharField(max_length=64)  # SHA-256 of what it says
    reason = models.CharField(max_length=500)  # learners read it
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = PlannedQuerySet["KeyCorrection"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_a_reason"),
            models.UniqueConstraint(
                fields=["item", "question", "up_to", "number"], name="correction_numbered_once"
            ),
        ]
        indexes = [models.Index(fields=["item", "question"])]

    def __str__(self) -> str:
        return f"key of {self.question}"


class Regrade(models.Model):
    """What an attempt is worth after a correction, beside what it was worth when it was sent.
    Append-only; written by `courses.regrading`. The last one stands, and never takes anything away.
    """

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="regrades")
    correction = models.ForeignKey(KeyCorrection, models.PROTECT, related_name="regrades")
    points = models.DecimalField(max_digits=7, decimal_places=2)
    points_possible = models.PositiveIntegerField()
    percent = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    made_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["Regrade"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "correction"], name="attempt_regraded_once_by_each"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt_id} is worth {self.percent}%"
