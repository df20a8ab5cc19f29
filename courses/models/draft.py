"""What trainers edit. Learners never see these rows: publishing freezes them into a version."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.course import Course
from courses.review_rules import Duties
from lms.models import PlannedQuerySet
from lms.text import said
from people.models import User


class Draft(models.Model):
    """The head of a course's draft. `revision` grows with every change anywhere in the tree.

    `loaded_sha256` remembers what the content loader last put here: a draft that differs from it
    was edited in the studio since, and the loader leaves it alone. `mine` is what the reader of a
    page may do here, filled by `courses.studio.finding`.
    """

    mine = Duties()

    course = models.OneToOneField(Course, models.CASCADE, related_name="draft")
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    about = models.JSONField(default=dict)  # cleaned HTML by language
    outcomes = models.JSONField(default=list)  # [localised, …]
    format = models.CharField(
        max_length=12, choices=Course.Format, default=Course.Format.SELF_PACED
    )
    hours = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    languages = models.JSONField(default=list)
    working_title = models.BooleanField(default=False)
    practices = models.ManyToManyField("library.Practice", blank=True, related_name="+")
    competencies = models.ManyToManyField("library.CompetencyDomain", blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    loaded_sha256 = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hours__gte=0), name="draft_hours_not_negative"),
        ]

    def __str__(self) -> str:
        return f"draft of {said(self.title, 'en')}"


class ModuleQuerySet(PlannedQuerySet["Module"]):
    def with_tree(self) -> Self:
        """Modules with lessons, blocks and questions: the whole draft in four queries."""
        lessons = (
            Lesson.objects.order_by("position", "pk")
            .prefetch_related(Prefetch("blocks", Block.objects.order_by("position", "pk")))
            .prefetch_related(Prefetch("questions", Question.objects.order_by("position", "pk")))
        )
        return self.order_by("position", "pk").prefetch_related(Prefetch("lessons", lessons))

    def with_outline(self) -> Self:
        """Modules with their lessons: two queries, for the outline page."""
        lessons = Lesson.objects.order_by("position", "pk").planned()
        return (
            self.order_by("position", "pk").prefetch_related(Prefetch("lessons", lessons)).planned()
        )


class Module(models.Model):
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="modules")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    position = models.PositiveIntegerField(default=0)
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict, blank=True)

    objects = ModuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return said(self.title, "en")


class Lesson(models.Model):
    """`open_threads` is filled by the outline: threads about it and its parts."""

    open_threads = 0

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        QUIZ = "quiz", _("Quiz")
        LIVE = "live", _("Live webinar")
        EVALUATION = "evaluation", _("Evaluation")

    module = models.ForeignKey(Module, models.CASCADE, related_name="lessons")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80)  # once per course: checked when saving and publishing
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PAGE)
    title = models.JSONField(default=dict)
    minutes = models.PositiveIntegerField(default=10)
    required = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True)  # pass_percent, attempts, intro …

    objects = PlannedQuerySet["Lesson"].as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return said(self.title, "en")


class Block(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        CALLOUT = "callout", _("Callout")
        REFLECTION = "reflection", _("Reflection")
        DETAILS = "details", _("Opens on demand")
        ACCORDION = "accordion", _("Accordion")
        GLOSSARY = "glossary", _("Glossary")
        CHECK = "check", _("Knowledge check")
        SCENARIO = "scenario", _("Scenario with choices")
        DISCUSSION = "discussion", _("Discussion")
        VIDEO = "video", _("Video")
        IMAGE = "image", _("Picture")
        AUDIO = "audio", _("Sound")
        FILE = "file", _("File to download")

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="blocks")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TEXT)
    title = models.JSONField(default=dict, blank=True)
    body = models.JSONField(default=dict, blank=True)  # cleaned HTML by language
    settings = models.JSONField(default=dict, blank=True)  # its parts: see courses.blocks
    revision = models.PositiveIntegerField(default=1)

    objects = PlannedQuerySet["Block"].as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} block {self.uuid}"


class Removed(models.Model):
    """A part that was taken out of a draft, whole; or all that a draft said before something else
    was put in its place. Written by `courses.studio.removing` and `restoring`.
    """

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="removed")
    kind = models.CharField(max_length=10)  # module, lesson, block, question; draft
    part = models.UUIDField()  # its uuid (the course's): the same part may go more than once
    title = models.JSONField(default=dict)
    data = models.JSONField()
    removed_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = PlannedQuerySet["Removed"].as_manager()

    class Meta:
        ordering = ["-removed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.part}"


class Question(models.Model):
    """A question of a quiz or an evaluation. `body` has the shape its kind asks for."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="questions")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=16)  # a name in courses.questions.KINDS
    points = models.PositiveSmallIntegerField(default=1)
    body = models.JSONField(default=dict)

    objects = PlannedQuerySet["Question"].as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} question {self.uuid}"
