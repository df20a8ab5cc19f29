"""How often one person may act, and what happens to everybody's line at once."""

import asyncio

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.webinars.room import factories as make
from tests.webinars.room.test_socket import do, opened, scenario, until
from webinars.models import QuestionVote
from webinars.room import doorbell, pace

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


def test_without_its_cache_nobody_is_held_up(monkeypatch):
    def away(*args):
        raise OSError("away")

    monkeypatch.setattr(cache, "add", away)
    assert all(pace.may(1) for _ in range(2 * pace.MOST))


@pytest.mark.django_db(transaction=True)
def test_three_hundred_pages_of_one_process_hear_of_it_by_one_subscription(monkeypatch):
    """Each page of its own on a channel layer was what broke at the hundred and first: the layer
    holds so many messages. Here a process listens once, however many pages it has."""
    monkeypatch.setattr(doorbell, "GROUP", f"rooms {id(monkeypatch)}")
    room = make.make_room()
    people = [make.make_guest(room) for _ in range(3)]

    async def visit():
        sockets = [await opened(room, people[n % 3]) for n in range(300)]
        for socket in sockets:
            await until(socket, lambda f: "to" in f, seconds=20)
        for n in range(3):
            await do(make.say)(room, text=f"Message {n}.")
            for socket in sockets:
                await until(socket, lambda f, n=n: f"Message {n}." in str(f), seconds=20)
        await asyncio.gather(*(socket.disconnect() for socket in sockets))

    scenario(visit)
