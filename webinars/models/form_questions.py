"""What hosts ask on the registration form of a session, and what people answered."""

from __future__ import annotations

import json
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from lms.text import said
from webinars.models.registration import Registration
from webinars.models.schedule import Webinar


class FormQuestionQuerySet(PlannedQuerySet["FormQuestion"]):
    def standing(self) -> Self:
        """What the form asks now, in its order."""
        return self.filter(retired_at=None).order_by("position", "pk")


class FormQuestion(models.Model):
    """One question of a host. Written by `webinars.asking`, under the lock of the session's row.

    Once somebody has answered it its words never change: it is retired, and another one takes its
    place, so that a column of answers is about one question.
    """

    class Kind(models.TextChoices):
        SHORT = "short", _("A few words")
        LONG = "long", _("A longer text")
        ONE = "one", _("One of several answers")
        SEVERAL = "several", _("Any of several answers")
        CONSENT = "consent", _("A box to tick: yes, I agree")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="form_questions")
    kind = models.CharField(max_length=8, choices=Kind)
    words = models.JSONField()  # {"en", "es"}
    options = models.JSONField(default=list, blank=True)  # [{"en", "es"}, …]
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = FormQuestionQuerySet.as_manager()

    def __str__(self) -> str:
        return said(self.words, "en")

    @property
    def alike(self) -> str:
        """The same for two questions that ask the same: a form for several sessions asks once."""
        return json.dumps([self.kind, self.words, self.options], sort_keys=True)


class FormAnswer(models.Model):
    """What one person answered, with the question as they read it. Written by `webinars.asking`.

    `given` is {"text": …}, {"chosen": [option, …]} or {"yes": …}.
    """

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="answers")
    question = models.ForeignKey(FormQuestion, models.PROTECT, related_name="answers")
    asked = models.JSONField()  # {"words", "options"}
    given = models.JSONField()
    given_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["FormAnswer"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "question"], name="form_question_answered_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} to {self.question_id}"

    @property
    def words(self) -> str:
        """The answer as a host reads it."""
        given: dict[str, Any] = self.given
        if "yes" in given:
            return gettext("Yes") if given["yes"] else gettext("No")
        if "chosen" in given:
            return "; ".join(str(said(option)) for option in given["chosen"])
        return str(given["text"])
