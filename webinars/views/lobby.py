"""Before the room: does the connection work, is the sound on, do captions read well."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as said_in_both

from lms.text import LANGUAGES
from people.access import SignedIn
from webinars.models import Webinar
from webinars.room.captions import Line
from webinars.room.door import knock

SAMPLE = (
    said_in_both("This is how live captions look."),
    said_in_both("Choose the language and the size that suit you. We keep your choice."),
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
