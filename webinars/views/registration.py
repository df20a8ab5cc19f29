"""Taking a place at a session, or at a whole series, and giving it back."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from courses.models import Series
from lms.http import see_other
from people.access import SignedIn
from people.models import User, membership_of
from webinars import asking, registering
from webinars.models import Registration, Webinar
from webinars.place_form import PlaceForm

WAITING = {Registration.State.WAITLISTED, Registration.State.OFFERED}


def register(request: HttpRequest, slug: str) -> HttpResponse:
    """One press for people we know; name and address for everybody else."""
    rows = Webinar.objects.visible_to(request.user).for_reader(request.user)
    webinar = get_object_or_404(rows, slug=slug)
    form = _form(request, [webinar])
    if request.method == "POST" and form.is_valid() and _take_places(request, form, [webinar]):
        signed_out = reverse("webinars:registered", args=[webinar.slug])
        return see_other(
            webinar.get_absolute_url() if request.user.is_authenticated else signed_out
        )
    closed = registering.why_closed(webinar)
    if webinar.my_state == Registration.State.DECLINED:  # type: ignore[attr-defined]
        closed = _("We are sorry: the host could not give you a place at this session.")
    context = {"webinar": webinar, "form": form, "closed": closed}
    return render(request, "webinars/register.html", context, status=_status(request))


def register_series(request: HttpRequest, slug: str) -> HttpResponse:
    """The same form for several sessions: all that are still to come, or those chosen."""
    series = get_object_or_404(Series, slug=slug)
    sessions = _open_sessions(request, series)
    form = _form(request, sessions, series=True)
    if request.method == "POST" and form.is_valid():
        chosen = [row for row in sessions if row.slug in form.cleaned_data["sessions"]]
        if _take_places(request, form, chosen):
            signed_out = reverse("webinars:series-registered", args=[series.slug])
            return see_other(
                reverse("webinars:schedule") if request.user.is_authenticated else signed_out
            )
    context = {"series": series, "sessions": sessions, "form": form}
    return render(request, "webinars/register-series.html", context, status=_status(request))


def registered(request: HttpRequest, slug: str) -> HttpResponse:
    """The same page for everybody who was not signed in, whether we knew them or not."""
    rows = Webinar.objects.visible_to(request.user).for_reader(request.user)
    context = {"webinar": get_object_or_404(rows, slug=slug)}
    return render(request, "webinars/registered.html", context)


def series_registered(request: HttpRequest, slug: str) -> HttpResponse:
    context = {"series": get_object_or_404(Series, slug=slug)}
    return render(request, "webinars/registered.html", context)


@login_required
def offer(request: SignedIn, slug: str) -> HttpResponse:
    """The seat that is kept for the person who asks: one press takes it."""
    mine = Registration.objects.of(request.user).prefetch_related("offers")
    registration = get_object_or_404(mine.select_related("webinar"), webinar__slug=slug)
    webinar, refused = registration.webinar, False
    if request.method == "POST":
        if registering.accept(request.user, webinar) is not None:
            messages.success(request, _("The seat is yours. We sent you the way in."))
            return see_other(webinar.get_absolute_url())
        refused = True
    if registration.state == Registration.State.SEATED:
        return see_other(webinar.get_absolute_url())
    kept = registration.offer
    if refused or (kept is not None and kept.expires_at <= timezone.now()):
        kept = None
    context = {"webinar": webinar, "offer": kept, "refused": refused}
    return render(request, "webinars/offer.html", context, status=_status(request))


@login_required
def cancel(request: SignedIn, slug: str) -> HttpResponse:
    mine = Registration.objects.of(request.user).standing().select_related("webinar")
    registration = get_object_or_404(mine, webinar__slug=slug)
    webinar, refused = registration.webinar, ""
    if request.method == "POST":
        try:
            registering.cancel(request.user, webinar)
        except ValidationError as error:
            refused = error.messages[0]
        else:
            messages.success(request, _("Your registration is cancelled. You can come back."))
            return see_other(webinar.get_absolute_url())
    context = {"webinar": webinar, "registration": registration, "refused": refused}
    return render(request, "webinars/cancel.html", context, status=_status(request))


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200


def _form(request: HttpRequest, webinars: Sequence[Webinar], *, series: bool = False) -> PlaceForm:
    person = request.user if isinstance(request.user, User) else None
    membership = membership_of(person, timezone.now()) if person is not None else None
    return PlaceForm(
        request.POST if request.method == "POST" else None,
        person=person,
        belongs=membership.organisation if membership is not None else None,
        session=None if series else webinars[0],
        sessions=webinars if series else None,
        asked=asking.asked_at(webinars),
        answered=asking.answered_by(person, webinars) if person is not None else None,
    )


def _open_sessions(request: HttpRequest, series: Series) -> list[Webinar]:
    rows = Webinar.objects.visible_to(request.user).for_reader(request.user)
    ahead = rows.filter(course__in=series.courses.all()).upcoming()
    return [row for row in ahead if row.takes_registrations]


def _take_places(request: HttpRequest, form: PlaceForm, webinars: Sequence[Webinar]) -> bool:
    """Register, and say so. False, with the reason in the form, where it is closed by now."""
    data, person = form.cleaned_data, request.user
    try:
        if isinstance(person, User):
            places = registering.register_for_all(
                person,
                webinars,
                organisation=data["organisation"],
                needs=form.asked_needs,
                answers=form.answers,
                job_role=data["job_role"],
            )
            _say(request, places)
        else:
            registering.register_by_address(
                data["email"],
                webinars,
                name=data["name"],
                job_role=data["job_role"],
                organisation=data["organisation"],
                language=(get_language() or "en")[:2],
                needs=form.asked_needs,
                answers=form.answers,
            )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _say(request: HttpRequest, places: Sequence[Registration]) -> None:
    seats = sum(place.state == Registration.State.SEATED for place in places)
    asked = sum(place.state == Registration.State.ASKED for place in places)
    waiting = sum(place.state in WAITING for place in places)
    if seats:
        words = ngettext(
            "You are registered. We sent the details and a calendar entry to your e-mail.",
            "You are registered for %(n)s sessions. We sent the details and calendar entries to "
            "your e-mail.",
            seats,
        )
        messages.success(request, words % {"n": seats})
    if asked:
        words = ngettext(
            "The host has your request. As soon as it is decided, we write to you.",
            "The hosts have your requests for %(n)s sessions. As soon as one is decided, we write "
            "to you.",
            asked,
        )
        messages.success(request, words % {"n": asked})
    if waiting:
        words = ngettext(
            "All seats are taken, so you are on the waitlist. If a seat becomes free we keep it "
            "for you and write to you.",
            "You are on the waitlist for %(n)s sessions. If a seat becomes free we keep it for "
            "you and write to you.",
            waiting,
        )
        messages.warning(request, words % {"n": waiting})
