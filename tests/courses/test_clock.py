"""Timed quizzes: the server holds the clock, and some people have more time."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import assessment, clock
from courses.clock_rules import GRACE, over, time_for
from courses.models import Answer, Attempt, Completion, Evidence, ExtraTime
from courses.publishing import publish
from people.models import AuditEntry
from tests.courses.pages import lesson_url, lessons_of, send
from tests.factories import enrolled, make_draft, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("limit", "percent", "minutes", "seconds"),
    [
        (0, 100, 10, None),
        (-5, 0, 0, None),
        (20, 0, 0, 1200),
        (20, 50, 0, 1800),
        (20, 0, 5, 1500),
        (20, 25, 5, 1800),
        (1, 33, 0, 80),  # 79.8: rounded up
    ],
)
def test_time_is_the_limit_and_what_a_person_has_more(limit, percent, minutes, seconds):
    time = time_for(limit, percent, minutes)
    assert (time.total_seconds() if time else None) == seconds


def timed(person, *, limit=20, **settings):
    """An enrolment in a course of one timed quiz, and the quiz."""
    draft = make_draft(lessons=["quiz"])
    row = draft.modules.get().lessons.get()
    row.settings = {"pass_percent": 50, "attempts": 0, "time_limit": limit, **settings}
    row.save()
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    return enrolment, lessons_of(enrolment)[0]


@pytest.fixture
def quiz(person):
    return timed(person)


@pytest.fixture
def trainer(db):
    return make_person(name="Rosa Delgado", may_author=True)


def right(lesson):
    return {question.uuid: ["a"] for question in lesson.questions}


def test_a_try_knows_from_its_start_when_it_ends(quiz):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)

    assert attempt.closes_at - attempt.started_at == 20 * MINUTE
    assert assessment.start(enrolment, lesson) == attempt
    untimed, page = timed(enrolment.person, limit=0)
    assert assessment.start(untimed, page).closes_at is None


def test_a_late_answer_is_refused_and_what_was_saved_is_kept_and_counts(quiz):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)
    first, second = lesson.questions
    assessment.save(attempt, {first.uuid: ["a"]}, now=attempt.closes_at + GRACE / 2)

    with pytest.raises(ValidationError) as refused:
        assessment.save(attempt, {second.uuid: ["a"]}, now=attempt.closes_at + GRACE)
    assert refused.value.code == "late"

    said = assessment.send_what_is_over(attempt.closes_at + GRACE)
    attempt.refresh_from_db()
    assert said == "1 tries sent whose time was over"
    assert (attempt.percent, attempt.passed, attempt.closed_by_clock) == (50, True, True)
    assert attempt.submitted_at == attempt.closes_at
    assert Evidence.objects.get().occurred_at == attempt.closes_at
    assert Completion.objects.count() == 1


def test_the_tick_sends_once_and_leaves_alone_what_has_time(quiz, person):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)
    other, page = timed(person)
    assessment.start(other, page)
    Attempt.objects.filter(enrolment=other).update(closes_at=attempt.closes_at + MINUTE)

    moment = attempt.closes_at + GRACE
    assert assessment.send_what_is_over(moment - timedelta(microseconds=1)).startswith("0 ")
    assert assessment.send_what_is_over(moment).startswith("1 ")
    assert assessment.send_what_is_over(moment).startswith("0 ")
    assert Attempt.objects.open().get().enrolment == other


def test_extra_time_is_frozen_into_the_next_try(quiz, trainer):
    enrolment, lesson = quiz
    clock.grant(enrolment.course, enrolment.person, by=trainer, percent=50, minutes=2, reason="a")

    attempt = assessment.start(enrolment, lesson)

    assert attempt.closes_at - attempt.started_at == 32 * MINUTE
    clock.grant(enrolment.course, enrolment.person, by=trainer, percent=0, minutes=0, reason="b")
    attempt.refresh_from_db()
    assert attempt.closes_at - attempt.started_at == 32 * MINUTE  # never earlier
    assessment.submit(attempt)
    next_one = assessment.start(enrolment, lesson)
    assert next_one.closes_at - next_one.started_at == 20 * MINUTE


def test_a_running_try_ends_later_at_once(quiz, trainer):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)
    terms = {"by": trainer, "percent": 100, "minutes": 0, "reason": "agreed accommodation"}

    first = clock.grant(enrolment.course, enrolment.person, **terms)
    again = clock.grant(enrolment.course, enrolment.person, **terms)

    attempt.refresh_from_db()
    assert attempt.closes_at - attempt.started_at == 40 * MINUTE
    assert (first.moved, again.moved) == (1, 0)
    assert ExtraTime.objects.count() == 1
    entry = AuditEntry.objects.get(verb="quiz.extra-time")
    assert (entry.actor, entry.details["percent"]) == (trainer, 100)
    assert "reason" not in entry.details  # it may say more than others may read


def test_nobody_has_time_of_their_own_making_and_strangers_have_none(quiz, trainer):
    enrolment, _lesson = quiz
    terms = {"percent": 50, "minutes": 0, "reason": "a"}
    with pytest.raises(ValidationError) as own:
        clock.grant(enrolment.course, trainer, by=trainer, **terms)
    with pytest.raises(ValidationError) as stranger:
        clock.grant(enrolment.course, make_person(), by=trainer, **terms)
    assert (own.value.code, stranger.value.code) == ("own", "stranger")
    assert ExtraTime.objects.count() == 0


def test_extra_time_is_a_record(quiz, trainer):
    enrolment, _lesson = quiz
    clock.grant(enrolment.course, enrolment.person, by=trainer, percent=1, minutes=0, reason="a")
    for act in (
        lambda: ExtraTime.objects.update(percent=2),
        lambda: ExtraTime.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


# --- the pages


def test_the_page_tells_when_time_ends_with_and_without_javascript(quiz, signed_in):
    enrolment, lesson = quiz
    before = signed_in.get(lesson_url(enrolment, lesson)).content.decode()
    assert "You have 20 minutes for one try" in before
    attempt = assessment.start(enrolment, lesson)

    html = signed_in.get(lesson_url(enrolment, lesson)).content.decode()

    assert "Your time ends at" in html
    assert '<gw-clock seconds="' in html
    seconds = int(html.partition('<gw-clock seconds="')[2].partition('"')[0])
    assert 0 < seconds <= 1200
    assert attempt.closes_at is not None


def finish_time(attempt, *, ago=MINUTE):
    Attempt.objects.filter(pk=attempt.pk).update(closes_at=timezone.now() - ago)


@pytest.mark.parametrize("act", ["answer", "save", "submit"])
def test_whoever_comes_late_finds_what_was_saved_sent(act, quiz, signed_in, htmx):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)
    first, second = lesson.questions
    assessment.save(attempt, {first.uuid: ["a"]})
    finish_time(attempt)
    page = signed_in.get(lesson_url(enrolment, lesson)).content.decode()
    assert "Your time for this try is over" in page
    assert "gw-question" not in page

    rest = [second.uuid] if act == "answer" else []
    sent = signed_in.post(
        lesson_url(enrolment, lesson, act, *rest),
        {"attempt": attempt.uuid, f"q-{second.uuid}": "a"},
    )

    result = lesson_url(enrolment, lesson, "result", 1)
    assert (sent.status_code, sent["Location"]) == (303, result)
    attempt.refresh_from_db()
    assert (attempt.percent, attempt.closed_by_clock) == (50, True)
    assert Answer.objects.filter(attempt=attempt).count() == 1
    assert "Your time was over" in signed_in.get(result).content.decode()


def test_the_pages_own_clock_sends_without_asking_about_gaps(quiz, signed_in):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)
    finish_time(attempt, ago=timedelta(seconds=1))
    first = lesson.questions[0]

    sent = send(signed_in, enrolment, lesson, attempt, {first.uuid: ["a"]}, clock="yes")

    assert sent.status_code == 303
    attempt.refresh_from_db()
    assert (attempt.percent, attempt.closed_by_clock) == (50, False)  # it came in time


def test_the_pages_own_clock_does_not_know_of_extra_time_and_ends_nothing(quiz, signed_in):
    enrolment, lesson = quiz
    attempt = assessment.start(enrolment, lesson)

    sent = send(signed_in, enrolment, lesson, attempt, right(lesson), clock="yes")

    attempt.refresh_from_db()
    assert attempt.submitted_at is None
    assert Answer.objects.filter(attempt=attempt).count() == 2
    assert sent["Location"] == lesson_url(enrolment, lesson)
    assert "You have more time now" in signed_in.get(sent["Location"]).content.decode()


# --- races


@pytest.mark.django_db(transaction=True)
def test_an_answer_at_the_deadline_is_marked_or_refused_and_the_clock_sends_once():
    """Without the lock in `assessment.save` an answer slips in behind the marking: it is there and
    has no points. Without compare-and-set in `submit` the second tick marks again."""
    person = make_person()
    for _round in range(4):
        enrolment, lesson = timed(person)
        attempt = assessment.start(enrolment, lesson)
        question, moment = lesson.questions[0].uuid, attempt.closes_at + GRACE

        def answer(pk=attempt.pk, question=question, now=moment - timedelta(seconds=1)):
            return assessment.save(Attempt.objects.get(pk=pk), {question: ["a"]}, now=now)

        def tick(now=moment):
            return assessment.send_what_is_over(now)

        answered, *ticks = at_once(answer, tick, tick)

        attempt.refresh_from_db()
        row = Answer.objects.filter(attempt=attempt).first()
        assert sorted(ticks) == [f"{n} tries sent whose time was over" for n in (0, 1)]
        assert Evidence.objects.filter(enrolment=enrolment).count() == (row is not None)
        if isinstance(answered, ValidationError):
            assert (row, attempt.percent) == (None, 0)
        else:
            assert (answered, row.value, attempt.percent) == ({}, "a", 50)
            assert row.points == 1


@pytest.mark.django_db(transaction=True)
def test_extra_time_that_meets_the_end_moves_it_or_comes_too_late():
    """Without the second look in `_send_over` a try is sent that has got more time meanwhile."""
    person, trainer = make_person(), make_person(may_author=True)
    for _round in range(4):
        enrolment, lesson = timed(person)
        attempt = assessment.start(enrolment, lesson)
        moment = attempt.closes_at + GRACE

        def give(course=enrolment.course):
            return clock.grant(course, person, by=trainer, percent=100, minutes=0, reason="a")

        given, _said = at_once(give, lambda now=moment: assessment.send_what_is_over(now))

        attempt.refresh_from_db()
        assert given.moved == (attempt.submitted_at is None)
        assert attempt.closed_by_clock == (attempt.submitted_at is not None)
        assert over(attempt.closes_at, moment) == attempt.closed_by_clock
