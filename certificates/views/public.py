"""Certificates as anyone checks them: the form, the page, the PDF, the form for machines."""

from typing import Literal

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import codes
from certificates.forms import VerifyForm
from certificates.models import Certificate, State
from certificates.press import PressError
from certificates.printing import pdf_of
from lms.http import see_other
from people.access import credit_administrator

GUESSES_PER_MINUTE = 30  # unknown numbers from one address before we ask it to wait


def verify(request: HttpRequest) -> HttpResponse:
    """The form; with `?code=` on to the certificate, or the reason beside the field."""
    if "code" not in request.GET:
        return render(request, "certificates/verify.html", {"form": VerifyForm()})
    form = VerifyForm(request.GET)
    if form.is_valid():
        return redirect("certificates:certificate", form.cleaned_data["code"])
    return render(request, "certificates/verify.html", {"form": form}, status=422)


def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """The public page: 200 with the frozen fields and the state, whatever the state is."""
    found = find(code)
    if found is None:
        return unknown(request, code)
    mine = request.user.is_authenticated and request.user.pk == found.holder_id
    context = {
        "certificate": found,
        "public": found.public(),
        "mine": mine,
        "may_manage": request.user.is_authenticated and credit_administrator(request.user),
        "newer": found.superseded_by if found.state == State.SUPERSEDED else None,
    }
    return unlisted(render(request, "certificates/certificate.html", context))


def as_json(request: HttpRequest, code: str) -> HttpResponse:
    """The same fields for machines; the shape is documented in README.md."""
    found = find(code)
    if found is None:
        return unknown_for_machines(request)
    return unlisted(JsonResponse(found.public()))


def pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The document, printed from the snapshot. One that no longer stands is not printed again."""
    found = find(code)
    if found is None:
        return unknown(request, code)
    if not found.stands:
        messages.warning(request, _("This certificate no longer stands, so it is not printed."))
        return see_other(found.get_absolute_url())
    paper: Literal["letter", "a4"] = "a4" if request.GET.get("paper") == "a4" else "letter"
    try:
        document = pdf_of(found.snapshot, paper)
    except PressError:
        messages.error(request, _("The document could not be made just now. Please try again."))
        return see_other(found.get_absolute_url())
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="certificate-{found.code[:5]}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return unlisted(response)


def find(code: str) -> Certificate | None:
    meant = codes.typed(code)
    if meant is None:
        return None
    return Certificate.objects.with_state().filter(code=meant).first()


def unknown(request: HttpRequest, code: str) -> HttpResponse:
    """The same answer for every number that is none of ours, whatever it looks like."""
    status = 429 if _guessing(request) else 404
    form = VerifyForm(initial={"code": code[:60]})
    context = {"form": form, "unknown": True, "too_many": status == 429}
    return unlisted(render(request, "certificates/verify.html", context, status=status))


def unknown_for_machines(request: HttpRequest) -> HttpResponse:
    """The same, in JSON."""
    if _guessing(request):
        return unlisted(JsonResponse({"error": "too many unknown numbers"}, status=429))
    return unlisted(JsonResponse({"error": "no certificate with this number"}, status=404))


def _guessing(request: HttpRequest) -> bool:
    """Count one unknown number from this address; true when it had its share for the minute.

    Behind the proxy everybody has the proxy's address: allauth knows how many to look behind.
    """
    key = f"certificates:guesses:{get_adapter(request).get_client_ip(request)}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > GUESSES_PER_MINUTE
    except ValueError:  # ran out between the two lines
        return False


def unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
