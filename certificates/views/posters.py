"""A poster with the way to a session, for walls and for letters: made for its hosts."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _

from certificates.press import PressError, print_poster
from lms.http import see_other
from lms.text import LANGUAGES, said
from lms.zones import spoken
from people.access import SignedIn, host, only
from webinars.models import Webinar


@only(host)
def poster(request: SignedIn, slug: str, language: str, paper: str) -> HttpResponse:
    """In the language and on the paper that the address names. Its QR code opens the public page,
    so a session that strangers cannot see has none."""
    rows = Webinar.objects.hosted_by(request.user).public()
    webinar = get_object_or_404(rows, slug=slug)
    if language not in LANGUAGES:
        raise Http404
    sheet: Literal["letter", "a4"] = "a4" if paper == "a4" else "letter"
    try:
        pdf = print_poster(_words(webinar, language), paper=sheet)
    except PressError:
        messages.error(request, _("The poster could not be made just now. Please try again."))
        return see_other(webinar.get_absolute_url())
    response = HttpResponse(pdf, content_type="application/pdf")
    name = f"{webinar.slug}-{language}-{sheet}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _words(webinar: Webinar, language: str) -> dict[str, object]:
    with translation.override(language):
        time = spoken(webinar.starts_at, webinar.ends_at, webinar.zone)
        return {
            "format": 1,
            "language": language,
            "made_on": webinar.starts_at.astimezone(ZoneInfo(webinar.zone)).date().isoformat(),
            "url": settings.SITE_URL + webinar.get_absolute_url(),
            "provider": settings.PROVIDER_NAME,
            "label": _("Live webinar"),
            "heading": str(said(webinar.title)),
            "when": [time.day, f"{time.hours}, {time.zone}"],
            "summary": str(said(webinar.summary)),
            "call": _("Register in a minute"),
            "qr": _("QR code that opens the page of this session:"),
        }
