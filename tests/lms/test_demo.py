from datetime import timedelta

import pytest
from django.utils import timezone

from courses import analysis, seeing
from courses.models import Course, PlannedPublication
from courses.models.course import document_of
from lms import demo, demo_class, outbox
from webinars import reconciling
from webinars.models import Webinar
from webinars.room import captions, setup, team

pytestmark = pytest.mark.django_db


def test_a_demo_that_slept_for_half_a_day_has_one_live_session_again():
    demo.load()
    now = timezone.now() + timedelta(hours=12)

    demo.load(now)

    (live,) = Webinar.objects.in_room()
    assert live.ends_at > now


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


def test_a_trainer_sees_a_class_in_numbers_and_a_key_put_right():
    """A worker marks anew here what it would after the start; loading again adds nobody."""
    demo.load()
    while outbox.work(timezone.now() + timedelta(minutes=1)):
        pass
    course = Course.objects.get(slug=demo_class.COURSE)
    quiz = document_of(course.current_id).lesson("ten-minute-check")

    seen = seeing.see(course)
    assert [step.done for step in seen.steps] == [60, 49, 38, 27]
    assert seen.completed == 27
    assert {part.key for part in seen.parts} == {"", "en", "es"}
    own = analysis.analyse(course, quiz)[: len(quiz.questions)]
    assert [item.percent for item in own] == [71, 47, 39]
    assert (quiz.settings["time_limit"], quiz.pools[0].count) == (10, 3)
    lessons = document_of(course.current_id).lessons
    assert {block.kind for lesson in lessons for block in lesson.blocks} >= {
        "audio", "file", "check", "scenario", "glossary", "accordion",
    }  # fmt: skip
    (planned,) = PlannedPublication.objects.waiting()
    assert planned.course == course

    demo.load()
    assert course.enrolments.count() == 60
