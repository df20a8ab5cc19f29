"""What badges need beyond the certificate: a place in a status list, an achievement, keys."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from certificates.badges import bitstring
from certificates.models.certificate import Certificate


class Achievement(models.Model):
    """What a badge is for, frozen, without anybody's name. Append-only.

    Written by `certificates.badges.credential`: one for each different content, so certificates of
    the same course version share it.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    sha256 = models.CharField(max_length=64, unique=True)  # of `body`
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.uuid)


class StatusEntry(models.Model):
    """A certificate's place in the public status lists. Append-only.

    Written by `certificates.badges.status`. The place is random and nobody else's: it tells a
    reader of the list nothing about whose it is or when it was given.
    """

    certificate = models.OneToOneField(Certificate, models.PROTECT, related_name="status_entry")
    number = models.PositiveIntegerField()  # of the list
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "position"], name="one_status_entry_per_position"
            ),
            models.CheckConstraint(
                condition=Q(position__lt=bitstring.SIZE), name="status_position_is_in_the_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}#{self.position}"


class BadgeKey(models.Model):
    """The public half of a key that signs badges, or did. Never deleted: old badges need it.

    Written by `certificates.badges.keys`. A withdrawn one stays published and is believed no more.
    """

    public = models.CharField(max_length=60, unique=True)  # Multikey
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-published_at", "-pk"]

    def __str__(self) -> str:
        return self.public
