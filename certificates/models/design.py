"""How certificates look, and the pictures on them."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.models import PlannedQuerySet
from people.models import Organisation, User

colour = RegexValidator(r"^#[0-9a-f]{6}\Z")


class DesignPicture(models.Model):
    """A logo or a signature, kept for as long as certificates name it. Append-only."""

    sha256 = models.CharField(max_length=64, unique=True)
    data = models.BinaryField()  # PNG, made by us from what was uploaded
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.sha256[:8]


class DesignQuerySet(PlannedQuerySet["Design"]):
    def for_list(self) -> DesignQuerySet:
        rows = self.select_related("organisation", "logo", "signature")
        others = CoSignatory.objects.select_related("signature")
        return rows.prefetch_related(models.Prefetch("others", others)).planned()


class Design(models.Model):
    """One version of how an owner's certificates look. Append-only: a change is the next number.

    Written by `certificates.designing`. The owner is an organisation, or the site itself (0); a
    certificate copies all of it into its snapshot. The first who signs stands here, `others` sign
    beside them.
    """

    class Template(models.TextChoices):
        SEEDLING = "seedling-1", _("Seedling: layered ground, calm and green")
        LEDGER = "ledger-1", _("Ledger: an engraved border and a seal")
        HORIZON = "horizon-1", _("Horizon: modern, with a band of color")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="certificate_designs"
    )
    owner = models.PositiveBigIntegerField(default=0)  # the organisation's key; 0 is the site
    number = models.PositiveIntegerField()
    template = models.CharField(max_length=20, choices=Template)
    primary = models.CharField(max_length=7, validators=[colour])
    accent = models.CharField(max_length=7, validators=[colour])
    logo = models.ForeignKey(DesignPicture, models.PROTECT, null=True, related_name="+")
    signatory = models.CharField(max_length=120, blank=True)
    signatory_role = models.JSONField(default=dict)  # localised
    signature = models.ForeignKey(DesignPicture, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = DesignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="one_design_per_number"),
            models.CheckConstraint(
                condition=Q(organisation__isnull=True, owner=0)
                | Q(organisation__isnull=False, owner=models.F("organisation")),
                name="design_owner_is_its_organisation",
            ),
        ]
        ordering = ["owner", "-number"]

    def __str__(self) -> str:
        return f"design {self.number} of {self.owner}"

    def get_absolute_url(self) -> str:
        return reverse("certificates:design", args=[self.pk])


class CoSignatory(models.Model):
    """Who signs beside the first person of a design. Append-only, written with the design."""

    design = models.ForeignKey(Design, models.PROTECT, related_name="others")
    place = models.PositiveSmallIntegerField()  # 2, 3: from left to right
    name = models.CharField(max_length=120)
    role = models.JSONField(default=dict)  # localised
    signature = models.ForeignKey(DesignPicture, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["design", "place"], name="one_signatory_per_place"),
        ]
        ordering = ["design", "place"]

    def __str__(self) -> str:
        return f"{self.name} on {self.design_id}"


class DesignUse(models.Model):
    """From this moment on an owner's new certificates have this design. Append-only."""

    design = models.ForeignKey(Design, models.PROTECT, related_name="uses")
    owner = models.PositiveBigIntegerField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"], name="design_in_use")]

    def __str__(self) -> str:
        return f"{self.design_id} from {self.at:%F}"
