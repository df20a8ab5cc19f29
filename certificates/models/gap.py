"""Certificates that were issued although no font has some of their characters."""

from __future__ import annotations

from django.db import models


class PrintGap(models.Model):
    """What is printed as □ on this certificate. Written with it by `certificates.issuing`."""

    certificate = models.OneToOneField(
        "certificates.Certificate", models.PROTECT, related_name="gap"
    )
    characters = models.CharField(max_length=400)

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.points}"

    @property
    def points(self) -> str:
        return " ".join(f"U+{ord(character):04X}" for character in self.characters)
