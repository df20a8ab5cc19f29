"""What learners say to each other under a discussion block."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.utils import timezone

from courses.models.course import Course
from courses.models.record import Enrolment
from lms.models import PlannedQuerySet
from people.models import User


class PostQuerySet(PlannedQuerySet["Post"]):
    def within(self, course: Course) -> Self:
        return self.filter(enrolment__course=course)

    def shown(self) -> Self:
        """What nobody took back or out."""
        return self.filter(withdrawn_at__isnull=True, removed_at__isnull=True)

    def for_page(self) -> Self:
        return self.select_related("enrolment__person").order_by("-posted_at", "-pk").planned()


class Post(models.Model):
    """One contribution, seen by everyone in the course. Written by `courses.discussing`.

    Its words stay when its author takes it back or a trainer takes it out: it is shown no more.
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="posts")
    block = models.CharField(max_length=36)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)  # of the form: sent twice is once
    text = models.TextField(max_length=2000)
    language = models.CharField(max_length=2)  # of the page it was written on
    posted_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = PostQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["block", "-posted_at"])]

    def __str__(self) -> str:
        return f"post {self.pk}"
