"""The gate of every lesson page: which enrolment, which lesson, and the frame around it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.document import Lesson
from courses.models import Completion, Course, Enrolment
from courses.models.course import document_of
from courses.progress import Progress
from lms.http import see_other
from people.access import SignedIn


def enrolled[**P](
    view: Callable[Concatenate[SignedIn, Enrolment, Lesson, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Hand the view this person's enrolment and the lesson of its pinned version.

    Signed out → sign-in page. Not enrolled → course page, which says so. Course not visible or
    lesson not in this version → 404.
    """

    @wraps(view)
    def checked(
        request: SignedIn, slug: str, lesson: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        enrolment = (
            Enrolment.objects.of(request.user).filter(course__slug=slug).for_lesson().first()
        )
        if enrolment is None:
            course = get_object_or_404(Course.objects.visible_to(request.user), slug=slug)
            messages.info(request, _("Enroll in this course first. Then its lessons open."))
            return redirect(course)
        found = _meant(request, enrolment) or enrolment.document.lesson(lesson)
        if found is None:
            if request.method != "POST" or not _asked_before(enrolment, lesson):
                raise Http404
            messages.info(
                request,
                _(
                    "This course changed while your page was open, and that lesson is no longer "
                    "part of it. What you saved before stays saved."
                ),
            )
            return see_other(enrolment.course.get_absolute_url())
        return view(request, enrolment, found, *args, **kwargs)

    return login_required(checked)  # type: ignore[type-var, return-value]


def _meant(request: SignedIn, enrolment: Enrolment) -> Lesson | None:
    """The lesson that a form names: its address may have changed while the form stood open."""
    return enrolment.document.item(request.POST.get("lesson", ""))


def _asked_before(enrolment: Enrolment, slug: str) -> bool:
    """The course once had a lesson at this address, so an open page may still post there."""
    versions = enrolment.course.versions.order_by("-number").values_list("pk", flat=True)
    return any(document_of(pk).lesson(slug) for pk in versions)


def posted[**P](
    view: Callable[Concatenate[SignedIn, Enrolment, Lesson, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """`enrolled`, for what only a form may do. Everything else goes to the lesson: the sign-in
    page sends people on by a link, and so does the other language's link on a refused form."""

    @wraps(view)
    def checked(
        request: SignedIn, enrolment: Enrolment, lesson: Lesson, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if request.method != "POST":
            return redirect(address(enrolment, lesson))
        return view(request, enrolment, lesson, *args, **kwargs)

    return enrolled(checked)


def frame(enrolment: Enrolment, lesson: Lesson) -> dict[str, Any]:
    """What every lesson page shows around its lesson."""
    document, progress = enrolment.document, progress_of(enrolment)
    before, after = document.neighbours(lesson)
    return {
        "enrolment": enrolment,
        "course": enrolment.course,
        "document": document,
        "lesson": lesson,
        "step": progress.step(lesson),
        "part": progress.part(lesson.module_number),
        "status": progress.status,
        "before": before,
        "after": after,
    }


def progress_of(enrolment: Enrolment) -> Progress:
    return Progress(enrolment.document, enrolment.facts)


def address(
    enrolment: Enrolment, lesson: Lesson, name: str = "courses:lesson", *rest: object
) -> str:
    return reverse(name, args=[enrolment.course.slug, lesson.slug, *rest])


def onward(request: SignedIn, enrolment: Enrolment, lesson: Lesson) -> HttpResponse:
    """Leave a lesson that is done: to the next one, or to the course when that is complete now.

    `enrolment` holds the evidence as it was before this request recorded more.
    """
    _before, after = enrolment.document.neighbours(lesson)
    completed = Completion.objects.filter(enrolment=enrolment).exists()
    if completed and not enrolment.status.complete:
        messages.success(request, _("You completed this course. Well done!"))
    elif after is not None:
        return see_other(address(enrolment, after))
    return see_other(enrolment.course.get_absolute_url())
