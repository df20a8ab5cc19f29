"""Credit administrators ask for evidence packs and fetch them, after they showed who they are."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from insights.models import EvidencePack
from insights.packs import packing
from insights.packs.forms import PackForm
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.confirming import with_care

SHOWN = 50


@only(credit_administrator)
def packs(request: SignedIn) -> HttpResponse:
    """The last packs of everybody who gives credit, and the form for the next."""
    if request.method != "POST":
        return _packs(request, PackForm(initial={"key": uuid.uuid4()}))
    form = PackForm(request.POST)
    if form.is_valid():
        try:
            packing.ask(request.user, **form.wanted)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The pack is being made. Reload this page in a while."))
            return see_other(reverse("insights:packs"))
    return _packs(request, form, status=422)


@only(credit_administrator)
@with_care
def fetch(request: SignedIn, pack: uuid.UUID) -> HttpResponseBase:
    """The zip itself, until its week is over."""
    ready = EvidencePack.objects.ready(timezone.now())
    found = get_object_or_404(ready, uuid=pack)
    file = packing.fetched(found, request.user)
    name = f"evidence-{found.about}-{timezone.localdate(found.asked_at)}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


def _packs(request: SignedIn, form: PackForm, status: int = 200) -> HttpResponse:
    rows = EvidencePack.objects.for_list()[:SHOWN]
    return render(request, "insights/packs.html", {"form": form, "packs": rows}, status=status)
