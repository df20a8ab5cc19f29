"""What each act in a room does to its rows, its log and the audit."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from lms.models import OutboxEntry
from people.models import AuditEntry
from tests.factories import both, make_person
from tests.webinars.room import factories as make
from webinars.models import ChatMessage, PollVote, QuestionVote, RoomEvent, RoomQuestion, Webinar
from webinars.room import chat, doorbell, log, polls, questions, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make.make_room()


def events(room, kind=None):
    rows = RoomEvent.objects.filter(webinar=room)
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows.values_list("kind", "about", "audience"))


def audited():
    entries = AuditEntry.objects.filter(verb__startswith="room.").order_by("pk")
    return list(entries.values_list("verb", flat=True))


def test_an_event_takes_the_next_number_and_rings_after_commit(
    room, django_capture_on_commit_callbacks, monkeypatch
):
    rung = []
    monkeypatch.setattr(doorbell, "ring", lambda *args: rung.append(args))
    before = room.room_seq

    with django_capture_on_commit_callbacks(execute=True):
        make.say(room)
        assert rung == []

    room.refresh_from_db()
    assert room.room_seq == before + 1
    assert rung == [(room.pk,)]


def test_a_change_that_is_rolled_back_leaves_no_number(room):
    with transaction.atomic():
        make.say(room)
        transaction.set_rollback(True)

    before = room.room_seq
    room.refresh_from_db()
    assert room.room_seq == before
    assert ChatMessage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_log_is_only_written_in_a_transaction():
    room = make.make_room()

    with pytest.raises(ValueError, match="transaction"):
        log.append(room, "state")
    assert not connection.in_atomic_block


def test_the_log_refuses_to_be_changed(room):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoomEvent.objects.filter(webinar=room).update(seq=99)


def test_a_question_waits_for_a_moderator_unseen_by_others(room):
    question = make.ask(room)

    assert question.state == RoomQuestion.State.WAITING
    assert events(room, "question") == [("question", question.pk, "staff")]


def test_the_same_question_sent_twice_is_asked_once(room):
    person, key = make.make_guest(room), uuid.uuid4()

    first = questions.ask(room, person, "Why?", key=key)
    again = questions.ask(room, person, "Why?", key=key)

    assert first == again
    assert len(events(room, "question")) == 1


def test_somebody_who_asks_a_lot_has_to_wait(room):
    person, now = make.make_guest(room), timezone.now()
    for _ in range(questions.MOST):
        make.ask(room, person, now=now)

    with pytest.raises(ValidationError, match="wait"):
        make.ask(room, person, now=now + timedelta(seconds=59))
    make.ask(room)
    make.ask(room, person, now=now + timedelta(seconds=61))


def test_an_approved_question_is_shown_to_all_and_audited(room):
    question = make.ask(room, shown=True)
    questions.approve(question, make.host_of(room))

    assert question.state == RoomQuestion.State.APPROVED
    assert events(room, "question")[1:] == [("question", question.pk, "all")]
    assert audited().count("room.question-approved") == 1


def test_a_question_is_dismissed_quietly_and_taken_down_for_all(room):
    quiet, shown = make.ask(room), make.ask(room, shown=True)
    for question in (quiet, shown, shown):
        questions.dismiss(question, make.host_of(room))

    assert events(room, "question")[-2:] == [
        ("question", quiet.pk, "staff"),
        ("question", shown.pk, "all"),
    ]
    assert audited().count("room.question-dismissed") == 2


def test_an_answer_is_kept_with_the_question(room):
    question = make.ask(room)
    questions.answer(question, make.host_of(room), "In March.")

    question.refresh_from_db()
    assert (question.state, question.answer) == (RoomQuestion.State.ANSWERED, "In March.")
    assert audited()[-1] == "room.question-answered"


def test_an_author_takes_a_question_back_before_it_is_answered(room):
    question = make.ask(room, shown=True)
    questions.withdraw(question, question.author)
    questions.withdraw(question, question.author)

    assert events(room, "question")[-1] == ("question", question.pk, "all")
    with pytest.raises(ValidationError, match="took this question back"):
        questions.approve(question, make.host_of(room))
    answered = make.ask(room)
    questions.answer(answered, make.host_of(room), "")
    with pytest.raises(ValidationError, match="answered"):
        questions.withdraw(answered, answered.author)


def test_nobody_withdraws_for_somebody_else(room):
    with pytest.raises(ValueError, match="not by"):
        questions.withdraw(make.ask(room), make.make_guest(room))


def test_a_vote_counts_once_can_be_taken_back_and_takes_no_number(room):
    question, person = make.ask(room, shown=True), make.make_guest(room)
    room.refresh_from_db()
    before = room.room_seq

    for wanted, votes in [(True, 1), (True, 1), (False, 0), (False, 0), (True, 1)]:
        questions.vote(question, person, wanted=wanted)
        assert QuestionVote.objects.filter(question=question).count() == votes

    room.refresh_from_db()
    assert room.room_seq == before


def test_only_a_question_that_is_shown_takes_votes(room):
    with pytest.raises(ValidationError, match="no more votes"):
        questions.vote(make.ask(room), make.make_guest(room), wanted=True)


def test_a_message_goes_to_all_and_is_removed_for_all(room):
    message = make.say(room)
    for _ in range(2):
        chat.remove(message, make.host_of(room))

    message.refresh_from_db()
    assert message.removed_at is not None
    assert events(room, "message") == [("message", message.pk, "all")] * 2
    assert audited()[-1] == "room.message-removed"


def test_the_chat_is_open_to_people_while_the_session_goes_on():
    room = make.make_room(live=False)
    person, host = make.make_guest(room), make.host_of(room)

    def say():
        return chat.say(room, person, "Hello", key=uuid.uuid4())

    with pytest.raises(ValidationError, match="opens when"):
        say()
    make.say(room, host)
    stage.go_live(room, host)
    say()
    stage.take_break(room, host)
    say()
    stage.end(room, host)
    with pytest.raises(ValidationError, match="over"):
        say()
    with pytest.raises(ValidationError, match="over"):
        make.ask(room, person)


def test_somebody_who_floods_the_chat_has_to_wait(room):
    person, now = make.make_guest(room), timezone.now()

    def say(at):
        return chat.say(room, person, "Hello", key=uuid.uuid4(), now=at)

    for _ in range(chat.MOST):
        say(now)
    with pytest.raises(ValidationError, match="wait"):
        say(now + timedelta(seconds=29))
    say(now + timedelta(seconds=31))


def test_a_poll_is_drafted_for_moderators_opened_and_closed_for_all(room):
    poll, host = make.make_poll(room, opened=False), make.host_of(room)
    with pytest.raises(ValidationError, match="not open"):
        polls.close(poll, host)
    for verb in (polls.open_to_votes, polls.open_to_votes, polls.close, polls.close):
        verb(poll, host)

    assert events(room, "poll") == [
        ("poll", poll.pk, "staff"),
        ("poll", poll.pk, "all"),
        ("poll", poll.pk, "all"),
    ]
    assert audited()[-3:] == ["room.poll-written", "room.poll-opened", "room.poll-closed"]
    with pytest.raises(ValidationError, match="was closed"):
        polls.open_to_votes(poll, host)


@pytest.mark.parametrize("count", [1, 9])
def test_a_poll_has_two_to_eight_answers(room, count):
    with pytest.raises(ValidationError, match="two to eight"):
        polls.draft(room, make.host_of(room), both("Which?"), [both("x")] * count)


def test_a_poll_is_answered_once_and_only_while_it_is_open(room):
    poll, person = make.make_poll(room), make.make_guest(room)
    polls.vote(poll, person, ["a"])
    polls.vote(poll, person, ["a"])
    with pytest.raises(ValidationError, match="already"):
        polls.vote(poll, person, ["b"])
    with pytest.raises(ValidationError, match="one of the answers"):
        polls.vote(poll, make_person(), ["z"])
    polls.close(poll, make.host_of(room))
    with pytest.raises(ValidationError, match="no more answers"):
        polls.vote(poll, make_person(), ["a"])

    assert PollVote.objects.get().choices == ["a"]


def test_live_time_is_written_by_the_server_from_state_to_state():
    room = make.make_room(live=False)
    host, noon = make.host_of(room), timezone.now()

    def at(minutes):
        return noon + timedelta(minutes=minutes)

    stage.go_live(room, host, at(0))
    stage.go_live(room, host, at(1))
    stage.take_break(room, host, at(30))
    stage.go_live(room, host, at(40))
    stage.end(room, host, at(60))
    stage.end(room, host, at(61))

    room.refresh_from_db()
    windows = room.windows.values_list("opened_at", "closed_at")
    assert list(windows) == [(at(0), at(30)), (at(40), at(60))]
    assert (room.state, room.ended_at) == (Webinar.State.ENDED, at(60))
    assert [kind for kind, _, _ in events(room)] == ["state"] * 4
    assert audited() == ["room.live", "room.break", "room.live", "room.ended"]
    assert OutboxEntry.objects.filter(kind="webinars.settle").count() == 1


@pytest.mark.parametrize(
    ("lead", "verb"),
    [
        ([], stage.take_break),
        ([], stage.end),
        ([stage.go_live, stage.end], stage.go_live),
        ([stage.go_live, stage.end], stage.take_break),
    ],
)
def test_an_act_that_does_not_fit_the_state_is_refused_in_words(lead, verb):
    room = make.make_room(live=False)
    for step in lead:
        step(room, make.host_of(room))

    with pytest.raises(ValidationError, match="not possible now"):
        verb(room, make.host_of(room))


@pytest.mark.parametrize("field", ["published_at", "cancelled_at"])
def test_only_a_published_session_goes_live(field):
    room = make.make_room(live=False)
    Webinar.objects.filter(pk=room.pk).update(
        **{field: None if field == "published_at" else timezone.now()}
    )

    with pytest.raises(ValidationError, match="published"):
        stage.go_live(room, make.host_of(room))
