"""Moderators of one room: what they may, what stays with the hosts, and how they come and go."""

import pytest
from django.urls import reverse

from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.test_console import MAKE, ROUTES
from tests.webinars.room.test_socket import closed, do, opened, scenario, until
from webinars.models import RoomHelper
from webinars.room import hub, team

pytestmark = pytest.mark.django_db
HOSTS_ONLY = {
    "end", "change-state", "polls-csv", "change-streams", "room-setup", "prompts",
}  # fmt: skip


@pytest.fixture
def room(db):
    return make.make_room()


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def moderator_of(room):
    person = make_person(name="Mona Moderator")
    team.add(room, person.email, make.host_of(room))
    return person


@pytest.mark.parametrize(("method", "name", "nested"), ROUTES)
def test_a_moderator_may_all_but_what_stays_with_the_hosts(client, room, method, name, nested):
    thing = [MAKE[nested](room).pk] if nested else []
    client.force_login(moderator_of(room))
    status = getattr(client, method)(url(name, room, *thing)).status_code
    assert (status == 404) is (name in HOSTS_ONLY)


def test_the_moderators_console_has_no_way_to_end_the_session(client, room):
    make.ask(room, text="Waiting?")
    client.force_login(moderator_of(room))
    html = client.get(url("host", room)).content.decode()
    assert "Waiting?" in html
    assert "You moderate this session." in html
    for words in ("End the session", "Set up the room", 'data-list="controls"'):
        assert words not in html
    assert url("host", room) in client.get(url("room", room)).content.decode()


def test_of_another_room_they_see_nothing(client, room):
    client.force_login(moderator_of(make.make_room()))
    assert client.get(url("host", room)).status_code == 404
    question = make.ask(room)
    response = client.post(url("moderate", room, question.pk), {"act": "approve"})
    assert response.status_code == 404


def test_in_production_a_moderator_sets_up_a_second_step_first(client, room, settings):
    settings.SECOND_STEP_FOR_STAFF = True
    person, question = moderator_of(room), make.ask(room)
    client.force_login(person)
    for response in (
        client.get(url("host", room)),
        client.post(url("moderate", room, question.pk), {"act": "approve"}),
    ):
        assert (response.status_code, response["Location"]) == (
            303,
            reverse("people:second-step"),
        )
    question.refresh_from_db()
    assert question.state == "waiting"
    client.force_login(make_person())
    assert client.get(url("host", room)).status_code == 404


def test_hosts_choose_and_remove_their_moderators(client, room):
    person = make_person(email="mona@example.org", name="Mona")
    client.force_login(make.host_of(room))
    for _ in range(2):
        response = client.post(url("team", room), {"email": " Mona@example.org "})
        assert response.status_code == 303
    helper = RoomHelper.objects.get()
    assert helper.person == person
    assert "Mona" in client.get(url("room-setup", room)).content.decode()
    refused = client.post(url("team", room), {"email": "nobody@example.org"})
    assert refused.status_code == 422
    assert "Nobody with this address" in refused.content.decode()
    assert "nobody@example.org" in refused.content.decode()

    other = make.make_room()
    client.force_login(make.host_of(other))
    assert client.post(url("team-remove", other, helper.pk)).status_code == 404
    client.force_login(make.host_of(room))
    for status in (303, 404):
        assert client.post(url("team-remove", room, helper.pk)).status_code == status


@pytest.mark.django_db(transaction=True)
def test_a_moderator_gets_their_frames_until_removed(monkeypatch):
    monkeypatch.setattr(hub, "SECOND", 0.02)
    room = make.make_room()
    person = moderator_of(room)

    async def visit():
        socket = await opened(room, person)
        await do(make.ask)(room, text="Still waiting?")
        came = await until(socket, lambda f: "Still waiting?" in str(f))
        await do(team.remove)(await do(RoomHelper.objects.select_related("webinar").get)(),
                              await do(make.host_of)(room))  # fmt: skip
        return came, await closed(socket)

    came, code = scenario(visit)
    assert code == 4403
    assert "queue" in str(came)
