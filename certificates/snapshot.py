"""What a certificate says, put together once, when it is issued. Reads rows, writes none.

The snapshot is plain JSON and holds everything that is printed, shown or signed later; its shape
is documented in `certificates.press`. It names the versions of the template, the design and the
statements, holds every text in both languages, and its dates are days in the zone that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from certificates import codes, designing
from certificates.credit import lines_of_each, plain
from certificates.models import Design, SeriesAward, address_of
from courses import cycles
from courses.models import Completion, Course
from courses.models.course import document_of
from lms.text import LANGUAGES, Localised
from people.models import User

STATEMENT_VERSION = 1  # of the words below: raise it when they change
STATEMENT = gettext_noop(
    "This certificate records hours of training. It does not grant professional "
    "continuing-education credit."
)
OWN = ("code", "verify_url", "issued_on")  # of each certificate, whatever it corrects
FACTS = (  # what a completion says: another one says it anew
    *("completed_on", "expires_on", "hours", "minutes", "credit", "statements", "course_version"),
    *OWN,
)
SUMS = ("completed_on", "hours", "minutes", "courses")  # what a series says of its courses
SAMPLE_TITLE = gettext_noop("A course to look at the design")
SERIES_WORDS = gettext_noop("Series of courses")


class Beside(NamedTuple):
    """What snapshots of completions say that stands in other rows, read once for all of them."""

    credit: Mapping[int, list[dict[str, Any]]]  # by completion
    looks: Mapping[int | None, dict[str, Any]]  # by organisation
    renewed: Collection[int]  # courses


def beside(completions: Collection[Completion]) -> Beside:
    organisations = {each.enrolment.organisation_id for each in completions}
    return Beside(
        lines_of_each(each.pk for each in completions),
        {pk: designing.frozen(designing.in_use(pk)) for pk in organisations},
        cycles.renewed(each.enrolment.course_id for each in completions),
    )


def of_completion(
    completion: Completion, *, name: str, code: str, now: datetime, said: Beside | None = None
) -> dict[str, Any]:
    """`completion` comes with its enrolment, person and version."""
    document, said = document_of(completion.version_id), said or beside([completion])
    credit = said.credit[completion.pk]
    renewed = completion.enrolment.course_id in said.renewed
    return {
        **_common(
            completion.enrolment.person,
            said.looks[completion.enrolment.organisation_id],
            name=name,
            code=code,
            now=now,
        ),
        "statements": statements(credit),
        "credit": credit,
        "kind": "course",
        "title": document.title,
        "completed_on": _day(completion.completed_at),
        "expires_on": _due_on(completion) if renewed else None,
        "hours": plain(completion.hours["training"]),
        "minutes": completion.minutes,
        "format_words": _in_each_language(Course.Format(document.format).label),
        "course_version": completion.version.number,
    }


def _due_on(completion: Completion) -> str | None:
    """The day by which it has to be renewed, by the policy that stood for it."""
    standing = cycles.standing_after(completion)
    return standing.cycle.due_on.isoformat() if standing else None


def of_series(
    award: SeriesAward,
    completions: Sequence[Completion],
    *,
    name: str,
    code: str,
    now: datetime,
) -> dict[str, Any]:
    """Names the courses that were completed, as their versions called them, and adds them up."""
    documents = [document_of(each.version_id) for each in completions]
    hours = sum((Decimal(each.hours["training"]) for each in completions), Decimal(0))
    minutes = [each.minutes for each in completions if each.minutes is not None]
    return {
        **_common(
            award.person,
            designing.frozen(designing.in_use(completions[-1].enrolment.organisation_id)),
            name=name,
            code=code,
            now=now,
        ),
        "statements": statements([]),
        "credit": [],  # the boards' credit stands on the certificates of the courses
        "kind": "series",
        "title": award.series.title,
        "completed_on": _day(max(each.completed_at for each in completions)),
        "hours": plain(f"{hours:.2f}"),
        "minutes": sum(minutes) if minutes else None,
        "format_words": _in_each_language(SERIES_WORDS),
        "needed": award.rule["needed"],
        "offered": len(award.rule["courses"]),
        "courses": [
            {
                "title": document.title,
                "completed_on": _day(each.completed_at),
                "hours": plain(each.hours["training"]),
                "version": each.version.number,
            }
            for each, document in zip(completions, documents, strict=True)
        ],
    }


def sample(design: Design, *, name: str, language: str, now: datetime) -> dict[str, Any]:
    """A made-up certificate, to look at a design. Its number is none of ours."""
    code = "0" * codes.LENGTH
    return {
        "format": 2,
        **designing.frozen(design),
        "language": language,
        "name": name,
        "title": _in_each_language(SAMPLE_TITLE),
        "completed_on": _day(now),
        "issued_on": _day(now),
        "hours": "1.5",
        "minutes": 75,
        "format_words": _in_each_language(Course.Format.WEBINAR.label),
        "provider": {"name": settings.PROVIDER_NAME, "address": "", "url": settings.SITE_URL},
        "statements": statements([]),
        "code": codes.printed(code),
        "verify_url": address_of(code),
    }


def statements(credit: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """That training hours alone are no professional credit, where there is none."""
    if credit:
        return []
    said = _in_each_language(STATEMENT)
    return [{**said, "id": "hours-only", "version": STATEMENT_VERSION}]


def _common(
    person: User, look: Mapping[str, Any], *, name: str, code: str, now: datetime
) -> dict[str, Any]:
    return {
        "format": 2,
        **look,
        "language": person.language,
        "name": name,
        "zone": str(timezone.get_default_timezone()),
        "issued_on": _day(now),
        "expires_on": None,
        "provider": {"name": settings.PROVIDER_NAME, "address": "", "url": settings.SITE_URL},
        "code": codes.printed(code),
        "verify_url": address_of(code),
    }


def _day(moment: datetime) -> str:
    return timezone.localdate(moment, timezone.get_default_timezone()).isoformat()


def _in_each_language(message: object) -> Localised:
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = _(str(message)) if isinstance(message, str) else str(message)
    return said
