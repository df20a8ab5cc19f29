"""Before the room: does the connection work, is the sound on, do captions read well."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from lms.text import LANGUAGES
from people.access import SignedIn
from webinars.models import Webinar
from webinars.room.captions import Line
from webinars.room.door import knock

SAMPLE = (
    gettext_noop("This is how live captions look."),
    gettext_noop("Choose the language and the size that suit you. We keep your choice."),
)


@login_required
def lobby(request: SignedIn, slug: str) -> HttpResponse:
    """Nobody has to pass here: whoever comes late goes straight into the room."""
    guest = knock(request.user, slug)
    if guest is None:
        raise Http404
    if not guest.may_enter:
        return render(request, "webinars/room_door.html", {"guest": guest})
    over = guest.webinar.cancelled_at is not None or guest.webinar.state == Webinar.State.ENDED
    context = {"webinar": guest.webinar, "over": over, "captions": _sample()}
    return render(request, "webinars/lobby.html", context)


def _sample() -> list[Line]:
    lines = []
    for language in LANGUAGES:
        with translation.override(language):
            lines += [Line(language, n, gettext(text)) for n, text in enumerate(SAMPLE, 1)]
    return lines
