"""Question files in the studio: in after a look at every question, and out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from courses import exchanging, formats
from courses.studio import uploads
from courses.studio.banks import bank_or_404
from courses.studio.question_forms import KIND_WORDS
from lms.http import see_other
from people.access import SignedIn, author, only

MOST_SHOWN = 500  # rows of a list on a page; the numbers count all


class FileForm(forms.Form):
    mark_optional = False
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[(name, each.words) for name, each in formats.FORMATS.items()],
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Nothing is taken before you have seen every question."),
        widget=forms.FileInput(),
    )

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent.size > formats.LARGEST:
            raise forms.ValidationError(
                _("The file is larger than %(most)s MB.") % {"most": formats.LARGEST // 2**20}
            )
        return sent


@require_http_methods(["GET", "POST"])
@only(author)
def upload(request: SignedIn, slug: str) -> HttpResponse:
    bank = bank_or_404(request, slug)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        name = uploads.keep(form.cleaned_data["file"], request.user)
        form_at = [slug, form.cleaned_data["format"], name]
        return see_other(reverse("studio:import-questions-preview", args=form_at))
    status = 422 if form.is_bound else 200
    context = {"bank": bank, "form": form}
    return render(request, "studio/import_questions.html", context, status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def preview(request: SignedIn, slug: str, format: str, name: str) -> HttpResponse:
    """Every question that can be taken and every one that cannot; a POST takes them."""
    bank = bank_or_404(request, slug)
    kept = uploads.find(request.user, name) if format in formats.FORMATS else None
    if kept is None:
        raise Http404
    with kept:
        data = kept.read()
    context: dict[str, Any] = {"bank": bank, "format": formats.FORMATS[format].words}
    try:
        found = exchanging.look(bank, format, data)
    except formats.BadFile as error:
        context["problem"] = str(error)
        status = 422 if request.method == "POST" else 200
        return render(request, "studio/import_questions_preview.html", context, status=status)
    status = 200
    if request.method == "POST":
        try:
            leave_out = bool(request.POST.get("leave_out"))
            added = exchanging.take(bank, found, by=request.user, leave_out=leave_out)
        except ValidationError as refusal:
            context["refusal"], status = refusal.messages[0], 422
        else:
            told = ngettext("%(count)s question added.", "%(count)s questions added.", added)
            messages.success(request, told % {"count": added})
            return see_other(reverse("studio:bank", args=[slug]))
    context |= {
        "found": found,
        "new": [(row, KIND_WORDS[row.kind]) for row in found.new[:MOST_SHOWN]],
        "known": found.known[:MOST_SHOWN],
        "refused": found.refused[:MOST_SHOWN],
    }
    return render(request, "studio/import_questions_preview.html", context, status=status)


@require_GET
@only(author)
def export(request: SignedIn, slug: str) -> HttpResponse:
    """Choose a format; then what it cannot carry, and the way to the file."""
    bank = bank_or_404(request, slug)
    writers = {name: each.words for name, each in formats.FORMATS.items() if each.write}
    writers["qti"] = "QTI 3"  # older versions are only read
    context: dict[str, Any] = {"bank": bank, "writers": writers}
    wanted = request.GET.get("format", "")
    if wanted in writers:
        left_out = exchanging.export(bank, wanted).left_out
        context |= {"wanted": wanted, "words": writers[wanted], "count": len(left_out)}
        context["left_out"] = left_out[:MOST_SHOWN]
    return render(request, "studio/export_questions.html", context)


@require_GET
@only(author)
def download(request: SignedIn, slug: str, format: str) -> HttpResponse:
    bank = bank_or_404(request, slug)
    known = formats.FORMATS.get(format)
    if known is None or known.write is None:
        raise Http404
    kinds = {"gift": "text/plain; charset=utf-8", "moodle-xml": "application/xml"}
    response = HttpResponse(
        exchanging.export(bank, format).data,
        content_type=kinds.get(format, "application/zip"),
    )
    name = f"{bank.slug}{known.endings[0]}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
