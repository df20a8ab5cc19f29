"""The demo: real content, a few people, and sessions that are over, live and still to come.

Safe to repeat: it adds what is missing, schedules sessions anew when time has passed over the old
ones, and touches nobody's records.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.templatetags.static import static
from django.utils import timezone

from certificates import designing
from certificates.models import Design
from courses import assessment, banks, commenting, crediting, cycles, duties
from courses import loading as course_content
from courses.enrolling import enrol
from courses.formats import Taken
from courses.models import Block, Course, CreditType, Enrolment, Series
from courses.models.course import document_of
from library import loading as library_content
from lms import demo_class, demo_places, demo_records
from people import joining
from people import loading as people_content
from people.models import Membership, Organisation, User
from webinars import accommodating, asking, attendance, reconciling, scheduling
from webinars.models import (
    AttendanceReport,
    CreditPolicy,
    FormQuestion,
    Poll,
    Registration,
    RoomSetup,
    Webinar,
)
from webinars.room import captions, polls, setup, stage, team

SERIES = "advancing-health-equity"
FOUNDATIONS = "foundations-of-health-equity-practice"
HOME = "alamance"  # the department that the demo people belong to
LENGTH = timedelta(minutes=75)

CAPTIONS = {
    "en": (
        "Welcome, everybody. These captions stand for what a person would write while we talk.",
        "You choose their language and their size below, and the room keeps your choice.",
        "Afterwards they are a file that goes with the recording.",
    ),
    "es": (
        "Les damos la bienvenida. Estos subtítulos representan lo que una persona escribiría.",
        "Abajo se eligen el idioma y el tamaño, y la sala recuerda lo elegido.",
        "Después quedan en un archivo que acompaña la grabación.",
    ),
}

# key: name, marks, role in the organisation
PEOPLE: Mapping[str, tuple[str, Mapping[str, Any], str | None]] = {
    "learner": ("Luz Navarro", {"job_role": "nurse"}, Membership.Role.MEMBER),
    "attendee": ("Aaron Tate", {"job_role": "educator"}, Membership.Role.MEMBER),
    "trainer": ("Tamika Reed", {"may_author": True}, None),
    "reviewer": ("Grace Okafor", {"may_author": True}, None),
    "host": ("Hannah Ortiz", {"may_host": True}, None),
    "lead": ("Marcus Lee", {"job_role": "leadership"}, Membership.Role.LEAD),
    "credit": ("Carmen Duarte", {"may_credit": True}, None),
    "admin": ("Alex Moreno", {"is_staff": True, "is_superuser": True}, None),
}


def load(now: datetime | None = None) -> list[str]:
    """Make the demo complete; returns sentences that say in numbers what it did."""
    if settings.PRODUCTION:
        raise ValueError("the demo is never loaded in production")
    now = now or timezone.now()
    said = [f"People: {people_content.load()}", f"Library: {library_content.load()}"]
    said.append(f"Courses: {course_content.load_all()}.")
    people = {key: _person(key) for key in PEOPLE}
    with transaction.atomic():
        said.append(f"Sessions: {_sessions(people, now)} scheduled.")
        said.append(f"Places: {_places(people, now)} sessions scheduled.")
        _readdress_recordings()
        _begin_learning(people["learner"])
        said.append(f"Question bank: {_bank(people['trainer'])} questions added.")
        _credit(people)
        _designs(people)
        _review(people)
        _talk(people)
        learners = demo_class.load(people["trainer"], now, _at_one(now + timedelta(days=7)))
        said.append(f"Class: {learners} learners added.")
        said.append(f"Records with a past: {demo_records.load(people, now)} certificates issued.")
    return said


def _person(key: str) -> User:
    name, marks, role = PEOPLE[key]
    email = f"{key}@demo.test"
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User(email=email, name=name, **marks)
        person.set_password(settings.DEMO_PASSWORD)
        person.save()
    EmailAddress.objects.get_or_create(
        user=person, email=email, defaults={"verified": True, "primary": True}
    )
    if role is not None and not person.memberships.exists():
        joining.join(person, Organisation.objects.get(slug=HOME), role=role)
    return person


def _sessions(people: dict[str, User], now: datetime) -> int:
    """One session of the series over, one live, one tomorrow and one next week: what is missing."""
    members = Series.objects.get(slug=SERIES).members.select_related("course")
    first, second, third, fourth = (member.course for member in members.order_by("position"))
    tomorrow = _at_one(now + timedelta(days=1))
    made = 0
    if not Webinar.objects.filter(course=first, state=Webinar.State.ENDED).exists():
        _past(first, people, _at_one(now - timedelta(days=7)))
        made += 1
    attendance.end_forgotten_sessions(now)  # where no worker ran: it was live for hours too long
    running = Webinar.objects.in_room().filter(course=second)
    if not running.filter(ends_at__gt=now + LENGTH / 2).exists():
        for last in running:
            stage.end(last, people["host"], now)
        _live(second, people, now)
        made += 1
    for course, start in ((third, tomorrow), (fourth, tomorrow + timedelta(days=6))):
        if not Webinar.objects.upcoming().filter(course=course, starts_at__gt=now).exists():
            webinar = _schedule(course, people, start, start + LENGTH)
            accommodating.ask(_seat(people["attendee"], webinar), {"asl": "", "cart": ""})
            made += 1
    for webinar in Webinar.objects.upcoming().filter(course=fourth, starts_at__gt=now):
        _ask(webinar, people["host"])
    return made


def _places(people: dict[str, User], now: datetime) -> int:
    """At sessions of the series' first course, for those who missed the one that is over."""
    members = Series.objects.get(slug=SERIES).members.select_related("course")
    first = members.earliest("position").course
    day = _at_one(now + timedelta(days=10))
    return demo_places.load(first, Organisation.objects.get(slug=HOME), people, day)


def _ask(webinar: Webinar, host: User) -> None:
    """Two questions on the registration form, in both languages."""
    yes_no = [{"en": "Yes", "es": "Sí"}, {"en": "Not yet", "es": "Todavía no"}]
    asking.add(
        webinar,
        by=host,
        kind=FormQuestion.Kind.ONE,
        words={
            "en": "Does your department work with a community partner?",
            "es": "¿Trabaja su departamento con una organización comunitaria?",
        },
        options=yes_no,
    )
    asking.add(
        webinar,
        by=host,
        kind=FormQuestion.Kind.SHORT,
        words={
            "en": "What would you like to take home from this session?",
            "es": "¿Qué le gustaría llevarse de esta sesión?",
        },
    )


def _schedule(
    course: Course,
    people: dict[str, User],
    start: datetime,
    end: datetime,
    policy: CreditPolicy | None = None,
) -> Webinar:
    assert course.current_id is not None  # noqa: S101 -- the loader published it
    lessons = document_of(course.current_id).lessons
    item = next(lesson for lesson in lessons if lesson.kind == "live")
    slug = f"{course.slug}-{timezone.localdate(start):%Y-%m-%d}"
    again = Webinar.objects.filter(slug__startswith=slug).count()
    return scheduling.schedule(
        course,
        item.uuid,
        slug=f"{slug}-{again + 1}" if again else slug,
        title=course.title,
        summary=course.summary,
        starts_at=start,
        ends_at=end,
        hosts=[people["host"]],
        by=people["host"],
        policy=policy,
        languages=["en", "es"],
        caption_plan=Webinar.Captions.CART,
        interpretation_plan=Webinar.Interpretation.REQUEST,
        capacity=500,
        stage=_recording(),
    )


def _live(course: Course, people: dict[str, User], now: datetime) -> None:
    """Live from now on for as long as somebody may want to try it, with all a room can have."""
    begins, ends = now - timedelta(minutes=5), now + timedelta(hours=6)
    webinar = _schedule(course, people, begins, ends, _attentive())
    for key in ("attendee", "learner"):
        _seat(people[key], webinar)
    polls.draft(
        webinar,
        people["host"],
        {
            "en": "How often do you work with another agency?",
            "es": "¿Con qué frecuencia trabaja con otra agencia?",
        },
        [
            {"en": "Every week", "es": "Cada semana"},
            {"en": "Now and then", "es": "De vez en cuando"},
            {"en": "Hardly ever", "es": "Casi nunca"},
        ],
    )
    polls.draft(
        webinar,
        people["host"],
        {
            "en": "One word for what trust with the community needs?",
            "es": "¿Qué necesita la confianza con la comunidad, en una palabra?",
        },
        kind=Poll.Kind.WORDS,
    )
    setup.change(
        webinar,
        people["host"],
        materials=[
            {"title": "Strategic practices", "url": "/practices/"},
            {"title": "Case studies", "url": "/case-studies/"},
        ],
        streams={name: _recording() for name in setup.STREAMS},
        presenter_notes="Ten minutes for questions at the end, please.",
    )
    team.add(webinar, people["lead"].email, people["host"])
    team.add(webinar, people["trainer"].email, people["host"], team.Role.PRESENTER)
    captions.new_address(webinar, people["host"])
    stage.go_live(webinar, people["host"], now)
    for language, lines in CAPTIONS.items():
        for number, text in enumerate(lines, 1):
            captions.add(webinar, language, text, number, now)


def _attentive() -> CreditPolicy:
    """The standard policy, and a question in between about every ten minutes."""
    asks = {"prompt_every_minutes": 10, "prompt_share_percent": 50}
    return CreditPolicy.objects.get_or_create(name="Attentive", number=1, defaults=asks)[0]


def _past(course: Course, people: dict[str, User], start: datetime) -> None:
    """A session a week ago: the attendee stayed, did what comes after it, and is certified."""
    end = start + LENGTH
    webinar = _schedule(course, people, start, end)
    stage.go_live(webinar, people["host"], start)
    stayed = {"attendee": LENGTH, "learner": timedelta(minutes=20)}
    for key, length in stayed.items():
        person, left = people[key], start + length
        _seat(person, webinar)
        attendance.record_slices(
            [attendance.Slice(webinar.pk, person.pk, f"demo {webinar.pk} {key}", start, left)]
        )
    _dialled_in(webinar, people["host"])
    stage.end(webinar, people["host"], end)
    Webinar.objects.filter(pk=webinar.pk).update(recording=_recording())
    for registration in webinar.registrations.order_by("pk"):
        attendance.determine(registration)
    _complete(Enrolment.objects.get(person=people["attendee"], course=course))


def _dialled_in(webinar: Webinar, host: User) -> None:
    """A report of two who came by telephone: who one of them was waits for a host to say."""
    start, end = (time.isoformat() for time in (webinar.starts_at, webinar.ends_at))
    lines = [
        "Name,Email,Join time,Leave time",
        f"Lus Navaro (phone),,{start},{end}",
        f"Aaron Tate,attendee@demo.test,{start},{end}",
    ]
    report = reconciling.bring(
        webinar,
        "\n".join(lines).encode(),
        provider=AttendanceReport.Provider.GENERIC,
        zone=webinar.zone,
        file_name="telephone.csv",
        by=host,
    )
    reconciling.take_in(report, by=host)


def _seat(person: User, webinar: Webinar) -> Registration:
    enrol(person, webinar.course, reason=Enrolment.Reason.WEBINAR)
    seated = {"state": Registration.State.SEATED}
    return Registration.objects.get_or_create(webinar=webinar, person=person, defaults=seated)[0]


def _bank(trainer: User) -> int:
    """The questions of the self-paced course in a bank, with the module as their tag."""
    course = Course.objects.get(slug=FOUNDATIONS)
    assert course.current_id is not None  # noqa: S101 -- the loader published it
    key = uuid.uuid5(course.uuid, "bank")
    bank = banks.create(by=trainer, key=key, title="Health equity practice")
    rows = [
        Taken(0, "", question.kind, question.body, question.points, (f"module {module.number}",))
        for module in document_of(course.current_id).modules
        for lesson in module.lessons
        if lesson.kind == "quiz"
        for question in lesson.questions
    ]
    return banks.add_all(bank, rows, by=trainer)


def _begin_learning(learner: User) -> None:
    """The learner is on the way through the first module of the self-paced course."""
    enrolment = enrol(learner, Course.objects.get(slug=FOUNDATIONS))
    for lesson in enrolment.document.modules[0].lessons[:3]:
        enrolment.record("finished", lesson.uuid, source="learner")


def _credit(people: dict[str, User]) -> None:
    """Three kinds of credit and a renewal for a course, which the training lead then completes.

    The approvals say themselves that no board gave them.
    """
    course = Course.objects.get(slug=FOUNDATIONS)
    if course.approvals.exists():
        return
    for slug in ("ches", "cme", "cph"):
        crediting.approve(
            course,
            CreditType.objects.get(slug=slug),
            by=people["credit"],
            hours=course.hours,
            provider_name=settings.PROVIDER_NAME,
            provider_number="DEMO",
            event_number="DEMO-1",
            statement={
                "en": "For demonstration only: no board has approved this course.",
                "es": "Solo de demostración: ninguna entidad ha aprobado este curso.",
            },
            valid_from=timezone.localdate(),
        )
    renewal = {"window_days": 60, "grace_days": 30, "remind_days": [60, 30, 7]}
    cycles.set_policy(course, by=people["credit"], months=24, **renewal)
    _complete(enrol(people["lead"], course))


def _review(people: dict[str, User]) -> None:
    """The course that earns credit is reviewed: two write, one of them reads, one publishes."""
    course = Course.objects.get(slug=FOUNDATIONS)
    if course.duties.exists():
        return
    trainer, reviewer = people["trainer"], people["reviewer"]
    named: dict[str, set[int]] = {
        duties.Duty.AUTHOR: {trainer.pk, reviewer.pk},
        duties.Duty.REVIEWER: {reviewer.pk, people["admin"].pk},
        duties.Duty.PUBLISHER: {trainer.pk},
    }
    base = duties.mark_of(course, duties.named(course))
    duties.arrange(course, named, review_needed=True, by=people["admin"], base=base)


def _talk(people: dict[str, User]) -> None:
    """Two trainers talk about the first block of the self-paced course."""
    blocks = Block.objects.filter(lesson__module__draft__course__slug=FOUNDATIONS)
    block = (
        blocks.select_related("lesson__module__draft")
        .order_by("lesson__module__position", "lesson__position", "position")
        .first()
    )
    if block is None or block.lesson.module.draft.threads.exists():
        return
    thread = commenting.about(block.lesson.module.draft, block)
    for key, words in (
        ("reviewer", "Could we begin with an example from a county? The first lines are abstract."),
        ("trainer", "Good idea. I will move the story from the third lesson up."),
    ):
        commenting.say(thread, by=people[key], key=uuid.uuid5(block.uuid, key), text=words)


def _designs(people: dict[str, User]) -> None:
    """One design of the site in each layout; the first is in use, three people sign the last."""
    if Design.objects.exists():
        return
    credit, host, trainer = (people[key] for key in ("credit", "host", "trainer"))
    role = {"en": "Demonstration only", "es": "Solo de demostración"}
    for template, primary, accent in (
        (Design.Template.SEEDLING, "#0f4c45", "#a9502f"),
        (Design.Template.LEDGER, "#1b3a6b", "#8a5a12"),
        (Design.Template.HORIZON, "#5a2350", "#b04a1f"),
    ):
        three = template == Design.Template.HORIZON
        drawn = designing.draw(
            None,
            template=template.value,
            primary=primary,
            accent=accent,
            logo=None,
            signatory=credit.name if three else "",
            signatory_role=role if three else {},
            signature=None,
            others=[designing.Signer(each.name, role, None) for each in (host, trainer) if three],
            by=credit,
        )
        if template == Design.Template.SEEDLING:
            designing.use(drawn, by=credit)


def _complete(enrolment: Enrolment) -> None:
    """Do everything that is left as a diligent learner does."""
    for lesson in enrolment.document.lessons:
        if lesson.kind == "page":
            enrolment.record("finished", lesson.uuid, source="learner")
        elif lesson.kind in {"quiz", "evaluation"}:
            attempt = assessment.start(enrolment, lesson)
            assessment.save(attempt, {q.uuid: _right(q.kind, q.body) for q in lesson.questions})
            assessment.submit(attempt)


def _right(kind: str, body: Mapping[str, Any]) -> list[str]:
    """What a form would send for the right answer, or the best mark of a scale."""
    match kind:
        case "single" | "multiple":
            return [o["id"] for o in body["options"] if o.get("right")]
        case "true_false":
            return ["true" if body["answer"] else "false"]
        case "numeric":
            return [str(body["answer"]["value"])]
        case "scale":
            return [str(body.get("steps", 5))]
        case _words:
            return []


def _recording() -> dict[str, object]:
    captions = {lang: static(f"webinars/demo/recording.{lang}.vtt") for lang in ("en", "es")}
    return {"kind": "file", "url": static("webinars/demo/recording.webm"), "captions": captions}


def _readdress_recordings() -> None:
    """Static files have a new address with each release that changes them."""
    folder = f"{settings.STATIC_URL}webinars/demo/"
    Webinar.objects.filter(stage__url__startswith=folder).update(stage=_recording())
    shown = Webinar.objects.filter(recording__url__startswith=folder)
    shown.update(recording=_recording())
    for room in RoomSetup.objects.exclude(streams={}):
        for name, stream in room.streams.items():
            if stream.get("url", "").startswith(folder):
                room.streams[name] = _recording()
        room.save(update_fields=["streams"])


def _at_one(moment: datetime) -> datetime:
    """One in the afternoon of that day, in the site's zone."""
    day = timezone.localdate(moment)
    return datetime.combine(day, time(13), tzinfo=timezone.get_default_timezone())
