"""Plain builders: the least that makes a valid row, everything else from the caller."""

from itertools import count
from time import time

from courses import approving
from courses.enrolling import enrol
from courses.models import Course, Draft, Enrolment, Lesson, Module
from courses.publishing import publish
from people.models import Organisation, User

numbers = count(1)


def both(text: str) -> dict[str, str]:
    """A localised value with both languages."""
    return {"en": text, "es": f"{text} (es)"}


def make_person(**fields) -> User:
    n = next(numbers)
    fields = {"email": f"person{n}@example.org", "name": f"Person {n}"} | fields
    person = User(**fields)
    person.set_unusable_password()
    person.save()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def shown_again(client, person) -> User:
    """Signed in, with a password that was given once more a moment ago."""
    person.set_password("a long enough password")
    person.save()
    client.force_login(person)
    session = client.session
    given = {"method": "password", "at": time(), "reauthenticated": True}
    session["account_authentication_methods"] = [given]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return person


def make_organisation(**fields) -> Organisation:
    n = next(numbers)
    fields = {"slug": f"department-{n}", "name": f"Department {n}", "kind": "local"} | fields
    return Organisation.objects.create(**fields)


def single(prompt: str = "Which?", *, right: str = "a") -> dict:
    return {
        "prompt": both(prompt),
        "options": [
            {"id": i, "text": both(f"Answer {i}"), "right": i == right, "feedback": both(f"on {i}")}
            for i in "abc"
        ],
        "explanation": both("Because."),
    }


def make_draft(*, lessons: list[str] | int = 1, **fields) -> Draft:
    """A course with its draft: one module with these kinds of lessons, ready to publish."""
    n = next(numbers)
    slug = fields.pop("slug", f"course-{n}")
    course = Course.objects.create(slug=slug)
    fields = {"title": both(f"Course {n}"), "hours": "1.50", "languages": ["en", "es"]} | fields
    draft = Draft.objects.create(course=course, **fields)
    module = Module.objects.create(draft=draft, title=both("Module"), position=1)
    kinds = ["page"] * lessons if isinstance(lessons, int) else lessons
    for position, kind in enumerate(kinds, 1):
        make_lesson(module, kind=kind, position=position)
    return draft


def make_lesson(module: Module, *, kind: str = "page", **fields) -> Lesson:
    n = next(numbers)
    fields = {
        "slug": f"lesson-{n}",
        "title": both(f"Lesson {n}"),
        "position": module.lessons.count() + 1,
    } | fields
    if kind == "quiz":
        fields.setdefault("settings", {"pass_percent": 50, "attempts": 0})
    lesson = Lesson.objects.create(module=module, kind=kind, **fields)
    if kind in {"page", "live"}:
        lesson.blocks.create(kind="text", body=both("<p>Words.</p>"), position=1)
    elif kind == "quiz":
        for position in (1, 2):
            lesson.questions.create(kind="single", body=single(), position=position)
    else:
        lesson.questions.create(kind="scale", body={"prompt": both("Useful?"), "steps": 5})
    return lesson


def approved(draft: Draft) -> Draft:
    """Somebody else has read the draft as it is and let it pass."""
    draft.refresh_from_db()
    author, reviewer = make_person(may_author=True), make_person(may_author=True)
    review = approving.ask(draft, by=author, revision=draft.revision)
    approving.decide(review, by=reviewer, approve=True, revision=draft.revision)
    return draft


def make_course(*, lessons: list[str] | int = 1, **fields) -> Course:
    """A published course."""
    return publish(make_draft(lessons=lessons, **fields), by=None, policy="update").course


def enrolled(person: User, course: Course) -> Enrolment:
    return enrol(person, course)


def items_of(enrolment: Enrolment) -> list[str]:
    """The uuids of the lessons, in order."""
    return [lesson.uuid for lesson in enrolment.document.lessons]


def finish(enrolment: Enrolment) -> None:
    """Meet every requirement of the enrolment's rule."""
    for requirement in enrolment.document.rule["requirements"]:
        enrolment.record(
            requirement["needs"], requirement["item"], source="test", value={"percent": 100}
        )
