import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from courses import assessment, reviewing
from courses.models import Attempt, AttemptReview, Evidence
from courses.publishing import publish
from courses.reviewing import Mark
from tests.courses.pages import lesson_url, lessons_of
from tests.factories import both, enrolled, make_draft, make_person, single

pytestmark = pytest.mark.django_db
BODY = {"prompt": both("Tell us."), "guide": both("Two partners")}


@pytest.fixture
def sent(db):
    return send(make_person(name="Ana Ruiz"))


def send(person, *, pass_percent=75, words="Once\nupon <b>a</b> time", choice="a"):
    """An attempt with one choice worth a point and one essay worth three, sent."""
    draft = make_draft(lessons=["quiz"])
    lesson = draft.modules.get().lessons.get()
    lesson.settings = {"pass_percent": pass_percent, "attempts": 0}
    lesson.save()
    lesson.questions.all().delete()
    lesson.questions.create(kind="single", body=single(), position=1)
    lesson.questions.create(kind="essay", body=BODY, position=2, points=3)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    lesson = lessons_of(enrolment)[0]
    attempt = assessment.start(enrolment, lesson)
    one, two = lesson.questions
    assessment.save(attempt, {one.uuid: [choice], two.uuid: [words]})
    return assessment.submit(attempt)


def essay_of(attempt):
    return next(iter(assessment.essays_of(attempt)))


def marks(attempt, points, comment=""):
    return {essay_of(attempt): Mark(points, comment)}


def posted(attempt, points, comment=""):
    key = essay_of(attempt)
    return {f"points-{key}": points, f"comment-{key}": comment}


def at(name, attempt):
    return reverse(f"studio:{name}", args=[attempt.uuid])


def test_an_essay_is_no_pass_before_somebody_read_it(sent, trainer):
    assert (sent.passed, sent.percent) == (None, None)
    assert not Evidence.objects.exists()

    reviewing.review(sent, trainer, marks(sent, 2, "Well told."))

    sent.refresh_from_db()
    assert (sent.passed, sent.percent, str(sent.points)) == (True, 75, "3.00")
    row = Evidence.objects.get()
    assert (row.kind, row.reference, row.occurred_at) == (
        "passed",
        str(sent.uuid),
        sent.submitted_at,
    )
    assert row.recorded_at > sent.submitted_at


def test_too_few_points_are_no_pass(sent, trainer):
    reviewing.review(sent, trainer, marks(sent, 1))

    sent.refresh_from_db()
    assert (sent.passed, sent.percent) == (False, 50)
    assert not Evidence.objects.exists()
    assert assessment.start(sent.enrolment, assessment.lesson_of(sent)).number == 2


def test_an_essay_left_empty_waits_for_nobody(db):
    attempt = send(make_person(), words="")

    assert attempt.awaits_review_since is None
    assert attempt.percent == 25


def test_there_is_no_other_try_while_one_is_read(sent, trainer):
    lesson = assessment.lesson_of(sent)
    with pytest.raises(ValidationError, match="still reading"):
        assessment.start(sent.enrolment, lesson)
    assert assessment.start(sent.enrolment, lesson, number=1) == sent

    reviewing.review(sent, trainer, marks(sent, 0))
    assert assessment.start(sent.enrolment, lesson).number == 2


def test_the_second_review_is_refused_and_the_same_one_twice_is_one(sent, trainer):
    first = reviewing.review(sent, trainer, marks(sent, 3))

    assert reviewing.review(sent, trainer, marks(sent, 0)) == first
    with pytest.raises(ValidationError, match="Rosa Delgado read this answer before you"):
        reviewing.review(sent, make_person(may_author=True), marks(sent, 0))
    assert AttemptReview.objects.get().marks[essay_of(sent)]["points"] == "3"


def test_who_holds_an_answer_reads_it_alone(sent, trainer):
    other = make_person(may_author=True)
    assert reviewing.take(sent, trainer)
    assert reviewing.take(sent, trainer)
    assert not reviewing.take(sent, other)

    with pytest.raises(ValidationError, match="Somebody else is reading"):
        reviewing.review(sent, other, marks(sent, 3))
    sent.refresh_from_db()
    after = sent.held_until + reviewing.HOLD
    assert reviewing.take(sent, other, now=after)
    reviewing.give_back(sent, other)
    assert reviewing.take(sent, trainer)


def test_nobody_reads_their_own(client, db):
    me = make_person(may_author=True)
    attempt = send(me)
    client.force_login(me)

    assert client.get(at("essay", attempt)).status_code == 404
    assert client.post(at("take-essay", attempt)).status_code == 404
    assert not reviewing.take(attempt, me)
    with pytest.raises(ValueError, match="own"):
        reviewing.review(attempt, me, marks(attempt, 3))
    assert "Nothing to read" in client.get(reverse("studio:essays")).content.decode()


def test_the_reader_sees_the_words_and_not_who_wrote_them(studio, sent):
    listed = studio.get(reverse("studio:essays")).content.decode()
    assert "Read it" in listed

    taken = studio.post(at("take-essay", sent))
    page = studio.get(taken["Location"]).content.decode()

    assert "Once\nupon &lt;b&gt;a&lt;/b&gt; time" in page
    assert "Two partners" in page
    for html in (listed, page):
        assert "Ana Ruiz" not in html
        assert sent.enrolment.person.email not in html


def test_giving_points_by_the_form(studio, sent, trainer):
    answer = studio.post(at("essay", sent), posted(sent, "2.5", "Good start."))

    assert answer.status_code == 303
    sent.refresh_from_db()
    assert (str(sent.points), sent.passed) == ("3.50", True)
    again = studio.get(at("essay", sent)).content.decode()
    assert "The points stand." in again
    assert "Give these points" not in again


@pytest.mark.parametrize("points", ["", "4", "-1", "many", "1.234"])
def test_points_that_cannot_be_given_are_refused_beside_the_field(studio, sent, points):
    answer = studio.post(at("essay", sent), posted(sent, points, "Kept words"))

    assert answer.status_code == 422
    assert "Kept words" in answer.content.decode()
    assert not AttemptReview.objects.exists()


def test_a_refused_reader_keeps_what_they_typed(client, studio, sent, trainer):
    reviewing.review(sent, trainer, marks(sent, 3))
    client.force_login(make_person(may_author=True))

    answer = client.post(at("essay", sent), posted(sent, "1", "My own words"))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "read this answer before you" in html
    assert "My own words" in html


def test_what_was_taken_meanwhile_says_so(client, studio, sent, trainer):
    reviewing.take(sent, make_person(name="Ida Moss", may_author=True))

    listed = studio.get(reverse("studio:essays")).content.decode()
    answer = studio.post(at("take-essay", sent), follow=True)

    assert "Ida Moss is reading it" in listed
    assert "Somebody else took this answer" in answer.content.decode()
    assert "Give these points" not in studio.get(at("essay", sent)).content.decode()


def test_the_learner_sees_where_it_stands(client, sent, trainer):
    client.force_login(sent.enrolment.person)
    lesson = assessment.lesson_of(sent)
    result = lesson_url(sent.enrolment, lesson, "result", 1)

    waiting = client.get(result).content.decode()
    quiz = client.get(lesson_url(sent.enrolment, lesson)).content.decode()
    refused = client.post(lesson_url(sent.enrolment, lesson, "start"), {"number": "2"})
    reviewing.review(sent, trainer, marks(sent, 2, "Tell <more>."))
    done = client.get(result).content.decode()

    assert "a trainer reads it now" in waiting
    assert "Two partners" not in waiting
    assert "still reading your last try" in quiz
    assert "Start the quiz" not in quiz
    assert "None" not in quiz
    assert refused.status_code == 422
    assert "You passed with 75%" in done
    assert "2 of 3 points" in done
    assert "Tell &lt;more&gt;." in done
    assert "Two partners" not in done


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_the_same_for_any_number(studio, count, django_assert_num_queries):
    for _ in range(count):
        send(make_person())
    studio.get(reverse("studio:essays"))
    with django_assert_num_queries(4):  # session, user, number of rows, rows with course and reader
        studio.get(reverse("studio:essays"))


def test_a_review_is_a_record(sent, trainer):
    from django.db import DatabaseError, transaction

    row = reviewing.review(sent, trainer, marks(sent, 3))

    with pytest.raises(DatabaseError), transaction.atomic():
        AttemptReview.objects.filter(pk=row.pk).update(marks={})
    with pytest.raises(DatabaseError), transaction.atomic():
        Attempt.objects.filter(pk=sent.pk).update(number=9)


@pytest.mark.parametrize("name", ["essay", "take-essay", "give-back-essay"])
def test_a_trainer_comes_in_and_nobody_else(client, sent, trainer, name):
    act = client.get if name == "essay" else client.post

    assert act(at(name, sent)).status_code == 302
    for marks in ({}, {"may_host": True}, {"may_credit": True}, {"is_staff": True}):
        client.force_login(make_person(**marks))
        assert act(at(name, sent)).status_code == 404, marks
    client.force_login(trainer)
    assert act(at(name, sent)).status_code == (200 if name == "essay" else 303)
    assert act(reverse(f"studio:{name}", args=[sent.enrolment.course.uuid])).status_code == 404


def test_an_attempt_without_an_essay_is_nothing_to_read(studio):
    attempt = send(make_person(), words="")

    assert studio.get(at("essay", attempt)).status_code == 404
