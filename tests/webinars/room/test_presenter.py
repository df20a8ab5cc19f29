"""Who presents: what they see on their second screen, and the one thing that they do."""

import json
from html import unescape

import pytest
from django.urls import reverse

from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.test_socket import closed, do, opened, scenario, until
from webinars import scheduling
from webinars.models import RoomHelper
from webinars.room import hub, polls, questions, setup, stage, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make.make_room()


@pytest.fixture
def presenter(client, room):
    person = make.make_presenter(room, name="Petra Presenter")
    client.force_login(person)
    return person


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def page(client, room):
    response = client.get(url("presenter", room))
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_the_page_shows_time_questions_polls_hands_and_notes(client, room, presenter):
    host = make.host_of(room)
    make.ask(room, text="Waiting?")
    make.ask(room, text="Shown?", shown=True)
    pinned = make.ask(room, text="Pinned?", shown=True)
    questions.pin(pinned, host, wanted=True)
    make.raise_hand(room, make.make_guest(room, name="Hector Hand"))
    polls.vote(make.make_poll(room), make_person(), ["a"])
    make.make_poll(room, opened=False)
    make.say(room, text="Said in the chat.")
    setup.change(room, host, presenter_notes="Ten minutes left.")

    html = page(client, room)

    for words in ("Live now", "Shown?", "Pinned?", "Hector Hand", "Ten minutes left."):
        assert words in html
    assert html.index("Pinned?") < html.index("Shown?")
    assert html.count('class="gw-poll"') == 1
    for words in ("Waiting?", "Said in the chat.", url("moderate", room, pinned.pk), "lower-hand"):
        assert words not in html


@pytest.mark.parametrize("count", [1, 5])
def test_it_costs_the_same_however_much_was_asked(
    client, room, presenter, count, django_assert_num_queries
):
    for _ in range(count):
        make.ask(room, shown=True)
        make.raise_hand(room)
        make.make_poll(room)
        make.say(room)

    # session, person, seat, session with role and window, questions, polls, hands, captions
    with django_assert_num_queries(8):
        page(client, room)


def test_a_question_is_marked_as_answered_once_and_stays_as_it_was_answered(
    client, room, presenter, htmx
):
    question = make.ask(room, shown=True)
    address = url("presenter-answered", room, question.pk)
    for headers, status in [({}, 303), (htmx, 204)]:
        assert client.post(address, headers=headers).status_code == status
    question.refresh_from_db()
    assert (question.state, question.answer) == ("answered", "")
    assert room.events.filter(kind="question", payload__now="answered").count() == 1

    written = make.ask(room, shown=True)
    questions.answer(written, make.host_of(room), "In writing.")
    client.post(url("presenter-answered", room, written.pk))
    written.refresh_from_db()
    assert written.answer == "In writing."


def test_a_question_that_was_taken_down_meanwhile_is_refused_in_words(
    client, room, presenter, htmx, monkeypatch
):
    question = make.ask(room, shown=True)
    told = questions.answered_live

    def too_late(row, by):
        questions.dismiss(row, make.host_of(room))
        told(row, by)

    monkeypatch.setattr(questions, "answered_live", too_late)
    response = client.post(url("presenter-answered", room, question.pk), headers=htmx)
    assert response.status_code == 422
    reason = json.loads(response["HX-Trigger"])["room:refused"]["reason"]
    assert reason == "This question is not shown any more."
    question.refresh_from_db()
    assert question.state == "dismissed"


@pytest.mark.parametrize("name", ["presenter", "presenter-answered"])
def test_it_is_for_presenters_moderators_and_hosts_of_this_room(client, room, name):
    question = make.ask(room, shown=True)
    thing = [question.pk] if name == "presenter-answered" else []
    send = client.post if thing else client.get
    moderator = make_person()
    team.add(room, moderator.email, make.host_of(room))
    for person, status in [
        (make_person(), 404),
        (make.make_guest(room), 404),
        (make.make_presenter(make.make_room()), 404),
        (make.host_of(make.make_room()), 404),
        (moderator, None),
        (make.host_of(room), None),
        (make.make_presenter(room), None),
    ]:
        client.force_login(person)
        assert send(url(name, room, *thing)).status_code == (status or (303 if thing else 200))
    client.logout()
    assert send(url(name, room, *thing)).status_code == 302


def test_a_question_that_waits_or_is_of_another_room_is_not_there(client, room, presenter):
    for question in (make.ask(room), make.ask(make.make_room(), shown=True)):
        assert client.post(url("presenter-answered", room, question.pk)).status_code == 404


def test_a_presenter_asks_for_events_as_one_and_gets_no_others(client, room, presenter):
    make.ask(room, text="Waiting?")
    make.raise_hand(room, make.make_guest(room, name="Hector Hand"))
    setup.change(room, make.host_of(room), presenter_notes="For you alone.")

    def told(person, wanted):
        client.force_login(person)
        return client.get(url("events", room), {"after": 0, "as": wanted})

    mine = told(presenter, "presenter").content.decode()
    assert "Hector Hand" in mine
    assert "For you alone." in mine
    assert "Waiting?" not in mine
    assert told(presenter, "host").status_code == 404
    assert "For you alone." not in told(presenter, "attendee").content.decode()
    assert told(make.make_guest(room), "presenter").status_code == 404


def test_hosts_add_presenters_and_change_what_somebody_is(client, room):
    host, person = make.host_of(room), make_person(name="Petra")
    client.force_login(host)
    for role in ("presenter", "presenter", "moderator", "presenter"):
        sent = client.post(url("team", room), {"email": person.email, "role": role})
        assert sent.status_code == 303
    assert RoomHelper.objects.get().role == "presenter"
    html = client.get(url("room-setup", room)).content.decode()
    assert "Petra · Presenter" in html
    assert url("presenter", room) in html
    assert client.post(url("team", room), {"email": person.email, "role": "x"}).status_code == 400
    client.force_login(person)
    assert client.get(url("host", room)).status_code == 404
    for name in ("webinar", "room"):
        assert url("presenter", room) in client.get(url(name, room)).content.decode()


def test_a_note_shows_to_presenters_and_moderators_alone_and_is_cleared(client, room):
    client.force_login(make.host_of(room))
    assert client.post(url("note", room), {"text": "Wrap up."}).status_code == 303
    assert "Wrap up." in client.get(url("host", room)).content.decode()
    too_long = client.post(url("note", room), {"text": "x" * 1001})
    assert too_long.status_code == 422
    assert "x" * 1001 in too_long.content.decode()
    client.force_login(make.make_guest(room))
    assert "Wrap up." not in client.get(url("room", room)).content.decode()
    client.force_login(make.host_of(room))
    client.post(url("note", room), {"text": ""})
    assert "Wrap up." not in client.get(url("host", room)).content.decode()


def test_a_rehearsal_brings_the_team_along_and_lets_it_in(client, room, presenter):
    trial = scheduling.rehearse(room, by=make.host_of(room))
    assert client.get(url("presenter", trial)).status_code == 200
    client.force_login(make.make_guest(room))
    assert client.get(url("presenter", trial)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_presenter_gets_their_frames_until_another_has_the_role(monkeypatch):
    monkeypatch.setattr(hub, "SECOND", 0.02)
    room = make.make_room()
    person = make.make_presenter(room)

    async def visit():
        mine = await opened(room, person, "after=0&as=presenter")
        plain = await opened(room, person, "after=0")
        await do(make.ask)(room, text="Waiting?")
        await do(make.raise_hand)(room)
        await do(setup.change)(room, await do(make.host_of)(room), presenter_notes="For you.")
        await do(make.say)(room, text="To all.")
        await do(stage.take_break)(room, await do(make.host_of)(room))
        came = await until(mine, lambda f: "On a break" in str(f))
        also = await until(plain, lambda f: "A short break" in str(f))
        helper = await do(RoomHelper.objects.select_related("webinar").get)()
        await do(team.remove)(helper, await do(make.host_of)(room))
        return str(came), str(also), await closed(mine), await closed(plain)

    came, also, *codes = scenario(visit)
    assert codes == [4403, 4403]
    for words in ("For you.", "'hands'"):
        assert words in came
        assert words not in also.replace("'hands': 1", "")
    for words in ("Waiting?", "To all."):
        assert words not in came
    assert "To all." in also
