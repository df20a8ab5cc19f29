"""Reminders stopped with one click, by a person or by their mail program (RFC 8058)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from lms.http import see_other
from webinars import reminders as story


@csrf_exempt  # mail programs post here; the signed address is the key, and opens nothing else
def reminders(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing: scanners of mail follow links."""
    registration = story.registration_of(token)
    if registration is None:
        raise Http404
    if request.method == "POST":
        story.set_stopped(registration, "again" not in request.POST)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse(status=200)  # RFC 8058: no redirect
        return see_other(request.path)
    context = {
        "webinar": registration.webinar,
        "stopped": registration.reminders_stopped_at is not None,
    }
    response = render(request, "webinars/reminders.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
