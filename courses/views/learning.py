from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from courses import reflecting
from courses.document import Lesson
from courses.models import Enrolment
from courses.reading import pieces
from courses.views import assessment
from courses.views.enrolled import address, enrolled, frame, onward, posted
from lms.http import see_other
from people.access import SignedIn

REFLECTION = "reflection-"  # a reflection's field in the form is this and its block's uuid


@require_safe
@enrolled
def lesson(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    match lesson.kind:
        case "quiz":
            return assessment.quiz_page(request, enrolment, lesson)
        case "evaluation":
            return assessment.evaluation_page(request, enrolment, lesson)
        case _page_or_live:
            return _reading(request, enrolment, lesson)


@posted
def finish(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    """Mark a page as done and go on. What stands in its reflections is kept on the way."""
    if lesson.needs != "finished":
        raise Http404
    if refused := _keep_reflections(request, enrolment, lesson):
        return _reading(request, enrolment, lesson, refused=refused)
    enrolment.record("finished", lesson.uuid, source="learner")
    return onward(request, enrolment, lesson)


@posted
def reflect(request: SignedIn, enrolment: Enrolment, lesson: Lesson, block: str) -> HttpResponse:
    """Keep one reflection; htmx swaps in the word that it is kept."""
    if block not in {each.uuid for each in lesson.blocks if each.kind == "reflection"}:
        raise Http404
    refused = _keep_reflections(request, enrolment, lesson, only=block)
    if request.htmx:
        context = {"saved": not refused, "error": refused.get(block, ""), "name": block}
        status = 422 if refused else 200
        return render(request, "courses/_kept.html", context, status=status)
    if refused:
        return _reading(request, enrolment, lesson, refused=refused)
    return see_other(f"{address(enrolment, lesson)}#block-{block}")


def _keep_reflections(
    request: SignedIn, enrolment: Enrolment, lesson: Lesson, *, only: str | None = None
) -> dict[str, str]:
    """Write what the form sent; returns the sentence for each text that was refused."""
    written = {}
    for block in lesson.blocks:
        sent = request.POST.get(REFLECTION + block.uuid)
        if block.kind == "reflection" and sent is not None and only in {None, block.uuid}:
            written[block.uuid] = sent
    try:
        reflecting.write(enrolment, lesson, written)
    except ValidationError as refusal:
        return {block: messages[0] for block, messages in refusal.message_dict.items()}
    return {}


def _reading(
    request: SignedIn,
    enrolment: Enrolment,
    lesson: Lesson,
    *,
    refused: dict[str, str] | None = None,
) -> HttpResponse:
    refused = refused or {}
    written = reflecting.texts(enrolment, lesson)
    written |= {block: request.POST.get(REFLECTION + block, "") for block in refused}
    shown = pieces(lesson.blocks, written, refused)
    context: dict[str, Any] = {
        **frame(enrolment, lesson),
        "pieces": shown,
        "kinds": {piece.kind for piece in shown},
        "all_foreign": bool(shown) and all(piece.foreign for piece in shown),
    }
    return render(request, "courses/lesson.html", context, status=422 if refused else 200)
