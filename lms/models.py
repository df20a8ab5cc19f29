"""The kit's shared ground: planned querysets, the outbox row, what checks of the record found."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class PlannedQuerySet[M: models.Model](models.QuerySet[M]):
    def planned(self) -> Self:
        """Declare the query complete: an unplanned lazy load raises in tests.

        Elsewhere it is batched, so that a missed select_related never breaks a learner's page.
        """
        return self.fetch_mode(models.FETCH_RAISE if settings.STRICT_FETCH else models.FETCH_PEERS)


class OutboxQuerySet(PlannedQuerySet["OutboxEntry"]):
    def due(self, now: datetime) -> Self:
        """Waiting, its time has come, and no worker holds a live lease on it."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, state=OutboxEntry.State.WAITING, due_at__lte=now)

    def needing_a_person(self) -> Self:
        return self.filter(state=OutboxEntry.State.DEAD)


class OutboxEntry(models.Model):
    """One piece of slow or remote work, promised in the transaction of the act that asked for it.

    Written by `lms.outbox` alone. `(kind, key)` is unique: asking twice is asking once.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        SKIPPED = "skipped"  # no longer true when its time came: a moved webinar, a left seat
        DEAD = "dead"  # every try failed; a person decides

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="outbox_promised_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="outbox_due", condition=Q(state="waiting")),
            models.Index(fields=["state", "-created_at"], name="outbox_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class CheckRun(models.Model):
    """One look at the whole record. Written by `lms.checking`; `key` makes a night's run one."""

    key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    expected = models.PositiveSmallIntegerField()  # checks

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return self.key


class CheckResult(models.Model):
    """What one check of a run found. Once for each; a check that is done again says nothing new."""

    run = models.ForeignKey(CheckRun, models.CASCADE, related_name="results")
    name = models.CharField(max_length=80)
    rows = models.PositiveBigIntegerField()  # looked at
    broken = models.PositiveIntegerField()
    examples = models.JSONField(default=list)  # sentences
    seconds = models.FloatField()
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="one_result_for_each_check"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.broken}"
