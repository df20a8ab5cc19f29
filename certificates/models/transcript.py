"""What stands on a transcript beside completions, and who may look at it."""

from __future__ import annotations

import secrets
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User


def proof_path(training: OutsideTraining, name: str) -> str:
    """A name of our own: theirs may say anything. `certificates.transcripts.proofs` knows kinds."""
    return f"proofs/{uuid.uuid4()}{name[name.rfind('.') :]}"


class OutsideQuerySet(PlannedQuerySet["OutsideTraining"]):
    def of(self, person: User) -> Self:
        return self.filter(person=person)

    def listed(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def waiting(self) -> Self:
        return self.listed().filter(state=OutsideTraining.State.STATED)


class OutsideTraining(models.Model):
    """Training somewhere else, as the person states it with proof. Written by
    `certificates.transcripts.outside`; a credit administrator recognises it or not, once."""

    class State(models.TextChoices):
        STATED = "stated", _("As the person states it")
        RECOGNISED = "recognised", _("Recognized")
        REFUSED = "refused", _("Not recognized")

    person = models.ForeignKey(User, models.PROTECT, related_name="outside_training")
    key = models.UUIDField(default=uuid.uuid4)  # of the form: sent twice it is one
    title = models.CharField(max_length=200)
    provider = models.CharField(max_length=200)
    completed_on = models.DateField()
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    proof = models.FileField(upload_to=proof_path, max_length=120)
    stated_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.STATED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(default="", blank=True)  # what the person is told
    withdrawn_at = models.DateTimeField(null=True)  # by the person

    objects = OutsideQuerySet.as_manager()

    class Meta:
        ordering = ["-completed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="outside_training_once"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="outside_hours_are_some"),
        ]

    def __str__(self) -> str:
        return self.title


def _secret() -> str:
    return secrets.token_urlsafe(24)  # 192 bits


class TranscriptShare(models.Model):
    """A link by which anyone who has it may read a person's transcript, until it is withdrawn."""

    person = models.ForeignKey(User, models.CASCADE, related_name="transcript_shares")
    secret = models.CharField(max_length=40, unique=True, default=_secret)
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_open_transcript_link",
            ),
        ]

    def __str__(self) -> str:
        return f"transcript of {self.person_id}"
