from datetime import timedelta

import pytest
from django.utils import timezone

from lms import demo
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
