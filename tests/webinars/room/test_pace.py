"""How often one person may act."""

import pytest
from django.urls import reverse

from tests.webinars.room import factories as make
from webinars.models import QuestionVote
from webinars.room import pace

pytestmark = pytest.mark.django_db


def test_a_stuck_key_is_stopped_and_the_neighbour_is_not(client, htmx):
    room = make.make_room()
    question = make.ask(room, shown=True)
    address = reverse("webinars:vote-question", args=[room.slug, question.pk])
    client.force_login(make.make_guest(room))
    answers = [
        client.post(address, {"wanted": str(n % 2)}, headers=htmx).status_code
        for n in range(pace.MOST + 2)
    ]
    assert answers == [204] * pace.MOST + [429] * 2
    refused = client.post(address, {"wanted": "1"}, headers=htmx)
    assert "Please wait" in refused["HX-Trigger"]
    assert client.post(address, {"wanted": "1"}).status_code == 429
    assert client.get(reverse("webinars:events", args=[room.slug])).status_code == 200

    client.force_login(make.make_guest(room))
    assert client.post(address, {"wanted": "1"}, headers=htmx).status_code == 204
    assert QuestionVote.objects.count() == 2
