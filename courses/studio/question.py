"""The editor of a question."""

import uuid
from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from courses.models import Lesson, Question
from courses.studio import editing, removing
from courses.studio.finding import draft_or_404, lesson_or_404, question_or_404
from courses.studio.lesson import address
from courses.studio.question_forms import USUAL, QuestionForm
from courses.studio.question_pages import Owner, edit
from courses.studio.refusing import base_of
from lms.http import see_other
from lms.text import said
from people.access import SignedIn, author, only


@require_http_methods(["GET", "POST"])
@only(author)
def new_question(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    within = lesson_or_404(draft_or_404(request, slug), lesson)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in USUAL.get(Lesson.Kind(within.kind), []):
        raise Http404

    def add(form: QuestionForm) -> Question:
        key = form.cleaned_data["key"]
        return editing.add_question(within, by=request.user, key=key, kind=kind, values=form.values)

    return edit(request, _owner(within, add), kind)


@require_http_methods(["GET", "POST"])
@only(author)
def question(request: SignedIn, slug: str, lesson: uuid.UUID, question: uuid.UUID) -> HttpResponse:
    within = lesson_or_404(draft_or_404(request, slug), lesson)
    found = question_or_404(within, question)

    def save(form: QuestionForm) -> Question:
        base = base_of(request)
        return editing.save_question(found, by=request.user, base=base, values=form.values)

    return edit(request, _owner(within, save), found.kind, found)


@require_http_methods(["GET", "POST"])
@only(author)
def delete_question(
    request: SignedIn, slug: str, lesson: uuid.UUID, question: uuid.UUID
) -> HttpResponse:
    draft = draft_or_404(request, slug)
    within = lesson_or_404(draft, lesson)
    if request.method == "POST" and not Question.objects.filter(uuid=question).exists():
        return see_other(address(within))  # it is gone already: a form sent twice
    found = question_or_404(within, question)
    if request.method == "POST":
        kept = removing.delete(draft, found, by=request.user)
        return see_other(address(within) + (f"?removed={kept.pk}" if kept else ""))
    context = {
        "draft": draft,
        "course": draft.course,
        "lesson": within,
        "name": said(found.body.get("prompt") or {}),
        "back": address(within),
    }
    return render(request, "studio/delete.html", context)


def _owner(within: Lesson, write: Callable[[QuestionForm], Question]) -> Owner:
    draft = within.module.draft
    context = {"draft": draft, "course": draft.course, "lesson": within}
    return Owner(QuestionForm, "studio/lesson_base.html", address(within), context, write)
