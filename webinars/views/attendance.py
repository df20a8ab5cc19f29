"""Who was there and what it earned: for credit administrators, who may decide otherwise."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.http import see_other
from lms.sheets import as_csv
from people.access import SignedIn, credit_administrator, only
from webinars import attendance as story
from webinars.forms import DecisionForm
from webinars.models import Registration, Webinar
from webinars.models.registration import RegistrationQuerySet

ON_A_PAGE = 100
LONGEST = 100  # characters of a search: each word is a condition, and a database has its limits


@only(credit_administrator)
def attendance(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.select_related("course", "policy"), slug=slug)
    words = " ".join(request.GET.get("q", "").replace("\0", "")[:LONGEST].split())
    page = Paginator(_places(webinar, words), ON_A_PAGE).get_page(request.GET.get("page"))
    places = list(page)
    seen = story.seen_by(webinar, [place.person_id for place in places])
    context = {
        "webinar": webinar,
        "page": page,
        "rows": [(place, place.determination, seen.get(place.person_id, [])) for place in places],
        "words": words,
    }
    return render(request, "webinars/attendance.html", context)


@only(credit_administrator)
def attendance_csv(request: SignedIn, slug: str) -> HttpResponse:
    """Everybody, for a spreadsheet: what the table shows, with the address and the seconds."""
    webinar = get_object_or_404(Webinar, slug=slug)
    head = [
        _("Name"), _("E-mail address"), _("Organization"), _("Place"), _("Credit"), _("Minutes"),
        _("Live seconds"), _("Seconds present"), _("Seconds added for short gaps"), _("Why"),
        _("Decided by"),
    ]  # fmt: skip
    rows = (_cells(place) for place in _places(webinar))
    response = HttpResponse(as_csv(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{webinar.slug}-attendance.csv"'
    return response


@only(credit_administrator)
def decide(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """One person: the evidence, every determination so far, and an own decision."""
    rows = Registration.objects.select_related("person", "organisation", "webinar__policy")
    place = get_object_or_404(rows.with_determinations(), webinar__slug=slug, pk=pk)
    decided = place.determination
    form = DecisionForm(
        request.POST if request.method == "POST" else None,
        initial={"minutes": decided.counted_minutes if decided is not None else 0},
    )
    if request.method == "POST" and form.is_valid():
        try:
            story.override(place, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your decision is on record."))
            return see_other(reverse("webinars:attendance", args=[slug]))
    context = {
        "webinar": place.webinar,
        "place": place,
        "seen": story.seen_by(place.webinar, [place.person_id]).get(place.person_id, []),
        "windows": story.moments(story.live_windows(place.webinar)),
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "webinars/decide-attendance.html", context, status=status)


def _places(webinar: Webinar, words: str = "") -> RegistrationQuerySet:
    places = webinar.registrations.select_related("person", "organisation").with_determinations()
    for word in words.split():
        places = places.filter(person__name__icontains=word)
    return places.order_by("person__name", "pk").planned()


def _cells(place: Registration) -> list[object]:
    decided = place.determination
    person = place.person
    about = [person.name, person.email, place.organisation or "", place.get_state_display()]
    if decided is None:
        return [*about, "", "", "", "", "", "", ""]
    return [
        *about,
        _("yes") if decided.credited else _("no"),
        decided.minutes,
        decided.live_seconds,
        decided.present_seconds,
        decided.bridged_seconds,
        " ".join(decided.why),
        decided.by or _("the rule"),
    ]
