"""All that stands on a person's transcript, in one list: page, PDF, CSV and shared link read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import Certificate, OutsideTraining, State
from certificates.transcripts.rules import bounds, fiscal_year
from courses.models import Completion
from lms.text import Localised
from people.models import User

KINDS = {
    "own": gettext_lazy("Completed here"),
    "series": gettext_lazy("Series, made up of courses listed by themselves"),
    "recognised": gettext_lazy("Elsewhere, recognized"),
    "stated": gettext_lazy("Elsewhere, as the person states it"),
    "refused": gettext_lazy("Elsewhere, not recognized"),
}
COUNTED = ("own", "recognised")


@dataclass(frozen=True)
class Entry:
    """One thing that was learned. `counted` hours go into sums: neither what is only stated nor
    what a revoked certificate said."""

    kind: str
    title: Localised
    provider: str
    completed_on: date
    hours: Decimal
    counted: bool
    cycle: int
    about: str  # what groups cycles: the course, or the entry itself
    credit: tuple[dict[str, Any], ...] = ()
    minutes: int | None = None
    score: int | None = None
    url: str = ""
    certificate: Certificate | None = None
    outside: OutsideTraining | None = None

    @property
    def kind_in_words(self) -> str:
        return str(KINDS[self.kind])


@dataclass(frozen=True)
class Group:
    label: str
    entries: list[Entry]

    @property
    def hours(self) -> Decimal:
        return total(self.entries)


def gather(person: User) -> list[Entry]:
    """Newest first. Three queries for any number of entries."""
    found = [*_own(person), *_outside(person)]
    return sorted(found, key=lambda entry: entry.completed_on, reverse=True)


def total(entries: Iterable[Entry]) -> Decimal:
    return sum((entry.hours for entry in entries if entry.counted), Decimal(0))


def by_fiscal_year(entries: Iterable[Entry]) -> list[Group]:
    years: dict[int, list[Entry]] = {}
    for entry in entries:
        year = fiscal_year(entry.completed_on, settings.FISCAL_YEAR_MONTH)
        years.setdefault(year, []).append(entry)
    return [Group(year_label(year), rows) for year, rows in sorted(years.items(), reverse=True)]


def by_cycle(entries: Iterable[Entry]) -> list[Group]:
    """Each course with its cycles in order, the first cycle first."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.about, []).append(entry)
    groups = []
    for rows in found.values():
        rows.sort(key=lambda entry: entry.cycle)
        groups.append(Group("", rows))
    return groups


def year_label(year: int) -> str:
    """2026–27 where it begins in another month than January, else 2026."""
    if settings.FISCAL_YEAR_MONTH == 1:
        return str(year)
    return _("Fiscal year %(years)s") % {"years": f"{year}–{(year + 1) % 100:02}"}


def fiscal_years_begin() -> date:
    """Some first day of a fiscal year, for pages to say the month."""
    return bounds(2001, settings.FISCAL_YEAR_MONTH)[0]


def _own(person: User) -> Iterable[Entry]:
    completions = (
        Completion.objects.filter(enrolment__person=person, superseded_by=None)
        .select_related("enrolment__course")
        .order_by("-completed_at")
        .planned()
    )
    standing = list(Certificate.objects.of(person).standing().with_state())
    by_completion = {certificate.completion_id: certificate for certificate in standing}
    yield from map(_series, (row for row in standing if row.completion_id is None))
    zone = timezone.get_default_timezone()
    for completion in completions:
        course = completion.enrolment.course
        certificate = by_completion.get(completion.pk)
        said = certificate.snapshot if certificate else {}
        yield Entry(
            kind="own",
            title=said.get("title") or course.title,
            provider=(said.get("provider") or {}).get("name") or settings.PROVIDER_NAME,
            completed_on=certificate.completed_on
            if certificate
            else timezone.localdate(completion.completed_at, zone),
            hours=Decimal(said.get("hours") or completion.hours["training"]),
            counted=certificate is None
            or certificate.state not in {State.REVOKED, State.SUSPENDED},
            cycle=completion.enrolment.cycle,
            about=f"course {course.pk}",
            credit=tuple(said.get("credit") or ()),
            minutes=completion.minutes,
            score=completion.score,
            url=course.get_absolute_url(),
            certificate=certificate,
        )


def _series(certificate: Certificate) -> Entry:
    """Its hours are those of its courses, which count by themselves."""
    said = certificate.snapshot
    return Entry(
        kind="series",
        title=said["title"],
        provider=said["provider"]["name"],
        completed_on=certificate.completed_on,
        hours=Decimal(said["hours"]),
        counted=False,
        cycle=1,
        about=f"series {certificate.series_award_id}",
        certificate=certificate,
    )


def _outside(person: User) -> Iterable[Entry]:
    for row in OutsideTraining.objects.of(person).listed().planned():
        yield Entry(
            kind=row.state,
            title={"en": row.title},
            provider=row.provider,
            completed_on=row.completed_on,
            hours=row.hours,
            counted=row.state in COUNTED,
            cycle=1,
            about=f"outside {row.pk}",
            outside=row,
        )
