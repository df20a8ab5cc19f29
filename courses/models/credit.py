"""Professional credit: the boards' rules as data, what they approved, what people earned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses import credit_rules
from lms.models import PlannedQuerySet
from lms.text import said
from people.models import User

if TYPE_CHECKING:
    from courses.models.record import Completion


class CreditType(models.Model):
    """A kind of credit and its board's rules. Comes from `courses/content/credit.yaml` until a
    credit administrator changes it; written by `courses.crediting`.

    `needs` names kinds of evidence; `step` is the smallest part of a credit. What was granted
    has copied these rules: a change here concerns what is granted later.
    """

    class Reporting(models.TextChoices):
        PROVIDER = "provider", _("We report it to the board")
        LEARNER = "learner", _("The learner reports it to the board")

    slug = models.SlugField(max_length=20, unique=True)
    name = models.JSONField()  # localised
    unit = models.JSONField()  # localised, in the plural: «contact hours»
    body = models.CharField(max_length=120)  # whose credit it is
    step = models.DecimalField(max_digits=5, decimal_places=2)
    minutes_per_unit = models.PositiveSmallIntegerField(default=60)
    claimed = models.BooleanField(default=False)  # the person says how many they claim
    needs = models.JSONField(default=list, blank=True)  # kinds of evidence
    reporting = models.CharField(max_length=10, choices=Reporting, default=Reporting.LEARNER)
    number_name = models.JSONField(
        default=dict, blank=True
    )  # what the learner's own number is called
    cycle_years = models.PositiveSmallIntegerField(null=True, blank=True)
    retention_years = models.PositiveSmallIntegerField(default=7)
    note = models.JSONField(default=dict, blank=True)  # what the administrator should know
    source = models.TextField(default="", blank=True)  # where the rules were read
    changed_at = models.DateTimeField(null=True, editable=False)  # by a person, not by the file

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(step__gt=0), name="credit_step_is_a_step"),
        ]

    def __str__(self) -> str:
        return said(self.name, "en") or self.slug

    @property
    def needs_in_words(self) -> list[str]:
        from courses.models.record import Evidence  # noqa: PLC0415 -- it imports this module

        return [str(Evidence.Kind(need).label) for need in self.needs]


class ApprovalQuerySet(PlannedQuerySet["CreditApproval"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def for_list(self) -> Self:
        return self.select_related("course", "credit_type", "recorded_by").planned()


class CreditApproval(models.Model):
    """A board approved a course, for so many hours, from one day to another.

    Written by `courses.crediting`. A row exists only once the board has said yes. Its terms are
    frozen by a trigger: a correction withdraws it and writes another, so that whatever was earned
    under it can be shown as it stood.
    """

    course = models.ForeignKey("courses.Course", models.PROTECT, related_name="approvals")
    credit_type = models.ForeignKey(CreditType, models.PROTECT, related_name="approvals")
    hours = models.DecimalField(
        max_digits=6, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    category = models.CharField(max_length=60, blank=True)  # «Category I», «advanced level»
    provider_name = models.CharField(max_length=200)
    provider_number = models.CharField(max_length=60, blank=True)
    event_number = models.CharField(max_length=60, blank=True)
    statement = models.JSONField(default=dict)  # localised, as the board wants it worded
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day, itself included
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "credit_type"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_standing_approval",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="approval_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credit_type_id} for {self.course_id}"

    @property
    def terms(self) -> credit_rules.Terms:
        return credit_rules.Terms(
            hours=self.hours,
            step=self.credit_type.step,
            needs=frozenset(self.credit_type.needs),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            recorded_at=self.recorded_at,
            withdrawn_at=self.withdrawn_at,
        )

    def ended(self) -> bool:
        return self.valid_to is not None and self.valid_to < timezone.localdate()

    def frozen(self) -> dict[str, object]:
        """All that a statement of this credit says, to be copied once and never looked up."""
        kind = self.credit_type
        return {
            "format": 1,
            "type": kind.slug,
            "name": kind.name,
            "unit": kind.unit,
            "body": kind.body,
            "hours": str(self.hours),
            "step": str(kind.step),
            "needs": sorted(kind.needs),
            "claimed": kind.claimed,
            "category": self.category,
            "provider_name": self.provider_name,
            "provider_number": self.provider_number,
            "event_number": self.event_number,
            "statement": self.statement,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "recorded_at": self.recorded_at.isoformat(),
            "retention_years": kind.retention_years,
            "source": kind.source,
        }


class Grant(NamedTuple):
    approval: CreditApproval
    hours: Decimal


def grants(course_id: int, *, met: Collection[str], completed_at: datetime) -> list[Grant]:
    """What a completion of this course at this moment earns, by the one pure rule.

    Withdrawn approvals are asked too: one that stood at that moment counts, however late the
    evidence came in. Of one board no two stand at the same moment.
    """
    provider_zone = timezone.get_default_timezone()
    day = timezone.localdate(completed_at, provider_zone)
    rows = CreditApproval.objects.filter(course_id=course_id)
    found = (
        Grant(
            row,
            credit_rules.earned(row.terms, met=met, completed_at=completed_at, completed_on=day),
        )
        for row in rows.select_related("credit_type").order_by("credit_type__slug")
    )
    return [grant for grant in found if grant.hours]


class AwardQuerySet(PlannedQuerySet["CreditAward"]):
    def of(self, person: User) -> Self:
        return self.filter(completion__enrolment__person=person)

    def standing(self) -> Self:
        return self.filter(completion__superseded_by=None)

    def for_statement(self) -> Self:
        return self.select_related(
            "claim", "credit_type", "completion__enrolment__course"
        ).planned()


class CreditAward(models.Model):
    """Credit that a completion earned. Written with the completion, once; append-only by trigger.

    Where the board wants people to claim, `hours` is the most they may claim, and what counts is
    the claim.
    """

    completion = models.ForeignKey("courses.Completion", models.PROTECT, related_name="awards")
    credit_type = models.ForeignKey(CreditType, models.PROTECT, related_name="awards")
    approval = models.ForeignKey(CreditApproval, models.PROTECT, related_name="awards")
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    terms = models.JSONField()  # CreditApproval.frozen
    awarded_at = models.DateTimeField()

    objects = AwardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["completion", "credit_type"], name="credit_awarded_once"
            ),
            models.CheckConstraint(condition=Q(hours__gt=0), name="an_award_is_of_something"),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.hours} {self.credit_type_id} for {self.completion_id}"

    @property
    def waits_for_claim(self) -> bool:
        return bool(self.terms["claimed"]) and getattr(self, "claim", None) is None

    @property
    def counted(self) -> Decimal:
        """The hours that count: those claimed, where people claim."""
        if not self.terms["claimed"]:
            return self.hours
        claim: CreditClaim | None = getattr(self, "claim", None)
        return claim.hours if claim else Decimal(0)


class CreditClaim(models.Model):
    """How many of the granted hours a person claims. Once for each award; append-only."""

    award = models.OneToOneField(CreditAward, models.PROTECT, related_name="claim")
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    claimed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0), name="a_claim_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.hours} of {self.award_id}"


class CreditNumber(models.Model):
    """A person's own number with a board: a licence, a CHES number. Sealed; see `crediting`.

    Only the person and a credit administrator's report to the board ever see it.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="credit_numbers")
    credit_type = models.ForeignKey(CreditType, models.PROTECT, related_name="+")
    sealed = models.TextField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "credit_type"], name="one_credit_number_each"
            ),
        ]

    def __str__(self) -> str:
        return f"number of {self.person_id} with {self.credit_type_id}"


def award(completion: Completion, granted: list[Grant]) -> None:
    """Write down what was granted, in the transaction of the completion."""
    CreditAward.objects.bulk_create(
        CreditAward(
            completion=completion,
            credit_type=grant.approval.credit_type,
            approval=grant.approval,
            hours=grant.hours,
            terms=grant.approval.frozen(),
            awarded_at=completion.recorded_at,
        )
        for grant in granted
    )


def carried(old: Completion, corrected: Completion, *, met: Collection[str]) -> list[CreditAward]:
    """The awards that a correction keeps: those whose approval covered the corrected moment too.

    None is added: what nobody granted then is not granted backwards.
    """
    at = corrected.completed_at
    granted = grants(corrected.enrolment.course_id, met=met, completed_at=at)
    covered = {grant.approval.pk for grant in granted}
    rows = CreditAward.objects.filter(completion=old, approval__in=covered)
    return list(rows.select_related("claim"))


def carry_over(awards: list[CreditAward], corrected: Completion) -> None:
    """In the transaction that corrects a completion: its awards and claims stand there anew."""
    for award in awards:
        claim: CreditClaim | None = getattr(award, "claim", None)
        fresh = CreditAward.objects.create(
            completion=corrected,
            credit_type_id=award.credit_type_id,
            approval_id=award.approval_id,
            hours=award.hours,
            terms=award.terms,
            awarded_at=award.awarded_at,
        )
        if claim is not None:
            CreditClaim.objects.create(award=fresh, hours=claim.hours, claimed_at=claim.claimed_at)


def check_hours(award: CreditAward, hours: Decimal) -> None:
    step = Decimal(award.terms["step"])
    if not credit_rules.claimable(hours, most=award.hours, step=step):
        raise ValidationError(
            _("Claim between %(step)s and %(most)s, in steps of %(step)s."),
            params={"step": step, "most": award.hours},
            code="hours",
        )
