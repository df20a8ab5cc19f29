"""Who comes to a session, and what they need to take part."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import Organisation, User
from webinars import rules
from webinars.models.schedule import Webinar

if TYPE_CHECKING:
    from webinars.models.presence import Determination


class RegistrationQuerySet(PlannedQuerySet["Registration"]):
    def of(self, person: User) -> Self:
        return self.filter(person=person)

    def seated(self) -> Self:
        return self.filter(state=Registration.State.SEATED)

    def holding(self) -> Self:
        """Who takes up a seat: those who have one, and those to whom one is offered."""
        return self.filter(state__in=[Registration.State.SEATED, Registration.State.OFFERED])

    def waiting(self) -> Self:
        """The waitlist in its order."""
        return self.filter(state=Registration.State.WAITLISTED).order_by("changed_at", "pk")

    def standing(self) -> Self:
        """A seat, the offer of one, a place on the waitlist, or asked for one."""
        return self.exclude(state__in=Registration.GONE)

    def asked(self) -> Self:
        """Who waits for a host's word, in the order in which they came."""
        return self.filter(state=Registration.State.ASKED).order_by("changed_at", "pk")

    def to_determine(self) -> Self:
        """Whose attendance is decided after the end: seats, and whoever was there all the same."""
        from webinars.models.identity import IdentityMatch  # noqa: PLC0415
        from webinars.models.presence import (  # noqa: PLC0415 -- it points here
            Determination,
            PresenceSpan,
        )

        there = PresenceSpan.objects.filter(webinar=OuterRef("webinar"), person=OuterRef("person"))
        elsewhere = IdentityMatch.objects.standing().filter(registration=OuterRef("pk"))
        # Decided before, on a match that was taken away since.
        decided = Determination.objects.filter(registration=OuterRef("pk"))
        seated = Q(state=Registration.State.SEATED)
        return self.filter(seated | Exists(there) | Exists(elsewhere) | Exists(decided))

    def with_determinations(self) -> Self:
        """What was decided, the decision that stands last: one more query."""
        from webinars.models.presence import Determination  # noqa: PLC0415

        rows = Determination.objects.select_related("by", "policy").order_by("sequence").planned()
        return self.prefetch_related(Prefetch("determinations", rows))


class Registration(models.Model):
    """One person's place at one session. Written by `webinars.registering`, under the lock of the
    session's row: seats are counted there."""

    class State(models.TextChoices):
        SEATED = "seated", _("You have a seat")
        OFFERED = "offered", _("A seat is kept for you")
        WAITLISTED = "waitlisted", _("On the waitlist")
        ASKED = "asked", _("You asked for a place")
        DECLINED = "declined", _("The host gave you no place")
        CANCELLED = "cancelled", _("Cancelled")

    GONE = (State.CANCELLED, State.DECLINED)
    # The same for those who read about others.
    STANDINGS = {
        State.SEATED: _("Has a seat"),
        State.OFFERED: _("A seat is kept"),
        State.WAITLISTED: _("On the waitlist"),
        State.ASKED: _("Asks for a place"),
        State.DECLINED: _("Declined"),
        State.CANCELLED: _("Cancelled"),
    }

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="registrations")
    person = models.ForeignKey(User, models.PROTECT, related_name="registrations")
    state = models.CharField(max_length=12, choices=State)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    # Null: the person did it. Else the training lead who did it for them.
    registered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    turn = models.PositiveIntegerField(default=0)  # grows with each change: calendar SEQUENCE
    reminders_stopped_at = models.DateTimeField(null=True)
    # Whether the last calendar part that we sent put the session in. `webinars.letters` writes it.
    in_calendar = models.BooleanField(default=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webinar", "person"], name="one_place_each"),
        ]
        indexes = [
            models.Index(fields=["webinar", "changed_at"], condition=Q(state="waitlisted"),
                         name="waitlist_in_order"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person_id} at {self.webinar_id}: {self.state}"

    @property
    def standing(self) -> str:
        """Where this person stands, in words for hosts and colleagues."""
        return str(self.STANDINGS[Registration.State(self.state)])

    @property
    def offer(self) -> SeatOffer | None:
        """The seat that is kept now."""
        return next((offer for offer in self.offers.all() if offer.closed_at is None), None)

    @property
    def determination(self) -> Determination | None:
        """The decision that stands; None while there is none."""
        return max(self.determinations.all(), key=lambda d: d.sequence, default=None)


class SeatOffer(models.Model):
    """A free seat, kept for the first who waits until they take it or the time runs out.

    Written by `webinars.registering`, under the lock of the session's row. A registration has at
    most one that is open; a closed one stays, to show who was asked and when.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="offers")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    objects = PlannedQuerySet["SeatOffer"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration"],
                condition=Q(closed_at__isnull=True),
                name="one_open_seat_offer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(closed_at__isnull=True),
                name="offers_to_expire",
            ),
        ]

    def __str__(self) -> str:
        return f"a seat for {self.registration_id} until {self.expires_at:%F %T}"


class SeatInvitation(models.Model):
    """A training lead asks somebody to register, by an address that is none of their members'.
    Written by `webinars.registering_others`; one letter for each address and organisation."""

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="invitations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    email = models.EmailField(max_length=254)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["SeatInvitation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "organisation", "email"], name="invited_once_by_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.webinar_id}"


class SeatDecision(models.Model):
    """A host's word on somebody who asked for a place. Append-only; written by
    `webinars.approving`, once for each time that somebody asked (`turn` of the registration)."""

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="decisions")
    turn = models.PositiveIntegerField()
    approved = models.BooleanField()
    words = models.CharField(max_length=500, blank=True)  # what the person is told with a no
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["SeatDecision"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "turn"], name="decided_once_a_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} {'approved' if self.approved else 'declined'}"


class AccommodationQuerySet(PlannedQuerySet["Accommodation"]):
    def open(self) -> Self:
        """What somebody still has to arrange, of people who come to sessions that take place."""
        return self.filter(
            state__in=Accommodation.OPEN,
            registration__webinar__ended_at=None,
            registration__webinar__cancelled_at=None,
            registration__webinar__ends_at__gt=timezone.now(),
        ).exclude(registration__state__in=Registration.GONE)

    def for_worklist(self) -> Self:
        return self.select_related("registration__person", "registration__webinar").planned()


class Accommodation(models.Model):
    """What a registered person asks for to take part. Staff work through these before the day.

    Written by `webinars.accommodating`. `answer` is what the person is told, `provider_note` what
    only staff see: whom they booked, what it costs.
    """

    class Kind(models.TextChoices):
        CART = "cart", _("Live captions by a person (CART)")
        ASL = "asl", _("American Sign Language interpreter")
        INTERPRETER = "interpreter", _("Spoken-language interpreter")
        LARGE_PRINT = "large_print", _("Large-print or accessible materials")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        ARRANGING = "arranging", _("Being arranged")
        ARRANGED = "arranged", _("Arranged")
        DECLINED = "declined", _("Could not be arranged")

    OPEN = (State.ASKED, State.ARRANGING)

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="accommodations")
    kind = models.CharField(max_length=12, choices=Kind)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    answer = models.CharField(max_length=500, blank=True)  # what the person is told
    provider_note = models.CharField(max_length=1000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)  # null: nobody has answered yet

    objects = AccommodationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "kind"], name="asked_once_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.registration_id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def book_by(self) -> datetime:
        """After this, booking usually takes longer than there is time."""
        lead = timedelta(days=rules.LEAD_DAYS[self.kind])
        return self.registration.webinar.starts_at - lead

    @property
    def urgency(self) -> str:
        left = self.registration.webinar.starts_at - timezone.now()
        return rules.urgency(self.kind, left.days)
