"""«Are you still here?»: what the room asked in between, and who answered."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User
from webinars.models.schedule import Webinar

OPEN_FOR = timedelta(minutes=3)


class PromptQuerySet(PlannedQuerySet["Prompt"]):
    def counted_for(self, person_id: int) -> PromptQuerySet:
        """Those that count for this person. One that a break or the end cut short counts only for
        who has answered it: the others were not given their time."""
        whole = Q(closed_at__isnull=True) | Q(closed_at__gte=F("asked_at") + OPEN_FOR)
        answered = Q(pk__in=PromptAnswer.objects.filter(person=person_id).values("prompt"))
        return self.filter(whole | answered)


class Prompt(models.Model):
    """Asked once, to everybody in the room. Written by `webinars.room.prompts`."""

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="prompts")
    number = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["webinar", "number"], name="prompt_asked_once"),
        ]

    def __str__(self) -> str:
        return f"prompt {self.number} of {self.webinar_id}"


class PromptAnswer(models.Model):
    """Append-only."""

    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="answers")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt", "person"], name="prompt_answered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.prompt_id}"


class PromptEase(models.Model):
    """What a person was granted so that the prompts do not stand in their way."""

    class Kind(models.TextChoices):
        NONE = "none", _("No questions in between")
        LONGER = "longer", _("Three times as long to answer")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="prompt_eases")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)

    objects = PlannedQuerySet["PromptEase"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webinar", "person"], name="one_ease_each"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"
