"""Who does what for a course in the studio, and whether a draft was read before it goes out."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.course import Course, CourseVersion
from courses.models.draft import Draft
from lms.models import PlannedQuerySet
from people.models import User


class CourseDuty(models.Model):
    """A trainer who is named for one duty in one course. Written by `courses.duties`.

    As long as nobody is named for a duty, every trainer has it: a site with one trainer works.
    """

    class Duty(models.TextChoices):
        AUTHOR = "author", _("Author")
        REVIEWER = "reviewer", _("Reviewer")
        PUBLISHER = "publisher", _("Publisher")

    course = models.ForeignKey(Course, models.CASCADE, related_name="duties")
    person = models.ForeignKey(User, models.PROTECT, related_name="duties")
    duty = models.CharField(max_length=10, choices=Duty)

    objects = PlannedQuerySet["CourseDuty"].as_manager()

    class Meta:
        verbose_name_plural = "course duties"
        constraints = [
            models.UniqueConstraint(fields=["course", "person", "duty"], name="duty_held_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.duty} of {self.course_id}"


class DraftHand(models.Model):
    """Somebody who changed a draft since its last publication, once each.

    Written by `courses.studio.editing.touch`, cleared by `courses.publishing`.
    """

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="hands")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = PlannedQuerySet["DraftHand"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "person"], name="one_row_for_each_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in draft {self.draft_id}"


class ReviewQuerySet(PlannedQuerySet["DraftReview"]):
    def for_page(self) -> Self:
        return self.select_related("asked_by", "decided_by").planned()

    def covering(self, draft: Draft, sha256: str) -> Self:
        """Approvals of exactly these words at exactly this revision."""
        return self.filter(
            course=draft.course_id,
            state=DraftReview.State.APPROVED,
            revision=draft.revision,
            sha256=sha256,
        )


class DraftReview(models.Model):
    """Somebody asked for one revision of a draft to be read, and what came of it.

    Written by `courses.approving`. It is about what the draft said then (`sha256`, of the frozen
    document): any change afterwards leaves the row as it is and the approval worth nothing. A row
    without people is a publication from the content files, which are reviewed where they are kept.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for review")
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Sent back")
        WITHDRAWN = "withdrawn", _("Taken back")

    course = models.ForeignKey(Course, models.CASCADE, related_name="reviews")
    revision = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(default="", blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(default="", blank=True)
    version = models.ForeignKey(CourseVersion, models.PROTECT, null=True, related_name="reviews")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["course"], condition=Q(state="asked"), name="one_review_asked_for_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="nobody_reviews_their_own_request",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "returned"])
                | Q(decided_at__isnull=False, decided_by__isnull=False, asked_by__isnull=False)
                | Q(state="approved", decided_by__isnull=True, asked_by__isnull=True),
                name="a_review_is_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.course_id} r{self.revision}: {self.state}"
