"""The media library of a course: pictures, films, sound and files, their words and captions."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.course import Course
from lms.models import PlannedQuerySet
from people.models import User


class MediaQuerySet(PlannedQuerySet["Media"]):
    def offered(self) -> Self:
        """What trainers may put into a lesson; taken-out files stay for versions that show them."""
        return self.filter(removed_at__isnull=True)


class Media(models.Model):
    """One file of a course's library. Written by `courses.media.library` alone.

    The bytes lie in `courses.media.store` under their hash and are never deleted: a version that
    shows them may be older than anybody's wish to tidy up. `facts` holds what was found in the
    file: width and height in pixels, seconds, and `files`, the renditions by name ("640", "poster",
    "audio"), each {"sha256", "type", "bytes"}.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("Picture")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Sound")
        FILE = "file", _("File")

    course = models.ForeignKey(Course, models.PROTECT, related_name="media")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=120)  # as it is offered for download, with its ending
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    words = models.JSONField(default=dict, blank=True)  # alt text of a picture, else its title
    facts = models.JSONField(default=dict, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        verbose_name_plural = "media"
        constraints = [
            models.UniqueConstraint(fields=["course", "sha256"], name="file_once_in_its_library"),
        ]

    def __str__(self) -> str:
        return self.name


class CourseFile(models.Model):
    """Bytes of the store that belong to a course: originals, renditions, every state of captions.

    Append-only in effect: what a version once showed can always be fetched by its learners.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=80)
    name = models.CharField(max_length=120)  # for a download
    size = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "sha256"], name="bytes_once_in_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:8]})"


class Captions(models.Model):
    """The captions of a film or sound in one language: WebVTT, whole. `revision` guards edits."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="captions")
    language = models.CharField(max_length=2)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)  # of the text as it lies in the store
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "captions"
        constraints = [
            models.UniqueConstraint(fields=["media", "language"], name="captions_once_a_language"),
        ]

    def __str__(self) -> str:
        return f"{self.language} captions of {self.media_id}"


class Upload(models.Model):
    """A file that arrives in pieces. `received` bytes are safe on disk: `courses.media.uploads`."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    uuid = models.UUIDField(unique=True, editable=False)  # the sender's key
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    media = models.ForeignKey(Media, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received__lte=models.F("size")), name="upload_no_longer_than_said"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received} of {self.size} bytes of {self.name}"
