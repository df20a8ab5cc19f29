from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses import assessment, paper, regrading
from courses.clock_rules import over
from courses.document import Lesson
from courses.models import Attempt, Enrolment
from courses.progress import pass_percent
from courses.views.enrolled import address, enrolled, frame, onward, posted
from lms.http import see_other
from people.access import SignedIn

NEARLY = timedelta(seconds=5)  # the page's clock and ours may differ by so much


def quiz_page(
    request: SignedIn,
    enrolment: Enrolment,
    lesson: Lesson,
    *,
    refusal: str = "",
    errors: Mapping[str, str] | None = None,
    left_open: list[str] | None = None,
) -> HttpResponse:
    """What a quiz asks and how it went before; the open paper when there is one."""
    mine = Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid)
    attempts = list(mine.prefetch_related("regrades"))
    attempt = next((each for each in attempts if each.submitted_at is None), None)
    limit = assessment.tries(lesson)
    context: dict[str, Any] = {
        **frame(enrolment, lesson),
        "attempts": [each for each in attempts if each.submitted_at is not None],
        "attempt": attempt,
        "number": len(attempts) + 1,
        "limit": limit,
        "left": max(0, limit - len(attempts)),
        "pass_percent": pass_percent(lesson),
        "waiting": any(each.awaits_review_since for each in attempts),
        "refusal": refusal,
    }
    if attempt is None and (time := assessment.own_time(enrolment, lesson)):
        context["minutes_of_one"] = round(time.total_seconds() / 60)
    if attempt is not None and attempt.closes_at is not None:
        context["seconds_left"] = max(
            0, round((attempt.closes_at - timezone.now()).total_seconds())
        )
        context["time_is_over"] = over(attempt.closes_at, timezone.now())
    if attempt is not None:
        context["questions"] = paper.asked(attempt, typed=_typed(request), errors=errors)
        context["left_open"] = [q for q in context["questions"] if q.uuid in (left_open or [])]
    refused = bool(refusal or errors or left_open)
    return render(request, "courses/quiz.html", context, status=422 if refused else 200)


def evaluation_page(
    request: SignedIn,
    enrolment: Enrolment,
    lesson: Lesson,
    *,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    attempt = Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid).first()
    context: dict[str, Any] = {
        **frame(enrolment, lesson),
        "attempt": attempt,
        "errors": bool(errors),
    }
    if attempt is None:
        context["questions"] = paper.blank(lesson)
    elif attempt.submitted_at is None:
        context["questions"] = paper.asked(attempt, typed=_typed(request), errors=errors)
    return render(request, "courses/evaluation.html", context, status=422 if errors else 200)


@posted
def start(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    """Begin an attempt, or go back to the one that `number` already names."""
    if lesson.kind != "quiz":
        raise Http404
    number = request.POST.get("number", "")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None
    try:
        attempt = assessment.start(enrolment, lesson, number=wanted)
    except ValidationError as refusal:
        return quiz_page(request, enrolment, lesson, refusal=refusal.messages[0])
    if attempt.submitted_at is not None:
        return _sent_before(enrolment, lesson, attempt)
    return see_other(address(enrolment, lesson))


@posted
def answer(request: SignedIn, enrolment: Enrolment, lesson: Lesson, question: str) -> HttpResponse:
    """Save one answer by itself; htmx swaps in the word that it is saved."""
    attempt = _attempt_or_404(request, enrolment, lesson)
    if attempt is None:
        return _asked_again(request, enrolment, lesson)
    if question not in assessment.questions_of(attempt):
        raise Http404
    try:
        errors = assessment.save(attempt, {question: request.POST.getlist(paper.FIELD + question)})
    except ValidationError as refusal:
        return _closed(enrolment, lesson, attempt, refusal)
    if request.htmx:
        context = {"saved": not errors, "error": errors.get(question, ""), "name": question}
        status = 422 if errors else 200
        return render(request, "courses/_kept.html", context, status=status)
    if errors:
        return _open_page(request, enrolment, lesson, errors)
    return see_other(f"{address(enrolment, lesson)}#question-{question}")


@posted
def save(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    """Save the whole form for later, as a browser without JavaScript does."""
    attempt = _attempt_or_404(request, enrolment, lesson)
    if attempt is None:
        return _asked_again(request, enrolment, lesson)
    try:
        errors = assessment.save(attempt, _answers(request, attempt))
    except ValidationError as refusal:
        return _closed(enrolment, lesson, attempt, refusal)
    if errors:
        return _open_page(request, enrolment, lesson, errors)
    messages.success(request, _("Your answers are saved. You can come back at any time."))
    return see_other(address(enrolment, lesson))


@posted
def submit(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    """Save the whole form and send it. A quiz with gaps asks once whether that is meant.

    `clock`: the page sent it because its time was over. Extra time may have come meanwhile.
    """
    attempt = _attempt_or_404(request, enrolment, lesson)
    if attempt is None:
        return _asked_again(request, enrolment, lesson)
    try:
        errors = assessment.save(attempt, _answers(request, attempt))
    except ValidationError as refusal:
        return _closed(enrolment, lesson, attempt, refusal)
    by_clock = lesson.kind == "quiz" and bool(request.POST.get("clock"))
    if by_clock and attempt.closes_at and attempt.closes_at - timezone.now() > NEARLY:
        messages.info(request, _("You have more time now. Your answers are saved: please go on."))
        return see_other(address(enrolment, lesson))
    if errors and not by_clock:
        return _open_page(request, enrolment, lesson, errors)
    asks_first = lesson.kind == "quiz" and not by_clock and not request.POST.get("anyway")
    if asks_first and (gaps := assessment.unanswered(attempt)):
        return quiz_page(request, enrolment, lesson, left_open=gaps)
    try:
        attempt = assessment.submit(attempt)
    except ValidationError as refusal:
        missing = {question: said[0] for question, said in refusal.message_dict.items()}
        return evaluation_page(request, enrolment, lesson, errors=missing)
    if lesson.kind == "quiz":
        return see_other(address(enrolment, lesson, "courses:result", attempt.number))
    messages.success(request, _("Thank you. Your answers were sent."))
    return onward(request, enrolment, lesson)


@require_safe
@enrolled
def result(request: SignedIn, enrolment: Enrolment, lesson: Lesson, number: int) -> HttpResponse:
    """How one attempt went, question by question."""
    if lesson.kind != "quiz":
        raise Http404
    mine = Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid).select_related("review")
    attempts = {each.number: each for each in mine}
    if (attempt := attempts.get(number)) is None:
        raise Http404
    if attempt.submitted_at is None:
        return redirect(address(enrolment, lesson))
    limit, latest = assessment.tries(lesson), len(attempts)
    corrections, regrades = regrading.told(attempt)
    context = {
        **frame(enrolment, lesson),
        "attempt": attempt,
        "standing": regrades[-1] if regrades else attempt,
        "regrades": regrades,
        "questions": paper.reviewed(attempt, corrections),
        "pass_percent": pass_percent(assessment.lesson_of(attempt)),
        "may_retry": not limit or latest < limit,
        "next_number": latest + 1,
    }
    return render(request, "courses/result.html", context)


def _attempt_or_404(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> Attempt | None:
    """The attempt the form is about: an evaluation has one, a quiz names it.

    None: it belongs to an earlier round of the course, which a new one followed meanwhile.
    """
    if lesson.kind == "evaluation":
        return assessment.start(enrolment, lesson)
    mine = Attempt.objects.filter(
        enrolment__person=request.user, enrolment__course=enrolment.course_id, item=lesson.uuid
    )
    try:
        attempt = mine.get(uuid=request.POST.get("attempt", ""))
    except (Attempt.DoesNotExist, ValidationError):
        raise Http404 from None
    return attempt if attempt.enrolment_id == enrolment.pk else None


def _asked_again(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    messages.info(
        request,
        _(
            "This course has started again for you since you opened that page. "
            "What you saved before stays saved. Please answer the quiz here."
        ),
    )
    return see_other(address(enrolment, lesson))


def _answers(request: SignedIn, attempt: Attempt) -> dict[str, list[str]]:
    """The answers in the form, by question. Only what the form holds: an older page that shows
    a question unanswered does not take back what another one saved. Boxes that are all empty send
    nothing, so the form names the questions that have boxes."""
    boxes = set(request.POST.getlist("boxes"))
    return {
        uuid: request.POST.getlist(paper.FIELD + uuid)
        for uuid in assessment.questions_of(attempt)
        if paper.FIELD + uuid in request.POST or uuid in boxes
    }


def _typed(request: SignedIn) -> dict[str, list[str]]:
    return {
        name.removeprefix(paper.FIELD): request.POST.getlist(name)
        for name in request.POST
        if name.startswith(paper.FIELD)
    }


def _open_page(
    request: SignedIn, enrolment: Enrolment, lesson: Lesson, errors: Mapping[str, str]
) -> HttpResponse:
    page = quiz_page if lesson.kind == "quiz" else evaluation_page
    return page(request, enrolment, lesson, errors=errors)


def _closed(
    enrolment: Enrolment, lesson: Lesson, attempt: Attempt, refusal: ValidationError
) -> HttpResponse:
    """Nothing is taken any more: it was sent, or its time is over and this sends what was saved."""
    if refusal.code == "late":
        attempt = assessment.submit(attempt)
    return _sent_before(enrolment, lesson, attempt)


def _sent_before(enrolment: Enrolment, lesson: Lesson, attempt: Attempt) -> HttpResponse:
    """The same request came twice, or from a page left open: show how that attempt went."""
    if lesson.kind == "quiz":
        return see_other(address(enrolment, lesson, "courses:result", attempt.number))
    return see_other(address(enrolment, lesson))
