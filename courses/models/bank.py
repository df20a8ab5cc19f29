"""Question banks: questions of no one course, from which quizzes draw."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Self

from django.db import models
from django.db.models import Count

from lms.models import PlannedQuerySet
from people.models import User

LONGEST_TAG, MOST_TAGS = 40, 10


class BankQuerySet(PlannedQuerySet["Bank"]):
    def editable_by(self, user: User) -> Self:
        """Trainers share all banks of the department, as they share its courses."""
        return self if user.may_author or user.is_superuser else self.none()

    def with_counts(self) -> Self:
        return self.annotate(question_count=Count("questions")).order_by("title", "pk")


class Bank(models.Model):
    """Written by `courses.banks`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    about = models.TextField(max_length=2000, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = BankQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class BankQuestionQuerySet(PlannedQuerySet["BankQuestion"]):
    def tagged(self, tag: str) -> Self:
        """With that tag; all of them without one."""
        return self.filter(tag_line__contains=f"|{tag}|") if tag else self


class BankQuestion(models.Model):
    """A question in a bank, once: the same words of the same kind are the same question."""

    bank = models.ForeignKey(Bank, models.CASCADE, related_name="questions")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16)  # a name in courses.questions.KINDS
    points = models.PositiveSmallIntegerField(default=1)
    body = models.JSONField(default=dict)
    tag_line = models.CharField(max_length=450, default="", blank=True)  # «|one|two|»
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = BankQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank", "sha256"], name="one_question_once_in_a_bank"),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} question {self.uuid}"

    @property
    def tags(self) -> list[str]:
        return [tag for tag in self.tag_line.split("|") if tag]


def tag_line(tags: Iterable[str]) -> str:
    different = dict.fromkeys(tag.replace("|", " ").strip()[:LONGEST_TAG] for tag in tags)
    kept = [tag for tag in different if tag][:MOST_TAGS]
    return f"|{'|'.join(kept)}|" if kept else ""


def fingerprint(kind: str, body: Mapping[str, Any]) -> str:
    """SHA-256 of what is asked and what is right; points and tags do not make another question."""
    text = json.dumps([kind, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
