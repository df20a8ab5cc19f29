"""What a host asks on the registration form of a session."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from lms.http import see_other
from lms.text import Localised
from people.access import SignedIn, host, only
from webinars import asking
from webinars.models import FormQuestion, Webinar

Kind = FormQuestion.Kind
CHOICES = (Kind.ONE, Kind.SEVERAL)
FEWEST, MOST, LONGEST = 2, 12, 120  # answers to choose from, and the length of one


class QuestionForm(forms.Form):
    """One question in both languages; its answers one a line, in the same order in each."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How people answer"), choices=Kind, widget=forms.RadioSelect
    )
    words_en = forms.CharField(label=gettext_lazy("Question in English"), max_length=300)
    words_es = forms.CharField(label=gettext_lazy("Question in Spanish"), max_length=300)
    options_en = forms.CharField(
        label=gettext_lazy("Answers to choose from, in English"),
        help_text=gettext_lazy("One a line. Only where people choose."),
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    options_es = forms.CharField(
        label=gettext_lazy("The same answers in Spanish"),
        help_text=gettext_lazy("One a line, in the same order."),
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    required = forms.BooleanField(
        label=gettext_lazy("People must answer it to register"), required=False
    )

    def __init__(self, *args: Any, question: FormQuestion | None = None, **kwargs: Any) -> None:
        if question is not None:
            kwargs["initial"] = {
                "words_en": question.words.get("en"),
                "words_es": question.words.get("es"),
                "options_en": "\n".join(option["en"] for option in question.options),
                "options_es": "\n".join(option["es"] for option in question.options),
                "required": question.required,
            }
        super().__init__(*args, **kwargs)
        self.fixed_kind = question.kind if question is not None else ""
        if question is not None:
            del self.fields["kind"]
            if question.kind not in CHOICES:
                del self.fields["options_en"], self.fields["options_es"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (self.fixed_kind or data.get("kind")) in CHOICES:
            self._clean_options(data)
        else:
            data["options"] = []
        return data

    def _clean_options(self, data: dict[str, Any]) -> None:
        english, spanish = (_lines(data.get(f"options_{lang}", "")) for lang in ("en", "es"))
        if not FEWEST <= len(english) <= MOST:
            few = _("Give %(fewest)s to %(most)s answers, one a line.")
            self.add_error("options_en", few % {"fewest": FEWEST, "most": MOST})
        elif len(set(english)) < len(english):
            self.add_error("options_en", _("Two of these answers are the same."))
        elif len(english) != len(spanish):
            self.add_error("options_es", _("Give as many answers as in English, one a line."))
        elif any(len(line) > LONGEST for line in [*english, *spanish]):
            long = _("An answer has %(n)s characters at most.")
            self.add_error("options_en", long % {"n": LONGEST})
        data["options"] = [{"en": en, "es": es} for en, es in zip(english, spanish, strict=False)]

    @property
    def said(self) -> dict[str, Any]:
        """The cleaned values in the words of `webinars.asking`."""
        data = self.cleaned_data
        words: Localised = {"en": data["words_en"], "es": data["words_es"]}
        return {"words": words, "options": data["options"], "required": data["required"]}


@only(host)
def form_questions(request: SignedIn, slug: str) -> HttpResponse:
    """All questions in their order, and a form for one more."""
    webinar = _hosted_or_404(request, slug)
    posted = request.method == "POST"
    form = QuestionForm(request.POST if posted else None)
    if posted and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            asking.add(webinar, by=request.user, kind=kind, **form.said)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The form asks this from now on."))
            return see_other(request.path)
    questions = list(webinar.form_questions.standing())
    context = {
        "webinar": webinar,
        "form": form,
        "questions": questions,
        "full": len(questions) >= asking.MOST,
        "most": asking.MOST,
    }
    return render(request, "webinars/form-questions.html", context, status=422 if posted else 200)


@only(host)
def form_question(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = _hosted_or_404(request, slug)
    question = get_object_or_404(webinar.form_questions, pk=pk)
    if question.retired_at is not None:  # by this form sent twice, or by a colleague
        return _to_list(slug)
    posted = request.method == "POST"
    form = QuestionForm(request.POST if posted else None, question=question)
    if posted and form.is_valid():
        asking.change(question, by=request.user, **form.said)
        messages.success(request, _("Saved."))
        return _to_list(slug)
    context = {
        "webinar": webinar,
        "question": question,
        "form": form,
        "answered": question.answers.exists(),
    }
    return render(request, "webinars/form-question.html", context, status=422 if posted else 200)


@only(host)
@require_POST
def place(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """To the place in the form that the button names: pressed twice it is the same place."""
    question = get_object_or_404(_hosted_or_404(request, slug).form_questions, pk=pk)
    position = request.POST.get("position", "")
    if position.isdecimal() and len(position) < 3:
        asking.place(question, int(position), by=request.user)
    return _to_list(slug)


@only(host)
@require_POST
def retire(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = _hosted_or_404(request, slug)
    if question := webinar.form_questions.filter(pk=pk).first():
        asking.retire(question, by=request.user)
        messages.success(request, _("The form no longer asks this. Answers given so far stay."))
    return _to_list(slug)


def _hosted_or_404(request: SignedIn, slug: str) -> Webinar:
    return get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)


def _to_list(slug: str) -> HttpResponse:
    return see_other(reverse("webinars:form-questions", args=[slug]))


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(part.split()) for part in text.splitlines()) if line]
