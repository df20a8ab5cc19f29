"""Letters stopped with one click, by a person or by their mail program (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from lms.http import see_other
from webinars import host_letters as letters_to_hosts
from webinars import reminders as story


@csrf_exempt  # mail programs post here; the signed address is the key, and opens nothing else
def reminders(request: HttpRequest, token: str) -> HttpResponse:
    registration = story.registration_of(token)
    if registration is None:
        raise Http404
    context = {
        "webinar": registration.webinar,
        "stopped": registration.reminders_stopped_at is not None,
    }
    return _page(
        request,
        "webinars/reminders.html",
        context,
        set_stopped=lambda stopped: story.set_stopped(registration, stopped),
    )


@csrf_exempt  # as above
def host_letters(request: HttpRequest, token: str) -> HttpResponse:
    host = letters_to_hosts.host_of(token)
    if host is None:
        raise Http404
    return _page(
        request,
        "webinars/host-letters.html",
        {"stopped": letters_to_hosts.are_stopped(host)},
        set_stopped=lambda stopped: letters_to_hosts.set_stopped(host, stopped),
    )


def _page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    set_stopped: Callable[[bool], None],
) -> HttpResponse:
    """A look changes nothing: scanners of mail follow links."""
    if request.method == "POST":
        set_stopped("again" not in request.POST)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse(status=200)  # RFC 8058: no redirect
        return see_other(request.path)
    response = render(request, template, context)
    response["X-Robots-Tag"] = "noindex"
    return response
