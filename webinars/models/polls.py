"""What the room is asked by its hosts, and what people answered."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User
from webinars.models.schedule import Webinar


class Poll(models.Model):
    """Its result is hidden from a person until they answered or it closed.

    `tally` and `answered` are counted up under the lock of this row, in the transaction of each
    answer, so that showing a result never counts. Starting over begins a new `round`: the answers
    of earlier rounds stay for the export.
    """

    class Kind(models.TextChoices):
        SINGLE = "single", _("One answer")
        MULTIPLE = "multiple", _("Several answers")
        SCALE = "scale", _("A scale from 1 to 5")
        WORDS = "words", _("Words that people type")

    class State(models.TextChoices):
        DRAFT = "draft", _("Not opened yet")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="polls")
    key = models.UUIDField(default=uuid.uuid4)  # from the form: sent twice is written once
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SINGLE)
    question = models.JSONField(default=dict)  # localised
    options = models.JSONField(default=list)  # [{"id": "a", "text": localised}, …]; words: none
    right = models.JSONField(default=list)  # ids; not empty: a knowledge poll
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    round = models.PositiveSmallIntegerField(default=1)
    answered = models.PositiveIntegerField(default=0)  # people in this round
    tally = models.JSONField(default=dict)  # choice or word → people in this round
    hidden_words = models.JSONField(default=list)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["Poll"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["webinar", "key"], name="poll_written_once"),
        ]

    def __str__(self) -> str:
        return f"poll {self.pk}"


class PollVote(models.Model):
    """One person's answer in one round: ids of choices, or words."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="votes")
    round = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    choices = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["poll", "round", "person"], name="one_answer_a_round"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.choices}"
