"""A person's own transcript: the page, its files, its link, and training from elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates.credit import plain
from certificates.models import OutsideTraining
from certificates.press import PressError, print_record
from certificates.transcripts import gathering, outside, proofs, sharing
from certificates.transcripts.forms import OutsideForm
from certificates.transcripts.gathering import Entry, Group
from courses import cycles
from lms.http import see_other
from lms.sheets import as_csv
from lms.text import said
from people.access import SignedIn


@login_required
def transcript(request: SignedIn) -> HttpResponse:
    """All that this person completed, newest first, by fiscal year or by course and cycle."""
    entries = gathering.gather(request.user)
    link = sharing.open_link(request.user)
    context = _shown(entries, request.GET.get("by")) | {
        "standings": cycles.standings_of(request.user),
        "link": settings.SITE_URL + reverse("transcripts:shared", args=[link.secret])
        if link
        else "",
    }
    return render(request, "certificates/transcript.html", context)


@login_required
def pdf(request: SignedIn) -> HttpResponse:
    paper: Literal["letter", "a4"] = "a4" if request.GET.get("paper") == "a4" else "letter"
    entries = gathering.gather(request.user)
    try:
        document = print_record(_on_paper(request.user.printed_name, entries), paper=paper)
    except PressError:
        messages.error(request, _("The document could not be made just now. Please try again."))
        return see_other(reverse("certificates:transcript"))
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="transcript.pdf"'
    return response


@login_required
def csv(request: SignedIn) -> HttpResponse:
    head = [
        _("Training"), _("Provider"), _("Kind"), _("Completed"), _("Fiscal year"), _("Cycle"),
        _("Hours"), _("Credit"), _("Minutes live"), _("Score"), _("Certificate number"),
    ]  # fmt: skip
    body = as_csv(head, (_cells(entry) for entry in gathering.gather(request.user)))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="transcript.csv"'
    return response


@require_POST
@login_required
def share(request: SignedIn) -> HttpResponse:
    sharing.share(request.user)
    messages.success(request, _("Anyone with the link can now read your transcript."))
    return see_other(reverse("certificates:transcript") + "#share")


@require_POST
@login_required
def stop_sharing(request: SignedIn) -> HttpResponse:
    sharing.withdraw(request.user)
    messages.success(request, _("The link no longer works."))
    return see_other(reverse("certificates:transcript") + "#share")


def shared(request: HttpRequest, secret: str) -> HttpResponse:
    """For whoever has the link: what was learned, not how well or how long."""
    person = sharing.person_behind(secret)
    if person is None:
        raise Http404
    shown = [entry for entry in gathering.gather(person) if entry.kind != "refused"]
    context = _shown(shown, None) | {"name": person.printed_name, "shared": True}
    response = render(request, "certificates/transcripts/shared.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_required
def add(request: SignedIn) -> HttpResponse:
    """Training from elsewhere, with proof."""
    if request.method != "POST":
        form = OutsideForm(initial={"key": uuid.uuid4()})
        return render(request, "certificates/transcripts/add.html", {"form": form})
    form = OutsideForm(request.POST, request.FILES)
    if form.is_valid():
        outside.state(request.user, **form.cleaned_data)
        words = _("It is on your transcript, marked as your own word until it is recognized.")
        messages.success(request, words)
        return see_other(reverse("certificates:transcript"))
    return render(request, "certificates/transcripts/add.html", {"form": form}, status=422)


@require_POST
@login_required
def remove(request: SignedIn, pk: int) -> HttpResponse:
    training = get_object_or_404(OutsideTraining.objects.of(request.user), pk=pk)
    if outside.withdraw(training):
        messages.success(request, _("It is off your transcript."))
    return see_other(reverse("certificates:transcript"))


@login_required
def proof(request: SignedIn, pk: int) -> HttpResponse:
    return sent(get_object_or_404(OutsideTraining.objects.of(request.user), pk=pk))


def sent(training: OutsideTraining) -> HttpResponse:
    """Its proof, as a file to keep: never shown inside the site, whatever is in it."""
    ending = Path(str(training.proof.name)).suffix
    with training.proof.open("rb") as file:
        response = HttpResponse(file.read(), content_type=proofs.KINDS[ending])
    response["Content-Disposition"] = f'attachment; filename="proof-{training.pk}{ending}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _shown(entries: list[Entry], by: str | None) -> dict[str, Any]:
    by_course = by == "course"
    groups = gathering.by_cycle(entries) if by_course else gathering.by_fiscal_year(entries)
    return {
        "groups": groups,
        "by_course": by_course,
        "total": gathering.total(entries),
        "year_begins": gathering.fiscal_years_begin(),
    }


def _cells(entry: Entry) -> list[object]:
    return [
        said(entry.title),
        entry.provider,
        entry.kind_in_words,
        entry.completed_on.isoformat(),
        gathering.year_label(gathering.fiscal_year(entry.completed_on, settings.FISCAL_YEAR_MONTH)),
        entry.cycle,
        plain(entry.hours),
        "; ".join(f"{line['hours']} {said(line['label'])}" for line in entry.credit),
        "" if entry.minutes is None else entry.minutes,
        "" if entry.score is None else entry.score,
        entry.certificate.number if entry.certificate else "",
    ]


def _on_paper(name: str, entries: list[Entry]) -> dict[str, object]:
    """The transcript as `print_record` takes it, in the reader's language."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    notes = [
        _("Hours that stand only on the person's own word are marked and not in the sums."),
        _("Certificates can be checked at %(address)s.")
        % {"address": settings.SITE_URL + reverse("certificates:verify")},
    ]
    return {
        "format": 1,
        "language": (get_language() or "en")[:2],
        "made_on": today.isoformat(),
        "heading": _("Training transcript"),
        "name": name,
        "provider": settings.PROVIDER_NAME,
        "made": _("Made on %(day)s") % {"day": today.isoformat()},
        "columns": [_("Training"), _("Completed"), _("Hours"), _("Certificate number")],
        "total": _("Total"),
        "page": _("Page"),
        "groups": [_group_on_paper(group) for group in gathering.by_fiscal_year(entries)],
        "empty": "" if entries else _("Nothing completed yet"),
        "notes": notes,
    }


def _group_on_paper(group: Group) -> dict[str, object]:
    return {
        "label": group.label,
        "hours": plain(group.hours),
        "rows": [list(_row_on_paper(entry)) for entry in group.entries],
    }


def _row_on_paper(entry: Entry) -> Iterable[str]:
    below = [] if entry.kind == "own" else [entry.provider, entry.kind_in_words]
    below += [f"{line['hours']} {said(line['label'])}" for line in entry.credit]
    if entry.certificate and not entry.certificate.stands:
        below.append(str(entry.certificate.state.label))
    yield str(said(entry.title))
    yield " · ".join(below)
    yield entry.completed_on.isoformat()
    yield plain(entry.hours)
    yield entry.certificate.number if entry.certificate else ""
