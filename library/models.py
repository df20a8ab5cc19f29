"""The vocabulary that courses are tagged with, and the case studies behind it.

Rows come from the files in `library/content/`, loaded by `library.loading`; nobody edits them here.
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.urls import reverse

from lms.models import PlannedQuerySet
from lms.text import said


class PracticeGroup(models.Model):
    slug = models.SlugField(unique=True)
    position = models.PositiveSmallIntegerField()
    title = models.JSONField()
    summary = models.JSONField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return said(self.title, "en")


class PracticeQuerySet(PlannedQuerySet["Practice"]):
    def for_index(self) -> Self:
        return self.select_related("group").order_by("number").planned()

    def for_page(self) -> Self:
        studies = CaseStudy.objects.order_by("department").planned()
        return (
            self.select_related("group")
            .prefetch_related(models.Prefetch("case_studies", studies))
            .planned()
        )

    def with_case_studies(self) -> Self:
        """Those that at least one case study shows at work."""
        return self.filter(case_studies__isnull=False).distinct().order_by("number").planned()


class Practice(models.Model):
    """One of the fifteen strategic practices of the 2017 guide, in our own words."""

    group = models.ForeignKey(PracticeGroup, models.PROTECT, related_name="practices")
    number = models.PositiveSmallIntegerField(unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    title = models.JSONField()
    summary = models.JSONField()
    body = models.JSONField()  # cleaned HTML by language
    source = models.URLField(blank=True)
    note = models.JSONField(default=dict, blank=True)  # what about it is not verified

    objects = PracticeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return said(self.title, "en")

    def get_absolute_url(self) -> str:
        return reverse("library:practice", args=[self.slug])


class CompetencyDomain(models.Model):
    """A domain of the Core Competencies for Public Health Professionals (October 2021)."""

    number = models.PositiveSmallIntegerField(unique=True)
    title = models.JSONField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return said(self.title, "en")


class CaseStudyQuerySet(PlannedQuerySet["CaseStudy"]):
    def for_index(self) -> Self:
        return self.prefetch_related(
            models.Prefetch("practices", Practice.objects.order_by("number").planned())
        ).planned()


class CaseStudy(models.Model):
    """What one health department did, with the sources of each fact."""

    slug = models.SlugField(max_length=120, unique=True)
    title = models.JSONField()
    department = models.CharField(max_length=200)
    place = models.JSONField()
    level = models.CharField(max_length=10, choices=[("local", "local"), ("state", "state")])
    summary = models.JSONField()
    body = models.JSONField()
    practices = models.ManyToManyField(Practice, related_name="case_studies")
    practices_inferred = models.BooleanField(default=True)  # the mapping is ours, and shown so
    sources = models.JSONField(default=list)  # [{"label": localised, "url": address or null}]

    objects = CaseStudyQuerySet.as_manager()

    class Meta:
        ordering = ["department"]
        verbose_name_plural = "case studies"

    def __str__(self) -> str:
        return said(self.title, "en")

    def get_absolute_url(self) -> str:
        return reverse("library:case-study", args=[self.slug])
