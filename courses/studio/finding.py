"""What a trainer may open. Everything nested is looked up through its parent; else 404."""

import uuid

from django.http import Http404
from django.shortcuts import get_object_or_404

from courses.models import Block, Course, CourseVersion, Draft, Lesson, Module, Question
from people.access import SignedIn


def draft_or_404(request: SignedIn, slug: str) -> Draft:
    mine = Draft.objects.filter(course__in=Course.objects.editable_by(request.user))
    shown = mine.select_related("course__current", "changed_by").defer("course__current__document")
    return get_object_or_404(shown, course__slug=slug)


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


def sent_uuid(request: SignedIn, name: str) -> uuid.UUID | None:
    """A uuid that a form sent; None when it sent nothing. What is no uuid names nothing: 404."""
    sent = request.POST.get(name, "")
    if not sent:
        return None
    try:
        return uuid.UUID(sent)
    except ValueError:
        raise Http404 from None
