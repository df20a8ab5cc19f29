"""The chain of record: Enrolment → Evidence → Completion. Nothing here is ever taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses import rules
from courses.document import Document
from courses.models import credit
from courses.models.course import Course, CourseVersion, document_of
from courses.signals import course_completed
from lms import outbox
from lms.models import PlannedQuerySet
from people.models import Organisation, User, membership_of


class EnrolmentQuerySet(PlannedQuerySet["Enrolment"]):
    def of(self, person: User) -> Self:
        return self.filter(person=person)

    def done(self) -> Self:
        return self.filter(Exists(Completion.objects.filter(enrolment=OuterRef("pk"))))

    def under_way(self) -> Self:
        return self.filter(~Exists(Completion.objects.filter(enrolment=OuterRef("pk"))))

    def latest_cycle(self) -> Self:
        later = Enrolment.objects.filter(
            person=OuterRef("person"), course=OuterRef("course"), cycle__gt=OuterRef("cycle")
        )
        return self.filter(~Exists(later))

    def with_record(self) -> Self:
        """Everything `status` and `completion` need, in two more queries for any number of rows."""
        return self.prefetch_related(
            Prefetch("evidence", Evidence.objects.order_by("pk").planned())
        ).prefetch_related(
            Prefetch("completions", Completion.objects.order_by("-sequence").planned())
        )

    def for_learning(self) -> Self:
        """One person's enrolments with course and record: three queries for any number of rows."""
        return self.latest_cycle().select_related("course").with_record().planned()

    def for_lesson(self) -> Self:
        """With the evidence, the present cycle first: two queries before a lesson shows."""
        evidence = Prefetch("evidence", Evidence.objects.order_by("pk").planned())
        rows = self.select_related("course").prefetch_related(evidence)
        return rows.order_by("-cycle").planned()


class Enrolment(models.Model):
    """One person's way through one course, once: recertification is a new cycle.

    Pinned to one version. Only a publication whose policy says so moves it, and only while it is
    under way. Created by `courses.enrolling`; evidence comes in by `record`.
    """

    class Reason(models.TextChoices):
        OWN = "own", _("own choice")
        ASSIGNED = "assigned", _("assigned")
        SERIES = "series", _("part of a series")
        WEBINAR = "webinar", _("registered for its webinar")

    person = models.ForeignKey(User, models.PROTECT, related_name="enrolments")
    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments")
    cycle = models.PositiveSmallIntegerField(default=1)
    version = models.ForeignKey(CourseVersion, models.PROTECT, related_name="enrolments")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="enrolments"
    )  # where the person belonged when enrolling
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.OWN)
    assigned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    enrolled_at = models.DateTimeField(default=timezone.now)
    counts_from = models.DateTimeField(null=True, editable=False)  # of a renewal: see `counted`

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course", "cycle"], name="one_enrolment_per_cycle"
            ),
        ]
        indexes = [models.Index(fields=["course", "version"])]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.course_id} cycle {self.cycle}"

    @property
    def document(self) -> Document:
        return document_of(self.version_id)

    @property
    def completion(self) -> Completion | None:
        """The completion that stands: the latest in its line of corrections."""
        return max(self.completions.all(), key=lambda c: c.sequence, default=None)

    @property
    def status(self) -> rules.Status:
        """What is met and missing, from the evidence and the pinned rule. The only such answer."""
        return rules.status(self.document.rule, self.facts)

    @property
    def facts(self) -> list[rules.Fact]:
        return [row.fact for row in self.counted(self.evidence.all())]

    def counted(self, evidence: Iterable[Evidence]) -> list[Evidence]:
        """What counts in this cycle: in a renewal only what happened since its window opened."""
        since = self.counts_from
        return [row for row in evidence if since is None or row.occurred_at >= since]

    @transaction.atomic
    def record(
        self,
        kind: str,
        item: str,
        *,
        source: str,
        reference: str = "",
        occurred_at: datetime | None = None,
        value: Mapping[str, Any] | None = None,
        ring: bool = True,
    ) -> rules.Status:
        """Add one row of evidence, and the completion with it when it was the deciding one.

        Safe to repeat: `(kind, item, reference)` counts once. `ring` is False where nobody waits
        for what follows, and a worker sees to the completions of many at once. The lock is for two
        last pieces recorded at the same moment: without it each would see the other still missing,
        and the course would never complete.
        """
        if kind not in Evidence.Kind:
            raise ValueError(f"{kind!r} is not a kind of evidence")
        now = timezone.now()
        locked = Enrolment.objects.select_for_update().get(pk=self.pk)
        self.version_id = locked.version_id
        Evidence.objects.get_or_create(
            enrolment=self,
            kind=kind,
            item=item,
            reference=reference,
            defaults={
                "version_id": locked.version_id,
                "source": source,
                "occurred_at": occurred_at or now,
                "recorded_at": now,
                "value": dict(value or {}),
            },
        )
        return self.complete_if_due(now, ring=ring)

    @transaction.atomic
    def complete_if_due(self, now: datetime, *, ring: bool = True) -> rules.Status:
        """Write the completion when the pinned rule is met and none is written. Safe to repeat.

        Called with this row locked, by `record` and by a publication that moved it. The promise
        that the completion is seen to stands in the same transaction: the bell is only quicker.
        """
        evidence = self.counted(Evidence.objects.filter(enrolment=self).order_by("pk"))
        document = document_of(self.version_id)
        status = rules.status(document.rule, [row.fact for row in evidence])
        moment = status.completed_at
        if moment and not Completion.objects.filter(enrolment=self).exists():
            asked = {r.item for r in status.requirements}
            counted = [row for row in evidence if row.item in asked]
            granted = credit.grants(
                self.course_id,
                met={requirement.needs for requirement in status.requirements},
                completed_at=moment,
            )
            completion = Completion.objects.create(
                enrolment=self,
                sequence=1,
                version_id=self.version_id,
                completed_at=moment,
                recorded_at=now,
                rule=document.rule,
                score=_score(counted),
                minutes=_minutes(counted),
                hours={"training": str(document.hours)}
                | {
                    approval.credit_type.slug: str(hours)
                    for approval, hours in granted
                    if not approval.credit_type.claimed
                },
                evidence_ids=[row.pk for row in counted],
            )
            credit.award(completion, granted)
            outbox.promise(
                "courses.completed",
                key=str(completion.pk),
                payload={"completion": completion.pk, "course": self.course_id},
            )
            if ring:
                bell = partial(
                    course_completed.send_robust, Completion, completion_id=completion.pk
                )
                transaction.on_commit(bell, robust=True)
        return status


def _score(evidence: list[Evidence]) -> int | None:
    """The mean of the best score of each quiz, in whole percent; None without a quiz."""
    best: dict[str, int] = {}
    for row in evidence:
        if row.kind == Evidence.Kind.PASSED:
            best[row.item] = max(best.get(row.item, 0), int(row.value.get("percent", 0)))
    return round(sum(best.values()) / len(best)) if best else None


def _minutes(evidence: list[Evidence]) -> int | None:
    """Minutes attended live, the best of each session added up; None without a live session."""
    best: dict[str, int] = {}
    for row in evidence:
        if row.kind == Evidence.Kind.ATTENDED:
            best[row.item] = max(best.get(row.item, 0), int(row.value.get("minutes", 0)))
    return sum(best.values()) if best else None


class Evidence(models.Model):
    """One thing that happened. Append-only: a trigger refuses update and delete."""

    class Kind(models.TextChoices):
        FINISHED = "finished", _("lesson finished")
        PASSED = "passed", _("quiz passed")
        ATTENDED = "attended", _("live session attended")
        EVALUATED = "evaluated", _("evaluation sent")
        ACCREDITED = "accredited", _("accredited")

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="evidence")
    version = models.ForeignKey(CourseVersion, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    item = models.CharField(max_length=36)  # the lesson's uuid
    reference = models.CharField(max_length=80, default="", blank=True)  # attempt, determination …
    source = models.CharField(max_length=40)  # learner, quiz, webinar, carried, a person's act
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    value = models.JSONField(default=dict)

    objects = PlannedQuerySet["Evidence"].as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind", "item", "reference"], name="evidence_counts_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item}"

    @property
    def fact(self) -> rules.Fact:
        return rules.Fact(self.kind, self.item, self.occurred_at)


class Completion(models.Model):
    """A course was completed. Written once, in the transaction of the deciding evidence.

    Append-only. A correction is a new row with the next sequence that names what it supersedes.
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="completions")
    sequence = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )
    version = models.ForeignKey(CourseVersion, models.PROTECT, related_name="+")
    completed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    rule = models.JSONField()  # as it stood
    score = models.PositiveSmallIntegerField(null=True)  # percent
    minutes = models.PositiveIntegerField(null=True)  # attended live
    hours = models.JSONField()  # {credit type: hours as text}
    evidence_ids = models.JSONField()

    objects = PlannedQuerySet["Completion"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "sequence"], name="one_completion_per_sequence"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__lte=100), name="score_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"completion {self.sequence} of {self.enrolment_id}"


def organisation_of(person: User, at: datetime) -> Organisation | None:
    membership = membership_of(person, at)
    return membership.organisation if membership else None
