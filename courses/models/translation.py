"""Who translated which text, from which words, and who read it over."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.draft import Draft
from courses.words import SOURCE, Text, mark
from lms.models import PlannedQuerySet
from people.models import User


class Translation(models.Model):
    """One text of a draft in one language that is not the source's. The text itself stands in the
    draft; this row says what it was made from. Written by `courses.translations`.

    The row speaks of the present text as long as `target_sha256` is that of the text: one that was
    restored or imported over it has no row that speaks of it.
    """

    class Origin(models.TextChoices):
        PERSON = "person", _("by a person")
        MACHINE = "machine", _("by a machine")

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="translations")
    item = models.UUIDField()
    path = models.CharField(max_length=200)
    language = models.CharField(max_length=5)
    source_sha256 = models.CharField(max_length=64)
    target_sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.PERSON)
    translated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    translated_at = models.DateTimeField(default=timezone.now)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    objects = PlannedQuerySet["Translation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "item", "path", "language"], name="translation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.path} {self.language}"

    def speaks_of(self, text: Text) -> bool:
        return self.target_sha256 == mark(text.words.get(self.language, ""))

    def from_present_words(self, text: Text) -> bool:
        return self.source_sha256 == mark(text.words.get(SOURCE, ""))
