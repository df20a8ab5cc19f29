"""A class in the demo, so that a trainer sees numbers: how a course goes, which questions are hard,
a key put right for those who had answered, and its publication planned.

The learners have numbers and no names. They are enough that no step of the way has to be hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from courses import assessment, clock, planning, publishing, regrading
from courses.document import Lesson, Question
from courses.enrolling import enrol
from courses.models import Course, Draft, Enrolment
from courses.models import Question as Drafted
from courses.studio import editing
from people.models import User

COURSE = "your-first-live-session"
# How many there are, did the first page, the second, the third and then took the quiz. Steps are
# further apart than the eleven that are needed, so that a visitor of the demo may join the class.
PEOPLE, WALKED = 76, (62, 48, 34)
PASSED, NEARLY = 15, 5  # of the 34 who take the quiz; the others fall short
TOLD = "CC"  # what many wrote, and the key did not know


def load(trainer: User, now: datetime, publish_at: datetime) -> int:
    """How many learners came into the class: all of them, or none when it is there already."""
    course = Course.objects.get(slug=COURSE)
    if User.objects.filter(email=_address(1)).exists():
        return 0
    people = [
        User(
            email=_address(n),
            name=f"Demo learner {n:02}",
            language="en" if n % 3 else "es",
        )
        for n in range(1, PEOPLE + 1)
    ]
    for person in people:
        person.set_unusable_password()
    User.objects.bulk_create(people)
    enrolments = [enrol(person, course) for person in people]
    *pages, quiz = enrolments[0].document.lessons
    for place, (page, count) in enumerate(zip(pages, WALKED, strict=True)):
        for number, enrolment in enumerate(enrolments[:count]):
            moment = now - timedelta(days=5, hours=number, minutes=-9 * place - number % 4)
            enrolment.record("finished", page.uuid, source="learner", occurred_at=moment)
    for number, enrolment in enumerate(enrolments[: WALKED[-1]]):
        _take(enrolment, quiz, number, now - timedelta(days=4, hours=number))
    clock.grant(course, people[1], by=trainer, percent=50, minutes=0, reason="Uses a magnifier.")
    _mend(course, quiz, trainer, now, publish_at)
    return PEOPLE


def _address(number: int) -> str:
    return f"class{number:02}@demo.test"


def _take(enrolment: Enrolment, quiz: Lesson, number: int, began: datetime) -> None:
    attempt = assessment.start(enrolment, quiz, now=began)
    asked = assessment.questions_of(attempt).values()
    rights = _rights(number)
    sent = {each.uuid: list(_words(each, next(rights), number)) for each in asked}
    assessment.save(attempt, sent, now=began)
    assessment.submit(attempt, now=began + timedelta(minutes=3 + number % 5))


def _rights(number: int) -> Iterator[bool]:
    """Whether the first, second … question is answered right: of one's own, then the drawn ones."""
    if number < PASSED:
        yield from (True, number % 3 != 0, number % 3 != 1, number % 3 != 2, number % 2 == 0, True)
    elif number < PASSED + NEARLY:
        yield from (True, True, False, True, False, False)
    else:
        yield from (False, number % 4 == 0, number % 3 == 1, number % 2 == 0, False, False)


def _words(question: Question, right: bool, number: int) -> Iterator[str]:
    """A right answer, or a wrong one, as the form would send it."""
    body = question.body
    match question.kind:
        case "single":
            options = [one["id"] for one in body["options"] if bool(one.get("right")) == right]
            yield options[number % len(options)]
        case "true_false":
            yield "true" if body["answer"] == right else "false"
        case "numeric":
            yield str(body["answer"]["value"] + (0 if right else 10))
        case _gap:
            told = number < PASSED + NEARLY and (number % 2 or number >= PASSED)
            yield "captions" if right else (TOLD if told else "chat")


def _mend(course: Course, quiz: Lesson, trainer: User, now: datetime, publish_at: datetime) -> None:
    """The draft takes one more answer, those who gave it are marked anew, and it goes out later."""
    drafted = Drafted.objects.select_related("lesson__module__draft").get(
        lesson__uuid=quiz.uuid, kind="fill_in"
    )
    text = {
        language: words.replace("]", f"|{TOLD}]")
        for language, words in drafted.body["text"].items()
    }
    body = {**drafted.body, "text": text}
    values = {"body": body, "points": drafted.points}
    editing.save_question(drafted, by=trainer, base=editing.mark_of(drafted), values=values)
    draft = Draft.objects.get(course=course)
    keyed = Question(str(drafted.uuid), drafted.kind, drafted.points, body)
    why = "«CC» is another name for captions. · «CC» es otro nombre de los subtítulos."
    regrading.correct(course, quiz.uuid, keyed, by=trainer, reason=why)
    planning.plan(
        draft,
        by=trainer,
        publish_at=publish_at,
        policy=publishing.Policy.CORRECTION,
        note="One more right answer in the ten-minute check.",
        expected_revision=draft.revision,
        now=now,
    )
