"""Files of a course, for those who take it and those who write it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from courses.media import captions, store
from courses.models import Course, CourseFile, Enrolment, Media
from lms.files import send
from people.access import SignedIn, author

INLINE = ("image/", "video/", "audio/", "text/vtt")


@login_required
@require_safe
def media(request: SignedIn, slug: str, sha256: str, name: str) -> HttpResponseBase:
    """One file, for who is or was enrolled and for trainers. The name is for the download."""
    course = _course(request, slug)
    file = get_object_or_404(CourseFile, course=course, sha256=sha256)
    if not store.has(sha256):
        raise Http404
    return send(
        request,
        store.path_of(sha256),
        content_type=file.content_type,
        name=file.name,
        tag=sha256,
        download=not file.content_type.startswith(INLINE),
    )


@login_required
@require_safe
def transcript(request: SignedIn, slug: str, sha256: str) -> HttpResponse:
    """What a film says, as text, from its captions: to read, to search, to print."""
    course = _course(request, slug)
    film = get_object_or_404(Media, course=course, sha256=sha256)
    texts = [
        (row.language, captions.transcript(captions.read(row.text)[0]))
        for row in film.captions.order_by("language")
    ]
    texts.sort(key=lambda each: each[0] != get_language())  # the reader's own first
    if not texts:
        raise Http404
    context = {"course": course, "media": film, "texts": texts}
    return render(request, "courses/transcript.html", context)


def _course(request: SignedIn, slug: str) -> Course:
    course: Course = get_object_or_404(Course, slug=slug)
    mine = Enrolment.objects.filter(course=course, person=request.user)
    if not author(request.user) and not mine.exists():
        raise Http404
    return course
