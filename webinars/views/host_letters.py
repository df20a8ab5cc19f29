"""Letters to hosts stopped with one click, by a person or by their mail program (RFC 8058)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from lms.http import see_other
from webinars import host_letters as story


@csrf_exempt  # mail programs post here; the signed address is the key, and opens nothing else
def host_letters(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing: scanners of mail follow links."""
    host = story.host_of(token)
    if host is None:
        raise Http404
    if request.method == "POST":
        story.set_stopped(host, "again" not in request.POST)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse(status=200)  # RFC 8058: no redirect
        return see_other(request.path)
    context = {"stopped": story.are_stopped(host)}
    response = render(request, "webinars/host-letters.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
