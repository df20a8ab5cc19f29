import pytest

from courses import assessment
from courses.models import ExtraTime
from courses.publishing import publish
from tests.courses.pages import lessons_of
from tests.factories import enrolled, make_person
from tests.studio.test_lessons import sent

pytestmark = pytest.mark.django_db
REASON = "Agreed accommodation"


@pytest.fixture
def learner(draft):
    draft.modules.get().lessons.filter(kind="quiz").update(
        settings={"pass_percent": 50, "attempts": 0, "time_limit": 30}
    )
    draft.refresh_from_db()
    person = make_person(name="Ana Ruiz")
    enrolled(person, publish(draft, by=None, policy="update").course)
    return person


def form(**fields):
    return {"email": "", "percent": "50", "minutes": "0", "reason": REASON, **fields}


def test_a_trainer_gives_more_time_and_sees_who_has_it(studio, url, learner):
    enrolment = learner.enrolments.get()
    attempt = assessment.start(enrolment, lessons_of(enrolment)[1])

    for _again in range(2):
        answer = studio.post(url("studio:extra-time"), form(email=learner.email.upper()))
        assert answer.status_code == 303
    html = studio.get(answer["Location"]).content.decode()

    attempt.refresh_from_db()
    assert (attempt.closes_at - attempt.started_at).total_seconds() == 45 * 60
    assert ExtraTime.objects.count() == 1
    for words in ("Ana Ruiz", REASON, "Rosa Delgado", "Running now"):
        assert words in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "nobody@example.org"}, "Nobody with this address takes the course."),
        ({"percent": "301"}, "less than or equal to 300"),
        ({"minutes": "-1"}, "greater than or equal to 0"),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_everything_typed_is_kept(
    fields, sentence, studio, url, learner
):
    answer = studio.post(url("studio:extra-time"), form(**{"email": learner.email, **fields}))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert fields.get("email", learner.email) in html
    assert ExtraTime.objects.count() == 0


def test_a_person_of_another_course_is_not_found(studio, url, learner):
    stranger = make_person()
    answer = studio.post(url("studio:extra-time"), form(email=stranger.email))
    assert answer.status_code == 422


def test_the_rules_of_a_quiz_have_a_time_limit(studio, url, draft):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    to = url("studio:lesson-settings", quiz.uuid)
    typed = sent(studio.get(to).context["form"], time_limit="25")

    assert studio.post(to, typed).status_code == 303
    quiz.refresh_from_db()
    assert quiz.settings["time_limit"] == 25
    assert studio.post(to, {**typed, "time_limit": "601"}).status_code == 422
