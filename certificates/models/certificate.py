"""Certificates: statements made on a date, which nothing changes afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from certificates import codes
from courses.models import Completion
from lms.models import PlannedQuerySet
from people.models import User


class State(models.TextChoices):
    VALID = "valid", _("Valid")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Replaced by a newer certificate")


class CertificateQuerySet(PlannedQuerySet["Certificate"]):
    def of(self, person: User) -> Self:
        return self.filter(holder=person)

    def manageable_by(self, user: User | AnonymousUser) -> Self:
        """Those a credit administrator may correct or revoke."""
        may = isinstance(user, User) and (user.may_credit or user.is_superuser)
        return self if may else self.none()

    def with_state(self) -> Self:
        """Everything `state` looks at, in the same query."""
        return self.select_related("revocation", "superseded_by").planned()

    def standing(self) -> Self:
        """The newest of each line of corrections."""
        return self.filter(superseded_by=None)


class Certificate(models.Model):
    """The row is the certificate; the PDF is printed from `snapshot`. Append-only by trigger.

    Issued by `certificates.issuing`: one for each completion and sequence. A correction is a new
    row with the next sequence that names the one it supersedes; a revocation is a row beside it.
    """

    completion = models.ForeignKey(Completion, models.PROTECT, related_name="certificates")
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
    def state(self) -> State:
        """Derived, in this order: revoked, superseded, expired, valid."""
        if getattr(self, "revocation", None) is not None:
            return State.REVOKED
        if getattr(self, "superseded_by", None) is not None:
            return State.SUPERSEDED
        if self.expires_on is not None and self.expires_on < timezone.localdate():
            return State.EXPIRED
        return State.VALID

    def public(self) -> dict[str, Any]:
        """All that a stranger with the number may see, for the page and for the JSON form."""
        superseded = self.state == State.SUPERSEDED
        revoked = self.state == State.REVOKED
        return {
            "number": self.number,
            "state": str(self.state.value),
            "name": self.snapshot["name"],
            "title": self.snapshot["title"],
            "completed_on": self.snapshot["completed_on"],
            "issued_on": self.snapshot["issued_on"],
            "expires_on": self.snapshot.get("expires_on"),
            "hours": self.snapshot["hours"],
            "issuer": self.snapshot["provider"]["name"],
            "revoked_on": timezone.localdate(self.revocation.at).isoformat() if revoked else None,
            "reason": self.revocation.reason if revoked else None,
            "superseded_by": address_of(self.superseded_by.code) if superseded else None,
            "address": address_of(self.code),
        }


def address_of(code: str) -> str:
    """The address that stands on paper: in English, for the page greets in both languages."""
    with translation.override("en"):
        return settings.SITE_URL + reverse("certificates:certificate", args=[code])
