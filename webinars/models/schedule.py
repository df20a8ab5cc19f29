"""When a live session takes place, where it is shown, and what earns credit in it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import Course
from lms.models import PlannedQuerySet
from lms.text import said
from people.models import User, check_zone
from webinars import rules

DOORS = timedelta(minutes=30)  # the room opens this long before the planned start
FORGOTTEN = timedelta(minutes=30)  # past the planned end, a session that nobody ended is ended


class CreditPolicy(models.Model):
    """What counts as attending. Append-only: a change is a new row with the next number.

    The share is of the live time. Gaps up to `gap_seconds` between presence are added back, in all
    no more than the smaller of `gap_total_seconds` and `gap_total_percent` of the live time.
    """

    name = models.CharField(max_length=80)
    number = models.PositiveSmallIntegerField()
    share_percent = models.PositiveSmallIntegerField(default=80)
    gap_seconds = models.PositiveSmallIntegerField(default=60)
    gap_total_seconds = models.PositiveSmallIntegerField(default=300)
    gap_total_percent = models.PositiveSmallIntegerField(default=5)
    late_limit_minutes = models.PositiveSmallIntegerField(null=True)  # None: come when you can
    credit_step_minutes = models.PositiveSmallIntegerField(default=1)  # minutes round down to it
    # «Are you still here?» about this often, at irregular times; None: never. And how many of
    # these, and of the polls that check what people know, have to be answered.
    prompt_every_minutes = models.PositiveSmallIntegerField(null=True)
    prompt_share_percent = models.PositiveSmallIntegerField(default=0)
    sources = models.JSONField(default=list)  # which presence sources count; empty: all

    class Meta:
        verbose_name_plural = "credit policies"
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="policy_version_once"),
            models.CheckConstraint(
                condition=Q(share_percent__gte=1, share_percent__lte=100), name="share_is_a_percent"
            ),
            models.CheckConstraint(
                condition=Q(credit_step_minutes__gte=1), name="credit_step_positive"
            ),
            models.CheckConstraint(
                condition=Q(prompt_share_percent__lte=100), name="prompt_share_is_a_percent"
            ),
            models.CheckConstraint(
                condition=Q(prompt_every_minutes__isnull=True) | Q(prompt_every_minutes__gte=2),
                name="prompts_not_at_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def rule(self) -> rules.Policy:
        return rules.Policy(
            share_percent=self.share_percent,
            gap_seconds=self.gap_seconds,
            gap_total_seconds=self.gap_total_seconds,
            gap_total_percent=self.gap_total_percent,
            late_limit_minutes=self.late_limit_minutes,
            credit_step_minutes=self.credit_step_minutes,
            prompt_share_percent=self.prompt_share_percent,
        )


class WebinarQuerySet(PlannedQuerySet["Webinar"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Published sessions; hosts see their drafts too. Cancelled ones stay, and say so."""
        if isinstance(user, User) and (user.may_host or user.is_superuser):
            return self
        return self.public()

    def public(self) -> Self:
        """Published, and no rehearsal."""
        return self.filter(published_at__isnull=False, rehearsal=False)

    def hosted_by(self, user: User) -> Self:
        """Sessions whose console this person may open."""
        if user.is_superuser:
            return self
        if not user.may_host:
            return self.none()
        return self.filter(hosts=user)

    def upcoming(self) -> Self:
        return self.filter(
            ended_at__isnull=True, cancelled_at__isnull=True, ends_at__gt=timezone.now()
        ).order_by("starts_at")

    def in_room(self) -> Self:
        return self.filter(state__in=Webinar.IN_ROOM)

    def live_now(self) -> Self:
        """In the room, and not left on: without a worker nobody ends what hosts forget."""
        from webinars.models.presence import LiveWindow  # noqa: PLC0415 -- it points here

        began_late = LiveWindow.objects.filter(
            webinar=OuterRef("pk"), opened_at__gte=OuterRef("ends_at"), closed_at=None
        )
        in_time = Q(ends_at__gt=timezone.now() - FORGOTTEN)
        return self.in_room().filter(in_time | Exists(began_late))

    def over(self) -> Self:
        """Those that took place, the latest first."""
        return self.filter(ended_at__isnull=False, cancelled_at__isnull=True).order_by("-starts_at")

    def for_reader(self, user: User | AnonymousUser) -> Self:
        """With the course, `seats_taken`, and the reader's own `my_state` (None: no place).

        One query for any number of sessions.
        """
        from webinars.models.registration import Registration  # noqa: PLC0415 -- it points here

        places = Registration.objects.filter(webinar=OuterRef("pk"))
        taken = places.holding().order_by().values("webinar").annotate(n=Count("pk")).values("n")
        mine = (
            places.of(user).values("state")[:1]
            if isinstance(user, User)
            else places.none().values("state")
        )
        return (
            self.select_related("course")
            .annotate(
                seats_taken=Coalesce(Subquery(taken), Value(0)),
                my_state=Subquery(mine, output_field=models.CharField(null=True)),
            )
            .planned()
        )


class Webinar(models.Model):
    """One scheduled live session: a lesson of a course (`item` is the lesson's uuid).

    Its schedule is written by `webinars.scheduling`, its state by the room, and by
    `webinars.attendance` for a session that nobody ended.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        LIVE = "live", _("Live now")
        BREAK = "break", _("On a break")
        ENDED = "ended", _("Over")

    IN_ROOM = (State.LIVE, State.BREAK)

    class Format(models.TextChoices):
        PRESENTATION = "presentation", _("Presentation with questions")
        PANEL = "panel", _("Panel")
        WORKSHOP = "workshop", _("Workshop")
        OFFICE_HOURS = "office_hours", _("Open question hour")

    class Captions(models.TextChoices):
        CART = "cart", _("A person writes live captions (CART)")
        AUTOMATIC = "automatic", _("Automatic captions, and a person (CART) on request")

    class Interpretation(models.TextChoices):
        ASL = "asl", _("American Sign Language")
        SPOKEN = "spoken", _("Interpreted into another spoken language")
        BOTH = "both", _("American Sign Language and another spoken language")
        REQUEST = "request", _("Interpreters on request")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # calendar UID
    slug = models.SlugField(max_length=80, unique=True)
    course = models.ForeignKey(Course, models.PROTECT, related_name="webinars")
    item = models.CharField(max_length=36)
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="America/New_York", validators=[check_zone])
    capacity = models.PositiveIntegerField(null=True, blank=True)
    registration_opens_at = models.DateTimeField(null=True, blank=True)  # null: at once
    registration_closes_at = models.DateTimeField(null=True, blank=True)
    format = models.CharField(max_length=12, choices=Format, default=Format.PRESENTATION)
    caption_plan = models.CharField(max_length=10, choices=Captions, blank=True)
    interpretation_plan = models.CharField(max_length=10, choices=Interpretation, blank=True)
    rehearsal = models.BooleanField(default=False)  # nothing that happens in it ever counts
    needs_approval = models.BooleanField(default=False)  # hosts approve each registration
    languages = models.JSONField(default=list)
    hosts = models.ManyToManyField(User, related_name="hosted_webinars", blank=True)
    policy = models.ForeignKey(CreditPolicy, models.PROTECT, related_name="+")
    stage = models.JSONField(default=dict, blank=True)  # {"kind": "youtube", "id"} or file address
    recording = models.JSONField(default=dict, blank=True)  # the same shape, once there is one
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)
    published_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)  # calendar SEQUENCE: grows when it moves
    room_seq = models.PositiveBigIntegerField(default=0)  # the last event's number

    objects = WebinarQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="ends_later"),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__gte=1), name="capacity_positive"
            ),
        ]
        indexes = [models.Index(fields=["item"]), models.Index(fields=["starts_at"])]

    def __str__(self) -> str:
        return said(self.title, "en")

    def get_absolute_url(self) -> str:
        return reverse("webinars:webinar", args=[self.slug])

    @property
    def doors_at(self) -> datetime:
        return self.starts_at - DOORS

    @property
    def phase(self) -> str:
        """Where it stands now, for pages: cancelled, over, live, break, missed, doors or ahead.

        «doors»: not begun, and the room is open. «missed»: its hour passed and nobody began it.
        """
        now = timezone.now()
        if self.cancelled_at is not None:
            return "cancelled"
        if self.state == Webinar.State.ENDED:
            return "over"
        if self.state in Webinar.IN_ROOM:
            # One that began only after its planned end has its planned length from then on.
            left_on = self.ends_at + (self.ends_at - self.starts_at) + FORGOTTEN <= now
            return "over" if left_on else str(self.state)
        if self.ends_at <= now:
            return "missed"
        return "doors" if self.doors_at <= now else "ahead"

    @property
    def room_is_open(self) -> bool:
        return self.phase in {"doors", "live", "break"}

    @property
    def takes_registrations(self) -> bool:
        """Published, still to come or under way, and within its time of registration."""
        return (
            self.published_at is not None
            and not self.rehearsal
            and not self.opens_later
            and self.phase in {"ahead", "doors", "live", "break"}
            and (
                self.registration_closes_at is None or timezone.now() < self.registration_closes_at
            )
        )

    @property
    def opens_later(self) -> bool:
        """Registration has not begun."""
        opens_at = self.registration_opens_at
        return opens_at is not None and timezone.now() < opens_at

    @property
    def is_full(self) -> bool:
        """Of a row from `for_reader`, like `seats_left`."""
        return self.seats_left == 0

    @property
    def seats_left(self) -> int | None:
        """None: no limit."""
        if self.capacity is None:
            return None
        return max(0, self.capacity - self.seats_taken)  # type: ignore[attr-defined,no-any-return]

    @property
    def minutes(self) -> int:
        """Planned length."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def room_path(self) -> str:
        return f"{self.get_absolute_url()}room/"
