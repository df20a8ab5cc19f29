"""Credit administrators: kinds of credit and what their boards ask for, changed on a page."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.crediting.forms import RulesForm
from courses import crediting
from courses.models import CreditType
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.confirming import with_care_to_send


@only(credit_administrator)
@with_care_to_send
def new_kind(request: SignedIn) -> HttpResponse:
    return _rules(request, None)


@only(credit_administrator)
@with_care_to_send
def kind(request: SignedIn, slug: str) -> HttpResponse:
    return _rules(request, get_object_or_404(CreditType, slug=slug))


def _rules(request: SignedIn, found: CreditType | None) -> HttpResponse:
    form = RulesForm(request.POST if request.method == "POST" else None, kind=found)
    if form.is_bound and form.is_valid():
        try:
            kept = crediting.keep_type(found, by=request.user, **form.rules)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            words = _("On record. It counts for credit that is earned from now on.")
            messages.success(request, words)
            return see_other(reverse("credit:kind", args=[kept.slug]))
    context = {"kind": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "certificates/credit/kind.html", context, status=status)
