"""What must come out right when two requests meet: real threads, each with its own connection."""

from threading import Event
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from courses import assessment, reviewing
from courses.enrolling import enrol
from courses.models import Answer, Attempt, AttemptReview, Completion, Enrolment, Evidence
from courses.models.course import document_of
from courses.publishing import publish
from tests.courses.pages import lessons_of
from tests.factories import (
    enrolled,
    items_of,
    make_course,
    make_draft,
    make_lesson,
    make_person,
)
from tests.races import at_once, during

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


@pytest.fixture
def person(transactional_db):
    return make_person()


def test_two_submits_at_once_give_one_result(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=["quiz"]))
        lesson = lessons_of(enrolment)[0]
        attempt = assessment.start(enrolment, lesson)
        assessment.save(attempt, {question.uuid: ["a"] for question in lesson.questions})

        def submit(pk=attempt.pk):
            return assessment.submit(Attempt.objects.get(pk=pk))

        one, two = at_once(submit, submit)

        assert one.submitted_at == two.submitted_at
        assert (one.percent, two.percent) == (100, 100)
        assert Evidence.objects.filter(enrolment=enrolment).count() == 1
        assert Completion.objects.filter(enrolment=enrolment).count() == 1


def test_two_last_pieces_at_once_complete_the_course_once(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=2))

        def finish(item, pk=enrolment.pk):
            return Enrolment.objects.get(pk=pk).record("finished", item, source="test")

        outcomes = at_once(*(lambda item=item: finish(item) for item in items_of(enrolment)))

        assert sorted(status.complete for status in outcomes) == [False, True]
        completion = Completion.objects.get(enrolment=enrolment)
        assert len(completion.evidence_ids) == 2


def test_a_quiz_and_a_lesson_that_end_together_complete_the_course_once(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=["page", "quiz"]))
        page, quiz = lessons_of(enrolment)
        attempt = assessment.start(enrolment, quiz)
        assessment.save(attempt, {question.uuid: ["a"] for question in quiz.questions})

        def finish(pk=enrolment.pk, item=page.uuid):
            return Enrolment.objects.get(pk=pk).record("finished", item, source="test")

        def submit(pk=attempt.pk):
            return assessment.submit(Attempt.objects.get(pk=pk))

        outcomes = at_once(finish, submit)

        assert not [error for error in outcomes if isinstance(error, Exception)]
        assert Completion.objects.filter(enrolment=enrolment).count() == 1


def test_an_answer_that_meets_the_submit_is_marked_or_refused_never_lost_between(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=["quiz"]))
        lesson = lessons_of(enrolment)[0]
        attempt = assessment.start(enrolment, lesson)
        question = lesson.questions[0].uuid

        def answer(pk=attempt.pk, question=question):
            return assessment.save(Attempt.objects.get(pk=pk), {question: ["a"]})

        def submit(pk=attempt.pk):
            return assessment.submit(Attempt.objects.get(pk=pk))

        answered, _submitted = at_once(answer, submit)

        attempt.refresh_from_db()
        row = Answer.objects.filter(attempt=attempt).first()
        if isinstance(answered, ValidationError):
            assert (row, attempt.percent) == (None, 0)
        else:
            assert answered == {}
            assert (row.value, attempt.percent) == ("a", 50)


def test_two_starts_at_once_begin_one_attempt(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=["quiz"]))
        lesson = lessons_of(enrolment)[0]

        one, two = at_once(*[lambda: assessment.start(enrolment, lesson, number=1)] * 2)  # noqa: B023

        assert one == two
        assert Attempt.objects.filter(enrolment=enrolment).count() == 1


def test_two_savings_of_one_answer_at_once_keep_one(person):
    enrolment = enrolled(person, make_course(lessons=["quiz"]))
    lesson = lessons_of(enrolment)[0]
    attempt = assessment.start(enrolment, lesson)
    question = lesson.questions[0].uuid

    at_once(*(lambda v=v: assessment.save(attempt, {question: [v]}) for v in "abc"))

    assert Answer.objects.get().value in "abc"


def test_two_enrolments_at_once_are_one(person):
    course = make_course()

    one, two = at_once(lambda: enrol(person, course), lambda: enrol(person, course))

    assert one == two
    assert Enrolment.objects.count() == 1


def test_a_publication_leaves_alone_whoever_completes_at_that_moment(person):
    draft = make_draft(lessons=1)
    before = publish(draft, by=None, policy="update")
    enrolment = enrolled(person, before.course)
    make_lesson(draft.modules.get())
    recorded = Event()

    def complete():
        with transaction.atomic():
            enrolment.record("finished", items_of(enrolment)[0], source="test")
            recorded.set()
            sleep(0.5)  # long enough for the publication to come and wait

    def correct():
        recorded.wait(30)
        return publish(draft, by=None, policy="correction")

    outcomes = at_once(complete, correct)

    assert not [error for error in outcomes if isinstance(error, Exception)]
    assert Enrolment.objects.get().version == before
    assert Completion.objects.get().version == before


def test_versions_are_read_by_many_threads(person):
    ids = [make_course().current_id for _ in range(8)]
    document_of.cache_clear()

    outcomes = at_once(*[lambda: document_of.many(ids)] * 4)

    assert all(set(outcome) == set(ids) for outcome in outcomes)


def test_two_readers_at_once_give_points_once(person):
    for _ in range(ROUNDS):
        draft = make_draft(lessons=["quiz"])
        lesson = draft.modules.get().lessons.get()
        lesson.questions.all().delete()
        lesson.questions.create(kind="essay", body={"prompt": {"en": "Tell."}}, points=2)
        enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
        lesson = lessons_of(enrolment)[0]
        attempt = assessment.start(enrolment, lesson)
        question = lesson.questions[0].uuid
        assessment.save(attempt, {question: ["A story"]})
        assessment.submit(attempt)

        def review(points, pk=attempt.pk, question=question):
            reader = make_person(may_author=True)
            return reviewing.review(
                Attempt.objects.get(pk=pk), reader, {question: reviewing.Mark(points)}
            )

        outcomes = at_once(lambda: review(0), lambda: review(2))

        refused = [each for each in outcomes if isinstance(each, ValidationError)]
        (stands,) = [each for each in outcomes if isinstance(each, AttemptReview)]
        assert [each.code for each in refused] == ["reviewed"]
        attempt.refresh_from_db()
        assert attempt.percent == (100 if stands.marks[question]["points"] == "2" else 0)
        assert Evidence.objects.filter(enrolment=enrolment).count() == int(attempt.passed)


def test_two_takes_at_once_give_one_reader(person):
    for _ in range(ROUNDS):
        enrolment = enrolled(person, make_course(lessons=["quiz"]))
        attempt = assessment.start(enrolment, lessons_of(enrolment)[0])
        now = timezone.now()
        Attempt.objects.filter(pk=attempt.pk).update(submitted_at=now, awaits_review_since=now)

        def take(attempt=attempt):
            return reviewing.take(attempt, make_person(may_author=True))

        assert sorted(at_once(take, take)) == [False, True]


def test_who_waits_for_another_reader_finds_it_held(person):
    """Seen to hold it twice on PostgreSQL with the question who holds it inside the subquery."""
    enrolment = enrolled(person, make_course(lessons=["quiz"]))
    attempt = assessment.start(enrolment, lessons_of(enrolment)[0])
    now = timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(submitted_at=now, awaits_review_since=now)
    first, second = (make_person(may_author=True) for _ in range(2))

    late = during(lambda: reviewing.take(attempt, first), lambda: reviewing.take(attempt, second))

    assert late is False
    attempt.refresh_from_db()
    assert attempt.held_by == first
