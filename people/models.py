"""People, the organisations they work for, and when. Who may do what hangs off these rows."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import date, datetime
from functools import cache
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from lms.text import folded


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email=(email or "").strip().lower())


_zones = cache(zoneinfo.available_timezones)  # it reads the whole zone folder, 7 ms each time


def check_zone(value: str) -> None:
    if value not in _zones():
        raise ValidationError(_("Choose a time zone from the list."))


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address, in lower case, is the login.

    The `may_*` marks are the site-wide roles; who leads an organisation is a Membership.
    """

    class Role(models.TextChoices):
        """What people do in a health department, as they say it themselves."""

        NURSE = "nurse", _("Nursing")
        EDUCATOR = "educator", _("Health education")
        ENVIRONMENTAL = "environmental", _("Environmental health")
        SOCIAL = "social", _("Social work")
        EPIDEMIOLOGY = "epidemiology", _("Epidemiology and data")
        NUTRITION = "nutrition", _("Nutrition and WIC")
        ADMINISTRATION = "administration", _("Administration and front desk")
        LEADERSHIP = "leadership", _("Director or manager")
        COMMUNITY = "community", _("Community health worker or partner")
        OTHER = "other", _("Something else")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200)
    certificate_name = models.CharField(
        _("name on certificates"),
        max_length=200,
        blank=True,
        help_text=_("As it should be printed. Leave empty to use your name."),
    )
    job_role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=[("en", "English"), ("es", "Español")], default="en"
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="America/New_York", validators=[check_zone]
    )
    may_author = models.BooleanField(_("trainer"), default=False)
    may_host = models.BooleanField(_("host"), default=False)
    may_credit = models.BooleanField(_("credit administrator"), default=False)
    is_staff = models.BooleanField(_("carer of the site"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_person_per_address"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="address_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0] if self.name else ""

    @property
    def printed_name(self) -> str:
        """What a certificate issued now would say."""
        return self.certificate_name or self.name or self.email

    @property
    def works_here(self) -> bool:
        """Holds a role that reaches other people's records or what they read."""
        return (
            self.may_author
            or self.may_host
            or self.may_credit
            or self.is_staff
            or self.is_superuser
        )

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class County(models.Model):
    fips = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "counties"

    def __str__(self) -> str:
        return self.name


class DatedQuerySet[M: models.Model](PlannedQuerySet[M]):
    def on(self, day: date) -> Self:
        """Rows that were true on that day. `ends_on` is the day after the last; null is open."""
        begun = Q(starts_on__isnull=True) | Q(starts_on__lte=day)
        lasting = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
        return self.filter(begun & lasting)


class OrganisationQuerySet(PlannedQuerySet["Organisation"]):
    def matching(self, words: str) -> Self:
        """Every word somewhere in the name or a county's name, accents and case aside."""
        found = self
        for word in folded(words).split():
            found = found.filter(search_text__contains=word)
        return found

    def departments_first(self) -> Self:
        """Local health departments, then everybody else, each by name."""
        return self.order_by(Case(When(kind=Organisation.Kind.LOCAL, then=0), default=1), "name")

    def present_on(self, day: date) -> Self:
        """Leave out local departments that serve no county on that day: closed, or merged."""
        serving = ServedCounty.objects.on(day).filter(organisation=OuterRef("pk"))
        return self.filter(~Q(kind=Organisation.Kind.LOCAL) | Exists(serving))

    def with_counties(self, day: date) -> Self:
        """With `served`: the counties of that day, by name."""
        served = ServedCounty.objects.on(day).select_related("county").order_by("county__name")
        return self.prefetch_related(models.Prefetch("served", served.planned()))


class Organisation(models.Model):
    """Where people work. A local health department may serve several counties."""

    class Kind(models.TextChoices):
        LOCAL = "local", _("Local health department")
        STATE = "state", _("State health department")
        COMMUNITY = "community", _("Community organization")
        TRIBAL = "tribal", _("Tribal health organization")
        ACADEMIC = "academic", _("School or university")
        OTHER = "other", _("Other")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    search_text = models.TextField(default="", editable=False)
    note = models.TextField(_("where the facts about it come from"), default="", blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name


class ServedCounty(models.Model):
    """An organisation serves a county from one day to another. Districts change; reports of a
    time use the districts of that time."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="served")
    county = models.ForeignKey(County, models.PROTECT, related_name="served_by")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    note = models.TextField(default="", blank=True)

    objects = DatedQuerySet["ServedCounty"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "county"], name="county_served_once_by_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} serves {self.county_id}"


class Membership(models.Model):
    """A person belongs to an organisation from one day to another. Written by `people.joining`."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        LEAD = "lead", _("Training lead")

    person = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("person"), related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organization"), related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("to"), null=True, blank=True)

    objects = DatedQuerySet["Membership"].as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ends_on__isnull=True), name="one_present_membership"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="membership_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.organisation_id}"


class PrivateAnswers(models.Model):
    """Optional answers about a person, kept apart from the person.

    `key` is a keyed hash of the person (see `people.private`): this table alone names nobody, and
    nothing joins it to a completion. Shown only as counts, never of fewer than eleven.
    """

    key = models.CharField(max_length=64, unique=True)
    answers = models.JSONField(default=dict)  # {question: [choice, …]}
    changed_on = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return self.key[:8]


class AuditEntry(models.Model):
    """Who did what to what, and why. Append-only; written by `people.audit.note`."""

    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)  # certificate.revoked, room.message-removed, …
    about = models.CharField(max_length=200)  # «certificates.certificate 12»
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["about", "at"]), models.Index(fields=["-at"])]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.verb} {self.about}"


def leading(person: User, at: datetime) -> DatedQuerySet[Membership]:
    """The membership by which this person leads the training of an organisation at that time."""
    rows = Membership.objects.on(timezone.localdate(at))
    return rows.filter(person=person, role=Membership.Role.LEAD)


def led_by(person: User, at: datetime) -> Organisation | None:
    membership = leading(person, at).select_related("organisation").first()
    return membership.organisation if membership is not None else None


def membership_of(person: User, at: datetime) -> Membership | None:
    """The membership that was true for this person at that time, with its organisation."""
    rows = Membership.objects.on(timezone.localdate(at)).select_related("organisation")
    return rows.filter(person=person).order_by("-starts_on").first()
