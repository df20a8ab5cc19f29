from datetime import timedelta

import pytest
from django.utils import timezone

from lms import demo
from webinars import reconciling
from webinars.models import Webinar

pytestmark = pytest.mark.django_db


def test_a_demo_that_slept_for_half_a_day_has_one_live_session_again():
    demo.load()
    now = timezone.now() + timedelta(hours=12)

    demo.load(now)

    (live,) = Webinar.objects.in_room()
    assert live.ends_at > now


def test_somebody_who_came_by_telephone_waits_to_be_named():
    demo.load()

    (who,) = reconciling.waiting(Webinar.objects.get(state="ended"))
    assert [place.person.email for place in who.suggested] == ["learner@demo.test"]
