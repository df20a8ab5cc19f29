"""Who registered for a session and what they answered: a host's list, and the same as CSV."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.forms import ChosenRows
from lms.http import see_other
from lms.sheets import as_csv
from lms.text import said
from people.access import SignedIn, host, only
from webinars import approving
from webinars.models import FormAnswer, FormQuestion, Registration, Webinar
from webinars.models.registration import RegistrationQuerySet

ON_A_PAGE = 50
LONGEST = 100  # characters of a search: each word is a condition, and a database has its limits
State = Registration.State
UNDECIDED = {State.ASKED, State.DECLINED}


class DecisionForm(forms.Form):
    """A host's word on those who are ticked, or on everybody who asks."""

    APPROVE, ALL, DECLINE = "approve", "approve-all", "decline"

    verdict = forms.ChoiceField(choices=[(value, value) for value in (APPROVE, ALL, DECLINE)])
    places = ChosenRows(
        Registration.objects.none(),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Somebody on this list is no longer waiting."),
        },
    )
    words = forms.CharField(
        label=gettext_lazy("What they should know, when you decline"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("It stands in the letter to each person you chose."),
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, webinar: Webinar, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["places"]
        field.queryset = webinar.registrations.all()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("verdict") != self.ALL and "places" in data and not data["places"]:
            self.add_error("places", _("Tick the people first."))
        return data


@only(host)
def people(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    posted = request.method == "POST"
    form = DecisionForm(request.POST if posted else None, webinar=webinar)
    if posted and form.is_valid():
        try:
            _decide(request, webinar, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return see_other(request.get_full_path())
    words = " ".join(request.GET.get("q", "").replace("\0", "")[:LONGEST].split())
    state = request.GET.get("state", "")
    rows = _places(webinar, words)
    if state in State.values:
        rows = rows.filter(state=state)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "webinar": webinar,
        "page": page,
        "words": words,
        "state": state,
        "states": Registration.STANDINGS.items(),
        "form": form,
        "ticked": request.POST.getlist("places"),
        "asking": webinar.registrations.asked().count() if webinar.needs_approval else 0,
        "deciding": any(place.state in UNDECIDED for place in page),
    }
    return render(request, "webinars/people.html", context, status=422 if posted else 200)


@only(host)
def people_csv(request: SignedIn, slug: str) -> HttpResponse:
    """Everybody, for a spreadsheet: a column for each question, last those no longer asked."""
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    asked = [
        *webinar.form_questions.standing(),
        *webinar.form_questions.filter(retired_at__isnull=False).order_by("position", "pk"),
    ]
    head = [_("Name"), _("E-mail address"), _("Organization"), _("Role"), _("Place"),
            _("Registered on"), *map(_heading, asked)]  # fmt: skip
    rows = (_cells(place, asked) for place in _places(webinar))
    response = HttpResponse(as_csv(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{webinar.slug}-people.csv"'
    return response


def _decide(request: SignedIn, webinar: Webinar, data: dict[str, Any]) -> None:
    if data["verdict"] == DecisionForm.DECLINE:
        chosen = [place.pk for place in data["places"]]
        gone = approving.decline(webinar, chosen, by=request.user, words=data["words"])
        told = ngettext(
            "%(n)s person is declined. We write to them.",
            "%(n)s people are declined. We write to them.",
            len(gone),
        )
        messages.success(request, told % {"n": len(gone)})
        return
    all_of_them = data["verdict"] == DecisionForm.ALL
    chosen_rows = webinar.registrations.asked() if all_of_them else data["places"]
    approved = approving.approve(webinar, [place.pk for place in chosen_rows], by=request.user)
    seated = sum(place.state == State.SEATED for place in approved)
    told = ngettext(
        "%(n)s person has a seat now. We write to them.",
        "%(n)s people have a seat now. We write to them.",
        seated,
    )
    messages.success(request, told % {"n": seated})
    if waiting := len(approved) - seated:
        told = ngettext(
            "All seats are taken: %(n)s person is on the waitlist.",
            "All seats are taken: %(n)s people are on the waitlist.",
            waiting,
        )
        messages.warning(request, told % {"n": waiting})


def _places(webinar: Webinar, words: str = "") -> RegistrationQuerySet:
    answers = FormAnswer.objects.select_related("question").order_by("question__position", "pk")
    places = webinar.registrations.select_related(
        "person", "organisation", "registered_by"
    ).prefetch_related(Prefetch("answers", answers.planned()))
    for word in words.split():
        places = places.filter(person__name__icontains=word)
    return places.order_by("person__name", "pk").planned()


def _heading(question: FormQuestion) -> str:
    words = str(said(question.words))
    if question.retired_at is None:
        return words
    return _("%(question)s (no longer asked)") % {"question": words}


def _cells(place: Registration, asked: list[FormQuestion]) -> list[object]:
    person = place.person
    answers = {answer.question_id: answer.words for answer in place.answers.all()}
    return [
        person.name,
        person.email,
        place.organisation or "",
        person.get_job_role_display(),
        place.standing,
        f"{place.registered_at:%Y-%m-%d}",
        *(answers.get(question.pk, "") for question in asked),
    ]
