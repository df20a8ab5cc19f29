"""What credit administrators do to a certificate that was issued."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import codes, issuing
from certificates.forms import CorrectForm, RevokeForm
from certificates.models import Certificate, State
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only


@only(credit_administrator)
def manage(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)
    name = {"name": found.snapshot["name"]}
    return _managing(request, found, CorrectForm(initial=name), RevokeForm())


@require_POST
@only(credit_administrator)
def correct(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)
    form = CorrectForm(request.POST)
    if form.is_valid():
        name, why = form.cleaned_data["name"], form.cleaned_data["why"]
        try:
            newer = issuing.reissue(found, name=name, by=request.user, why=why)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The corrected certificate was issued."))
            return see_other(newer.get_absolute_url())
    return _managing(request, found, form, RevokeForm(), status=422)


@require_POST
@only(credit_administrator)
def revoke(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)
    form = RevokeForm(request.POST)
    if form.is_valid():
        reason, why = form.cleaned_data["reason"], form.cleaned_data["revoke_why"]
        try:
            issuing.revoke(found, reason=reason, by=request.user, why=why)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The certificate was revoked."))
            return see_other(found.get_absolute_url())
    name = {"name": found.snapshot["name"]}
    return _managing(request, found, CorrectForm(initial=name), form, status=422)


def _managing(
    request: SignedIn,
    found: Certificate,
    correct_form: CorrectForm,
    revoke_form: RevokeForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "certificate": found,
        "correct_form": correct_form,
        "revoke_form": revoke_form,
        "stands": found.state in {State.VALID, State.EXPIRED},
    }
    return render(request, "certificates/manage.html", context, status=status)


def _manageable(request: SignedIn, code: str) -> Certificate:
    rows = Certificate.objects.manageable_by(request.user).with_state()
    return get_object_or_404(rows, code=codes.typed(code) or "")
