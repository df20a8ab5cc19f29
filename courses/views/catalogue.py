from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from courses import cycles, enrolling
from courses.catalogue import find
from courses.document import Document
from courses.forms import CatalogueFilter
from courses.models import Completion, Course, Enrolment, Series
from courses.models.course import document_of, documents_of
from courses.progress import Progress
from courses.views.enrolled import progress_of
from library.models import Practice
from lms.http import Request, render_page, see_other
from people.access import SignedIn
from people.models import User


def catalogue(request: Request) -> HttpResponse:
    form = CatalogueFilter(request.GET)
    found = find(request.user, form.wishes, request.GET.get("page"))
    context = {"form": form, "found": found, "filtered": any(form.wishes.values())}
    return render_page(request, "courses/catalogue.html", context, part="results")


def series(request: Request, slug: str) -> HttpResponse:
    found = get_object_or_404(Series.objects.for_index(), slug=slug)
    members = [member for member in found.members.all() if member.course.current_id]
    documents = documents_of(member.course.current_id or 0 for member in members)
    mine = _mine_among(request, [member.course_id for member in members])
    sessions: list[dict[str, Any]] = [
        {
            "course": member.course,
            "begun": member.course_id in mine,
            "done": mine.get(member.course_id, False),
            "live": _live(documents[member.course.current_id or 0]),
        }
        for member in members
    ]
    done = sum(bool(session["done"]) for session in sessions)
    live = [uuid for session in sessions for uuid in session["live"]]
    context = {"series": found, "sessions": sessions, "done": done, "live": live}
    return render(request, "courses/series.html", context)


def _mine_among(request: Request, courses: list[int]) -> dict[int, bool]:
    """This person's courses among these, each with whether it was ever completed."""
    if not isinstance(request.user, User):
        return {}
    completed = Exists(Completion.objects.filter(enrolment=OuterRef("pk")))
    rows = Enrolment.objects.of(request.user).filter(course__in=courses).order_by("cycle")
    mine: dict[int, bool] = {}
    for course_id, done in rows.annotate(completed=completed).values_list("course", "completed"):
        mine[course_id] = mine.get(course_id, False) or done
    return mine


def course(request: Request, slug: str) -> HttpResponse:
    enrolment = None
    if isinstance(request.user, User):
        mine = Enrolment.objects.of(request.user).filter(course__slug=slug)
        enrolment = mine.for_learning().first()
    if enrolment is not None:
        return _course_page(request, enrolment.course, enrolment)
    return _course_page(request, get_object_or_404(Course.objects.published(), slug=slug), None)


@login_required
def enrol(request: SignedIn, slug: str) -> HttpResponse:
    """A GET comes from the sign-in page, which can only send people on by a link."""
    found = get_object_or_404(Course.objects.visible_to(request.user), slug=slug)
    if request.method != "POST":
        return redirect(found)
    try:
        enrolling.enrol(request.user, found)
    except ValidationError as refusal:
        return _course_page(request, found, None, refusal=refusal.messages[0])
    messages.success(request, _("You are enrolled. Start whenever you like."))
    return see_other(found.get_absolute_url())


def _course_page(
    request: Request, found: Course, enrolment: Enrolment | None, *, refusal: str = ""
) -> HttpResponse:
    document = enrolment.document if enrolment else document_of(found.current_id or 0)
    progress = progress_of(enrolment) if enrolment else Progress(document, [])
    context: dict[str, Any] = {
        "course": found,
        "document": document,
        "enrolment": enrolment,
        "completion": enrolment.completion if enrolment else None,
        "progress": progress,
        "practices": Practice.objects.filter(courses=found).order_by("number").planned(),
        "live": _live(document),
        "renewal": cycles.renewed_by(cast(User, request.user), enrolment),
        "refusal": refusal,
    }
    return render(request, "courses/course.html", context, status=422 if refusal else 200)


def _live(document: Document) -> list[str]:
    return [lesson.uuid for lesson in document.lessons if lesson.kind == "live"]
