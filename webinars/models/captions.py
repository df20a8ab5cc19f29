"""What is said aloud, as a captioner types it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from lms.models import PlannedQuerySet
from webinars.models.schedule import Webinar


class CaptionLine(models.Model):
    """One line, on the server's clock. `number` is the captioner's own count: sent twice it is
    one line. Written by `webinars.room.captions`."""

    webinar = models.ForeignKey(Webinar, models.PROTECT, related_name="caption_lines")
    language = models.CharField(max_length=2)
    number = models.PositiveBigIntegerField()
    text = models.CharField(max_length=1000)
    at = models.DateTimeField(default=timezone.now)

    objects = PlannedQuerySet["CaptionLine"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "language", "number"], name="caption_line_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.number} of {self.webinar_id}"
