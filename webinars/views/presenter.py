"""What somebody needs who presents: the time, what is asked, what the room answers. Made to be read
from a second screen. Presenters mark questions as answered; everything else is for moderators."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lms.http import see_other
from people.access import SignedIn
from webinars.models import RoomQuestion, RoomSetup
from webinars.room import captions, frames, questions
from webinars.room.door import Guest, audience_of, knock
from webinars.room.log import Audience
from webinars.room.pace import paced
from webinars.views.room import refusal_of


@login_required
def presenter(request: SignedIn, slug: str) -> HttpResponse:
    return _page(request, _presenting(request, slug))


@login_required
@require_POST
@paced
def answered(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """«Answered live», by who just did."""
    guest = _presenting(request, slug)
    question = get_object_or_404(RoomQuestion.objects.public(), webinar=guest.webinar, pk=pk)
    try:
        questions.answered_live(question, guest.person)
    except ValidationError as error:
        if request.htmx:
            return refusal_of(error)
        return _page(request, guest, refusal=error.messages[0], status=422)
    if request.htmx:
        return HttpResponse(status=204)
    return see_other(reverse("webinars:presenter", args=[slug]))


def _presenting(request: SignedIn, slug: str) -> Guest:
    guest = knock(request.user, slug)
    if guest is None or audience_of(guest, "presenter") is None:
        raise Http404
    return guest


def _page(request: SignedIn, guest: Guest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    """Eight queries, however much was asked. Unlike frames it says how many votes there are."""
    webinar, now = guest.webinar, timezone.now()
    asked = frames.questions_of(webinar).public().annotate(vote_count=Count("votes"))
    snapshot = frames.snapshot(webinar, Audience.PRESENTER, questions=asked)
    rows: Any = snapshot.rows
    votes = {row.pk: row.vote_count for row in rows.questions}
    first: Any = snapshot.lists["questions"]
    opened: Any = snapshot.lists["polls"]
    context = {
        "webinar": webinar,
        "guest": guest,
        "now": now,
        "snapshot": snapshot,
        "questions": [(i, votes[i.id]) for i in sorted(first, key=lambda i: not i.pinned)],
        "polls": sorted(opened, key=lambda i: not i.is_open),
        "captions": captions.recent(webinar.pk, now),
        "captioned": bool(RoomSetup.of(webinar).caption_secret),
        "refusal": refusal,
    }
    return render(request, "webinars/presenter.html", context, status=status)
