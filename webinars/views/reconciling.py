"""Attendance reports of other services: brought in, looked at, and their people named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.http import see_other
from people.access import SignedIn, credit_administrator, host, only
from people.forms import zones
from people.models import User
from webinars import reconciling
from webinars.models import AttendanceReport, Registration, Webinar

ON_A_PAGE, NAMED_ON_A_PAGE = 200, 20
OTHER, NOBODY, UNKNOWN = "other", "nobody", "unknown"


class ReportForm(forms.Form):
    """The file, where it comes from, and the zone of its times."""

    provider = forms.ChoiceField(
        label=gettext_lazy("Where the file comes from"),
        choices=AttendanceReport.Provider,
        widget=forms.RadioSelect,
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the times in it"),
        help_text=gettext_lazy(
            "Zoom uses the zone of the account, Teams the zone of whoever downloads the file."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("The file"),
        help_text=gettext_lazy("As it was downloaded, with the ending .csv."),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )

    def __init__(self, *args: object, webinar: Webinar, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["zone"]
        field.choices = zones(webinar.zone)  # type: ignore[attr-defined]
        field.initial = webinar.zone
        self.fields["provider"].initial = AttendanceReport.Provider.ZOOM


class NameForm(forms.Form):
    """Who somebody in a report is: one of the guesses, another address, or nobody here."""

    answers: tuple[tuple[str, Any], ...] = (  # beside the guesses
        (OTHER, gettext_lazy("Somebody else who is registered")),
        (NOBODY, gettext_lazy("Nobody on our list: it counts for no one")),
    )
    who = forms.ChoiceField(label=gettext_lazy("Who is this?"), widget=forms.RadioSelect)
    email = forms.EmailField(
        label=gettext_lazy("E-mail address of that person"),
        required=False,
        help_text=gettext_lazy("The address that they registered with."),
    )

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        webinar: Webinar,
        waiting: reconciling.Waiting,
    ) -> None:
        super().__init__(data, prefix=waiting.key)
        self.webinar = webinar
        self.suggested = {str(place.pk): place for place in waiting.suggested}
        field = self.fields["who"]
        field.choices = [  # type: ignore[attr-defined]
            *((pk, f"{place.person.name} ({place.person.email})")
              for pk, place in self.suggested.items()),
            *self.answers,
        ]  # fmt: skip

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("who") == OTHER:
            place = reconciling.place_at(self.webinar, data.get("email") or "")
            if place is None and "email" not in self.errors:
                self.add_error("email", _("Nobody with this address is registered."))
            data["registration"] = place
        else:
            data["registration"] = self.suggested.get(str(data.get("who")))
        return data


class CorrectionForm(NameForm):
    """The same question once more, with the reason for asking it again."""

    answers = (
        *NameForm.answers,
        (UNKNOWN, gettext_lazy("Nobody knows yet: put it back on the list")),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        help_text=gettext_lazy("It stays on record with your name."),
        widget=forms.Textarea({"rows": 3}),
    )


def reconciler(user: User) -> bool:
    return host(user) or credit_administrator(user)


@only(reconciler)
def bring_report(request: SignedIn, slug: str) -> HttpResponse:
    webinar = _webinar_or_404(request, slug)
    posted = request.method == "POST"
    form = ReportForm(*([request.POST, request.FILES] if posted else []), webinar=webinar)
    if posted and form.is_valid():
        data = form.cleaned_data
        try:
            report = reconciling.bring(
                webinar,
                data["file"].read(),
                provider=data["provider"],
                zone=data["zone"],
                file_name=data["file"].name,
                by=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return see_other(reverse("webinars:report", args=[slug, report.pk]))
    context = {"webinar": webinar, "form": form, "reports": webinar.reports.defer("content")}
    return render(request, "webinars/bring-report.html", context, status=422 if posted else 200)


@only(reconciler)
def report(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Line by line what an import would do; a press does it."""
    webinar = _webinar_or_404(request, slug)
    found = get_object_or_404(webinar.reports, pk=pk)
    if request.method == "POST":
        messages.success(request, reconciling.told(reconciling.take_in(found, by=request.user)))
        return see_other(reverse("webinars:reconcile", args=[slug]))
    rows = reconciling.look(found)
    context = {
        "webinar": webinar,
        "report": found,
        "zone": ZoneInfo(found.zone),
        "told": reconciling.told(rows),
        "new": any(row.outcome == reconciling.ADDED for row in rows),
        "page": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "webinars/report.html", context)


@only(reconciler)
def reconcile(request: SignedIn, slug: str) -> HttpResponse:
    """Whom nobody has named yet, each with a form of their own."""
    webinar = _webinar_or_404(request, slug)
    waiting, refused = reconciling.waiting(webinar), None
    if request.method == "POST":
        key = request.POST.get("key", "")
        one = next((who for who in waiting if who.key == key), None)
        if one is None:  # named meanwhile, by this press sent twice or by a colleague
            return see_other(request.path)
        form = NameForm(request.POST, webinar=webinar, waiting=one)
        if form.is_valid():
            registration: Registration | None = form.cleaned_data["registration"]
            stays = reconciling.name(webinar, one.identity, registration, by=request.user)
            messages.success(request, _named(one, registration, stays))
            return see_other(request.path)
        refused = (key, form)
    page = Paginator(waiting, NAMED_ON_A_PAGE).get_page(request.GET.get("page"))
    if refused:
        forms_by_key = {refused[0]: refused[1]}
        page.object_list = [who for who in waiting if who.key == refused[0]]
    else:
        forms_by_key = {}
    context = {
        "webinar": webinar,
        "page": page,
        "people": [
            (who, forms_by_key.get(who.key) or NameForm(webinar=webinar, waiting=who))
            for who in page
        ],
        "brought": webinar.reports.exists(),
        "refused": bool(refused),
    }
    status = 422 if refused else 200
    return render(request, "webinars/reconcile.html", context, status=status)


@only(reconciler)
def named(request: SignedIn, slug: str) -> HttpResponse:
    """Whom the reports' people were found to be, each with a way to correct it."""
    webinar = _webinar_or_404(request, slug)
    rows = reconciling.named(webinar)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "webinars/named.html", {"webinar": webinar, "page": page})


@only(reconciler)
def correct_name(request: SignedIn, slug: str, key: str) -> HttpResponse:
    webinar = _webinar_or_404(request, slug)
    found = next((row for row in reconciling.named(webinar) if row.who.key == key), None)
    if found is None:
        raise Http404
    posted = request.method == "POST"
    who = reconciling.guessed(webinar, found.who)
    form = CorrectionForm(request.POST if posted else None, webinar=webinar, waiting=who)
    if posted and form.is_valid():
        reconciling.correct(
            webinar,
            who.identity,
            form.cleaned_data["registration"],
            by=request.user,
            reason=form.cleaned_data["reason"],
            take_back=form.cleaned_data["who"] == UNKNOWN,
        )
        messages.success(request, _("Corrected. What they earned is looked at anew."))
        return see_other(reverse("webinars:named", args=[slug]))
    context = {"webinar": webinar, "found": found, "form": form}
    return render(request, "webinars/correct-name.html", context, status=422 if posted else 200)


def _named(who: reconciling.Waiting, registration: Registration | None, stays: int) -> str:
    if registration is None:
        return _("%(name)s counts for nobody.") % {"name": who.name or who.email}
    return ngettext(
        "%(name)s is %(person)s. %(n)s stay counts now.",
        "%(name)s is %(person)s. %(n)s stays count now.",
        stays,
    ) % {"name": who.name or who.email, "person": registration.person.name, "n": stays}


def _webinar_or_404(request: SignedIn, slug: str) -> Webinar:
    rows = Webinar.objects.all()
    if not credit_administrator(request.user):
        rows = rows.hosted_by(request.user)
    found = rows.filter(slug=slug).first()
    if found is None:
        raise Http404
    return found
