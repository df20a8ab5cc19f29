"""Who registered for a session and what they answered: a host's list, and the same as CSV."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from lms.sheets import as_csv
from lms.text import said
from people.access import SignedIn, host, only
from webinars.models import FormAnswer, FormQuestion, Registration, Webinar
from webinars.models.registration import RegistrationQuerySet

ON_A_PAGE = 50
LONGEST = 100  # characters of a search: each word is a condition, and a database has its limits
State = Registration.State


@only(host)
def people(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
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
    }
    return render(request, "webinars/people.html", context)


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


def _places(webinar: Webinar, words: str = "") -> RegistrationQuerySet:
    answers = FormAnswer.objects.select_related("question").order_by("question__position", "pk")
    places = webinar.registrations.select_related("person", "organisation").prefetch_related(
        Prefetch("answers", answers.planned())
    )
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
