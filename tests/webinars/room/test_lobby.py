"""Before the room: what somebody finds out, and that finding out is not being there."""

from html import unescape

import pytest
from django.urls import reverse

from tests.factories import make_person
from tests.webinars.factories import make_webinar
from tests.webinars.room import factories as make
from tests.webinars.room.test_socket import do, opened, scenario, until
from webinars.models import PresenceSpan
from webinars.room import hub, stage

pytestmark = pytest.mark.django_db


def lobby(client, room, person, status=200):
    client.force_login(person)
    response = client.get(reverse("webinars:lobby", args=[room.slug]))
    assert response.status_code == status
    return unescape(response.content.decode())


def test_it_is_advice_and_a_sound_and_a_way_in(client):
    room = make.make_room(live=False)
    guest = make.make_guest(room)

    html = lobby(client, room, guest)

    for words in (
        "the room never asks for them",
        "chime",
        "What to do if you hear nothing",
        "What to do if the connection fails",
        '<p lang="en" data-line="en 1">This is how live captions look.</p>',
        '<p lang="es" data-line="es 1">',
        "Go into the room and wait",
    ):
        assert words in html
    stage.go_live(room, make.host_of(room))
    assert "Join the room" in lobby(client, room, guest)
    stage.end(room, make.host_of(room))
    assert f'href="{reverse("webinars:room", args=[room.slug])}"' not in lobby(client, room, guest)


def test_the_way_there_is_on_the_sessions_page_and_in_the_room(client):
    room = make.make_room(live=False)
    person, address = make.make_guest(room), reverse("webinars:lobby", args=[room.slug])
    client.force_login(person)
    for name in ("webinar", "room"):
        page = client.get(reverse(f"webinars:{name}", args=[room.slug])).content.decode()
        assert address in page


def test_others_find_the_door_or_nothing(client):
    room = make.make_room()
    assert "It takes less than a minute" in lobby(client, room, make_person())
    lobby(client, make_webinar(published=False), make_person(), status=404)
    client.logout()
    assert client.get(reverse("webinars:lobby", args=[room.slug])).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_trying_the_line_is_no_presence(monkeypatch):
    monkeypatch.setattr(hub, "SECOND", 0.02)
    room = make.make_room()
    checking, coming = make.make_guest(room), make.make_guest(room)

    async def visit():
        for person, query in [(checking, "as=check"), (coming, "as=attendee")]:
            socket = await opened(room, person, query)
            await until(socket, lambda frame: "hb" in frame)
            await do(lambda: None)()
            await socket.disconnect(1000)

    scenario(visit)
    assert list(PresenceSpan.objects.values_list("person", flat=True)) == [coming.pk]
