import pytest

from courses import assessment
from courses.models import Answer, Attempt, Evidence
from courses.publishing import publish
from tests.courses.pages import lesson_url, lessons_of
from tests.factories import both, enrolled, make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation(person):
    """An enrolment in a course of one evaluation: a required scale, a free text, another scale."""
    draft = make_draft(lessons=["evaluation"])
    lesson = draft.modules.get().lessons.get()
    lesson.settings = {"intro": both("No right or wrong here.")}
    lesson.save()
    lesson.questions.all().delete()
    ends = {"low": both("Not useful"), "high": both("Very useful")}
    for position, (kind, body) in enumerate(
        [
            ("scale", {"prompt": both("Useful?"), "steps": 5, "required": True, **ends}),
            ("text", {"prompt": both("What else?"), "required": False}),
            ("scale", {"prompt": both("Clear?"), "steps": 5, "required": True}),
        ]
    ):
        lesson.questions.create(kind=kind, body=body, position=position)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    return enrolment, lessons_of(enrolment)[0]


def send(client, enrolment, lesson, *given, **kwargs):
    data = {
        f"q-{question.uuid}": value
        for question, value in zip(lesson.questions, given, strict=False)
        if value is not None
    }
    return client.post(lesson_url(enrolment, lesson, "submit"), data, **kwargs)


def test_looking_at_an_evaluation_writes_nothing(signed_in, evaluation):
    html = signed_in.get(lesson_url(*evaluation)).content.decode()

    assert "No right or wrong here." in html
    assert html.count('type="radio"') == 10
    assert "Very useful" in html
    assert not Attempt.objects.exists()


def test_sending_is_evidence_once(signed_in, evaluation):
    enrolment, lesson = evaluation

    for given in (("4", "Thanks!", "5"), ("1", "Changed my mind", "1")):
        response = send(signed_in, enrolment, lesson, *given)
        assert response.status_code == 303

    attempt, row = Attempt.objects.get(), Evidence.objects.get()
    assert (row.kind, row.reference) == ("evaluated", str(attempt.uuid))
    assert list(Answer.objects.order_by("pk").values_list("value", flat=True)) == [4, "Thanks!", 5]
    assert "You sent this evaluation on" in signed_in.get(lesson_url(*evaluation)).content.decode()


def test_the_last_thing_missing_completes_the_course(signed_in, evaluation):
    enrolment, lesson = evaluation

    response = send(signed_in, enrolment, lesson, "4", "", "5", follow=True)

    html = response.content.decode()
    assert response.redirect_chain == [(enrolment.course.get_absolute_url(), 303)]
    assert "Thank you. Your answers were sent." in html
    assert "You completed this course. Well done!" in html


def test_a_required_question_without_an_answer_is_refused_beside_it(signed_in, evaluation):
    enrolment, lesson = evaluation

    response = send(signed_in, enrolment, lesson, "4", "Half a thought")

    html = response.content.decode()
    assert response.status_code == 422
    errors = [question.error for question in response.context["questions"]]
    assert errors == ["", "", "Please answer this question."]
    assert f'<a href="#question-{lesson.questions[2].uuid}">Question 3' in html
    assert f'id="q-{lesson.questions[0].uuid}-4" checked' in html
    assert "Half a thought</textarea>" in html
    assert not Evidence.objects.exists()
    assert Attempt.objects.get().submitted_at is None


@pytest.mark.parametrize("sent", ["9", "zero"])
def test_a_number_off_the_scale_is_refused(signed_in, evaluation, sent):
    response = send(signed_in, *evaluation, sent, "", "5")

    assert response.status_code == 422
    assert "Choose a number on the scale." in response.content.decode()


def test_what_is_typed_too_long_is_refused_and_kept(signed_in, evaluation):
    response = send(signed_in, *evaluation, "4", "x" * 5001, "5")

    assert response.status_code == 422
    assert "x" * 5001 in response.content.decode()
    assert Answer.objects.count() == 2


def test_an_answer_is_saved_by_itself_and_there_again(signed_in, evaluation, htmx):
    enrolment, lesson = evaluation
    question = lesson.questions[1]

    response = signed_in.post(
        lesson_url(enrolment, lesson, "answer", question.uuid),
        {f"q-{question.uuid}": "A first thought"},
        headers=htmx,
    )

    assert "Saved" in response.content.decode()
    assert "A first thought</textarea>" in signed_in.get(lesson_url(*evaluation)).content.decode()


def test_what_was_saved_before_counts_when_sending(signed_in, evaluation):
    enrolment, lesson = evaluation
    assessment.save(
        assessment.start(enrolment, lesson),
        {lesson.questions[0].uuid: ["2"], lesson.questions[2].uuid: ["3"]},
    )

    assert send(signed_in, enrolment, lesson).status_code == 303
    assert Evidence.objects.count() == 1


def test_an_evaluation_is_not_begun_like_a_quiz_and_has_no_result(signed_in, evaluation):
    assert signed_in.post(lesson_url(*evaluation, "start"), {"number": 1}).status_code == 404
    assert signed_in.get(lesson_url(*evaluation, "result", 1)).status_code == 404
