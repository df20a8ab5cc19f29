"""The same frames over HTTP, for networks that break sockets."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, fresh
from webinars.models import PresenceSpan, Webinar
from webinars.room import frames, polling, questions, stage, team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_counts_from_before():
    polling.forget_counts()


@pytest.fixture
def room(db):
    return make.make_room()


@pytest.fixture
def guest(room):
    return make.make_guest(room)


def poll(client, room, after=0, **query):
    url = reverse("webinars:events", args=[room.slug])
    response = client.get(url, {"after": after, "lang": "en"} | query)
    assert response.status_code == 200
    return json.loads(response.content)


def test_it_answers_with_the_frame_of_the_sockets(client, room, guest):
    make.ask(room, shown=True)
    make.say(room)
    client.force_login(guest)

    answer = poll(client, room)

    room.refresh_from_db()
    frame = frames.news(room, {(ATTENDEE, 0)}).frames[ATTENDEE, 0]
    assert {key: answer[key] for key in frame} == frame
    assert poll(client, room, answer["to"])["ev"] == []


def test_a_host_gets_what_moderators_see_unless_they_ask_otherwise(client, room):
    make.ask(room, text="still-waiting")
    client.force_login(make.host_of(room))

    assert "still-waiting" in json.dumps(poll(client, room))
    assert "still-waiting" not in json.dumps(poll(client, room, **{"as": "attendee"}))


def test_moderators_who_poll_get_their_queue_and_nobody_else_does(client, room, guest, settings):
    person = make.make_guest(room)
    team.add(room, person.email, make.host_of(room))
    make.ask(room, text="Waiting?")
    for who, wanted, queue in [
        (person, "host", True), (person, "", True), (person, "attendee", False), (guest, "", False),
    ]:  # fmt: skip
        client.force_login(who)
        assert ("Waiting?" in str(poll(client, room, **{"as": wanted}))) is queue
    url = reverse("webinars:events", args=[room.slug])
    assert client.get(url, {"as": "host"}).status_code == 404
    settings.SECOND_STEP_FOR_STAFF = True
    client.force_login(person)
    assert client.get(url, {"as": "host"}).status_code == 404
    assert client.get(url, {"as": "attendee"}).status_code == 200


def test_the_language_is_the_one_that_is_asked_for(client, room, guest):
    make.make_poll(room)
    client.force_login(guest)

    assert "Choice a (es)" in json.dumps(poll(client, room, lang="es"))
    assert "(es)" not in json.dumps(poll(client, room, lang="en"))
    assert "(es)" not in json.dumps(poll(client, room, lang="../../etc"))


def test_counts_come_along_and_hold_no_result(client, room, guest):
    question = make.ask(room, shown=True)
    questions.vote(question, guest, wanted=True)
    asked = make.make_poll(room)
    client.force_login(guest)

    assert poll(client, room)["tick"] == {
        "here": 0,
        "votes": {str(question.pk): 1},
        "polls": {str(asked.pk): 0},
    }


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, ""])
def test_a_number_that_is_none_is_survived(client, room, guest, after):
    client.force_login(guest)
    answer = poll(client, room, after)
    assert answer["to"] == room.room_seq


def test_it_counts_as_presence_with_the_token_of_the_answer_before(
    client, room, guest, monkeypatch
):
    client.force_login(guest)
    token = poll(client, room)["beat"]
    place = room.registrations.get(person=guest)
    earlier = polling.beat(place, "", timezone.now() - timedelta(seconds=30))

    assert poll(client, room, beat=token)["beat"] == token
    poll(client, room, beat=earlier)
    poll(client, room, beat=earlier)

    span = PresenceSpan.objects.get(person=guest)
    assert span.source == "poll"
    assert 29 <= (span.ended_at - span.started_at).total_seconds() <= 32


def test_nobody_is_counted_long_before_the_doors_open_or_as_a_host_without_a_seat(client, room):
    ahead = make.make_room(live=False)
    client.force_login(make.make_guest(ahead))
    assert "beat" not in poll(client, ahead)
    client.force_login(make.host_of(room))
    assert "beat" not in poll(client, room)


def test_it_is_only_for_those_who_may_be_in_the_room(client, room, guest):
    url = reverse("webinars:events", args=[room.slug])
    assert client.get(url).status_code == 302
    client.force_login(make.make_guest(make.make_room()))
    assert client.get(url).status_code == 404
    client.force_login(guest)
    assert client.post(url).status_code == 405
    Webinar.objects.filter(pk=room.pk).update(published_at=None)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_asking_costs_the_same_for_any_number_of_events(
    client, room, guest, count, django_assert_num_queries
):
    for _ in range(count):
        make.ask(room, shown=True)
        make.say(room)
    client.force_login(guest)
    poll(client, room)
    room.refresh_from_db()

    # session, person, place with session, events, oldest message, questions, messages
    with django_assert_num_queries(7):
        poll(client, room, 1)
    with django_assert_num_queries(3):
        poll(client, room, room.room_seq)


def test_snapshot_and_frames_agree_after_the_end(client, room):
    stage.end(room, make.host_of(room))
    client.force_login(make.host_of(room))

    entries = poll(client, room)["ev"]

    assert entries[-1]["state"] == "ended"
    assert entries[-1]["html"] == fresh(room.pk, MODERATOR)[0]["controls"][0]
