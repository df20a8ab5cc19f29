"""What a trainer may open. Everything nested is looked up through its parent; else 404."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from courses import duties
from courses.models import (
    Block,
    Course,
    CourseVersion,
    Draft,
    Lesson,
    Module,
    PlannedPublication,
    Question,
    Removed,
)
from people.access import SignedIn, author, only

_READS = {"GET", "HEAD", "OPTIONS"}


def posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what only a form of a trainer may do.

    Everything else goes to the page that holds the form: after signing in again people come by a
    link, and so they do from the other language's link on a refused form.
    """

    @wraps(view)
    def checked(request: SignedIn, slug: str, **parts: Any) -> HttpResponse:
        if request.method == "POST":
            return view(request, slug, **parts)
        draft = draft_or_404(request, slug)
        if "lesson" in parts:
            return redirect("studio:lesson", slug, lesson_or_404(draft, parts["lesson"]).uuid)
        return redirect("studio:course", slug)

    return only(author)(checked)


def draft_or_404(request: SignedIn, slug: str, *, acts_as: str = "author") -> Draft:
    """Every trainer reads; what changes something asks for a duty, an author's unless told.

    `acts_as=""` is for what belongs to no duty.
    """
    seen = Draft.objects.filter(course__in=Course.objects.editable_by(request.user))
    shown = seen.select_related("course__current", "changed_by").defer("course__current__document")
    planned = PlannedPublication.objects.waiting().filter(course=OuterRef("course"))
    shown = shown.annotate(planned_at=Subquery(planned.values("publish_at")))
    draft = get_object_or_404(duties.with_duties_of(shown, request.user), course__slug=slug)
    draft.mine = duties.duties_on(draft, request.user)
    if request.method not in _READS and acts_as and not draft.mine.has(acts_as):
        raise Http404
    return draft


def module_or_404(draft: Draft, key: uuid.UUID) -> Module:
    module = get_object_or_404(Module.objects.filter(draft=draft), uuid=key)
    module.draft = draft
    return module


def lesson_or_404(draft: Draft, key: uuid.UUID) -> Lesson:
    lessons = Lesson.objects.filter(module__draft=draft).select_related("module")
    lesson = get_object_or_404(lessons, uuid=key)
    lesson.module.draft = draft
    return lesson


def block_or_404(lesson: Lesson, key: uuid.UUID) -> Block:
    block = get_object_or_404(Block.objects.filter(lesson=lesson), uuid=key)
    block.lesson = lesson
    return block


def question_or_404(lesson: Lesson, key: uuid.UUID) -> Question:
    question = get_object_or_404(Question.objects.filter(lesson=lesson), uuid=key)
    question.lesson = lesson
    return question


def version_or_404(draft: Draft, number: int) -> CourseVersion:
    versions = draft.course.versions.select_related("author").defer("document")
    return get_object_or_404(versions, number=number)


def just_removed(request: SignedIn, draft: Draft) -> Removed | None:
    """What the act before this page deleted, so that the page can offer to undo it."""
    sent = request.GET.get("removed", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        return None
    return Removed.objects.filter(draft=draft, pk=sent).first()


def sent_uuid(request: SignedIn, name: str) -> uuid.UUID | None:
    """A uuid that a form sent; None when it sent nothing. What is no uuid names nothing: 404."""
    sent = request.POST.get(name, "")
    if not sent:
        return None
    try:
        return uuid.UUID(sent)
    except ValueError:
        raise Http404 from None
