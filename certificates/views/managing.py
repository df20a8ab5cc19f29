"""What credit administrators do to a certificate that was issued.

Each act asks the person to show once more that it is they (password, code or passkey); what was
typed comes through that unchanged, because the request is kept and goes on afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from certificates import codes, correcting, issuing, withdrawing
from certificates.differences import Difference, between
from certificates.forms import AnewForm, CorrectForm, LiftForm, RevokeForm, SuspendForm
from certificates.models import Certificate, State
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.confirming import with_care
from people.models import AuditEntry

type Act[F: forms.Form] = Callable[[F], Certificate]


@only(credit_administrator)
def manage(request: SignedIn, code: str) -> HttpResponse:
    return _managing(request, _manageable(request, code))


@require_POST
@only(credit_administrator)
@with_care
def correct(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: CorrectForm) -> Certificate:
        return correcting.correct(found, **form.corrected(), by=request.user)

    said = gettext_lazy("The corrected certificate was issued.")
    return _acted(request, found, CorrectForm(found, request.POST), act, said)


@require_POST
@only(credit_administrator)
@with_care
def issue_anew(request: SignedIn, code: str) -> HttpResponse:
    """After a revocation that was a mistake."""
    found = _manageable(request, code)

    def act(form: AnewForm) -> Certificate:
        return issuing.issue_anew(found, by=request.user, why=form.cleaned_data["anew_why"])

    said = gettext_lazy("The certificate was issued anew.")
    return _acted(request, found, AnewForm(request.POST), act, said)


@require_POST
@only(credit_administrator)
@with_care
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
@with_care
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
@with_care
def lift(request: SignedIn, code: str) -> HttpResponse:
    found = _manageable(request, code)

    def act(form: forms.Form) -> Certificate:
        withdrawing.lift(found, by=request.user, why=form.cleaned_data["lift_why"])
        return found

    said = gettext_lazy("The certificate counts again.")
    return _acted(request, found, LiftForm(request.POST), act, said)


def _acted[F: forms.Form](
    request: SignedIn, found: Certificate, form: F, act: Act[F], said: Promise
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
        "correct_form": CorrectForm(found),
        "anew_form": AnewForm(),
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
        "revoked": found.state == State.REVOKED,
        "newer": getattr(found, "superseded_by", None),
        "line": _line(found),
    }
    return render(request, "certificates/manage.html", context, status=status)


@dataclass(frozen=True)
class Link:
    """One certificate of a line: what it says differently from the one before, by whom and why."""

    certificate: Certificate
    differences: list[Difference]
    act: AuditEntry | None


def _line(found: Certificate) -> list[Link]:
    """All certificates of this completion and those that it corrects, the newest first."""
    if found.completion is not None:
        rows = Certificate.objects.filter(completion__enrolment=found.completion.enrolment_id)
    else:
        rows = Certificate.objects.filter(series_award=found.series_award_id)
    line = list(rows.with_state().select_related("supersedes").order_by("-pk"))
    about = {f"certificates.certificate {row.pk}": row.pk for row in line if row.supersedes_id}
    verbs = ["certificate.corrected", "certificate.issued-anew"]
    acts = AuditEntry.objects.filter(about__in=about, verb__in=verbs).select_related("actor")
    by_row = {about[act.about]: act for act in acts}
    return [
        Link(
            row,
            between(row.supersedes.snapshot, row.snapshot) if row.supersedes else [],
            by_row.get(row.pk),
        )
        for row in line
    ]


def _manageable(request: SignedIn, code: str) -> Certificate:
    rows = Certificate.objects.manageable_by(request.user).with_state()
    rows = rows.select_related("revocation", "superseded_by", "completion")
    return get_object_or_404(rows, code=codes.typed(code) or "")
