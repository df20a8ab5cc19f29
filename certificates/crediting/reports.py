"""What credit administrators send to others: NCHEC's quarter, and completions as TRAIN lists them.

Rows of people, for the boards alone: nobody but a credit administrator gets them, each time is on
record, and cells that would start a formula are guarded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.credit import plain
from certificates.crediting.forms import RangeForm, last_quarter
from certificates.models import Certificate
from courses import crediting
from courses.models import Completion, CreditAward, CreditNumber
from courses.models.course import document_of
from lms.sheets import as_csv
from lms.text import said
from people.access import SignedIn, credit_administrator, only
from people.audit import note
from people.confirming import with_care


@only(credit_administrator)
def reports(request: SignedIn) -> HttpResponse:
    first, last = last_quarter(timezone.localdate())
    context = {"form": RangeForm(initial={"first": first, "last": last})}
    return render(request, "certificates/credit/reports.html", context)


@only(credit_administrator)
@with_care
def nchec(request: SignedIn) -> HttpResponse:
    """Every CHES and MCHES hour that counts, with the numbers that NCHEC knows people by.

    What a certificate said that was revoked or is suspended does not count.
    """
    head = [
        _("Number with the board"), _("Name"), _("E-mail address"), _("Kind of credit"),
        _("Category"), _("Provider number"), _("Event number"), _("Course"), _("Completed on"),
        _("Contact hours"),
    ]  # fmt: skip
    return _report(request, "nchec", head, _nchec)


@only(credit_administrator)
@with_care
def train(request: SignedIn) -> HttpResponse:
    """Every completion, in the order that a TRAIN administrator knows."""
    head = [
        _("E-mail address"), _("Name"), _("Organization"), _("Course number"), _("Course"),
        _("Format"), _("Completed on"), _("Score"), _("Hours"), _("Status"),
    ]  # fmt: skip
    return _report(request, "train", head, _train)


def _report(request: SignedIn, name: str, head: list[str], rows: Any) -> HttpResponse:
    form = RangeForm(request.GET)
    if not form.is_valid():
        return render(request, "certificates/credit/reports.html", {"form": form}, status=422)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    body = as_csv(head, rows(*_moments(first, last)))
    note(request.user, f"credit.{name}-exported", request.user, first=str(first), last=str(last))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{first}-{last}.csv"'
    return response


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's midnight to the one after the last, where the provider is."""
    zone = timezone.get_default_timezone()
    after = last + timedelta(days=1)
    return (
        datetime.combine(first, time(), tzinfo=zone),
        datetime.combine(after, time(), tzinfo=zone),
    )


def _day(moment: datetime) -> str:
    return timezone.localdate(moment, timezone.get_default_timezone()).isoformat()


def _nchec(start: datetime, end: datetime) -> Iterator[list[object]]:
    taken_back = Certificate.objects.taken_back().filter(completion=OuterRef("completion"))
    awards = CreditAward.objects.standing().filter(
        ~Exists(taken_back),
        credit_type__body="NCHEC",
        completion__completed_at__gte=start,
        completion__completed_at__lt=end,
    )
    people = awards.values("completion__enrolment__person")
    rows = CreditNumber.objects.filter(person__in=people, credit_type__body="NCHEC")
    sealed = {(row.person_id, row.credit_type_id): row.sealed for row in rows}
    wanted = awards.select_related(
        "claim", "credit_type", "completion__enrolment__person"
    ).order_by("completion__completed_at", "pk")
    for award in wanted.planned():
        completion, terms = award.completion, award.terms
        person = completion.enrolment.person
        yield [
            crediting.opened(sealed.get((person.pk, award.credit_type_id), "")),
            person.printed_name,
            person.email,
            said(terms["name"]),
            terms["category"],
            terms["provider_number"],
            terms["event_number"],
            said(document_of(completion.version_id).title),
            _day(completion.completed_at),
            plain(award.counted),
        ]


def _train(start: datetime, end: datetime) -> Iterator[list[object]]:
    rows = (
        Completion.objects.filter(completed_at__gte=start, completed_at__lt=end, superseded_by=None)
        .select_related("enrolment__person", "enrolment__course", "enrolment__organisation")
        .order_by("completed_at", "pk")
        .planned()
    )
    taken_back = Certificate.objects.taken_back().filter(completion__in=rows)
    words = {row.completion_id: str(row.state.label) for row in taken_back.with_state()}
    for completion in rows:
        enrolment = completion.enrolment
        document = document_of(completion.version_id)
        yield [
            enrolment.person.email,
            enrolment.person.printed_name,
            enrolment.organisation.name if enrolment.organisation else "",
            enrolment.course.slug,
            said(document.title),
            document.format,
            _day(completion.completed_at),
            "" if completion.score is None else completion.score,
            plain(completion.hours["training"]),
            words.get(completion.pk) or _("Completed"),
        ]
