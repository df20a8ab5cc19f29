"""What is said in the room, and the log that carries it to every window."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User
from webinars.models.schedule import Webinar


class RoomEvent(models.Model):
    """«Something changed»: the room's log, numbered without gaps. Append-only.

    It names what changed (`kind`, `about`), not what it says: each delivery renders the present
    state for its audience, so a replay never repeats words that were taken back since.
    """

    class Audience(models.TextChoices):
        ALL = "all"
        PRESENTER = "speaker"  # whoever presents, and hosts and moderators
        STAFF = "staff"  # hosts and moderators

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.ALL)
    kind = models.CharField(max_length=20)  # see webinars/room/__init__.py
    about = models.PositiveBigIntegerField(null=True)  # the row's id
    payload = models.JSONField(default=dict)  # facts for the audit, never shown
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["webinar", "seq"], name="room_events_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.webinar_id} #{self.seq} {self.kind}"


class RoomSetup(models.Model):
    """How the hosts want their room. Written by `webinars.room.setup`; a session without a row has
    the defaults."""

    webinar = models.OneToOneField(
        Webinar, models.PROTECT, primary_key=True, related_name="room_setup"
    )
    slow_seconds = models.PositiveSmallIntegerField(default=0)  # between two messages of a person
    links = models.BooleanField(default=False)  # people may write links in the chat
    names_known = models.BooleanField(default=True)  # moderators see who asks anonymously
    notice = models.CharField(max_length=300, blank=True)  # in the spotlight, above the stage
    materials = models.JSONField(default=list)  # [{"title", "url"}]
    streams = models.JSONField(default=dict)  # "backup", "asl", "es" → as in Webinar.stage
    on_backup = models.BooleanField(default=False)
    presenter_notes = models.CharField(
        max_length=1000, blank=True
    )  # from the hosts, for nobody else
    # In the address that a captioner posts to; empty: none was made.
    caption_secret = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caption_secret"],
                condition=~Q(caption_secret=""),
                name="caption_secret_of_one_room",
            ),
        ]

    def __str__(self) -> str:
        return f"room of {self.webinar_id}"

    @classmethod
    def of(cls, webinar: Webinar) -> RoomSetup:
        try:
            return webinar.room_setup
        except cls.DoesNotExist:
            return cls(webinar=webinar)


class RoomHelper(models.Model):
    """Somebody who helps the hosts in one room, in one role. Written by `webinars.room.team`."""

    class Role(models.TextChoices):
        MODERATOR = "moderator", _("Moderator")
        PRESENTER = "presenter", _("Presenter")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="helpers")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=9, choices=Role, default=Role.MODERATOR)
    added_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["RoomHelper"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webinar", "person"], name="helps_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.webinar_id}"


class RoomQuestionQuerySet(PlannedQuerySet["RoomQuestion"]):
    def public(self) -> Self:
        """What everybody in the room may see."""
        return self.filter(state__in=[RoomQuestion.State.APPROVED, RoomQuestion.State.ANSWERED])


class RoomQuestion(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a moderator")
        APPROVED = "approved", _("Shown")
        ANSWERED = "answered", _("Answered")
        DISMISSED = "dismissed", _("Not shown")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        MERGED = "merged", _("Joined with another question")

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="questions")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)  # from the form: sent twice is asked once
    text = models.CharField(max_length=500)
    anonymous = models.BooleanField(default=False)  # to the room
    named = models.BooleanField(default=True)  # moderators see who asked: the rule of that moment
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answer = models.CharField(max_length=1000, blank=True)
    pinned_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    asked_at = models.DateTimeField(default=timezone.now)

    objects = RoomQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webinar", "author", "key"], name="asked_once"),
        ]
        indexes = [models.Index(fields=["webinar", "state"])]

    def __str__(self) -> str:
        return f"question {self.pk}"

    @property
    def is_public(self) -> bool:
        return self.state in {self.State.APPROVED, self.State.ANSWERED}


class QuestionVote(models.Model):
    question = models.ForeignKey(RoomQuestion, models.CASCADE, related_name="votes")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "person"], name="one_vote_each"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.question_id}"


class ChatMessage(models.Model):
    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)
    text = models.CharField(max_length=500)
    sent_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["ChatMessage"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["webinar", "author", "key"], name="said_once"),
        ]
        indexes = [
            models.Index(
                fields=["webinar", "id"], condition=Q(removed_at__isnull=True), name="chat_shown"
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Silence(models.Model):
    """This person may not write in the chat, until it is lifted."""

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="silences")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["Silence"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "person"],
                condition=Q(lifted_at__isnull=True),
                name="silenced_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.webinar_id}"


class Hand(models.Model):
    """A raised hand. Raised again later it is a new row, at the end of the line."""

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="hands")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    lowered_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["Hand"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "person"],
                condition=Q(lowered_at__isnull=True),
                name="one_hand_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.webinar_id}"


class Reaction(models.Model):
    """The last time that a person reacted in this way. Never a record, shown for half a minute."""

    class Kind(models.TextChoices):
        CLAP = "clap", _("Applause")
        HEART = "heart", _("Heart")
        THUMB = "thumb", _("Thumbs up")
        LAUGH = "laugh", _("Laughter")
        THINK = "think", _("Thinking")

    webinar = models.ForeignKey(Webinar, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "person", "kind"], name="one_reaction_of_a_kind"
            ),
        ]
        indexes = [models.Index(fields=["webinar", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} at {self.webinar_id}"


class Headcount(models.Model):
    """How many people one server process has in a room. Replaced every few seconds, never a
    record; written by `webinars.room.heads`."""

    webinar = models.ForeignKey(Webinar, models.CASCADE, related_name="+")
    process = models.CharField(max_length=32)
    people = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webinar", "process"], name="one_count_per_process"),
        ]

    def __str__(self) -> str:
        return f"{self.people} at {self.webinar_id}"
