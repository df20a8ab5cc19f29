"""From the draft to learners: what changed, whom it touches, the history, and the way back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from courses import approving, planning, publishing
from courses.document import Document
from courses.models import Draft, DraftReview, Enrolment, PlannedPublication
from courses.models.course import document_of
from courses.publishing import Policy
from courses.studio import restoring
from courses.studio.advice import advice
from courses.studio.bilingual import unix_lines
from courses.studio.changes import compare
from courses.studio.finding import draft_or_404, version_or_404
from courses.studio.forms import PublishForm
from courses.studio.links import links_context
from courses.studio.reading_level import levels
from courses.studio.review_forms import AskForm, DecideForm
from courses.studio.standing import standing_of
from lms.http import see_other
from lms.zones import zone_name
from people.access import SignedIn, author, only


@require_http_methods(["GET", "POST"])
@only(author)
def publish(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug, acts_as="publisher")
    first = draft.course.current_id is None
    form = PublishForm(request.POST or None, first=first)
    if form.is_valid():
        try:
            return _go(request, draft, form)
        except ValidationError as refusal:
            refuse(form, refusal)
    return publish_page(request, slug, form=form)


def _go(request: SignedIn, draft: Draft, form: PublishForm) -> HttpResponse:
    """Now, or at the time that was chosen."""
    slug, at = draft.course.slug, form.cleaned_data["at"]
    told: dict[str, Any] = {
        "by": request.user,
        "policy": form.cleaned_data.get("policy", Policy.UPDATE),
        "note": unix_lines(form.cleaned_data["note"]),
        "due_on": form.cleaned_data.get("due_on"),
        "expected_revision": form.cleaned_data["revision"],
    }
    if at is None:
        version = publishing.publish(draft, **told)
        return see_other(reverse("studio:published", args=[slug, version.number]))
    planning.plan(draft, publish_at=at, **told)
    messages.success(request, _("It is planned. You get a mail if it cannot be published then."))
    return see_other(reverse("studio:publish", args=[slug]))


@require_http_methods(["GET", "POST"])
@only(author)
def cancel_publication(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug, acts_as="publisher")
    if request.method == "POST":
        planning.cancel(draft.course, by=request.user)
        messages.success(request, _("The planned publication is cancelled."))
        return see_other(reverse("studio:publish", args=[slug]))
    return redirect("studio:publish", slug)


@require_GET
@only(author)
def published(request: SignedIn, slug: str, number: int) -> HttpResponse:
    draft = draft_or_404(request, slug)
    version = version_or_404(draft, number)
    context = {
        "draft": draft,
        "course": draft.course,
        "version": version,
        "heads": publishing.head_count(draft.course),
        "on_it": Enrolment.objects.filter(version=version).count(),
    }
    return render(request, "studio/published.html", context)


@require_GET
@only(author)
def versions(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    rows = (
        draft.course.versions.select_related("author")
        .prefetch_related(Prefetch("reviews", DraftReview.objects.for_page()))
        .defer("document")
        .annotate(learners=Count("enrolments"))
        .order_by("-number")
    )
    context = {
        "draft": draft,
        "course": draft.course,
        "standing": standing_of(draft),
        "versions": rows,
    }
    return render(request, "studio/versions.html", context)


@require_http_methods(["GET", "POST"])
@only(author)
def restore(request: SignedIn, slug: str, number: int) -> HttpResponse:
    draft = draft_or_404(request, slug)
    version = version_or_404(draft, number)
    problem = ""
    if request.method == "POST":
        sent = request.POST.get("revision", "")
        try:
            kept = restoring.restore(
                draft,
                version,
                by=request.user,
                expected=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0,
            )
        except ValidationError as refusal:
            problem = refusal.messages[0]
            draft = draft_or_404(request, slug)
        else:
            told = _("The draft is version %(number)s again. Learners see it when you publish.")
            messages.success(request, told % {"number": number})
            to = reverse("studio:course", args=[slug])
            return see_other(f"{to}?removed={kept.pk}" if kept else to)
    now = Document.read(publishing.freeze(draft))
    context = {
        "draft": draft,
        "course": draft.course,
        "version": version,
        "problem": problem,
        "sections": compare(now, document_of(version.pk)),
    }
    status = 422 if problem else 200
    return render(request, "studio/restore.html", context, status=status)


def publish_page(
    request: SignedIn,
    slug: str,
    *,
    form: PublishForm | None = None,
    asking: AskForm | None = None,
    deciding: DecideForm | None = None,
) -> HttpResponse:
    """The draft's row is read before its tree: a change in between makes the forms stale."""
    draft = draft_or_404(request, slug, acts_as="")
    data = publishing.freeze(draft)
    document = Document.read(data)
    sha256 = publishing.fingerprint(data)
    current = draft.course.current
    review = approving.standing_of(draft, sha256, request.user)
    context: dict[str, Any] = {
        "draft": draft,
        "course": draft.course,
        "reader_acts": True,
        "document": document,
        "current": current,
        "form": form or PublishForm(first=current is None),
        "asking": asking or AskForm(),
        "deciding": deciding or DecideForm(),
        "same": current is not None and sha256 == current.sha256,
        "problems": publishing.problems(data) + publishing.untranslated(draft, data),
        "advice": advice(document),
        "levels": levels(document),
        "sections": compare(document_of(current.pk), document) if current else [],
        **links_context(document),
        "heads": publishing.head_count(draft.course),
        "review": review,
        "planned": PlannedPublication.objects.waiting().filter(course=draft.course).first(),
        "site_zone": timezone.get_default_timezone_name(),
        "site_zone_name": zone_name(timezone.get_default_timezone_name()),
        "readers": approving.colleagues(draft, request.user) if review.needed else [],
    }
    bound = any(each is not None and each.is_bound for each in (form, asking, deciding))
    return render(request, "studio/publish.html", context, status=422 if bound else 200)


def refuse(form: forms.Form, refusal: ValidationError) -> None:
    """The list of problems stands on the page already; the form says that it is in the way."""
    if isinstance(getattr(refusal, "error_list", None), list) and len(refusal.messages) > 1:
        form.add_error(None, _("Please mend what is listed above first."))
    else:
        form.add_error(None, refusal)
