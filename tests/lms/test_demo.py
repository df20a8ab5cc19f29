from datetime import timedelta

import pytest
from django.utils import timezone

from certificates.models import Certificate, OutsideTraining, State
from courses import analysis, cycles, seeing
from courses.enrolling import enrol
from courses.models import Course, PlannedPublication
from courses.models.course import document_of
from lms import demo, demo_class, demo_places, outbox
from people.models import User
from webinars import reconciling, registering
from webinars.models import Accommodation, SeatOffer, Webinar
from webinars.room import captions, setup, team

pytestmark = pytest.mark.django_db


def test_a_demo_that_slept_for_half_a_day_has_one_live_session_again():
    demo.load()
    now = timezone.now() + timedelta(hours=12)

    demo.load(now)

    (live,) = Webinar.objects.in_room()
    assert live.ends_at > now
    _nothing_of_the_past_is_there_twice()


def test_the_live_room_has_something_of_everything():
    demo.load()

    live = Webinar.objects.in_room().select_related("room_setup", "policy").get()
    assert live.room_setup.streams.keys() == set(setup.STREAMS)
    assert live.room_setup.materials
    assert live.room_setup.presenter_notes
    assert live.policy.prompt_every_minutes
    assert set(live.helpers.values_list("role", flat=True)) == set(team.Role.values)
    assert set(live.caption_lines.values_list("language", flat=True)) == {"en", "es"}
    assert len(captions.recent(live.pk, timezone.now())) == 6


def test_somebody_who_came_by_telephone_waits_to_be_named():
    demo.load()

    (who,) = reconciling.waiting(Webinar.objects.get(state="ended"))
    assert [place.person.email for place in who.suggested] == ["learner@demo.test"]


def test_places_are_asked_for_kept_waited_for_and_taken_by_a_lead():
    """Loaded again when the offers have run out, it is the same again."""
    demo.load()
    later = timezone.now() + timedelta(days=1)
    SeatOffer.objects.update(expires_at=timezone.now())
    registering.pass_on_offers(later)
    SeatOffer.objects.filter(closed_at=None).update(expires_at=timezone.now())
    registering.pass_on_offers(later)
    demo.load()

    chosen, small, team_of = (
        Webinar.objects.get(title=title, published_at__isnull=False)
        for title in (demo_places.CHOSEN, demo_places.SMALL, demo_places.TEAM)
    )
    assert chosen.form_questions.count() == 3
    assert sorted(_states(chosen)) == ["asked", "seated"]
    assert chosen.registrations.get(state="asked").answers.count() == 3
    assert sorted(_states(small)) == ["cancelled", "offered", "seated", "waitlisted"]
    assert small.registrations.get(state="offered").offer is not None
    assert set(team_of.registrations.values_list("registered_by__email", flat=True)) == {
        "lead@demo.test"
    }
    needs = Accommodation.objects.filter(registration__webinar=team_of)
    assert sorted(needs.values_list("state", flat=True)) == sorted(Accommodation.State.values)
    drafts = Webinar.objects.filter(title=demo_places.CHOSEN, published_at=None)
    assert [draft.form_questions.count() for draft in drafts] == [3, 3]
    assert not any(draft.stage or draft.registrations.exists() for draft in drafts)


def _states(webinar):
    return list(webinar.registrations.values_list("state", flat=True))


def test_a_trainer_sees_a_class_in_numbers_and_a_key_put_right():
    """A worker marks anew here what it would after the start; loading again adds nobody."""
    demo.load()
    while outbox.work(timezone.now() + timedelta(minutes=1)):
        pass
    course = Course.objects.get(slug=demo_class.COURSE)
    quiz = document_of(course.current_id).lesson("ten-minute-check")

    seen = seeing.see(course)
    assert [step.done for step in seen.steps] == [62, 48, 34, 20]
    assert seen.completed == 20
    assert {part.key for part in seen.parts} == {"", "en", "es"}
    own = analysis.analyse(course, quiz)[: len(quiz.questions)]
    assert [item.percent for item in own] == [59, 56, 41]
    assert (quiz.settings["time_limit"], quiz.pools[0].count) == (10, 3)
    lessons = document_of(course.current_id).lessons
    assert {block.kind for lesson in lessons for block in lesson.blocks} >= {
        "audio", "file", "check", "scenario", "glossary", "accordion",
    }  # fmt: skip
    (planned,) = PlannedPublication.objects.waiting()
    assert planned.course == course

    enrol(User.objects.get(email="learner@demo.test"), course)
    demo.load()
    assert course.enrolments.count() == 77
    assert [step.done for step in seeing.see(course).steps] == [62, 48, 34, 20]


def _nothing_of_the_past_is_there_twice():
    ours = Certificate.objects.filter(holder__email__in=[f"{key}@demo.test" for key in demo.PEOPLE])
    states = [certificate.state for certificate in ours.with_state()]
    assert {state: states.count(state) for state in State} == {
        State.VALID: 4,  # the webinar corrected, the credit claimed, issued anew, due soon
        State.EXPIRED: 1,
        State.REVOKED: 2,
        State.SUPERSEDED: 2,
        State.SUSPENDED: 1,
    }
    revoked = ours.exclude(revocation=None)
    assert {hasattr(each, "superseded_by") for each in revoked} == {True, False}
    people = {key: User.objects.get(email=f"{key}@demo.test") for key in ("lead", "trainer")}
    standing = {key: cycles.standings_of(person)[0].state() for key, person in people.items()}
    assert standing == {"lead": "open", "trainer": "lapsed"}
    assert set(OutsideTraining.objects.values_list("state", flat=True)) == {"stated", "recognised"}
