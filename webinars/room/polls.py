"""Polls in the room. The only writer of Poll and PollVote."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.text import Localised
from people import audit
from people.models import User
from webinars.models import Poll, PollVote, Webinar
from webinars.room import doorbell, log
from webinars.room.log import Audience

LETTERS = "abcdefgh"


@transaction.atomic
def draft(webinar: Webinar, by: User, question: Localised, options: Sequence[Localised]) -> Poll:
    """Write a poll that only the hosts see until it opens."""
    if not 2 <= len(options) <= len(LETTERS):
        raise ValidationError(_("A poll has two to eight answers."), code="options")
    room = log.locked(webinar.pk)
    poll = Poll.objects.create(
        webinar=room,
        question=question,
        options=[
            {"id": letter, "text": text} for letter, text in zip(LETTERS, options, strict=False)
        ],
    )
    log.append(room, "poll", poll.pk, audience=Audience.STAFF)
    audit.note(by, "room.poll-written", poll, webinar=room.pk)
    return poll


@transaction.atomic
def open_to_votes(poll: Poll, by: User, now: datetime | None = None) -> None:
    """Ask everybody. Safe to repeat; a closed poll stays closed."""
    room, poll = _held(poll)
    if poll.state == Poll.State.CLOSED:
        raise ValidationError(_("This poll was closed. Write a new one."), code="closed")
    if room.state == Webinar.State.ENDED:
        raise ValidationError(_("This session is over."), code="over")
    if poll.state == Poll.State.DRAFT:
        poll.state, poll.opened_at = Poll.State.OPEN, now or timezone.now()
        poll.save(update_fields=["state", "opened_at"])
        log.append(room, "poll", poll.pk, by=by.pk)
        audit.note(by, "room.poll-opened", poll, webinar=room.pk)


@transaction.atomic
def close(poll: Poll, by: User, now: datetime | None = None) -> None:
    """Take no more votes and show the result to everybody. Safe to repeat."""
    room, poll = _held(poll)
    if poll.state == Poll.State.DRAFT:
        raise ValidationError(_("This poll is not open."), code="draft")
    if poll.state == Poll.State.OPEN:
        poll.state, poll.closed_at = Poll.State.CLOSED, now or timezone.now()
        poll.save(update_fields=["state", "closed_at"])
        log.append(room, "poll", poll.pk, by=by.pk)
        audit.note(by, "room.poll-closed", poll, webinar=room.pk)


@transaction.atomic
def vote(poll: Poll, person: User, option: str) -> None:
    """Answer the poll, once. The same answer again is no error; another one is refused.

    Who votes waits for the poll's row, not the room's: closing takes the same lock, so no vote
    comes in after the result was shown.
    """
    poll = Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    if option not in {choice["id"] for choice in poll.options}:
        raise ValidationError(_("Choose one of the answers."), code="option")
    given = PollVote.objects.filter(poll=poll, person=person).first()
    if given is None and poll.state != Poll.State.OPEN:
        raise ValidationError(_("This poll takes no more answers."), code="closed")
    if given is not None and given.option != option:
        raise ValidationError(_("You answered this poll already."), code="voted")
    if given is None:
        PollVote.objects.create(poll=poll, person=person, option=option)
        ring = partial(doorbell.ring, poll.webinar_id, "tally")
        transaction.on_commit(ring, robust=True)


def _held(poll: Poll) -> tuple[Webinar, Poll]:
    """The room's lock, then the poll's, and both as they stand under them."""
    room = log.locked(poll.webinar_id)
    return room, Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
