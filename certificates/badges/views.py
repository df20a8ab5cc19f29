"""Badges as holders take them, and as verifiers anywhere look them up."""

import hashlib
import json
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from certificates.badges import addresses, credential, identity, making, status
from certificates.models import Achievement, BadgeKey
from certificates.press import PressError
from certificates.views import public

MEDIA = {
    "json": "application/vc",
    "jwt": "application/vc+jwt",
    "png": "image/png",
    "svg": "image/svg+xml",
}
JSON_LD = "application/ld+json"
LOOK_AGAIN = "public, no-cache"  # ask each time, and be told in a few bytes that nothing changed
A_DAY = "public, max-age=86400"


@require_safe
def badge(request: HttpRequest, code: str, form: making.Form) -> HttpResponse:
    """The holder's badge. One that was revoked is given too: its status list says so."""
    found = public.find(code)
    if found is None:
        return public.unknown_for_machines(request)
    if not found.shared and request.user.pk != found.holder_id:
        raise Http404("its holder does not share it")
    try:
        data = making.made(found, form)
    except making.NoBadge:
        raise Http404("this site gives no badges") from None
    except PressError:
        return public.unlisted(HttpResponse(status=503, headers={"Retry-After": "60"}))
    response = HttpResponse(data, content_type=MEDIA[form])
    name = f"badge-{found.code[:5]}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return _open(public.unlisted(response))


@require_safe
def status_list(
    request: HttpRequest, number: str, purpose: Literal["revocation", "suspension"]
) -> HttpResponse:
    """One list, current to the last act that was committed."""
    signed = None
    if status.is_open(int(number)):
        signed = status.signed_list(int(number), purpose, timezone.now())
    if signed is None:
        raise Http404("no such list")
    response = HttpResponse(signed, content_type=MEDIA["json"])
    response["Cache-Control"] = LOOK_AGAIN
    etag = f'"{hashlib.sha256(signed.encode()).hexdigest()[:32]}"'
    response["ETag"] = etag
    found = get_conditional_response(request, etag=etag, response=response)
    return _open(found or response)


@require_safe
def did_document(request: HttpRequest) -> HttpResponse:
    """Who signs badges here, with every key that ever did: did:web."""
    return _document(identity.did_document(BadgeKey.objects.all()), media="application/did+json")


@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """The issuer: for people what it is and how to check, for machines its profile."""
    if not _for_people(request):
        return _document(identity.profile(), varies=True)
    context = {
        "name": settings.PROVIDER_NAME,
        "did": addresses.did(),
        "keys": BadgeKey.objects.all(),
    }
    return _varied(render(request, "certificates/badge_issuer.html", context))


@require_safe
def achievement(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What a badge is for: the same for everybody who has it."""
    found = get_object_or_404(Achievement, uuid=uuid)
    language = "es" if (get_language() or "en").startswith("es") else "en"
    said = credential.achieved(found, language)
    if not _for_people(request):
        return _document({"@context": credential.CONTEXTS, **said}, varies=True)
    context = {"achievement": found, "said": said}
    return _varied(render(request, "certificates/badge_achievement.html", context))


@require_safe
def picture(request: HttpRequest, uuid: str, form: Literal["png", "svg"]) -> HttpResponse:
    try:
        found = Achievement.objects.filter(uuid=UUID(uuid)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("no such achievement")
    try:
        drawn = making.picture(found, form)
    except PressError:
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    response = HttpResponse(drawn, content_type=MEDIA[form])
    response["Cache-Control"] = A_DAY
    return _open(response)


def _for_people(request: HttpRequest) -> bool:
    """A browser says that it takes HTML; what takes anything gets JSON-LD."""
    wanted = request.get_preferred_type([JSON_LD, "application/json", "text/html"])
    return wanted == "text/html"


def _document(
    document: dict[str, Any], *, media: str = JSON_LD, varies: bool = False
) -> HttpResponse:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type=media)
    response["Cache-Control"] = LOOK_AGAIN
    return _open(_varied(response) if varies else response)


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Accept"])
    return response


def _open(response: HttpResponse) -> HttpResponse:
    """Verifiers run in the pages of other sites, and take no cookies along."""
    response["Access-Control-Allow-Origin"] = "*"
    return response
