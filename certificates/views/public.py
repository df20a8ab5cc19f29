"""Certificates as anyone checks them: the form, the page, the PDF, the form for machines."""

from typing import Literal

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import codes, files, sharing
from certificates.forms import FileForm, VerifyForm
from certificates.models import Certificate
from certificates.press import PressError
from certificates.printing import pdf_of
from lms.http import see_other
from people.access import SignedIn, credit_administrator

FILES_PER_MINUTE = 10  # each costs two prints
GUESSES_PER_MINUTE = 30  # unknown numbers from one address before we ask it to wait


def verify(request: HttpRequest) -> HttpResponse:
    """The form; with `?code=` on to the certificate, or the reason beside the field."""
    if "code" not in request.GET:
        return _verify(request, VerifyForm())
    form = VerifyForm(request.GET)
    if form.is_valid():
        return redirect("certificates:certificate", form.cleaned_data["code"])
    return _verify(request, form, status=422)


@require_POST
def verify_file(request: HttpRequest) -> HttpResponse:
    """A PDF or badge leads to its certificate; the page then says what the file is worth."""
    form = FileForm(request.POST, request.FILES)
    if _too_often(request, "files", FILES_PER_MINUTE):
        too_many = {"too_many": True, "too_many_files": True}
        return _verify(request, VerifyForm(), form, **too_many, status=429)
    if form.is_valid():
        data = form.cleaned_data["file"].read(files.LARGEST + 1)
        found = files.read(data) if len(data) <= files.LARGEST else None
        if found is not None:
            tell = messages.success if found.good else messages.warning
            tell(request, found.says)
            return see_other(reverse("certificates:certificate", args=[found.code]))
        form.add_error("file", _("This file leads to no certificate of ours. Type the number."))
    return _verify(request, VerifyForm(), form, status=422)


def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """The public page: 200 with the frozen fields and the state, whatever the state is."""
    found = find(code)
    if found is None:
        return unknown(request, code)
    mine, may_manage = _mine(request, found), _manages(request)
    context = {
        "certificate": found,
        "public": found.all_fields() if mine or may_manage else found.public(),
        "readable": found.shared or mine or may_manage,
        "mine": mine,
        "may_manage": may_manage,
        "newer": getattr(found, "superseded_by", None),
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
    if not (found.shared or _mine(request, found) or _manages(request)):
        messages.warning(request, _("The holder does not share this certificate."))
        return see_other(found.get_absolute_url())
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


@require_POST
@login_required
def change_sharing(request: SignedIn, code: str) -> HttpResponse:
    """The holder hides or shares; which of the two stands on the button that was pressed."""
    meant = codes.typed(code) or ""
    mine = get_object_or_404(Certificate.objects.of(request.user), code=meant)
    if request.POST.get("share") == "no":
        sharing.hide(mine)
        messages.success(request, _("Others now see only whether the certificate is valid."))
    else:
        sharing.share(mine)
        messages.success(request, _("Anyone with the number sees the certificate again."))
    return see_other(mine.get_absolute_url())


def _mine(request: HttpRequest, found: Certificate) -> bool:
    return request.user.is_authenticated and request.user.pk == found.holder_id


def _manages(request: HttpRequest) -> bool:
    return request.user.is_authenticated and credit_administrator(request.user)


def _verify(
    request: HttpRequest,
    form: VerifyForm,
    file_form: FileForm | None = None,
    *,
    status: int = 200,
    **more: bool,
) -> HttpResponse:
    context = {"form": form, "file_form": file_form or FileForm(), **more}
    return render(request, "certificates/verify.html", context, status=status)


def find(code: str) -> Certificate | None:
    """One look-up by the index, whatever was typed: how long the answer takes tells nothing."""
    meant = codes.typed(code) or ""  # no certificate has an empty number
    return Certificate.objects.with_state().filter(code=meant).first()


def unknown(request: HttpRequest, code: str) -> HttpResponse:
    """The same answer for every number that is none of ours, whatever it looks like."""
    status = 429 if _guessing(request) else 404
    form = VerifyForm(initial={"code": code[:60]})
    return unlisted(_verify(request, form, status=status, unknown=True, too_many=status == 429))


def unknown_for_machines(request: HttpRequest) -> HttpResponse:
    """The same, in JSON."""
    if _guessing(request):
        return unlisted(JsonResponse({"error": "too many unknown numbers"}, status=429))
    return unlisted(JsonResponse({"error": "no certificate with this number"}, status=404))


def _guessing(request: HttpRequest) -> bool:
    """Count one unknown number from this address; true when it had its share for the minute."""
    return _too_often(request, "guesses", GUESSES_PER_MINUTE)


def _too_often(request: HttpRequest, what: str, most: int) -> bool:
    """Behind the proxy everybody has the proxy's address: allauth knows how many to look behind."""
    key = f"certificates:{what}:{get_adapter(request).get_client_ip(request)}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > most
    except ValueError:  # ran out between the two lines
        return False


def unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
