"""Polls in the room. The only writer of Poll and PollVote."""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
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
STEPS = 5  # of a scale
MOST_WORDS, LONGEST_WORD = 3, 30
Kind, State = Poll.Kind, Poll.State


@transaction.atomic
def draft(
    webinar: Webinar,
    by: User,
    question: Localised,
    options: Sequence[Localised] = (),
    *,
    kind: str = Kind.SINGLE,
    right: Collection[int] = (),
    key: uuid.UUID | None = None,
) -> Poll:
    """Write a poll that only the hosts see until it opens. The same `key` again is the same poll.

    `options` of a scale are the words for its two ends. `right` are the numbers, from 1, of the
    right answers.
    """
    key = key or uuid.uuid4()
    room = log.locked(webinar.pk)
    if written := Poll.objects.filter(webinar=room, key=key).first():
        return written
    choices = _choices(kind, options)
    if right and kind not in {Kind.SINGLE, Kind.MULTIPLE}:
        raise ValidationError(_("Only a poll with answers to choose has right ones."), code="right")
    if not all(1 <= number <= len(choices) for number in right):
        raise ValidationError(_("There is no answer with that number."), code="right")
    if kind == Kind.SINGLE and len(set(right)) > 1:
        raise ValidationError(
            _("Where people choose one answer, only one can be right."), code="right"
        )
    poll = Poll.objects.create(
        webinar=room,
        key=key,
        kind=kind,
        question=question,
        options=choices,
        right=[choices[number - 1]["id"] for number in sorted(set(right))],
    )
    log.append(room, "poll", poll.pk, audience=Audience.STAFF)
    audit.note(by, "room.poll-written", poll, webinar=room.pk)
    return poll


def _choices(kind: str, options: Sequence[Localised]) -> list[dict[str, object]]:
    if kind == Kind.WORDS:
        return []
    if kind == Kind.SCALE:
        if len(options) != 2:
            raise ValidationError(_("A scale needs words for its two ends."), code="options")
        ends = {1: options[0], STEPS: options[1]}
        return [{"id": str(n), "text": _step(n, ends.get(n))} for n in range(1, STEPS + 1)]
    if not 2 <= len(options) <= len(LETTERS):
        raise ValidationError(_("A poll has two to eight answers."), code="options")
    return [{"id": letter, "text": text} for letter, text in zip(LETTERS, options, strict=False)]


def _step(number: int, words: Localised | None) -> Localised:
    if words is None:
        return {"en": str(number)}
    return {language: f"{number} – {text}" for language, text in words.items()}


@transaction.atomic
def open_to_votes(poll: Poll, by: User, now: datetime | None = None) -> None:
    """Ask everybody. Safe to repeat; a closed poll stays closed."""
    room, poll = _held(poll)
    if poll.state == State.CLOSED:
        raise ValidationError(_("This poll was closed. Write a new one."), code="closed")
    _not_over(room)
    if poll.state == State.DRAFT:
        poll.state, poll.opened_at = State.OPEN, now or timezone.now()
        poll.save(update_fields=["state", "opened_at"])
        log.append(room, "poll", poll.pk, by=by.pk)
        audit.note(by, "room.poll-opened", poll, webinar=room.pk, round=poll.round)


@transaction.atomic
def close(poll: Poll, by: User, now: datetime | None = None) -> None:
    """Take no more votes and show the result to everybody. Safe to repeat."""
    room, poll = _held(poll)
    if poll.state == State.DRAFT:
        raise ValidationError(_("This poll is not open."), code="draft")
    if poll.state == State.OPEN:
        _close(room, poll, by, now or timezone.now())


def close_all(room: Webinar, by: User | None, now: datetime) -> None:
    """The session is over, and so are its polls. `room` is what `log.locked` gave."""
    opened = Poll.objects.select_for_update(no_key=True).filter(webinar=room, state=State.OPEN)
    for poll in opened.order_by("pk"):
        _close(room, poll, by, now)


def _close(room: Webinar, poll: Poll, by: User | None, now: datetime) -> None:
    poll.state, poll.closed_at = State.CLOSED, now
    poll.save(update_fields=["state", "closed_at"])
    log.append(room, "poll", poll.pk, by=by.pk if by else None)
    audit.note(by, "room.poll-closed", poll, webinar=room.pk, round=poll.round)


@transaction.atomic
def start_over(poll: Poll, by: User, *, round_: int) -> None:
    """Take the poll back to before it was opened, without its answers; they stay for the export.

    `round_` is the round that the host saw: pressed twice it starts over once.
    """
    room, poll = _held(poll)
    _not_over(room)
    if poll.round != round_ or poll.state == State.DRAFT:
        return
    poll.state, poll.round = State.DRAFT, poll.round + 1
    poll.answered, poll.tally, poll.hidden_words = 0, {}, []
    poll.opened_at = poll.closed_at = None
    poll.save()
    log.append(room, "poll", poll.pk, by=by.pk)
    audit.note(by, "room.poll-started-over", poll, webinar=room.pk, round=poll.round)


@transaction.atomic
def hide_word(poll: Poll, by: User, word: str) -> None:
    """Take one word that people typed out of the result. Safe to repeat."""
    room, poll = _held(poll)
    if word not in poll.tally or word in poll.hidden_words:
        return
    poll.hidden_words = [*poll.hidden_words, word]
    poll.save(update_fields=["hidden_words"])
    log.append(room, "poll", poll.pk, by=by.pk)
    audit.note(by, "room.word-hidden", poll, webinar=room.pk, word=word)


@transaction.atomic
def vote(poll: Poll, person: User, chosen: Sequence[str]) -> None:
    """Answer the poll, once a round. The same answer again is no error; another one is refused.

    Who votes waits for the poll's row, not the room's: closing takes the same lock, so no vote
    comes in after the result was shown, and the tally counts each answer once.
    """
    rows = Poll.objects.select_related("webinar").select_for_update(of=("self",), no_key=True)
    poll = rows.get(pk=poll.pk)
    answer = _answer(poll, chosen)
    given = PollVote.objects.filter(poll=poll, round=poll.round, person=person).first()
    if given is not None:
        if given.choices != answer:
            raise ValidationError(_("You answered this poll already."), code="voted")
        return
    if poll.state != State.OPEN or poll.webinar.state == Webinar.State.ENDED:
        raise ValidationError(_("This poll takes no more answers."), code="closed")
    PollVote.objects.create(poll=poll, round=poll.round, person=person, choices=answer)
    poll.answered += 1
    poll.tally = dict(Counter(poll.tally) + Counter(answer))
    poll.save(update_fields=["answered", "tally"])
    transaction.on_commit(partial(doorbell.ring, poll.webinar_id, "tally"), robust=True)


def _answer(poll: Poll, chosen: Sequence[str]) -> list[str]:
    """As it is stored: each choice once, in a fixed order; words in lower case."""
    if poll.kind == Kind.WORDS:
        words = {" ".join(word.replace("\0", "").casefold().split()) for word in chosen} - {""}
        if not words:
            raise ValidationError(_("Write at least one word."), code="option")
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise ValidationError(
                _("Write one to three words, each of 30 letters at most."), code="option"
            )
        return sorted(words)
    if not set(chosen) <= {choice["id"] for choice in poll.options} or not chosen:
        raise ValidationError(_("Choose one of the answers."), code="option")
    if poll.kind != Kind.MULTIPLE and len(set(chosen)) > 1:
        raise ValidationError(_("Choose only one answer."), code="option")
    return sorted(set(chosen))


def _not_over(room: Webinar) -> None:
    if room.state == Webinar.State.ENDED:
        raise ValidationError(_("This session is over."), code="over")


def _held(poll: Poll) -> tuple[Webinar, Poll]:
    """The room's lock, then the poll's, and both as they stand under them."""
    room = log.locked(poll.webinar_id)
    return room, Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)


def by_round(webinar: Webinar) -> list[tuple[Poll, int, int, Counter[str]]]:
    """For the export: every round of every poll that was answered, with how many people and what
    they chose, counted from the answers themselves. Two queries."""
    polls = list(Poll.objects.filter(webinar=webinar).order_by("pk"))
    chosen: dict[tuple[int, int], Counter[str]] = {}
    people: Counter[tuple[int, int]] = Counter()
    votes = PollVote.objects.filter(poll__webinar=webinar)
    for pk, round_, choices in votes.values_list("poll", "round", "choices").iterator():
        chosen.setdefault((pk, round_), Counter()).update(choices)
        people[pk, round_] += 1
    return [
        (poll, round_, people[poll.pk, round_], chosen.get((poll.pk, round_), Counter()))
        for poll in polls
        for round_ in range(1, poll.round + 1)
    ]
