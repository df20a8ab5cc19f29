from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses import discussing, reflecting
from courses.document import Lesson
from courses.models import Enrolment, Post
from courses.reading import TRIED, pieces
from courses.views import assessment
from courses.views.enrolled import address, enrolled, frame, onward, posted
from lms.http import see_other
from people.access import SignedIn

# A field of a block in the lesson's form is one of these and the block's uuid.
REFLECTION, TRY, POST, KEY = "reflection-", "tried-", "post-", "key-"


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


@posted
def try_out(request: SignedIn, enrolment: Enrolment, lesson: Lesson, block: str) -> HttpResponse:
    """Answer a knowledge check, or take a step in a scenario. Nothing of it is kept or counted.

    What was tried stands in the address of the page that answers: it works without JavaScript,
    and going back goes back.
    """
    tried = _tried(request.POST, lesson)
    found = next((b for b in lesson.blocks if b.uuid == block and b.kind in TRIED), None)
    if found is None:
        raise Http404
    refused = {}
    if found.kind == "check" and block not in tried:
        refused[block] = _("Choose an answer first.")
    if request.htmx:
        glossary = enrolment.document.glossary
        shown = pieces(
            [found],
            {},
            refused,
            tried=tried,
            glossary=glossary,
            course=enrolment.course.slug,
        )
        context = {"piece": shown[0], "course": enrolment.course, "lesson": lesson}
        status = 422 if refused else 200
        return render(request, f"courses/_{found.kind}.html", context, status=status)
    refused |= _keep_reflections(request, enrolment, lesson)
    if refused:
        return _reading(request, enrolment, lesson, refused=refused, tried=tried)
    words = urlencode({TRY + name: values for name, values in tried.items()}, doseq=True)
    return see_other(f"{address(enrolment, lesson)}?{words}#block-{block}")


@posted
def discuss(request: SignedIn, enrolment: Enrolment, lesson: Lesson, block: str) -> HttpResponse:
    """Say something under a discussion. Reflections beside it are kept on the way."""
    if block not in {each.uuid for each in lesson.blocks if each.kind == "discussion"}:
        raise Http404
    refused = _keep_reflections(request, enrolment, lesson)
    try:
        key = UUID(request.POST.get(KEY + block, ""))
    except ValueError:
        raise Http404 from None
    try:
        discussing.post(enrolment, lesson, block, key=key, text=request.POST.get(POST + block, ""))
    except ValidationError as refusal:
        refused[block] = refusal.messages[0]
    if refused:
        return _reading(request, enrolment, lesson, refused=refused)
    return see_other(f"{address(enrolment, lesson)}#block-{block}")


@posted
def withdraw(
    request: SignedIn, enrolment: Enrolment, lesson: Lesson, block: str, post: UUID
) -> HttpResponse:
    """Take back what this person said."""
    mine = Post.objects.filter(enrolment__person=request.user, enrolment__course=enrolment.course)
    discussing.withdraw(get_object_or_404(mine, uuid=post, block=block))
    _keep_reflections(request, enrolment, lesson)
    return see_other(f"{address(enrolment, lesson)}#block-{block}")


def _tried(sent: QueryDict, lesson: Lesson) -> dict[str, list[str]]:
    """What was tried in the checks and scenarios of this lesson, by block."""
    blocks = [block.uuid for block in lesson.blocks if block.kind in TRIED]
    return {block: sent.getlist(TRY + block) for block in blocks if TRY + block in sent}


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
    tried: dict[str, list[str]] | None = None,
) -> HttpResponse:
    refused = refused or {}
    written = reflecting.texts(enrolment, lesson)
    # What was refused stands there again, and so does a post that was not sent yet.
    written |= {block: request.POST.get(REFLECTION + block, "") for block in refused}
    for block in lesson.blocks:
        if block.kind == "discussion":
            written[block.uuid] = request.POST.get(POST + block.uuid, "")
    shown = pieces(
        lesson.blocks,
        written,
        refused,
        tried=_tried(request.GET, lesson) if tried is None else tried,
        glossary=enrolment.document.glossary,
        talks=discussing.talks(enrolment, lesson, everything=request.GET.get("earlier", "")),
        course=enrolment.course.slug,
    )
    context: dict[str, Any] = {
        **frame(enrolment, lesson),
        "pieces": shown,
        "kinds": {piece.kind for piece in shown},
        "all_foreign": bool(shown) and all(piece.foreign for piece in shown),
    }
    return render(request, "courses/lesson.html", context, status=422 if refused else 200)
