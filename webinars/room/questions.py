"""Questions in the room: asked by people, let through by moderators, voted up by everybody.

The only writer of RoomQuestion and QuestionVote. A question that is waiting or was not let through
is known to its author and the moderators alone; so are the events about it.
"""

import uuid
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars.models import QuestionVote, RoomQuestion, RoomSetup, Webinar
from webinars.room import doorbell, log
from webinars.room.log import Audience

State = RoomQuestion.State
PUBLIC = {State.APPROVED, State.ANSWERED}
MOST, WITHIN = 3, timedelta(minutes=1)  # questions of one person


@transaction.atomic
def ask(
    webinar: Webinar,
    author: User,
    text: str,
    *,
    key: uuid.UUID,
    anonymous: bool = False,
    now: datetime | None = None,
) -> RoomQuestion:
    """Put a question to the moderators. The same `key` again is the same question."""
    now = now or timezone.now()
    room = log.locked(webinar.pk)
    if asked := RoomQuestion.objects.filter(webinar=room, author=author, key=key).first():
        return asked
    if room.state == Webinar.State.ENDED or room.cancelled_at is not None:
        raise ValidationError(_("This session is over. It takes no more questions."), code="over")
    lately = RoomQuestion.objects.filter(webinar=room, author=author, asked_at__gt=now - WITHIN)
    if lately.count() >= MOST:
        raise ValidationError(
            _("You asked several questions just now. Please wait a minute before the next one."),
            code="slow",
        )
    question = RoomQuestion.objects.create(
        webinar=room,
        author=author,
        key=key,
        text=text,
        anonymous=anonymous,
        named=not anonymous or RoomSetup.of(room).names_known,
        asked_at=now,
    )
    log.append(room, "question", question.pk, audience=Audience.STAFF)
    return question


def vote(question: RoomQuestion, person: User, *, wanted: bool) -> None:
    """Have this person's vote for the question, or not. Safe to repeat: one row each decides.

    Votes are counted in ticks and never logged, so they wait for no lock.
    """
    if question.state != State.APPROVED:
        raise ValidationError(_("This question takes no more votes."), code="closed")
    if wanted:
        mine = QuestionVote(question=question, person=person)
        QuestionVote.objects.bulk_create([mine], ignore_conflicts=True)
    else:
        QuestionVote.objects.filter(question=question, person=person).delete()
    ring = partial(doorbell.ring, question.webinar_id, "tally")
    transaction.on_commit(ring, robust=True)


@transaction.atomic
def withdraw(question: RoomQuestion, author: User) -> None:
    """The author takes it back, as long as it has no answer. Safe to repeat."""
    room, question = _at_rest(question)
    if question.author_id != author.pk:
        raise ValueError(f"{question!r} is not by {author!r}")
    if question.state == State.ANSWERED:
        raise ValidationError(_("This question was answered already."), code="answered")
    if question.state in {State.WAITING, State.APPROVED}:
        _move(room, question, State.WITHDRAWN)


@transaction.atomic
def approve(question: RoomQuestion, by: User) -> None:
    """Show it to everybody; also one that was not let through before. Safe to repeat."""
    room, question = _at_rest(question)
    _not_withdrawn(question)
    if question.state in {State.WAITING, State.DISMISSED}:
        _move(room, question, State.APPROVED, by)
        audit.note(by, "room.question-approved", question, webinar=room.pk)


@transaction.atomic
def dismiss(question: RoomQuestion, by: User) -> None:
    """Do not show it, or no longer. Safe to repeat."""
    room, question = _at_rest(question)
    _not_withdrawn(question)
    if question.state == State.ANSWERED:
        raise ValidationError(_("This question was answered already."), code="answered")
    if question.state != State.DISMISSED:
        _move(room, question, State.DISMISSED, by)
        audit.note(by, "room.question-dismissed", question, webinar=room.pk)


@transaction.atomic
def answer(question: RoomQuestion, by: User, text: str) -> None:
    """Mark it as answered: in words here, or aloud (no text). It is shown to everybody."""
    room, question = _at_rest(question)
    _not_withdrawn(question)
    if question.state == State.DISMISSED:
        raise ValidationError(_("This question was taken down. Show it again first."), code="down")
    if (question.state, question.answer) == (State.ANSWERED, text):
        return
    question.answer = text
    _move(room, question, State.ANSWERED, by)
    audit.note(by, "room.question-answered", question, webinar=room.pk, text=text)


@transaction.atomic
def answered_live(question: RoomQuestion, by: User) -> None:
    """It was answered aloud. Safe to repeat, and an answer in writing that came first stays."""
    _room, question = _at_rest(question)
    if question.state == State.ANSWERED:
        return
    if question.state != State.APPROVED:
        raise ValidationError(_("This question is not shown any more."), code="hidden")
    answer(question, by, "")


@transaction.atomic
def pin(question: RoomQuestion, by: User, *, wanted: bool, now: datetime | None = None) -> None:
    """Keep it above the others, or no longer. Safe to repeat."""
    room, question = _at_rest(question)
    if (question.pinned_at is not None) == wanted:
        return
    if wanted and question.state not in PUBLIC:
        raise ValidationError(_("Show the question first."), code="hidden")
    question.pinned_at = (now or timezone.now()) if wanted else None
    question.save(update_fields=["pinned_at"])
    seen = Audience.ALL if question.state in PUBLIC else Audience.STAFF
    log.append(room, "question", question.pk, audience=seen, pinned=wanted, by=by.pk)
    verb = "room.question-pinned" if wanted else "room.question-unpinned"
    audit.note(by, verb, question, webinar=room.pk)


@transaction.atomic
def merge(question: RoomQuestion, into: RoomQuestion, by: User) -> None:
    """They ask the same: `into` stays and gets the votes of both, each person's once. The author
    of the other counts as a vote. Safe to repeat."""
    room, question = _at_rest(question)
    into = RoomQuestion.objects.get(pk=into.pk)
    if question.merged_into_id == into.pk:
        return
    for each in (question, into):
        _not_withdrawn(each)
    standing = {State.WAITING, State.APPROVED}
    if (
        question.state not in standing
        or into.state not in standing | {State.ANSWERED}
        or question.pk == into.pk
        or into.webinar_id != question.webinar_id
    ):
        raise ValidationError(_("These two questions cannot be joined now."), code="state")
    voters = set(question.votes.values_list("person", flat=True)) | {question.author_id}
    QuestionVote.objects.bulk_create(
        [QuestionVote(question=into, person_id=person) for person in sorted(voters)],
        ignore_conflicts=True,
    )
    question.merged.update(merged_into=into)
    question.merged_into = into
    question.pinned_at = None
    question.save(update_fields=["merged_into", "pinned_at"])
    _move(room, question, State.MERGED, by)
    seen = Audience.ALL if into.state in PUBLIC else Audience.STAFF
    log.append(room, "question", into.pk, audience=seen, joined=question.pk, by=by.pk)
    audit.note(by, "room.question-merged", question, webinar=room.pk, into=into.pk)
    transaction.on_commit(partial(doorbell.ring, room.pk, "tally"), robust=True)


def _at_rest(question: RoomQuestion) -> tuple[Webinar, RoomQuestion]:
    """The room's lock, and the question as it stands under it."""
    room = log.locked(question.webinar_id)
    return room, RoomQuestion.objects.get(pk=question.pk)


def _not_withdrawn(question: RoomQuestion) -> None:
    if question.state == State.WITHDRAWN:
        raise ValidationError(_("Its author took this question back."), code="withdrawn")
    if question.state == State.MERGED:
        raise ValidationError(_("This question was joined with another one."), code="merged")


def _move(room: Webinar, question: RoomQuestion, to: str, by: User | None = None) -> None:
    was, question.state = question.state, to
    if to not in PUBLIC:
        question.pinned_at = None
    question.save(update_fields=["state", "answer", "pinned_at"])
    seen = was in PUBLIC or to in PUBLIC
    log.append(
        room,
        "question",
        question.pk,
        audience=Audience.ALL if seen else Audience.STAFF,
        was=was,
        now=to,
        by=by.pk if by else None,
    )
