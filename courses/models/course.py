"""What learners find (Course, Series) and what they read (CourseVersion)."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterable
from functools import reduce
from operator import or_
from threading import Lock
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from courses.document import Document
from lms.models import PlannedQuerySet
from lms.text import LANGUAGES, folded, said
from people.models import User


class CourseQuerySet(PlannedQuerySet["Course"]):
    def published(self) -> Self:
        return self.filter(current__isnull=False, retired_at__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """What is in the catalogue, and for its learners also what has left it."""
        if isinstance(user, User):
            mine = Q(pk__in=user.enrolments.values("course"))
            return self.filter(Q(current__isnull=False, retired_at__isnull=True) | mine)
        return self.published()

    def editable_by(self, user: User) -> Self:
        """Trainers share all courses of the department."""
        return self if user.may_author or user.is_superuser else self.none()

    def matching(self, words: str) -> Self:
        """Every word somewhere in either language's title, summary, outcomes or lessons."""
        found = self
        for word in folded(words).split():
            found = found.filter(search_text__contains=word)
        return found

    def in_language(self, language: str) -> Self:
        # SQLite has no containment for JSON lists; ours are as long as the site has languages.
        places = [Q(**{f"languages__{n}": language}) for n in range(len(LANGUAGES))]
        return self.filter(reduce(or_, places))

    def by_title(self) -> Self:
        """In the order of the titles as this reader sees them."""
        shown = Coalesce(KT(f"title__{(get_language() or 'en')[:2]}"), KT("title__en"))
        return self.order_by(shown, "slug")


class Course(models.Model):
    """The identity of a course and the face of its current version.

    Everything but the slug is written by `courses.publishing` when a version appears: what a
    trainer types in the draft reaches the catalogue by publishing and in no other way.
    """

    class Format(models.TextChoices):
        SELF_PACED = "self-paced", _("Self-paced online course")
        WEBINAR = "webinar", _("Live webinar with follow-up")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    current = models.ForeignKey(
        "courses.CourseVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    format = models.CharField(max_length=12, choices=Format, default=Format.SELF_PACED)
    hours = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    minutes = models.PositiveIntegerField(default=0)
    lesson_count = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=list)
    working_title = models.BooleanField(default=False)
    search_text = models.TextField(default="", editable=False)
    practices = models.ManyToManyField("library.Practice", related_name="courses", blank=True)
    competencies = models.ManyToManyField(
        "library.CompetencyDomain", related_name="courses", blank=True
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    # Written by `courses.duties` and `courses.crediting`; a trigger holds `current` to it.
    review_needed = models.BooleanField(default=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hours__gte=0), name="hours_not_negative"),
        ]

    def __str__(self) -> str:
        return said(self.title, "en") or self.slug

    def get_absolute_url(self) -> str:
        return reverse("courses:course", args=[self.slug])


class CourseVersion(models.Model):
    """A course as it was published once, for ever. Append-only: a trigger refuses the rest.

    Written by `courses.publishing.publish`. Learners read it by `document_of`, never the draft.
    """

    class Policy(models.TextChoices):
        """What publishing meant for the people already enrolled (DESIGN 3)."""

        CORRECTION = "correction", _("Correction: everyone under way moves to it")
        UPDATE = "update", _("Update: those under way finish on their version")
        REQUIRED = "required", _("Required: those done are asked to do what is new")

    course = models.ForeignKey(Course, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    policy = models.CharField(max_length=12, choices=Policy)
    note = models.TextField(default="", blank=True)
    due_on = models.DateField(null=True, blank=True)  # for REQUIRED
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="version_number_once"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.course_id} v{self.number}"


class _Shelf:
    """The parsed documents this process holds. Versions never change, so it keeps the last 64."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, Lock()
        self._kept: OrderedDict[int, Document] = OrderedDict()

    def __call__(self, version_id: int) -> Document:
        return self.many([version_id])[version_id]

    def many(self, version_ids: Iterable[int]) -> dict[int, Document]:
        """Several at once, in one query for all that are not here yet (none, mostly)."""
        wanted = set(version_ids)
        with self._lock:
            found = {pk: self._kept[pk] for pk in wanted & self._kept.keys()}
        if fresh := wanted - found.keys():
            rows = CourseVersion.objects.filter(pk__in=fresh).values_list("pk", "document")
            found |= {pk: Document.read(data) for pk, data in rows}
            if missing := wanted - found.keys():
                raise CourseVersion.DoesNotExist(f"no version {missing}")
        with self._lock:
            for pk in wanted:
                self._kept[pk] = found[pk]
                self._kept.move_to_end(pk)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def cache_clear(self) -> None:
        with self._lock:
            self._kept.clear()


document_of = _Shelf(64)
documents_of = document_of.many


class SeriesQuerySet(PlannedQuerySet["Series"]):
    def for_index(self) -> Self:
        return self.prefetch_related(
            models.Prefetch("members", SeriesCourse.objects.select_related("course").planned())
        ).planned()


class Series(models.Model):
    """An ordered set of courses with an «n of m» rule. Comes from the content files."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.JSONField()
    summary = models.JSONField(default=dict)
    about = models.JSONField(default=dict)  # cleaned HTML by language
    needed = models.PositiveSmallIntegerField()
    courses = models.ManyToManyField(Course, through="SeriesCourse", related_name="series")

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(condition=Q(needed__gte=1), name="series_asks_for_one_at_least"),
        ]

    def __str__(self) -> str:
        return said(self.title, "en")

    def get_absolute_url(self) -> str:
        return reverse("courses:series", args=[self.slug])


class SeriesCourse(models.Model):
    series = models.ForeignKey(Series, models.CASCADE, related_name="members")
    course = models.ForeignKey(Course, models.PROTECT, related_name="memberships")
    position = models.PositiveSmallIntegerField()

    objects = PlannedQuerySet["SeriesCourse"].as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["series", "course"], name="course_once_in_series"),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} #{self.position}"
