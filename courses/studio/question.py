"""The editor of a question."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.models import Lesson, Question
from courses.questions import problems_of
from courses.studio import editing, removing
from courses.studio.finding import draft_or_404, lesson_or_404, question_or_404
from courses.studio.lesson import address
from courses.studio.question_forms import KIND_WORDS, USUAL, QuestionForm
from courses.studio.refusing import base_of, refused, rows_wanted
from lms.http import see_other
from lms.text import said
from people.access import SignedIn, author, only


@require_http_methods(["GET", "POST"])
@only(author)
def new_question(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    within = lesson_or_404(draft, lesson)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in USUAL.get(Lesson.Kind(within.kind), []):
        raise Http404
    if request.method == "GET":
        return _page(request, within, QuestionForm(kind, None))
    form = _sent(request, kind, None)
    if "more" in request.POST:
        return _page(request, within, form.unchecked())
    if form.is_valid():
        try:
            made = editing.add_question(
                within,
                by=request.user,
                key=form.cleaned_data["key"],
                kind=kind,
                values=form.values,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _saved(request, within, made)
    return _page(request, within, form, status=422)


@require_http_methods(["GET", "POST"])
@only(author)
def question(request: SignedIn, slug: str, lesson: uuid.UUID, question: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    within = lesson_or_404(draft, lesson)
    found = question_or_404(within, question)
    if request.method == "GET":
        return _page(request, within, QuestionForm(found.kind, found), found)
    form = _sent(request, found.kind, found)
    if "more" in request.POST:
        return _page(request, within, form.unchecked(), found)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            saved = editing.save_question(
                found, by=request.user, base=base_of(request), values=form.values
            )
        except ValidationError as refusal:
            context = refused(form, refusal, lambda now: QuestionForm(now.kind, now))
        else:
            return _saved(request, within, saved)
    return _page(request, within, form, found, status=422, **context)


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


def _sent(request: SignedIn, kind: str, question: Question | None) -> QuestionForm:
    """The form as it was sent, with one more answer when asked for."""
    data = request.POST.copy()
    rows = rows_wanted(request, more=int("more" in request.POST))
    data["rows"] = str(rows)
    return QuestionForm(kind, question, data, rows=rows)


def _saved(request: SignedIn, within: Lesson, question: Question) -> HttpResponse:
    """Back to the quiz. What keeps the question from being asked stands beside it there."""
    if problems_of(question.kind, question.body):
        messages.warning(request, _("Saved, but the question is not ready. See what is missing."))
    else:
        messages.success(request, _("Saved."))
    return see_other(f"{address(within)}#question-{question.uuid}")


def _page(
    request: SignedIn,
    within: Lesson,
    form: QuestionForm,
    question: Question | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    draft = within.module.draft
    context = {
        "draft": draft,
        "course": draft.course,
        "lesson": within,
        "question": question,
        "form": form,
        "kind": form.kind,
        "kind_words": KIND_WORDS[form.kind],
        "problems": problems_of(question.kind, question.body) if question else [],
        **more,
    }
    return render(request, "studio/question.html", context, status=status)
