"""The demo with a little more: every state that a page can show has a row behind it."""

import io
import time
import uuid
from datetime import date
from types import SimpleNamespace
from unittest.mock import patch

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from certificates import sharing
from certificates.models import Certificate, Design
from certificates.transcripts import outside
from certificates.transcripts import sharing as links
from courses import assessment, banks, clock, commenting, packing, regrading
from courses.media import library
from courses.media.placing import placed
from courses.models import Attempt, Course, Draft, DraftReview, KeyCorrection, Series
from courses.publishing import fingerprint, freeze, publish
from courses.signals import course_completed
from library.models import CaseStudy, Practice
from lms import demo, demo_class, demo_records
from lms.models import OutboxEntry
from people.models import User
from tests.certificates.factories import courses_of, make_series
from tests.courses.media.conftest import picture
from tests.credit.factories import approve, make_type
from tests.factories import both, enrolled, finish, make_course, make_draft, make_person
from tests.kinds import TEN
from tests.webinars.factories import make_webinar, seat
from webinars import approving, registering, scheduling
from webinars.models import Accommodation, Poll, Webinar
from webinars.room import chat, hands, polls, questions, setup, team

SECRET = "JBSWY3DPEHPK3PXP"
FILM = b"\0\0\0\x18ftypisom" + bytes(400)  # as much of a film as a page needs


def build():
    """Load the demo, add to it, and return what the pages need in their addresses."""
    demo.load()
    person = {key: User.objects.get(email=f"{key}@demo.test") for key in demo.PEOPLE}
    world = SimpleNamespace(person=person, course=Course.objects.get(slug=demo.FOUNDATIONS))
    world.series = Series.objects.get(slug=demo.SERIES)
    world.practice, world.case = Practice.objects.first(), CaseStudy.objects.first()
    world.ended = Webinar.objects.get(state="ended")
    world.live = Webinar.objects.get(state="live")
    main = Webinar.objects.filter(state="scheduled", capacity=500)  # not those of demo_places
    world.ahead, world.later = main.order_by("starts_at")
    _sessions(world)
    _room(world)
    _quiz(world)
    _ten_kinds(world)
    _bank(world)
    _class(world)
    _media(world)
    _certificates(world)
    _transcript(world)
    _second_step(world)
    _work(world)
    world.draft = Draft.objects.get(course=world.course)
    _comments(world)
    _review(world)
    world.package = _package()
    return world


def _comments(world):
    """Beside the open thread of the demo: one that is resolved, and one about what is deleted."""
    trainer, reviewer = world.person["trainer"], world.person["reviewer"]
    lesson = world.draft.modules.first().lessons.get(uuid=world.quiz.uuid)
    extra = lesson.module.lessons.first().blocks.create(kind="text", body=both("<p>More.</p>"))
    for part in (lesson.questions.first(), extra):
        thread = commenting.about(world.draft, part)
        commenting.say(thread, by=reviewer, key=uuid.uuid4(), text="Is this right?")
        said = commenting.say(thread, by=trainer, key=uuid.uuid4(), text="No.")
    commenting.take_back(said, by=trainer)
    resolved = world.draft.threads.get(on="question")
    commenting.resolve(resolved, by=trainer, seen=resolved.revision)
    extra.delete()


def _review(world):
    """The trainer asked for a review of the draft as it is."""
    DraftReview.objects.create(
        course=world.course,
        revision=world.draft.revision,
        sha256=fingerprint(freeze(world.draft)),
        asked_by=world.person["trainer"],
        note="Please look at the last lesson.",
    )


def _package():
    """The zip of a course that this site does not have."""
    draft, file = make_draft(lessons=["page", "quiz"]), io.BytesIO()
    packing.write(draft.course, file)
    draft.course.delete()
    return {"name": "course.zip", "mimeType": "application/zip", "buffer": file.getvalue()}


def _sessions(world):
    learner, host = world.person["learner"], world.person["host"]
    world.full = make_webinar(capacity=1, languages=["en"], hosts=[host])
    seat(make_person(), world.full)
    seat(learner, world.full)
    world.need = Accommodation.objects.filter(registration__webinar=world.ahead).first()
    world.kept = make_webinar(capacity=1, languages=["en"], hosts=[host])
    seat(host, world.kept)
    seat(learner, world.kept)
    registering.cancel(host, world.kept)
    world.asked = make_webinar(languages=["en"], hosts=[host], needs_approval=True)
    seat(learner, world.asked)
    declined = seat(world.person["attendee"], world.asked)
    approving.decline(world.asked, [declined.pk], by=host)
    world.cancelled = make_webinar(languages=["es"], hosts=[host])
    seat(learner, world.cancelled)
    scheduling.cancel(world.cancelled, by=host)
    world.unpublished = make_webinar(languages=["en"], hosts=[host], published=False)
    seat(learner, world.later)


def _room(world):
    live, host, attendee = world.live, world.person["host"], world.person["attendee"]
    asked = [
        questions.ask(live, author, f"Question {n}?", key=uuid.uuid4(), anonymous=n == 2)
        for n, author in enumerate([attendee, attendee, attendee, world.person["learner"]])
    ]
    questions.approve(asked[0], host)
    questions.approve(asked[1], host)
    questions.answer(asked[1], host, "In three counties, since 2012.")
    questions.dismiss(asked[2], host)
    asked[0].refresh_from_db()
    questions.vote(asked[0], world.person["learner"], wanted=True)
    chat.say(live, attendee, "Good afternoon from Alamance.", key=uuid.uuid4())
    chat.say(live, host, "Welcome!", key=uuid.uuid4(), freely=True)
    options = [{"en": "Yes", "es": "Sí"}, {"en": "Not yet", "es": "Todavía no"}]
    for words in ({"en": "Open?", "es": "¿Abierta?"}, {"en": "Closed?", "es": "¿Cerrada?"}):
        poll = polls.draft(live, host, words, options)
        polls.open_to_votes(poll, host)
        polls.vote(poll, attendee, [Poll.objects.get(pk=poll.pk).options[0]["id"]])
    polls.close(poll, host)
    hands.raise_hand(live, attendee, wanted=True)
    setup.change(live, host, presenter_notes="Ten minutes left.")
    team.add(live, world.person["trainer"].email, host, team.Role.PRESENTER)


def _quiz(world):
    """The learner failed once and has begun again."""
    world.enrolment = enrolled(world.person["learner"], world.course)
    lessons = world.enrolment.document.lessons
    world.page = lessons[0]
    world.quiz, world.untouched_quiz, *_ = [each for each in lessons if each.kind == "quiz"]
    world.evaluation = next(each for each in lessons if each.kind == "evaluation")
    assessment.submit(assessment.start(world.enrolment, world.quiz))
    assessment.start(world.enrolment, world.quiz)


def _ten_kinds(world):
    """Every kind: sent by the learner and waiting for a reader, open before the attendee."""
    draft = make_draft(lessons=["quiz"])
    lesson = draft.modules.get().lessons.get()
    lesson.questions.all().delete()
    for place, (kind, body) in enumerate(TEN.items()):
        lesson.questions.create(kind=kind, body=body, position=place)
    course = publish(draft, by=None, policy="update").course
    for key in ("learner", "attendee"):
        enrolment = enrolled(world.person[key], course)
        (world.ten,) = enrolment.document.lessons
        attempt = assessment.start(enrolment, world.ten)
        if key == "learner":
            assessment.save(attempt, {world.ten.questions[-1].uuid: ["A story of two partners."]})
            world.essay = assessment.submit(attempt)


def _bank(world):
    trainer = world.person["trainer"]
    world.bank = banks.create(by=trainer, key=uuid.uuid4(), title="Clean hands")
    for kind, body in TEN.items():
        world.banked = banks.add(
            world.bank, by=trainer, key=uuid.uuid4(), kind=kind, body=body, tags=["soap", kind]
        )


def _class(world):
    """One try of the demo's class is marked anew, others wait for it; the learner is in the middle
    of the timed quiz."""
    world.classed, correction = (
        Course.objects.get(slug=demo_class.COURSE),
        KeyCorrection.objects.get(),
    )
    sent = Attempt.objects.filter(item=correction.item).select_related("enrolment__person")
    world.regraded = next(
        attempt.enrolment.person for attempt in sent if regrading._one(attempt.pk, correction)
    )
    mine = enrolled(world.person["learner"], world.classed)
    *_, world.timed = mine.document.lessons
    world.keyed = next(each for each in world.timed.questions if each.kind == "fill_in")
    trainer, person = world.person["trainer"], world.person["learner"]
    clock.grant(world.classed, person, by=trainer, percent=0, minutes=120, reason="Needs time.")
    assessment.start(mine, world.timed)


def _media(world):
    """A picture and a film in the library, shown in the last lesson of the draft."""
    trainer = world.person["trainer"]
    captions = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Come in.\n"
    world.media = [
        library.take_in(world.course, io.BytesIO(data), name, by=trainer)
        for data, name in ((picture(), "clinic.png"), (FILM, "walk.mp4"))
    ]
    for media, words in zip(world.media, ("A clinic", "A walk"), strict=True):
        library.save_words(media, both(words), base=library.mark_of(media), by=trainer)
    library.save_captions(world.media[1], "en", captions, base=0, by=trainer)
    world.shows_media = Draft.objects.get(course=world.course).modules.last().lessons.first()
    for position, (kind, media) in enumerate(zip(("image", "video"), world.media, strict=True), 90):
        world.shows_media.blocks.create(
            kind=kind,
            title=both("A walk"),
            settings=placed({}, media),
            position=position,
        )


def _certificates(world):
    """The demo has one in each state. Here one is hidden, one has a name that no font prints, and
    one could not be issued."""
    attendee, host, reviewer = (world.person[key] for key in ("attendee", "host", "reviewer"))
    rows = Certificate.objects.with_state()
    world.superseded, world.valid = rows.filter(holder=attendee).order_by("pk")
    world.expired = rows.get(holder=world.person["trainer"])
    world.revoked = rows.get(holder=host)
    world.issued_anew = rows.get(holder=reviewer, superseded_by=None)
    world.by_mistake = rows.get(holder=reviewer, superseded_by__isnull=False)
    world.suspended = rows.get(holder=world.person["admin"])
    guide = {"completion__enrolment__course__slug": demo_records.GUIDE}
    world.hidden = rows.get(holder=world.person["lead"], **guide)
    sharing.hide(world.hidden)
    claimable = make_course(lessons=["page"])
    approve(claimable, make_type(claimed=True))
    finish(enrolled(world.person["lead"], claimable))
    series = make_series(courses=1, needed=1)
    finish(enrolled(attendee, courses_of(series)[0]))
    world.series_certificate = Certificate.objects.get(series_award__series=series)
    finish(enrolled(make_person(name="Zoë 😀"), make_course(lessons=["page"])))
    world.design = Design.objects.filter(owner=0).first()
    with patch.object(course_completed, "receivers", []):  # what it tells about was never issued
        finish(enrolled(attendee, make_course(lessons=["page"])))
    promise = OutboxEntry.objects.filter(kind="courses.completed").order_by("pk").last()
    given_up = {"state": "dead", "attempts": 9, "outcome": "DatabaseError: the disk is full"}
    OutboxEntry.objects.filter(pk=promise.pk).update(**given_up)


def _transcript(world):
    """A link, and training elsewhere: one recognised, one that waits."""
    lead, credit = world.person["lead"], world.person["credit"]
    world.link = links.share(lead).secret
    for name in ("First aid", "Ethics at work"):
        row = outside.state(
            lead,
            key=uuid.uuid4(),
            title=name,
            provider="Somebody else",
            completed_on=date(2026, 2, 1),
            hours=2,
            proof=SimpleUploadedFile("proof.pdf", b"%PDF-1.7"),
        )
    outside.decide(row, by=credit, recognise=True, words="Fine.")


def _second_step(world):
    """Somebody with an app and recovery codes."""
    guarded = world.guarded = make_person(name="Gloria Ward", email="gloria@example.org")
    guarded.set_password(settings.DEMO_PASSWORD)
    guarded.save()
    TOTP.activate(guarded, SECRET)
    RecoveryCodes.activate(guarded)


def code_now():
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def _work(world):
    """Something in each list of the outbox."""
    rows = OutboxEntry.objects.order_by("pk")
    for state, row in zip(("dead", "done", "skipped"), rows, strict=False):
        OutboxEntry.objects.filter(pk=row.pk).update(state=state, outcome="For the page.")
