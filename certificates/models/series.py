"""What a series certificate rests on."""

from __future__ import annotations

from django.db import models

from courses.models import Series
from people.models import User


class SeriesAward(models.Model):
    """A person completed «n of m» courses of a series, once in each cycle. Append-only.

    Written by `certificates.series`. The rule is copied as it stood, with the completions that
    decided: a series that asks for more or less later changes nothing here.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="series_awards")
    series = models.ForeignKey(Series, models.PROTECT, related_name="awards")
    cycle = models.PositiveSmallIntegerField()
    rule = models.JSONField()  # {"needed": n, "courses": [slug, …]}
    completion_ids = models.JSONField()  # in the order of time
    earned_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "series", "cycle"], name="one_series_award_per_cycle"
            ),
        ]

    def __str__(self) -> str:
        return f"series {self.series_id} cycle {self.cycle} by {self.person_id}"
