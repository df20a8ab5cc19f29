"""Hosts put sessions on the schedule, change them and call them off."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from courses.models import Course
from lms.http import see_other
from people.access import SignedIn, host, only
from webinars import scheduling
from webinars.forms import CopyForm, ScheduleForm
from webinars.models import Registration, Webinar


@only(host)
def new(request: SignedIn) -> HttpResponse:
    initial = {
        "languages": ["en"],
        "minutes": 75,
        "zone": request.user.time_zone,
        "hosts": [request.user.pk],
        "policy": scheduling.standard_policy().pk,
        "lesson": request.GET.get("lesson", ""),
        "published": True,
    }
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        course, _colon, item = form.cleaned_data["lesson"].partition(":")
        data = form.cleaned_data
        try:
            webinar = scheduling.schedule(
                get_object_or_404(Course, pk=course),
                item,
                slug=form.slug,
                starts_at=data["starts_at"],
                ends_at=data["ends_at"],
                hosts=data["hosts"],
                published=data["published"],
                by=request.user,
                **form.face,
            )
        except ValidationError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("The session is on the schedule."))
            return see_other(webinar.get_absolute_url())
    return _page(request, form, None)


@only(host)
def edit(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    form = ScheduleForm(request.POST if request.method == "POST" else None, webinar=webinar)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            scheduling.change(
                webinar,
                starts_at=data["starts_at"],
                ends_at=data["ends_at"],
                hosts=data["hosts"],
                published=data.get("published", True),
                by=request.user,
                **form.face,
            )
        except ValidationError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("Saved. If the time changed, everyone gets a letter."))
            return see_other(webinar.get_absolute_url())
    return _page(request, form, webinar)


@only(host)
def copy(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    posted, local = request.method == "POST", webinar.starts_at.astimezone(ZoneInfo(webinar.zone))
    initial = {"begins": local.time().replace(second=0, microsecond=0), "weeks": 1, "times": 1}
    form = CopyForm(request.POST if posted else None, zone=webinar.zone, initial=initial)
    if posted and form.is_valid():
        try:
            made = scheduling.copy(webinar, form.cleaned_data["starts"], by=request.user)
        except ValidationError as error:
            _refuse(form, error)
        else:
            words = ngettext(
                "%(n)s draft is made. Set its stage and publish it.",
                "%(n)s drafts are made. Set the stage of each and publish it.",
                len(made),
            )
            messages.success(request, words % {"n": len(made)})
            return see_other(reverse("webinars:hosting"))
    context = {"webinar": webinar, "form": form}
    return render(request, "webinars/copy.html", context, status=422 if posted else 200)


@only(host)
@require_POST
def rehearse(request: SignedIn, slug: str) -> HttpResponse:
    rows = Webinar.objects.hosted_by(request.user).filter(rehearsal=False)
    rehearsal = scheduling.rehearse(get_object_or_404(rows, slug=slug), by=request.user)
    messages.success(request, _("This is a rehearsal: try everything. Nothing of it counts."))
    return see_other(reverse("webinars:host", args=[rehearsal.slug]))


@only(host)
def call_off(request: SignedIn, slug: str) -> HttpResponse:
    """Ask first, with the number of people who will be told."""
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    refused = ""
    if request.method == "POST":
        try:
            scheduling.cancel(webinar, by=request.user)
        except ValidationError as error:
            refused = error.messages[0]
        else:
            messages.success(request, _("The session is called off. Everyone gets a letter."))
            return see_other(webinar.get_absolute_url())
    told = Registration.objects.standing().filter(webinar=webinar).count()
    context = {"webinar": webinar, "told": told, "refused": refused}
    return render(request, "webinars/call-off.html", context, status=422 if refused else 200)


def _refuse(form: Form, error: ValidationError) -> None:
    """Beside the field where it has one; what concerns a field that is not here, on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, reasons in error.error_dict.items():
        form.add_error(name if name in form.fields else None, reasons)


def _page(request: SignedIn, form: ScheduleForm, webinar: Webinar | None) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "webinar": webinar}
    return render(request, "webinars/schedule-form.html", context, status=status)
