"""What is on: the schedule, one session, its calendar file, and a person's own feed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.http import see_other
from people.access import SignedIn, credit_administrator, host
from people.models import User, leading
from webinars import invitations
from webinars.models import Registration, Webinar
from webinars.room import team

PAST_ON_A_PAGE = 12
State = Registration.State


def schedule(request: HttpRequest) -> HttpResponse:
    shown = Webinar.objects.visible_to(request.user).filter(rehearsal=False)
    sessions = shown.for_reader(request.user)
    past = Paginator(sessions.over(), PAST_ON_A_PAGE)
    context: dict[str, object] = {
        "live": sessions.live_now().order_by("starts_at"),
        "upcoming": sessions.upcoming().exclude(state__in=Webinar.IN_ROOM),
        "past": past.get_page(request.GET.get("page")),
    }
    if isinstance(request.user, User):
        context["feed_url"] = invitations.feed_url(request.user)
    return render(request, "webinars/schedule.html", context)


def webinar(request: HttpRequest, slug: str) -> HttpResponse:
    mine, person, leads = None, request.user, False
    rows = Webinar.objects.visible_to(person).for_reader(person)
    if isinstance(person, User):
        rows = rows.annotate(led=Exists(leading(person, timezone.now())))
    found = get_object_or_404(rows, slug=slug)
    if isinstance(person, User):
        leads = found.led  # type: ignore[attr-defined]
        mine = (
            Registration.objects.of(person)
            .with_determinations()
            .prefetch_related("accommodations")
            .filter(webinar=found)
            .first()
        )
    context: dict[str, object] = {
        "webinar": found,
        "registration": mine,
        "seated": mine is not None and mine.state == State.SEATED,
        "waiting": mine is not None and mine.state == State.WAITLISTED,
        "offer": mine.offer if mine is not None and mine.state == State.OFFERED else None,
        "determination": mine.determination if mine is not None else None,
        "hosting": isinstance(person, User)
        and host(person)
        and Webinar.objects.hosted_by(person).filter(pk=found.pk).exists(),
        "role": team.role_of(person, found) if isinstance(person, User) else "",
        "leads": leads and found.takes_registrations,
        "public_url": invitations.absolute(found.get_absolute_url()),
        "may_credit": isinstance(person, User) and credit_administrator(person),
    }
    return render(request, "webinars/webinar.html", context)


def calendar_file(request: HttpRequest, slug: str) -> HttpResponse:
    found = _visible_or_404(request, slug)
    return _calendar(invitations.download(found), f"{found.slug}.ics")


def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """For calendar programs, which cannot sign in: the secret in the address is the key."""
    person = invitations.person_of(secret)
    if person is None:
        return render(request, "webinars/calendar-gone.html", status=404)
    return _calendar(invitations.feed(person), "webinars.ics")


@login_required
@require_POST
def renew_calendar(request: SignedIn) -> HttpResponse:
    invitations.renew_link(request.user)
    messages.success(request, _("Your calendar has a new link. The old one no longer works."))
    return see_other(f"{reverse('webinars:schedule')}#calendar")


def _visible_or_404(request: HttpRequest, slug: str) -> Webinar:
    rows = Webinar.objects.visible_to(request.user).for_reader(request.user)
    return get_object_or_404(rows, slug=slug)


def _calendar(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
