"""Certificates: statements made on a date, which nothing changes afterwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from certificates import codes
from certificates.models.hidden import Hidden
from certificates.models.series import SeriesAward
from certificates.models.suspension import Suspension
from courses.models import Completion
from lms.models import PlannedQuerySet
from people.models import User


class State(models.TextChoices):
    VALID = "valid", _("Valid")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Replaced by a newer certificate")
    SUSPENDED = "suspended", _("Suspended")


class CertificateQuerySet(PlannedQuerySet["Certificate"]):
    def of(self, person: User) -> Self:
        return self.filter(holder=person)

    def manageable_by(self, user: User | AnonymousUser) -> Self:
        """Those a credit administrator may correct or revoke."""
        may = isinstance(user, User) and (user.may_credit or user.is_superuser)
        return self if may else self.none()

    def with_state(self) -> Self:
        """Everything `state` looks at, in the same query."""
        open_one = Suspension.objects.filter(certificate=models.OuterRef("pk"), lifting=None)
        newest = open_one.order_by("-number")
        return (
            self.select_related("revocation", "superseded_by")
            .annotate(
                suspended_at=models.Subquery(newest.values("at")[:1]),
                suspended_reason=models.Subquery(newest.values("reason")[:1]),
                is_hidden=models.Exists(Hidden.objects.filter(certificate=models.OuterRef("pk"))),
            )
            .planned()
        )

    def standing(self) -> Self:
        """The newest of each line of corrections."""
        return self.filter(superseded_by=None)

    def taken_back(self) -> Self:
        """Revoked and not issued anew, or suspended now: what they say does not count."""
        open_one = Suspension.objects.filter(certificate=models.OuterRef("pk"), lifting=None)
        gone = Q(revocation__isnull=False) | Q(models.Exists(open_one))
        return self.standing().filter(gone)


class Certificate(models.Model):
    """The row is the certificate; the PDF is printed from `snapshot`. Append-only by trigger.

    Issued by `certificates.issuing`: one for each completion and sequence, or for each award of a
    series and sequence; a row rests on exactly one of the two. A correction is a new
    row with the next sequence that names the one it supersedes; a revocation or a suspension is a
    row beside it. All its dates are days in the one zone that the snapshot names.
    """

    completion = models.ForeignKey(
        Completion, models.PROTECT, null=True, related_name="certificates"
    )
    series_award = models.ForeignKey(
        SeriesAward, models.PROTECT, null=True, related_name="certificates"
    )
    sequence = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )
    holder = models.ForeignKey(User, models.PROTECT, related_name="certificates")
    code = models.CharField(max_length=26, unique=True, default=codes.fresh)
    snapshot = models.JSONField()  # see certificates.press
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["completion", "sequence"], name="one_certificate_per_sequence"
            ),
            models.UniqueConstraint(
                fields=["series_award", "sequence"], name="one_series_certificate_per_sequence"
            ),
            # With it, one of the two keys above is never null: neither is left open.
            models.CheckConstraint(
                condition=Q(completion__isnull=False, series_award__isnull=True)
                | Q(completion__isnull=True, series_award__isnull=False),
                name="rests_on_a_completion_or_a_series",
            ),
        ]
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return codes.printed(self.code)

    def get_absolute_url(self) -> str:
        return reverse("certificates:certificate", args=[self.code])

    @property
    def number(self) -> str:
        return codes.printed(self.code)

    @property
    def expires_on(self) -> date | None:
        day = self.snapshot.get("expires_on")
        return date.fromisoformat(day) if day else None

    @property
    def completed_on(self) -> date:
        return date.fromisoformat(self.snapshot["completed_on"])

    @property
    def issued_on(self) -> date:
        return date.fromisoformat(self.snapshot["issued_on"])

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days its dates are, whoever reads them where."""
        return ZoneInfo(self.snapshot.get("zone") or settings.TIME_ZONE)

    @property
    def open_suspension(self) -> tuple[datetime, str] | None:
        """Since when and why it is suspended; with `with_state` without a query."""
        if "suspended_at" in self.__dict__:
            at = self.__dict__["suspended_at"]
            return at and (at, self.__dict__["suspended_reason"])
        rows = self.suspensions.filter(lifting=None).order_by("-number")
        return rows.values_list("at", "reason").first()

    @property
    def suspended_on(self) -> date | None:
        suspended = self.open_suspension
        return timezone.localdate(suspended[0], self.zone) if suspended else None

    @property
    def suspended_because(self) -> str:
        suspended = self.open_suspension
        return str(Suspension.Reason(suspended[1]).label) if suspended else ""

    @property
    def revoked_on(self) -> date | None:
        revocation = getattr(self, "revocation", None)
        return timezone.localdate(revocation.at, self.zone) if revocation else None

    @property
    def state(self) -> State:
        """Derived, in this order: revoked, superseded, suspended, expired, valid."""
        if getattr(self, "revocation", None) is not None:
            return State.REVOKED
        if getattr(self, "superseded_by", None) is not None:
            return State.SUPERSEDED
        if self.open_suspension is not None:
            return State.SUSPENDED
        if self.expires_on is not None and self.expires_on < timezone.localdate(timezone=self.zone):
            return State.EXPIRED
        return State.VALID

    @property
    def stands(self) -> bool:
        """May be shown, printed and corrected: it is valid, or was and ran out by itself."""
        return self.state in {State.VALID, State.EXPIRED}

    @property
    def shared(self) -> bool:
        """Strangers with the number see what it says; with `with_state` without a query."""
        if "is_hidden" in self.__dict__:
            return not self.__dict__["is_hidden"]
        return not Hidden.objects.filter(certificate=self).exists()

    def public(self) -> dict[str, Any]:
        """All that a stranger with the number may see, for the page and for the JSON form.

        Of one that its holder does not share: that it exists, who issued it, and its state.
        """
        said = self.all_fields()
        if self.shared:
            return said
        empty: dict[str, Any] = {"courses": []}
        return {k: v if k in _ALWAYS else empty.get(k) for k, v in said.items()} | {"shared": False}

    def all_fields(self) -> dict[str, Any]:
        """The same for the holder, whether it is shared or not."""
        state = self.state
        reason = None
        if state == State.REVOKED:
            reason = self.revocation.reason
        elif state == State.SUSPENDED and (suspended := self.open_suspension):
            reason = suspended[1]
        # A revoked one leads on too: the mistake was mended by issuing it anew.
        newer = getattr(self, "superseded_by", None)
        return {
            "number": self.number,
            "state": str(state.value),
            "shared": self.shared,
            "name": self.snapshot["name"],
            "title": self.snapshot["title"],
            "courses": [
                {key: course[key] for key in ("title", "completed_on", "hours")}
                for course in self.snapshot.get("courses", [])
            ],
            "completed_on": self.snapshot["completed_on"],
            "issued_on": self.snapshot["issued_on"],
            "expires_on": self.snapshot.get("expires_on"),
            "hours": self.snapshot["hours"],
            "issuer": self.snapshot["provider"]["name"],
            "revoked_on": _iso(self.revoked_on) if state == State.REVOKED else None,
            "suspended_on": _iso(self.suspended_on) if state == State.SUSPENDED else None,
            "reason": reason,
            "superseded_by": address_of(newer.code) if newer else None,
            "time_zone": str(self.zone),
            "address": address_of(self.code),
        }


_ALWAYS = {
    *("number", "state", "issuer", "issued_on", "revoked_on", "suspended_on", "reason"),
    *("superseded_by", "time_zone", "address"),
}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def address_of(code: str) -> str:
    """The address that stands on paper: in English, for the page greets in both languages."""
    with translation.override("en"):
        return settings.SITE_URL + reverse("certificates:certificate", args=[code])
