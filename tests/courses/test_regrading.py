"""A wrong key is put right: scores go up beside the old ones, nothing ever goes down."""

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction

from courses import assessment, publishing, regrading
from courses.document import Document
from courses.models import (
    Answer,
    Attempt,
    Completion,
    Draft,
    Enrolment,
    Evidence,
    KeyCorrection,
    Regrade,
)
from courses.publishing import publish
from lms import outbox
from people.models import AuditEntry
from tests.courses.pages import count_queries, lesson_url, lessons_of
from tests.factories import both, enrolled, make_draft, make_person, single
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def trainer(db):
    return make_person(name="Rosa Delgado", may_author=True)


@pytest.fixture
def draft(db):
    """A published course of one quiz with two questions whose key says «a»; 100 % passes."""
    made = make_draft(lessons=["quiz"])
    made.modules.get().lessons.update(settings={"pass_percent": 100, "attempts": 0})
    made.refresh_from_db()
    publish(made, by=None, policy="update")
    return Draft.objects.select_related("course").get(pk=made.pk)


def sent(draft, *given, person=None):
    """A try at the quiz with these answers, sent."""
    enrolment = enrolled(person or make_person(), draft.course)
    lesson = lessons_of(enrolment)[0]
    attempt = assessment.start(enrolment, lesson)
    pairs = zip(lesson.questions, given, strict=False)
    assessment.save(attempt, {question.uuid: [each] for question, each in pairs})
    return assessment.submit(attempt)


def mended(draft, right="b", *, points=1, **body):
    """The first question, mended in the draft; returns the quiz's uuid and it as frozen."""
    lesson = draft.modules.get().lessons.get()
    first = lesson.questions.order_by("position").first()
    first.body, first.points = {**single(right=right), **body}, points
    first.save()
    quiz = Document.read(publishing.freeze(draft)).item(str(lesson.uuid))
    return quiz.uuid, quiz.questions[0]


def correct(draft, trainer, right="b", **more):
    item, question = mended(draft, right, **more)
    made = regrading.correct(draft.course, item, question, by=trainer, reason="The key was wrong.")
    while outbox.work():
        pass
    return made


def test_the_look_says_what_would_change_and_changes_nothing(draft):
    for _each in range(3):
        sent(draft, "b", "a")  # right by the new key
    sent(draft, "a", "a")  # right by the old one: keeps its pass
    sent(draft, "c", "c")

    item, question = mended(draft)
    look = regrading.preview(draft.course, item, question)

    assert look == regrading.Preview(tries=5, higher=3, newly=3, kept=1, otherwise=0)
    assert (Regrade.objects.count(), KeyCorrection.objects.count()) == (0, 0)


def test_a_person_who_passed_with_another_try_does_not_pass_newly(draft):
    person = make_person()
    sent(draft, "b", "a", person=person)
    sent(draft, "a", "a", person=person)

    look = regrading.preview(draft.course, *mended(draft))

    assert (look.higher, look.newly) == (1, 0)


def test_who_passes_by_the_new_key_completes_now_and_nobody_falls(draft, trainer):
    up, down = sent(draft, "b", "a"), sent(draft, "a", "a")
    before = Completion.objects.get()

    correct(draft, trainer)

    up.refresh_from_db()
    down.refresh_from_db()
    assert (up.percent, up.passed) == (50, False)  # as it was when it was sent
    assert (up.standing.percent, up.standing.passed) == (100, True)
    assert down.standing == down
    assert (down.percent, down.passed) == (100, True)
    new = Completion.objects.exclude(pk=before.pk).get()
    assert new.enrolment_id == up.enrolment_id
    assert new.completed_at > up.submitted_at
    evidence = Evidence.objects.get(enrolment=up.enrolment_id)
    assert (evidence.source, evidence.value["percent"]) == ("regrade", 100)
    entry = AuditEntry.objects.get(verb="question.corrected")
    assert entry.actor == trainer


def test_the_same_correction_again_and_its_promise_kept_again_change_nothing(draft, trainer):
    sent(draft, "b", "a")
    made = correct(draft, trainer)
    again = correct(draft, trainer)
    regrading._mark_anew({"correction": made.pk})

    assert again == made
    assert (Regrade.objects.count(), Evidence.objects.count()) == (1, 1)


def test_a_second_correction_adds_to_the_first_and_takes_nothing_back(draft, trainer):
    one, two = sent(draft, "b", "a"), sent(draft, "c", "a")
    correct(draft, trainer, "b")
    correct(draft, trainer, "c")
    correct(draft, trainer, "b")

    for attempt in (one, two):
        attempt.refresh_from_db()
        assert (attempt.standing.percent, attempt.standing.passed) == (100, True)
    assert [row.number for row in KeyCorrection.objects.all()] == [1, 2, 3]
    assert Regrade.objects.count() == 2


def test_points_can_be_put_right_too(draft, trainer):
    attempt = sent(draft, "a", "c")  # one of two
    correct(draft, trainer, "a", points=3)

    attempt.refresh_from_db()
    assert (attempt.percent, attempt.standing.percent) == (50, 75)
    assert (attempt.standing.points, attempt.standing.points_possible) == (3, 4)


def test_what_was_asked_in_other_words_is_left_alone(draft, trainer):
    attempt = sent(draft, "b", "a")
    item, question = mended(draft, prompt=both("Another question?"))

    assert regrading.preview(draft.course, item, question).otherwise == 1
    correct(draft, trainer, prompt=both("Another question?"))
    attempt.refresh_from_db()
    assert attempt.standing == attempt


def test_a_later_version_says_itself_what_is_right(draft, trainer):
    correct(draft, trainer, "b")
    publish(Draft.objects.get(pk=draft.pk), by=None, policy="update")
    mended(draft, "c")
    publish(Draft.objects.get(pk=draft.pk), by=None, policy="update")
    draft.course.refresh_from_db()

    assert sent(draft, "c", "a").percent == 100
    assert sent(draft, "b", "a").percent == 50


def test_a_try_sent_after_the_correction_is_marked_by_it(draft, trainer):
    correct(draft, trainer)

    attempt = sent(draft, "b", "a")

    assert (attempt.percent, attempt.passed) == (100, True)
    assert Regrade.objects.count() == 0
    assert Answer.objects.get(attempt=attempt, question=attempt.paper[0]["question"]).points == 1


def test_corrections_and_regrades_are_records(draft, trainer):
    sent(draft, "b", "a")
    correct(draft, trainer)
    for model, field in ((KeyCorrection, {"reason": "x"}), (Regrade, {"percent": 1})):
        for act in (lambda m=model, f=field: m.objects.update(**f), model.objects.all().delete):
            with pytest.raises(IntegrityError), transaction.atomic():
                act()


def test_learners_read_the_new_score_the_reason_and_the_right_answer(
    draft, trainer, signed_in, person
):
    attempt = sent(draft, "b", "a", person=person)
    correct(draft, trainer)
    enrolment, lesson = Enrolment.objects.get(person=person), None
    lesson = lessons_of(enrolment)[0]

    html = signed_in.get(lesson_url(enrolment, lesson, "result", attempt.number)).content.decode()

    assert "You passed with 100%" in html
    assert "when you sent it, it was 50%" in html
    assert "The key was wrong." in html
    assert html.count("your answer, and right") == 2
    listed = signed_in.get(lesson_url(enrolment, lesson)).content.decode()
    assert "<span>100%</span>" in listed

    page = lesson_url(enrolment, lesson, "result", attempt.number)
    before = count_queries(lambda: signed_in.get(page))
    correct(draft, trainer, points=2)
    # session, user; enrolment with course, evidence, version; tries, answers, corrections
    assert count_queries(lambda: signed_in.get(page)) == before <= 8


def test_worth_is_exact():
    from courses.document import Question

    keys = {n: Question(n, "single", 1, single()) for n in "xyz"}
    answers = {"x": Answer(question="x", value="a"), "y": Answer(question="y", value="b")}
    assert assessment.worth(keys, answers) == (Fraction(1), 3)


# --- a race


@pytest.mark.django_db(transaction=True)
def test_a_try_sent_while_tries_are_marked_anew_has_the_new_key_in_one_way_or_the_other(
    monkeypatch,
):
    """Without the enrolment's lock in `_one` (PostgreSQL), a try whose marking read the old key and
    was not committed yet is passed over, and keeps the wrong score."""
    trainer, person = make_person(may_author=True), make_person()
    for _round in range(4):
        made = make_draft(lessons=["quiz"])
        made.modules.get().lessons.update(settings={"pass_percent": 100, "attempts": 0})
        made.refresh_from_db()
        publish(made, by=None, policy="update")
        draft = Draft.objects.select_related("course").get(pk=made.pk)
        enrolment = enrolled(person, draft.course)
        lesson = lessons_of(enrolment)[0]
        attempt = assessment.start(enrolment, lesson)
        assessment.save(
            attempt, {q.uuid: [given] for q, given in zip(lesson.questions, "ba", strict=True)}
        )
        item, question = mended(draft)

        def submit(pk=attempt.pk):
            return assessment.submit(Attempt.objects.get(pk=pk))

        def again(course=draft.course, item=item, question=question):
            made = regrading.correct(course, item, question, by=trainer, reason="Wrong.")
            return regrading._mark_anew({"correction": made.pk})

        outcomes = at_once(submit, again)

        assert not [error for error in outcomes if isinstance(error, Exception)]
        attempt = Attempt.objects.get(pk=attempt.pk)
        assert (attempt.standing.percent, attempt.standing.passed) == (100, True)
        assert Evidence.objects.filter(enrolment=enrolment).count() == 1
        assert Completion.objects.filter(enrolment=enrolment).count() == 1
