"""Credit administrators: which boards approved which courses, and how long completions hold.

Each act asks the person to show once more that it is they; what was typed comes through that.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates.crediting.forms import ApprovalForm, RenewalForm, WithdrawForm
from courses import crediting, cycles
from courses.models import Course, CreditApproval, CreditType
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.confirming import with_care, with_care_to_send


@only(credit_administrator)
def index(request: SignedIn) -> HttpResponse:
    """Every course with the credit it gives now, and the boards' rules."""
    standing = CreditApproval.objects.standing().select_related("credit_type")
    courses = Course.objects.filter(current__isnull=False).prefetch_related(
        Prefetch("approvals", standing.order_by("credit_type__slug").planned(), "standing")
    )
    context = {"courses": courses.by_title().planned(), "types": CreditType.objects.all()}
    return render(request, "certificates/credit/index.html", context)


@only(credit_administrator)
@with_care_to_send
def course(request: SignedIn, slug: str) -> HttpResponse:
    found = get_object_or_404(Course.objects.filter(current__isnull=False), slug=slug)
    form = ApprovalForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        kind = form.cleaned_data["credit_type"]
        try:
            crediting.approve(found, kind, by=request.user, **form.terms)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            words = _("On record. Whoever completes the course from now on earns this credit.")
            messages.success(request, words)
            return see_other(reverse("credit:course", args=[slug]))
    return _course(request, found, form)


@require_POST
@only(credit_administrator)
@with_care
def withdraw(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    found = get_object_or_404(Course, slug=slug)
    approval = get_object_or_404(CreditApproval.objects.for_list().filter(course=found), pk=pk)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _course(request, found, ApprovalForm(), refused=(approval.pk, form))
    if crediting.withdraw(approval, by=request.user, why=form.cleaned_data["why"]):
        messages.success(request, _("Withdrawn. What people earned until now stays."))
    return see_other(reverse("credit:course", args=[slug]))


@require_POST
@only(credit_administrator)
@with_care
def renewal(request: SignedIn, slug: str) -> HttpResponse:
    """How long completions hold from now on."""
    found = get_object_or_404(Course.objects.filter(current__isnull=False), slug=slug)
    form = RenewalForm(request.POST)
    if form.is_valid():
        try:
            cycles.set_policy(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("On record. It counts for completions from now on."))
            return see_other(reverse("credit:course", args=[slug]))
    return _course(request, found, ApprovalForm(), renewal_form=form)


def _renewal_form(found: Course) -> RenewalForm:
    policy = found.renewal_policies.last()
    if policy is None:
        return RenewalForm(initial={"months": 0, "window_days": 60, "grace_days": 30})
    names = ("months", "window_days", "grace_days", "earlier_too")
    initial = {name: getattr(policy, name) for name in names}
    return RenewalForm(initial=initial | {"remind_days": ", ".join(map(str, policy.remind_days))})


def _course(
    request: SignedIn,
    found: Course,
    form: ApprovalForm,
    refused: tuple[int, WithdrawForm] | None = None,
    renewal_form: RenewalForm | None = None,
) -> HttpResponse:
    rows = CreditApproval.objects.for_list().filter(course=found)
    forms = dict([refused] if refused else [])
    context = {
        "course": found,
        "form": form,
        "renewal_form": renewal_form or _renewal_form(found),
        "rows": [
            (row, forms.get(row.pk) or WithdrawForm(auto_id=f"id_{row.pk}_%s")) for row in rows
        ],
    }
    bad = bool(refused) or bool(form.errors) or renewal_form is not None
    return render(request, "certificates/credit/course.html", context, status=422 if bad else 200)
