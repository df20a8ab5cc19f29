"""Attempts at quizzes, answers, and what learners write for themselves."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from courses.models.course import CourseVersion
from courses.models.record import Enrolment
from lms.models import PlannedQuerySet
from people.models import User

if TYPE_CHECKING:
    from courses.models.regrade import Regrade


class AttemptQuerySet(PlannedQuerySet["Attempt"]):
    def open(self) -> Self:
        return self.filter(submitted_at__isnull=True)

    def awaiting_review_by(self, reader: User) -> Self:
        """What this person may read: nobody judges their own work."""
        return self.filter(awaits_review_since__isnull=False).exclude(enrolment__person=reader)


class Attempt(models.Model):
    """One try at a quiz, or the one evaluation. Written by `courses.assessment`.

    `paper` freezes which questions it asks, in which order, with their options in order: what was
    asked can be shown years later. Submitting happens once, by compare-and-set.
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="attempts")
    version = models.ForeignKey(CourseVersion, models.PROTECT, related_name="+")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.CharField(max_length=36)  # the lesson's uuid
    number = models.PositiveSmallIntegerField()
    paper = models.JSONField()  # [{"question": uuid, "options": [id, …]}, …]
    started_at = models.DateTimeField(default=timezone.now)
    # When its time is over, fixed at the start; only extra time moves it, and only further on.
    closes_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    closed_by_clock = models.BooleanField(default=False)  # the site sent it when time was over
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    points_possible = models.PositiveIntegerField(null=True)
    percent = models.PositiveSmallIntegerField(null=True)  # rounded down
    passed = models.BooleanField(null=True)
    # Sent, and a person has to read it first.
    awaits_review_since = models.DateTimeField(null=True)
    # Who is reading it now; `courses.reviewing` takes and gives this.
    held_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "item", "number"], name="attempt_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["enrolment", "item"],
                condition=Q(submitted_at__isnull=True),
                name="one_open_attempt",
            ),
        ]
        indexes = [
            models.Index(
                fields=["awaits_review_since"],
                condition=Q(awaits_review_since__isnull=False),
                name="attempts_to_read",
            ),
            models.Index(
                fields=["closes_at"],
                condition=Q(submitted_at__isnull=True, closes_at__isnull=False),
                name="attempts_on_the_clock",
            ),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"attempt {self.number} at {self.item}"

    @property
    def standing(self) -> Attempt | Regrade:
        """What it is worth: as marked when it was sent, or as a trainer's correction made it."""
        return max(self.regrades.all(), key=lambda each: each.pk, default=self)


class Answer(models.Model):
    """What a learner answered to one question. Saved by itself, again and again until submit."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="answers")
    question = models.CharField(max_length=36)
    value = models.JSONField()
    saved_at = models.DateTimeField(default=timezone.now)
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True)  # when marked

    objects = PlannedQuerySet["Answer"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "question"], name="one_answer_per_question"),
        ]

    def __str__(self) -> str:
        return f"answer to {self.question}"


class AttemptReview(models.Model):
    """A trainer read the essays of an attempt. Append-only, once an attempt; by
    `courses.reviewing`."""

    attempt = models.OneToOneField(Attempt, models.PROTECT, related_name="review")
    reader = models.ForeignKey(User, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=timezone.now)
    marks = models.JSONField()  # {question uuid: {"points": "1.50", "comment": "…"}}

    objects = PlannedQuerySet["AttemptReview"].as_manager()

    def __str__(self) -> str:
        return f"review of {self.attempt_id}"


class Reflection(models.Model):
    """What a learner wrote to themselves under a reflection block. Nobody else reads it."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="reflections")
    block = models.CharField(max_length=36)
    text = models.TextField(max_length=10_000)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "block"], name="one_reflection_per_block"),
        ]

    def __str__(self) -> str:
        return f"reflection {self.pk}"
