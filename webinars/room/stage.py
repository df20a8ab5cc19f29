"""What the whole session does: go live, break, resume, end. Writes Webinar.state and LiveWindow.

Live time is what attendance is held against, so it is written on the server's clock, in the
transaction of the change. Each act names the state it leads to: pressed twice, or by two hosts at
once, it happens once.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars import attendance
from webinars.models import LiveWindow, Webinar
from webinars.room import log, polls, prompts

State = Webinar.State


@transaction.atomic
def go_live(webinar: Webinar, by: User, now: datetime | None = None) -> None:
    """Begin, or come back from a break. Opens a live window."""
    now = now or timezone.now()
    room = log.locked(webinar.pk)
    if room.published_at is None or room.cancelled_at is not None:
        raise ValidationError(_("Only a published session can go live."), code="hidden")
    if not _move(room, by, State.LIVE, since={State.SCHEDULED, State.BREAK}):
        return
    last = room.windows.aggregate(revision=Max("revision"))["revision"]
    LiveWindow.objects.create(webinar=room, revision=last or 1, opened_at=now)


@transaction.atomic
def take_break(webinar: Webinar, by: User, now: datetime | None = None) -> None:
    """Pause. The time until the return is not live time."""
    room = log.locked(webinar.pk)
    if _move(room, by, State.BREAK, since={State.LIVE}):
        now = now or timezone.now()
        _close_window(room, now)
        prompts.close_all(room, now)


@transaction.atomic
def end(webinar: Webinar, by: User, now: datetime | None = None) -> None:
    """End for good: open polls close, and attendance is decided."""
    now = now or timezone.now()
    room = log.locked(webinar.pk)
    room.ended_at = now
    if _move(room, by, State.ENDED, since={State.LIVE, State.BREAK}):
        _close_window(room, now)
        polls.close_all(room, by, now)
        prompts.close_all(room, now)
        attendance.settle(room, now)


def _move(room: Webinar, by: User, to: str, *, since: set[State]) -> bool:
    """Change the state once, in the room's log and the audit. False: it was so already."""
    was = room.state
    if was == to:
        return False
    if was not in since:
        raise ValidationError(
            _("That is not possible now. The session is: %(state)s.")
            % {"state": room.get_state_display()},
            code="state",
        )
    room.state = to
    room.save(update_fields=["state", "ended_at"])
    log.append(room, "state", was=was, now=to, by=by.pk)
    audit.note(by, f"room.{to}", room, was=was)
    return True


def _close_window(room: Webinar, now: datetime) -> None:
    for window in room.windows.filter(closed_at__isnull=True):
        window.closed_at = max(now, window.opened_at)
        window.save(update_fields=["closed_at"])
