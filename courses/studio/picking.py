"""Pictures of the course's library for the editor of a text: which there are, and one to see."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from courses.media.placing import as_settings
from courses.media.shown import shown
from courses.models import Media
from courses.studio.finding import draft_or_404
from people.access import SignedIn, author, only


@require_GET
@only(author)
def pictures(request: SignedIn, slug: str) -> HttpResponse:
    """What the dialog of the editor offers: a part of a page."""
    draft = draft_or_404(request, slug)
    rows = Media.objects.filter(course=draft.course, kind=Media.Kind.IMAGE).offered()
    found = [(row, shown(as_settings(row))) for row in rows.prefetch_related("captions").planned()]
    return render(request, "studio/pictures.html", {"course": draft.course, "rows": found})


@require_GET
@only(author)
def picture(request: SignedIn, slug: str, media: uuid.UUID) -> HttpResponse:
    """A picture by the name that a text has for it; what it shows is the bytes it has now."""
    draft = draft_or_404(request, slug)
    found = Media.objects.filter(course=draft.course, uuid=media, kind=Media.Kind.IMAGE).first()
    there = shown(as_settings(found)) if found else None
    if there is None:
        raise Http404
    small = there.small if there.small.sha256 else there.source
    return redirect("courses:media", slug, small.sha256, small.name)
