"""What must come out right when two requests meet: real threads, each with its own connection."""

import uuid
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from tests.factories import make_person
from tests.races import at_once
from tests.webinars.room import factories as make
from webinars.models import (
    LiveWindow,
    PollVote,
    QuestionVote,
    RoomEvent,
    RoomQuestion,
    Webinar,
)
from webinars.room import polls, questions, stage

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def test_two_hosts_go_live_at_once_and_it_happens_once():
    for _ in range(ROUNDS):
        room = make.make_room(live=False)
        host = make.host_of(room)

        outcomes = at_once(*[partial(stage.go_live, room, host)] * 2)

        assert outcomes == [None, None]
        assert LiveWindow.objects.filter(webinar=room).count() == 1
        assert RoomEvent.objects.filter(webinar=room, kind="state").count() == 1


def test_a_break_and_an_end_at_once_leave_no_window_open():
    for _ in range(ROUNDS):
        room = make.make_room()
        host = make.host_of(room)

        took_break, ended = at_once(
            partial(stage.take_break, room, host), partial(stage.end, room, host)
        )

        room.refresh_from_db()
        assert ended is None
        assert took_break is None or isinstance(took_break, ValidationError)
        assert room.state == Webinar.State.ENDED
        assert not room.windows.filter(closed_at__isnull=True).exists()


def test_one_vote_from_twenty_presses():
    room = make.make_room()
    question, person = make.ask(room, shown=True), make.make_guest(room)

    outcomes = at_once(*[lambda: questions.vote(question, person, wanted=True)] * 20)

    assert set(outcomes) == {None}
    assert QuestionVote.objects.filter(question=question).count() == 1


def test_one_poll_answer_from_twenty_presses():
    room = make.make_room()
    poll, person = make.make_poll(room), make.make_guest(room)

    outcomes = at_once(
        *[lambda: polls.vote(poll, person, ["a"])] * 10,
        *[lambda: polls.vote(poll, person, ["b"])] * 10,
    )

    kept = PollVote.objects.get(poll=poll).choices[0]
    assert outcomes.count(None) == 10
    assert all(isinstance(o, ValidationError) for o in outcomes if o is not None)
    assert (outcomes[0] is None) == (kept == "a")


def test_no_vote_comes_in_after_the_result():
    for _ in range(ROUNDS):
        room = make.make_room()
        poll, people = make.make_poll(room), [make_person() for _ in range(6)]

        outcomes = at_once(
            *[partial(polls.vote, poll, person, ["a"]) for person in people],
            partial(close_and_count, poll),
        )

        assert PollVote.objects.filter(poll=poll).count() == outcomes[-1]


def test_the_tally_counts_thirty_answers_that_come_at_once():
    room = make.make_room()
    poll, people = make.make_poll(room), [make_person() for _ in range(30)]

    at_once(*[partial(polls.vote, poll, p, ["ab"[n % 2]]) for n, p in enumerate(people)])

    poll.refresh_from_db()
    assert (poll.answered, poll.tally) == (30, {"a": 15, "b": 15})


def test_no_answer_comes_in_after_the_end():
    for _ in range(ROUNDS):
        room = make.make_room()
        poll, people = make.make_poll(room), [make_person() for _ in range(6)]

        at_once(
            *[partial(polls.vote, poll, person, ["a"]) for person in people],
            partial(stage.end, room, make.host_of(room)),
        )

        poll.refresh_from_db()
        assert poll.state == "closed"
        assert poll.tally.get("a", 0) == PollVote.objects.filter(poll=poll).count()


def close_and_count(poll):
    polls.close(poll, make.host_of(poll.webinar))
    return PollVote.objects.filter(poll=poll).count()


def test_thirty_questions_at_once_are_numbered_without_gaps():
    room = make.make_room(live=False)
    people = [make.make_guest(room) for _ in range(30)]

    def ask(person):
        return questions.ask(room, person, "Why?", key=uuid.uuid4())

    outcomes = at_once(*[lambda person=person: ask(person) for person in people])

    assert all(isinstance(outcome, RoomQuestion) for outcome in outcomes)
    numbers = RoomEvent.objects.filter(webinar=room).values_list("seq", flat=True)
    assert list(numbers) == list(range(1, 31))
    room.refresh_from_db()
    assert room.room_seq == 30


def test_one_question_sent_from_ten_presses_is_asked_once():
    room = make.make_room(live=False)
    person, key = make.make_guest(room), uuid.uuid4()

    outcomes = at_once(*[lambda: questions.ask(room, person, "Why?", key=key)] * 10)

    assert len({question.pk for question in outcomes}) == 1
    assert RoomEvent.objects.filter(webinar=room).count() == 1
