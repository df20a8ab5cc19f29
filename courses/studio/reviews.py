"""Asking for a review, answering one, taking the request back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses import approving
from courses.models import DraftReview
from courses.studio.bilingual import unix_lines
from courses.studio.finding import draft_or_404
from courses.studio.publishing import publish_page, refuse
from courses.studio.review_forms import AskForm, DecideForm
from lms.http import see_other
from people.access import SignedIn, author, only


@require_http_methods(["GET", "POST"])
@only(author)
def ask(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "GET":  # a link, as the sign-in page gives it
        return redirect("studio:publish", slug)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            approving.ask(
                draft,
                by=request.user,
                revision=form.cleaned_data["revision"],
                note=unix_lines(form.cleaned_data["note"]),
            )
        except ValidationError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The reviewers get a mail."))
            return see_other(reverse("studio:publish", args=[slug]))
    return publish_page(request, slug, asking=form)


@require_http_methods(["GET", "POST"])
@only(author)
def take_back(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "POST":
        approving.take_back(draft, by=request.user)
        messages.success(request, _("The request is taken back."))
        return see_other(reverse("studio:publish", args=[slug]))
    return redirect("studio:publish", slug)


@require_http_methods(["GET", "POST"])
@only(author)
def decide(request: SignedIn, slug: str, number: int) -> HttpResponse:
    draft = draft_or_404(request, slug, acts_as="reviewer")
    review = get_object_or_404(DraftReview.objects.filter(course=draft.course), pk=number)
    if request.method == "GET":
        return redirect("studio:publish", slug)
    form = DecideForm(request.POST)
    if form.is_valid():
        approve = form.cleaned_data["decision"] == "approve"
        try:
            approving.decide(
                review,
                by=request.user,
                approve=approve,
                revision=form.cleaned_data["revision"],
                answer=unix_lines(form.cleaned_data["answer"]),
            )
        except ValidationError as refusal:
            refuse(form, refusal)
        else:
            said = _("Approved.") if approve else _("Sent back. The author gets your note.")
            messages.success(request, said)
            return see_other(reverse("studio:publish", args=[slug]))
    return publish_page(request, slug, deciding=form)
