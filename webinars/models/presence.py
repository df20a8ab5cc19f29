"""Attendance as evidence: when it was live, who was there, what was decided from that."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import User
from webinars import rules
from webinars.models.registration import Registration
from webinars.models.schedule import CreditPolicy, Webinar


class LiveWindow(models.Model):
    """A stretch of live time on the server's clock: from go-live or resume to break or end.

    A correction writes all windows anew with the next revision; the last revision counts.
    """

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="windows")
    revision = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["webinar"], condition=Q(closed_at__isnull=True), name="one_open_window"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="window_closes_later",
            ),
        ]

    def __str__(self) -> str:
        return f"live window of {self.webinar_id} from {self.opened_at:%T}"


class PresenceSpan(models.Model):
    """Someone was there from one moment to another: a closed, half-open slice of UTC.

    Append-only. There are no open rows, so a crash loses at most one slice and never adds. Client
    time is never stored. `(source, key)` makes a slice that is written twice count once.
    """

    class Source(models.TextChoices):
        ROOM = "room"  # heartbeats over a socket
        POLL = "poll"  # heartbeats over the HTTP fallback
        IMPORT = "import"

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="spans")
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=12, choices=Source)
    key = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="slice_counts_once"),
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="slice_has_length"
            ),
        ]
        indexes = [models.Index(fields=["webinar", "person"])]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.webinar_id} from {self.started_at:%T}"


class Determination(models.Model):
    """What the evidence was found to earn. Append-only; written by `webinars.attendance`.

    The same inputs make no second row. New inputs or a person's override make a row with the next
    sequence that supersedes; the highest sequence stands. `reasons` holds codes of
    `webinars.rules`; after the code of an override stand the words of the person who made it.
    """

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="determinations")
    sequence = models.PositiveSmallIntegerField()
    policy = models.ForeignKey(CreditPolicy, models.PROTECT, related_name="+")
    inputs_sha256 = models.CharField(max_length=64)
    live_seconds = models.PositiveIntegerField()
    present_seconds = models.PositiveIntegerField()
    bridged_seconds = models.PositiveIntegerField()
    prompts = models.JSONField(default=dict)
    credited = models.BooleanField()
    minutes = models.PositiveIntegerField()
    reasons = models.JSONField(default=list)  # codes that the page puts into words
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # null: the rule
    made_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["Determination"].as_manager()

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "sequence"], name="determination_numbered_once"
            ),
        ]

    def __str__(self) -> str:
        return f"determination {self.sequence} for {self.registration_id}"

    @property
    def counted_seconds(self) -> int:
        return self.present_seconds + self.bridged_seconds

    @property
    def counted_minutes(self) -> int:
        """Whole minutes that count, also where they were too few for credit."""
        return self.counted_seconds // 60

    @property
    def live_minutes(self) -> int:
        return self.live_seconds // 60

    @property
    def why(self) -> list[str]:
        """The reasons in words."""
        if self.reasons[:1] == [rules.OVERRIDE]:
            return [str(WORDS[rules.OVERRIDE]), *self.reasons[1:]]
        return [str(WORDS[code]) for code in self.reasons]


WORDS = {
    rules.NOT_LIVE: _("The session did not take place."),
    rules.ABSENT: _("We did not see you in the room while it was live."),
    rules.LATE: _("You came after the time by which people had to be there."),
    rules.SHORT: _("You were there for less of the session than credit asks for."),
    rules.ENOUGH: _("You were there for enough of the session."),
    rules.BRIDGED: _("Short gaps, such as a lost connection, were counted as time in the room."),
    rules.UNANSWERED: _("You answered too few of the questions that came in between."),
    rules.CAPPED: _("There were more short gaps than may be counted."),
    rules.OVERRIDE: _("A credit administrator decided this:"),
}
