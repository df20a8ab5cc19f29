"""The draft, or a version of the past, as a learner reads it. Nothing here can be sent."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from courses import paper, publishing
from courses.document import Document, Lesson
from courses.models import CourseVersion, Draft
from courses.models.course import document_of
from courses.progress import pass_percent
from courses.reading import pieces
from courses.studio.finding import draft_or_404, version_or_404
from people.access import SignedIn, author, only


@require_GET
@only(author)
def draft(request: SignedIn, slug: str) -> HttpResponse:
    found = draft_or_404(request, slug)
    return _course(request, found, Document.read(publishing.freeze(found)), None)


@require_GET
@only(author)
def draft_lesson(request: SignedIn, slug: str, lesson: str) -> HttpResponse:
    found = draft_or_404(request, slug)
    return _lesson(request, found, Document.read(publishing.freeze(found)), None, lesson)


@require_GET
@only(author)
def version(request: SignedIn, slug: str, number: int) -> HttpResponse:
    found = draft_or_404(request, slug)
    shown = version_or_404(found, number)
    return _course(request, found, document_of(shown.pk), shown)


@require_GET
@only(author)
def version_lesson(request: SignedIn, slug: str, number: int, lesson: str) -> HttpResponse:
    found = draft_or_404(request, slug)
    shown = version_or_404(found, number)
    return _lesson(request, found, document_of(shown.pk), shown, lesson)


def _course(
    request: SignedIn, draft: Draft, document: Document, version: CourseVersion | None
) -> HttpResponse:
    return render(request, "studio/preview.html", _frame(draft, document, version))


def _lesson(
    request: SignedIn, draft: Draft, document: Document, version: CourseVersion | None, slug: str
) -> HttpResponse:
    lesson = document.lesson(slug)
    if lesson is None:
        raise Http404
    before, after = document.neighbours(lesson)
    module = document.modules[lesson.module_number - 1]
    context = _frame(draft, document, version) | {
        "lesson": lesson,
        "module": module,
        "lessons": [(one, _address(draft, version, one)) for one in module.lessons],
        "before": (before, _address(draft, version, before)),
        "after": (after, _address(draft, version, after)),
    }
    if lesson.kind in {"quiz", "evaluation"}:
        context["questions"] = paper.blank(lesson)
        context["evaluation"] = lesson.kind == "evaluation"
        context["pass_percent"] = pass_percent(lesson)
    else:
        tried = {b.uuid: request.GET.getlist(f"tried-{b.uuid}") for b in lesson.blocks}
        shown = pieces(
            lesson.blocks,
            {},
            {},
            tried=tried,
            glossary=document.glossary,
            course=draft.course.slug,
        )
        context["pieces"] = shown
        context["all_foreign"] = bool(shown) and all(piece.foreign for piece in shown)
    return render(request, "studio/preview_lesson.html", context)


def _frame(draft: Draft, document: Document, version: CourseVersion | None) -> dict[str, Any]:
    modules = [
        (module, [(lesson, _address(draft, version, lesson)) for lesson in module.lessons])
        for module in document.modules
    ]
    return {
        "draft": draft,
        "course": draft.course,
        "document": document,
        "version": version,
        "modules": modules,
    }


def _address(draft: Draft, version: CourseVersion | None, lesson: Lesson | None) -> str:
    if lesson is None:
        return ""
    slug = draft.course.slug
    if version is None:
        return reverse("studio:preview-lesson", args=[slug, lesson.slug])
    return reverse("studio:version-lesson", args=[slug, version.number, lesson.slug])
