"""Question banks in the studio: the banks, their questions, and what a quiz draws from them."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from courses import banks
from courses.models import Bank, BankQuestion, Lesson
from courses.questions import problems_of
from courses.studio import editing
from courses.studio.bilingual import BilingualForm
from courses.studio.finding import draft_or_404, lesson_or_404
from courses.studio.lesson import address
from courses.studio.question_forms import KIND_WORDS, USUAL, AskForm, BankQuestionForm
from courses.studio.question_pages import Owner, edit
from courses.studio.refusing import base_of, refused, rows_wanted
from lms.http import see_other
from lms.text import said
from people.access import SignedIn, author, only

PER_PAGE = 40
FEWEST_DRAWS, MOST_DRAWS = 2, 10


class BankForm(forms.Form):
    mark_optional = False
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)
    title = forms.CharField(label=gettext_lazy("Name of the bank"), max_length=200)
    about = forms.CharField(
        label=gettext_lazy("What it is for"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DrawsForm(BilingualForm):
    """Rows of bank, tag and number. A row without a number is left out."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def __init__(self, lesson: Lesson, choices: list[Bank], *args: Any, **kwargs: Any) -> None:
        wanted: int = kwargs.pop("rows", 0)
        super().__init__(*args, **kwargs)
        self.kept = dict(lesson.settings)
        stored = self.kept.get("draws") or []
        self.fields["base"].initial = editing.mark_of(lesson)
        self.rows = min(max(len(stored), FEWEST_DRAWS, wanted), MOST_DRAWS)
        self.fields["rows"] = forms.IntegerField(
            widget=forms.HiddenInput, min_value=0, max_value=MOST_DRAWS, initial=self.rows
        )
        names = [("", _("Choose one")), *((str(bank.uuid), bank.title) for bank in choices)]
        for n in range(self.rows):
            draw = stored[n] if n < len(stored) else {}
            self.fields[f"count_{n}"] = forms.IntegerField(
                label=_("How many questions"),
                required=False,
                min_value=0,
                max_value=100,
                initial=draw.get("count"),
            )
            self.fields[f"bank_{n}"] = forms.ChoiceField(
                label=_("From the bank"), required=False, choices=names, initial=draw.get("bank")
            )
            self.fields[f"tag_{n}"] = forms.CharField(
                label=_("Only with the tag"),
                required=False,
                max_length=40,
                initial=draw.get("tag", ""),
            )

    @property
    def editable_rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        names = ("count", "bank", "tag")
        return [(n + 1, [self[f"{name}_{n}"] for name in names]) for n in range(self.rows)]

    @property
    def may_grow(self) -> bool:
        return self.rows < MOST_DRAWS

    def clean(self) -> dict[str, Any]:
        for n in range(self.rows):
            if self.cleaned_data.get(f"count_{n}") and not self.cleaned_data.get(f"bank_{n}"):
                self.add_error(f"bank_{n}", _("Choose the bank to draw from."))
        return self.cleaned_data

    @property
    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        draws = [
            {"bank": data[f"bank_{n}"], "tag": data[f"tag_{n}"], "count": data[f"count_{n}"]}
            for n in range(self.rows)
            if data[f"count_{n}"]
        ]
        rest = {name: value for name, value in self.kept.items() if name != "draws"}
        return {**rest, "draws": draws} if draws else rest


def bank_or_404(request: SignedIn, slug: str) -> Bank:
    return get_object_or_404(Bank.objects.editable_by(request.user), slug=slug)


@require_http_methods(["GET", "POST"])
@only(author)
def index(request: SignedIn) -> HttpResponse:
    form = BankForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        bank = banks.create(
            by=request.user,
            key=data["key"] or uuid.uuid4(),
            title=data["title"],
            about=data["about"],
        )
        return see_other(reverse("studio:bank", args=[bank.slug]))
    shown = Bank.objects.editable_by(request.user).with_counts()
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.is_bound else 200
    return render(request, "studio/banks.html", {"page": page, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def bank(request: SignedIn, slug: str) -> HttpResponse:
    """Its questions, all or those of a tag; a POST renames it."""
    found = bank_or_404(request, slug)
    form = BankForm(request.POST or None, initial={"title": found.title, "about": found.about})
    if request.method == "POST" and form.is_valid():
        banks.rename(
            found,
            by=request.user,
            title=form.cleaned_data["title"],
            about=form.cleaned_data["about"],
        )
        messages.success(request, _("Saved."))
        return see_other(reverse("studio:bank", args=[slug]))
    tag = request.GET.get("tag", "").replace("\0", "")[:40]
    page = Paginator(found.questions.tagged(tag).order_by("pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    lines = found.questions.exclude(tag_line="").order_by().values_list("tag_line", flat=True)
    tags = sorted({each for line in lines.distinct() for each in line.split("|") if each})
    context = {
        "bank": found,
        "form": form,
        "page": page,
        "tag": tag,
        "tags": tags,
        "rows": [(row, str(KIND_WORDS[row.kind]), problems_of(row.kind, row.body)) for row in page],
        "ask_form": AskForm(Lesson.Kind.QUIZ),
    }
    status = 422 if form.is_bound else 200
    return render(request, "studio/bank.html", context, status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def new_question(request: SignedIn, slug: str) -> HttpResponse:
    found = bank_or_404(request, slug)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in USUAL[Lesson.Kind.QUIZ]:
        raise Http404

    def add(form: BankQuestionForm) -> BankQuestion:
        key = form.cleaned_data["key"]
        return banks.add(found, by=request.user, key=key, kind=kind, tags=form.tags, **form.values)

    return edit(request, _owner(found, add), kind)


@require_http_methods(["GET", "POST"])
@only(author)
def question(request: SignedIn, slug: str, question: uuid.UUID) -> HttpResponse:
    found = bank_or_404(request, slug)
    row = _question_or_404(found, question)

    def save(form: BankQuestionForm) -> BankQuestion:
        values = {"points": row.points, **form.values}
        return banks.save(row, by=request.user, base=base_of(request), tags=form.tags, **values)

    return edit(request, _owner(found, save), row.kind, row)


@require_http_methods(["GET", "POST"])
@only(author)
def delete_question(request: SignedIn, slug: str, question: uuid.UUID) -> HttpResponse:
    found = bank_or_404(request, slug)
    back = reverse("studio:bank", args=[slug])
    if request.method == "POST" and not BankQuestion.objects.filter(uuid=question).exists():
        return see_other(back)  # it is gone already: a form sent twice
    row = _question_or_404(found, question)
    if request.method == "POST":
        banks.delete(row, by=request.user)
        messages.success(request, _("The question is deleted."))
        return see_other(back)
    context = {"bank": found, "name": said(row.body.get("prompt") or {}), "back": back}
    return render(request, "studio/delete_from_bank.html", context)


@require_http_methods(["GET", "POST"])
@only(author)
def draws(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    """What a quiz draws at random for each attempt, besides its own questions."""
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    if found.kind != Lesson.Kind.QUIZ:
        raise Http404
    choices = list(Bank.objects.editable_by(request.user).order_by("title", "pk"))
    rows = rows_wanted(request, more=int("more" in request.POST))
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["rows"] = str(rows)
    form = DrawsForm(found, choices, data, rows=rows)
    context: dict[str, Any] = {"draft": draft, "course": draft.course, "lesson": found}
    if data is None or "more" in data:
        context |= {"form": form if data is None else form.unchecked(), "choices": choices}
        return render(request, "studio/draws.html", context)
    if form.is_valid():
        values = {"slug": found.slug, "settings": form.settings}
        try:
            editing.save_lesson(found, by=request.user, base=base_of(request), values=values)
        except ValidationError as refusal:
            context |= refused(form, refusal, lambda now: DrawsForm(now, choices))
        else:
            messages.success(request, _("Saved."))
            return see_other(address(found))
    context |= {"form": form, "choices": choices}
    return render(request, "studio/draws.html", context, status=422)


def _question_or_404(bank: Bank, key: uuid.UUID) -> BankQuestion:
    row = get_object_or_404(bank.questions.all(), uuid=key)
    row.bank = bank
    return row


def _owner(bank: Bank, write: Callable[[BankQuestionForm], BankQuestion]) -> Owner:
    back = reverse("studio:bank", args=[bank.slug])
    return Owner(BankQuestionForm, "studio/bank_base.html", back, {"bank": bank}, write)
