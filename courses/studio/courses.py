"""All courses of the studio, a new one, and the head of one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from courses.models import Course, Draft
from courses.studio import editing
from courses.studio.finding import draft_or_404
from courses.studio.forms import DetailsForm, NewCourseForm
from courses.studio.refusing import base_of, refused, rows_wanted
from courses.studio.standing import standing_of
from lms.http import see_other
from people.access import SignedIn, author, only

PER_PAGE = 40


@require_GET
@only(author)
def index(request: SignedIn) -> HttpResponse:
    drafts = (
        Draft.objects.filter(course__in=Course.objects.editable_by(request.user))
        .select_related("course__current", "changed_by")
        .defer("course__current__document")
        .order_by("-changed_at", "pk")
    )
    page = Paginator(drafts, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(draft, standing_of(draft)) for draft in page]
    return render(request, "studio/courses.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
@only(author)
def new_course(request: SignedIn) -> HttpResponse:
    form = NewCourseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = editing.create_course(
                by=request.user,
                key=form.cleaned_data["key"],
                slug=form.cleaned_data["slug"],
                title=form.said("title"),
                format=form.cleaned_data["format"],
                hours=form.cleaned_data["hours"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Your course is here. Add its first module below."))
            return see_other(reverse("studio:course", args=[draft.course.slug]))
    status = 422 if form.is_bound else 200
    return render(request, "studio/new_course.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def details(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "GET":
        return _details_page(request, draft, DetailsForm(draft))
    if "more" in request.POST:
        rows = rows_wanted(request)
        data = request.POST.copy()
        data["rows"] = str(rows)
        return _details_page(request, draft, DetailsForm(draft, data, rows=rows).unchecked())
    form = DetailsForm(draft, request.POST, rows=rows_wanted(request, more=0))
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            editing.save_details(
                draft,
                by=request.user,
                base=base_of(request),
                values=form.values,
                practices=form.cleaned_data["practices"],
                competencies=form.cleaned_data["competencies"],
            )
        except ValidationError as refusal:
            context = refused(form, refusal, lambda stored: DetailsForm(stored, rows=form.rows))
        else:
            messages.success(request, _("Saved."))
            return see_other(reverse("studio:details", args=[slug]))
    return _details_page(request, draft, form, status=422, **context)


def _details_page(
    request: SignedIn, draft: Draft, form: DetailsForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"draft": draft, "course": draft.course, "form": form, **more}
    return render(request, "studio/details.html", context, status=status)
