"""A whole course out of this site as a zip, and one from elsewhere in, after a look at it."""

import tempfile
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from courses import duties, packing, publishing
from courses.cleaning import cleaned
from courses.document import Document
from courses.models import Draft
from courses.packing import Package
from courses.studio import uploads
from courses.studio.changes import compare
from courses.studio.finding import draft_or_404
from courses.studio.importing import Report, bring_in, destination
from lms.http import see_other
from lms.zips import BadZip
from people.access import SignedIn, author, only
from people.models import User

LARGEST = 256 * 2**20


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Course file"),
        help_text=gettext_lazy("A zip that was downloaded from a Groundwork site."),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent.size > LARGEST:
            raise forms.ValidationError(
                _("The file is larger than %(most)s MB.") % {"most": LARGEST // 2**20}
            )
        return sent


class ImportForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Mapping[str, Any] | None, *, slug: str, new: bool) -> None:
        super().__init__(data)
        if new:
            self.fields["slug"] = forms.SlugField(
                label=_("Address"),
                max_length=80,
                initial=slug,
                help_text=_(
                    "The last part of the course's web address. It cannot be changed later."
                ),
            )


@require_GET
@only(author)  # type: ignore[arg-type]  # a FileResponse streams and is no HttpResponse
def export(request: SignedIn, slug: str) -> HttpResponseBase:
    draft = draft_or_404(request, slug)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    packing.write(draft.course, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{slug}.zip")


@require_http_methods(["GET", "POST"])
@only(author)
def import_course(request: SignedIn) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            list(Package(sent).versions())
        except BadZip as refusal:
            form.add_error("file", str(refusal))
        else:
            name = uploads.keep(sent, request.user)
            return see_other(reverse("studio:import-preview", args=[name]))
    status = 422 if form.is_bound else 200
    return render(request, "studio/import.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def import_preview(request: SignedIn, name: str) -> HttpResponse:
    """What the import would do, found out by doing it and taking it back; then the import."""
    file = uploads.find(request.user, name)
    if file is None:
        raise Http404
    with file:
        try:
            package = Package(file)
        except BadZip:  # it was whole when it was kept: a kind of block went from this site since
            raise Http404 from None
        return _preview(request, package)


def _preview(request: SignedIn, package: Package) -> HttpResponse:
    course = destination(package)
    if course is not None and not duties.duties_of(course, request.user).author:
        raise Http404
    form = ImportForm(request.POST or None, slug=package.slug, new=course is None)
    if form.is_valid():
        try:
            report = bring_in(
                package,
                by=request.user,
                slug=form.cleaned_data.get("slug", ""),
                expected=form.cleaned_data["revision"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        except BadZip as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{_('Imported.')} {report}.")
            return see_other(reverse("studio:course", args=[report.course.slug]))
    rehearsed, problem = _rehearsed(package, request.user)
    draft = Draft.objects.filter(course__uuid=package.course).first()
    now = Document.read(publishing.freeze(draft)) if draft else None
    document = Document.read(cleaned(package.draft))
    context = {
        "form": form,
        "document": document,
        "known": course,
        "revision": draft.revision if draft else 0,
        "report": rehearsed,
        "problem": problem,
        "sections": compare(now, document) if now else [],
        "versions": package.version_count,
    }
    status = 422 if form.is_bound else 200
    return render(request, "studio/import_preview.html", context, status=status)


def _rehearsed(package: Package, by: User) -> tuple[Report | None, str]:
    try:
        with transaction.atomic():
            report = bring_in(package, by=by)
            transaction.set_rollback(True)
    except ValidationError as refusal:
        if "slug" in getattr(refusal, "error_dict", {}):  # the form asks for another address
            return None, ""
        return None, " ".join(refusal.messages)
    except BadZip as refusal:
        return None, str(refusal)
    return report, ""
