"""Where the links of courses lead, as it was when somebody looked."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from courses.models.course import Course
from lms.models import PlannedQuerySet


class CheckedLinkQuerySet(PlannedQuerySet["CheckedLink"]):
    def wanted(self) -> Self:
        return self.filter(wanted_since__isnull=False)


class CheckedLink(models.Model):
    """One address on the web, whichever courses name it. Written by `courses.links`."""

    class State(models.TextChoices):
        UNKNOWN = ""  # never looked at
        ALIVE = "alive"
        MOVED = "moved"  # for good: 301 or 308
        DEAD = "dead"  # nobody has the name; 404 or 410
        UNSURE = "unsure"  # it could not be checked

    mark = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    url = models.TextField()
    host = models.CharField(max_length=255)
    wanted_since = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)  # a worker asks it now
    checked_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default="", blank=True)
    status = models.PositiveSmallIntegerField(null=True)  # of HTTP
    why = models.CharField(max_length=20, default="", blank=True)  # see lms.outgoing.Why
    target = models.TextField(default="", blank=True)  # where it moved to
    broke_at = models.DateTimeField(null=True)  # since when it is dead

    objects = CheckedLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host"],
                condition=Q(busy_until__isnull=False),
                name="one_question_at_a_time_for_each_host",
            ),
        ]
        indexes = [
            models.Index(
                fields=["wanted_since"],
                condition=Q(wanted_since__isnull=False),
                name="links_to_check",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class LinkRoundQuerySet(PlannedQuerySet["LinkRound"]):
    def untold(self) -> Self:
        return self.filter(told_at__isnull=True).order_by("pk")


class LinkRound(models.Model):
    """The links of one published course were looked at in one week. By `courses.links`."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    week = models.DateField()  # its Monday
    asked_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)

    objects = LinkRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "week"], name="one_round_of_links_a_week"),
        ]

    def __str__(self) -> str:
        return f"links of {self.course_id} in the week of {self.week}"
