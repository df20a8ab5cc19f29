"""Credit administrators: training elsewhere that waits to be recognised."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates.models import OutsideTraining
from certificates.transcripts import outside
from certificates.transcripts.forms import DecideForm
from certificates.transcripts.pages import sent
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.confirming import with_care

ON_A_PAGE = 25


@only(credit_administrator)
def waiting(request: SignedIn) -> HttpResponse:
    return _waiting(request)


@require_POST
@only(credit_administrator)
@with_care
def decide(request: SignedIn, pk: int) -> HttpResponse:
    training = get_object_or_404(OutsideTraining.objects.listed(), pk=pk)
    form = DecideForm(request.POST, auto_id=f"id_{pk}_%s")
    if not form.is_valid():
        return _waiting(request, refused=(pk, form))
    recognise = request.POST.get("recognise") == "yes"
    words = form.cleaned_data["words"]
    if outside.decide(training, by=request.user, recognise=recognise, words=words):
        messages.success(request, _("Decided. The person sees it on the transcript."))
    else:
        messages.info(request, _("It was decided or taken back meanwhile. Nothing was changed."))
    return see_other(reverse("transcripts:waiting"))


@only(credit_administrator)
def proof(request: SignedIn, pk: int) -> HttpResponse:
    return sent(get_object_or_404(OutsideTraining.objects.listed(), pk=pk))


def _waiting(request: SignedIn, refused: tuple[int, DecideForm] | None = None) -> HttpResponse:
    rows = OutsideTraining.objects.waiting().select_related("person").order_by("stated_at", "pk")
    page = Paginator(rows.planned(), ON_A_PAGE).get_page(request.GET.get("page"))
    forms = dict([refused] if refused else [])
    context = {
        "page": page,
        "rows": [(row, forms.get(row.pk) or DecideForm(auto_id=f"id_{row.pk}_%s")) for row in page],
    }
    status = 422 if refused else 200
    return render(request, "certificates/transcripts/waiting.html", context, status=status)
