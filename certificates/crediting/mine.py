"""A learner's own credit: what was earned, what can be claimed, and their numbers with boards."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import claiming
from certificates.crediting.forms import ClaimForm, NumbersForm
from certificates.models import Certificate
from courses import crediting
from courses.models import CreditAward, CreditType
from lms.http import see_other
from people.access import SignedIn


@dataclass
class Earned:
    """All of one kind, the newest first, and how much of it falls into the board's last cycle."""

    kind: CreditType
    since: date | None
    awards: list[CreditAward] = field(default_factory=list)
    taken_back: list[CreditAward] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((award.counted for award in self.awards), Decimal(0))

    @property
    def recent(self) -> Decimal:
        lately = (
            award.counted
            for award in self.awards
            if self.since and timezone.localdate(award.completion.completed_at) > self.since
        )
        return sum(lately, Decimal(0))


@login_required
def mine(request: SignedIn) -> HttpResponse:
    numbers = crediting.numbers_of(request.user)
    form = NumbersForm(request.POST if request.method == "POST" else None, numbers=numbers)
    if form.is_bound and form.is_valid():
        crediting.keep_numbers(request.user, form.numbers)
        messages.success(request, _("Your numbers are saved."))
        return see_other(reverse("credit:mine"))
    return _mine(request, form)


@require_POST
@login_required
def claim(request: SignedIn, pk: int) -> HttpResponse:
    rows = CreditAward.objects.of(request.user).standing().select_related("credit_type")
    award = get_object_or_404(rows, pk=pk, terms__claimed=True)
    form = ClaimForm(request.POST, award=award, auto_id=f"id_{award.pk}_%s")
    if form.is_valid():
        try:
            claiming.claim(award, form.cleaned_data["hours"], by=request.user)
        except ValidationError as error:
            form.add_error("hours", error)
        else:
            messages.success(request, _("Claimed. Your new certificate states it."))
            return see_other(reverse("credit:mine"))
    numbers = crediting.numbers_of(request.user)
    return _mine(request, NumbersForm(numbers=numbers), refused=(award.pk, form))


def _mine(
    request: SignedIn, form: NumbersForm, refused: tuple[int, ClaimForm] | None = None
) -> HttpResponse:
    awards = list(
        CreditAward.objects.of(request.user)
        .standing()
        .for_statement()
        .order_by("-completion__completed_at", "-pk")
    )
    forms = dict([refused] if refused else [])
    gone = Certificate.objects.of(request.user).taken_back()
    taken_back = set(gone.values_list("completion", flat=True))
    context = {
        "form": form,
        "earned": _by_kind(awards, taken_back),
        "claims": [
            (row, forms.get(row.pk) or ClaimForm(award=row, auto_id=f"id_{row.pk}_%s"))
            for row in awards
            if row.pk in forms  # refused, or claimed before: the page says so
            or (row.waits_for_claim and row.completion_id not in taken_back)
        ],
    }
    bad = bool(refused) or bool(form.errors)
    return render(request, "certificates/credit/mine.html", context, status=422 if bad else 200)


def _by_kind(awards: Iterable[CreditAward], taken_back: Container[int | None]) -> list[Earned]:
    today, found = timezone.localdate(), dict[int, Earned]()
    for award in awards:
        kind = award.credit_type
        years = kind.cycle_years
        since = today - timedelta(days=round(365.25 * years)) if years else None
        earned = found.setdefault(kind.pk, Earned(kind, since))
        rows = earned.taken_back if award.completion_id in taken_back else earned.awards
        rows.append(award)
    return list(found.values())
