from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from courses.models import Completion, Enrolment
from courses.models.course import documents_of
from courses.progress import Progress
from people.access import SignedIn


@login_required
def me(request: SignedIn) -> HttpResponse:
    """My learning: what is under way and where to go on, and every course ever completed."""
    mine = Enrolment.objects.of(request.user).select_related("course").with_record().planned()
    enrolments = list(mine.order_by("-enrolled_at"))
    documents = documents_of(enrolment.version_id for enrolment in enrolments)
    under_way: list[tuple[Enrolment, Progress]] = []
    completed: list[tuple[Enrolment, Completion]] = []
    for enrolment in enrolments:
        if completion := enrolment.completion:
            completed.append((enrolment, completion))
        else:
            progress = Progress(documents[enrolment.version_id], enrolment.facts)
            under_way.append((enrolment, progress))
    under_way.sort(key=lambda pair: pair[0].due_on or date.max)  # then the newest first, as read
    completed.sort(key=lambda pair: pair[1].completed_at, reverse=True)
    context = {"under_way": under_way, "completed": completed, "today": timezone.localdate()}
    return render(request, "courses/me.html", context)
