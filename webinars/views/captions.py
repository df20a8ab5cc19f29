"""Where captioners post their lines, and the file that comes of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from lms.http import Request, see_other
from lms.text import LANGUAGES
from people.access import SignedIn, host, only
from webinars.models import RoomSetup, Webinar
from webinars.room import captions
from webinars.room.door import knock
from webinars.views.console import hosted

BIGGEST = 8_000  # bytes of one post


@csrf_exempt
@require_POST
def line(request: Request) -> HttpResponse:
    """As captioning software knows it from Zoom: a POST of plain text to the address, to which it
    adds `&seq=12&lang=en-US`. The secret in the address (`?id=…`) is the key.
    """
    webinar = _of_secret(request)
    language = request.GET.get("lang", "en")[:2].lower()
    if int(request.headers.get("Content-Length") or 0) > BIGGEST:
        return _plain("too long", status=413)
    number = request.GET.get("seq", "")
    try:
        captions.add(
            webinar,
            language,
            request.body.decode("utf-8", "replace"),
            int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None,
        )
    except ValidationError as error:
        return _plain(error.messages[0], status=410 if error.code == "over" else 422)
    return _plain(number)


@require_GET
def last(request: Request) -> HttpResponse:
    """The number of the last line: captioning software asks for it before it goes on."""
    language = request.GET.get("lang", "en")[:2].lower()
    return _plain(str(captions.last_number(_of_secret(request), language)))


@only(host)
@require_POST
def new_address(request: SignedIn, slug: str) -> HttpResponse:
    webinar = hosted(request, slug)
    captions.new_address(webinar, request.user)
    return see_other(reverse("webinars:room-setup", args=[webinar.slug]) + "#captions")


@login_required
def captions_file(request: SignedIn, slug: str, language: str) -> HttpResponse:
    """For everybody who may be in the room, also after the end."""
    guest = knock(request.user, slug)
    if guest is None or not guest.may_enter or language not in LANGUAGES:
        raise Http404
    text = captions.as_webvtt(guest.webinar, language, breaks="breaks" in request.GET)
    answer = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    name = f"{guest.webinar.slug}.{language}.vtt"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _of_secret(request: Request) -> Webinar:
    secret = request.GET.get("id", "")
    if not secret:
        raise Http404
    rows = RoomSetup.objects.select_related("webinar")
    return get_object_or_404(rows, caption_secret=secret).webinar


def _plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
