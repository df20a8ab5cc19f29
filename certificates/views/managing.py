"""What credit administrators do to a certificate that was issued.

Each act asks the person to show once more that it is they (password, code or passkey); what was
typed comes through that unchanged, because the request is kept and goes on afterwards.
"""

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from certificates import codes, issuing, withdrawing
from certificates.forms import CorrectForm, LiftForm, RevokeForm, SuspendForm
from certificates.models import Certificate, State
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only

type Act = Callable[[forms.Form], Certificate]


@only(credit_administrator)
def manage(request: SignedIn, code: str) -> HttpResponse:
    return _managing(request, _manageable(request, code))


@require_POST
@only(credit_administrator)
@reauthentication_required
def correct(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: forms.Form) -> Certificate:
        name, why = form.cleaned_data["name"], form.cleaned_data["why"]
        return issuing.reissue(found, name=name, by=request.user, why=why)

    said = gettext_lazy("The corrected certificate was issued.")
    return _acted(request, found, CorrectForm(request.POST), act, said)


@require_POST
@only(credit_administrator)
@reauthentication_required
def revoke(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: forms.Form) -> Certificate:
        reason, why = form.cleaned_data["reason"], form.cleaned_data["revoke_why"]
        withdrawing.revoke(found, reason=reason, by=request.user, why=why)
        return found

    said = gettext_lazy("The certificate was revoked.")
    return _acted(request, found, RevokeForm(request.POST), act, said)


@require_POST
@only(credit_administrator)
@reauthentication_required
def suspend(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: forms.Form) -> Certificate:
        reason, why = form.cleaned_data["suspend_reason"], form.cleaned_data["suspend_why"]
        withdrawing.suspend(found, reason=reason, by=request.user, why=why)
        return found

    said = gettext_lazy("The certificate is suspended.")
    return _acted(request, found, SuspendForm(request.POST), act, said)


@require_POST
@only(credit_administrator)
@reauthentication_required
def lift(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: forms.Form) -> Certificate:
        withdrawing.lift(found, by=request.user, why=form.cleaned_data["lift_why"])
        return found

    said = gettext_lazy("The certificate counts again.")
    return _acted(request, found, LiftForm(request.POST), act, said)


def _acted(
    request: SignedIn, found: Certificate, form: forms.Form, act: Act, said: Promise
) -> HttpResponse:
    """Do it and show the certificate; else the page again, with the reason and what was typed."""
    if form.is_valid():
        try:
            shown = act(form)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, str(said))
            return see_other(shown.get_absolute_url())
    return _managing(request, _manageable(request, found.code), form, status=422)


def _managing(
    request: SignedIn, found: Certificate, sent: forms.Form | None = None, *, status: int = 200
) -> HttpResponse:
    """The page with its forms; `sent` takes the place of the fresh one of its kind."""
    fresh = {
        "correct_form": CorrectForm(initial={"name": found.snapshot["name"]}),
        "suspend_form": SuspendForm(),
        "lift_form": LiftForm(),
        "revoke_form": RevokeForm(),
    }
    shown = {name: sent if type(sent) is type(form) else form for name, form in fresh.items()}
    if sent is not None and sent.non_field_errors():
        messages.error(request, " ".join(map(str, sent.non_field_errors())))
    context = {
        "certificate": found,
        **shown,
        "stands": found.stands,
        "suspended": found.state == State.SUSPENDED,
    }
    return render(request, "certificates/manage.html", context, status=status)


def _manageable(request: SignedIn, code: str) -> Certificate:
    rows = Certificate.objects.manageable_by(request.user).with_state()
    return get_object_or_404(rows, code=codes.typed(code) or "")
