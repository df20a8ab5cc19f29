"""What the people of the studio say to each other about one part of a draft."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Count, F, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.draft import Draft
from lms.models import PlannedQuerySet
from people.models import User


class ThreadQuerySet(PlannedQuerySet["CommentThread"]):
    def unresolved(self) -> Self:
        return self.filter(resolved_at=None)

    def counted(self) -> Self:
        """With `said`, how many comments still have their words."""
        shown = Count("comments", filter=Q(comments__withdrawn_at=None))
        return self.annotate(said=shown)

    def for_page(self) -> Self:
        """Open ones first, then what was said last; with all that was said."""
        comments = Comment.objects.select_related("by").order_by("pk").planned()
        return (
            self.select_related("resolved_by")
            .order_by(F("resolved_at").desc(nulls_first=True), "-last_at", "-pk")
            .prefetch_related(Prefetch("comments", comments))
            .planned()
        )


class CommentThread(models.Model):
    """The talk about one lesson, block or question of a draft. Written by `courses.commenting`.

    It holds the part's uuid and no row of it: the part may be deleted, put back, restored from a
    version or published, and the thread is about the same part. `lesson`, `kind` and `title` say
    where that was, for when it is gone. `revision` grows with each comment.
    """

    class On(models.TextChoices):
        LESSON = "lesson", _("Lesson")
        BLOCK = "block", _("Block")
        QUESTION = "question", _("Question")

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="threads")
    on = models.CharField(max_length=10, choices=On)
    part = models.UUIDField()
    lesson = models.UUIDField()  # the part's, or the part itself: blocks never change lessons
    kind = models.CharField(max_length=16, default="", blank=True)  # of the block or question
    title = models.JSONField(default=dict)  # the lesson's
    revision = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "part"], name="one_thread_for_each_part"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="a_thread_is_resolved_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["draft", "lesson"])]

    def __str__(self) -> str:
        return f"thread about {self.on} {self.part}"


class Comment(models.Model):
    """One contribution to a thread. Who takes theirs back leaves the row, without its words."""

    thread = models.ForeignKey(CommentThread, models.CASCADE, related_name="comments")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)  # of the form: sent twice is once
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    language = models.CharField(max_length=2)  # of the page it was written on
    said_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["Comment"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(text=""), name="what_is_taken_back_has_no_words"
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"
