import pytest

from courses import assessment
from courses.models import Draft, KeyCorrection, Regrade
from courses.publishing import publish
from lms import outbox
from tests.courses.pages import lessons_of
from tests.factories import enrolled, make_lesson, make_person, single

pytestmark = pytest.mark.django_db


@pytest.fixture
def question(draft):
    """Of a published quiz; one person answered «b» and «a», where the key says «a»."""
    draft.refresh_from_db()
    publish(draft, by=None, policy="update")
    course = Draft.objects.select_related("course").get(pk=draft.pk).course
    enrolment = enrolled(make_person(name="Ana Ruiz"), course)
    quiz = lessons_of(enrolment)[1]
    attempt = assessment.start(enrolment, quiz)
    assessment.save(
        attempt, {q.uuid: [given] for q, given in zip(quiz.questions, "ba", strict=True)}
    )
    assessment.submit(attempt)
    return draft.modules.get().lessons.get(kind="quiz").questions.order_by("position").first()


@pytest.fixture
def to(question, url):
    return url("studio:regrade", question.lesson.uuid, question.uuid)


def mend(question, right="b"):
    question.body = single(right=right)
    question.save()


def test_a_trainer_looks_first_and_then_marks_anew(studio, to, question):
    assert "Nothing would change" in studio.get(to).content.decode()
    mend(question)
    page = studio.get(to)
    html = page.content.decode()
    assert "Mark them anew" in html
    assert "Ana Ruiz" not in html

    for _again in range(2):
        sent = studio.post(to, {"mark": page.context["mark"], "reason": "The key was wrong."})
        assert (sent.status_code, sent["Location"]) == (303, to)
    while outbox.work():
        pass

    assert (KeyCorrection.objects.count(), Regrade.objects.get().percent) == (1, 100)
    after = studio.get(to).content.decode()
    assert "Nothing would change" in after
    assert "The key was wrong." in after


def test_what_changed_meanwhile_is_looked_at_again_and_the_reason_is_kept(studio, to, question):
    mend(question)
    mark = studio.get(to).context["mark"]
    mend(question, "c")

    sent = studio.post(to, {"mark": mark, "reason": "Typed with care."})

    assert sent.status_code == 422
    assert "changed meanwhile" in sent.content.decode()
    assert "Typed with care." in sent.content.decode()
    assert studio.post(to, {"mark": mark, "reason": ""}).status_code == 422
    assert KeyCorrection.objects.count() == 0


def test_what_a_person_marks_or_nobody_marks_is_not_found(studio, url, draft):
    lesson = make_lesson(draft.modules.get(), kind="quiz")
    essay = lesson.questions.create(
        kind="essay", position=3, body={"prompt": {"en": "Why?"}, "words": 100}
    )
    scale = lesson.questions.create(
        kind="scale", position=4, body={"prompt": {"en": "Useful?"}, "steps": 5}
    )
    draft.refresh_from_db()
    for each in (essay, scale):
        assert studio.get(url("studio:regrade", lesson.uuid, each.uuid)).status_code == 404
    key = lesson.questions.first()  # nobody has met it: nothing is published
    assert studio.get(url("studio:regrade", lesson.uuid, key.uuid)).status_code == 404
