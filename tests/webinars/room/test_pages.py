"""The room's page and its forms, with and without a script, and who may not have them."""

import re
import uuid
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_person
from tests.webinars.factories import be_there, hold, make_webinar, seat
from tests.webinars.room import factories as make
from webinars.models import (
    Accommodation,
    ChatMessage,
    PollVote,
    Registration,
    RoomQuestion,
    Webinar,
)
from webinars.registering import register
from webinars.room import polls, questions, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make.make_room()


@pytest.fixture
def guest(client, room):
    person = make.make_guest(room, name="Ana Ruiz")
    client.force_login(person)
    return person


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def page(client, room, query=""):
    response = client.get(url("room", room) + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def part(html, start, end):
    return html[html.index(start) : html.index(end, html.index(start))]


def test_the_room_shows_what_everybody_may_see_and_ones_own(client, room, guest):
    make.ask(room, text="Shown?", shown=True)
    make.ask(room, text="Hidden?")
    make.ask(room, guest, text="Mine waiting?")
    make.say(room, text="Welcome.")
    poll = make.make_poll(room)

    html = page(client, room)

    assert "Shown?" in part(html, 'data-list="questions"', "</ol>")
    assert "Hidden?" not in html
    assert "Mine waiting?" in part(html, 'id="mine"', "</ul>")
    assert "Waiting for a moderator" in html
    assert "Welcome." in part(html, 'data-list="chat"', "</ol>")
    assert f'name="poll-{poll.pk}"' in part(html, 'data-list="polls"', "</ul>")
    room.refresh_from_db()
    assert f'data-after="{room.room_seq}"' in html


def test_a_message_is_in_each_readers_own_language_and_zone(client, room):
    """It is drawn once for each of these and remembered."""
    sent_at, path = make.say(room).sent_at, url("room", room)

    for zone in ("America/New_York", "Pacific/Honolulu", "America/New_York"):
        client.force_login(make.make_guest(room, time_zone=zone))
        for prefix, host in [("", ", host<"), ("/es", ", equipo anfitrión<")]:
            html = client.get(prefix + path).content.decode()
            assert f'<time datetime="{sent_at.astimezone(ZoneInfo(zone)).isoformat()}">' in html
            assert host in html


def test_before_the_start_it_says_what_will_be_and_what_was_asked_for(client):
    room = make.make_room(live=False)
    person = make_person()
    register(person, room, needs={"cart": ""})
    Accommodation.objects.update(state="arranged", answer="Captions are in the video.")
    client.force_login(person)

    html = page(client, room)

    assert "has not started yet" in html
    assert "Live captions by a person (CART): Arranged. Captions are in the video." in html
    assert re.search(r'data-open-in="scheduled">', html)
    assert re.search(r'data-open-in="live break" hidden', html)


def test_the_video_shows_only_while_it_is_live(client):
    room = make.make_room(live=False, stage={"kind": "youtube", "id": "abcdefghijk"})
    host = make.host_of(room)
    client.force_login(make.make_guest(room))
    embed = "youtube-nocookie.com/embed/abcdefghijk"

    assert embed not in page(client, room)
    stage.go_live(room, host)
    html = page(client, room)
    assert embed in html
    assert 'referrerpolicy="strict-origin-when-cross-origin"' in html
    stage.take_break(room, host)
    assert embed not in page(client, room)
    assert "A short break" in page(client, room)
    stage.end(room, host)
    assert "This session is over." in page(client, room)


def test_a_file_is_shown_with_its_captions(client):
    stored = {"kind": "file", "url": "/static/x.webm", "captions": {"en": "/static/x.en.vtt"}}
    room = make.make_room(stage=stored)
    client.force_login(make.make_guest(room))

    html = page(client, room)

    assert (
        '<track kind="captions" srclang="en" label="English" src="/static/x.en.vtt" default>'
        in html
    )


@pytest.mark.parametrize("count", [1, 5])
def test_the_room_costs_the_same_however_much_was_said(
    client, room, guest, count, django_assert_num_queries
):
    for hours in range(count):
        make.ask(room, shown=True)
        make.ask(room, guest, now=timezone.now() - timedelta(hours=count - hours))
        make.say(room)
        polls.vote(make.make_poll(room), guest, ["a"])
        seat(make_person(), room)

    # session, person, place with session, questions, messages, polls, needs, captions
    with django_assert_num_queries(8):
        page(client, room)


def test_a_question_is_asked_with_a_plain_form(client, room, guest):
    response = client.post(
        url("ask", room), {"text": "Why?", "anonymous": "on", "key": uuid.uuid4()}
    )

    assert (response.status_code, response["Location"]) == (303, url("room", room) + "#questions")
    question = RoomQuestion.objects.get()
    assert (question.text, question.anonymous, question.author) == ("Why?", True, guest)


def test_the_same_form_sent_twice_is_one_question(client, room, guest):
    form = {"text": "Why?", "key": uuid.uuid4()}
    for _ in range(2):
        assert client.post(url("ask", room), form).status_code == 303
    assert RoomQuestion.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("ask", "", "Write your question first."),
        ("ask", "x" * 501, "at most 500 characters"),
        ("say", "", "Write a message first."),
        ("say", "x" * 501, "at most 500 characters"),
        ("say", "a\0b", "Null characters"),
    ],
)
def test_what_was_typed_comes_back_with_the_reason(client, room, guest, htmx, name, text, reason):
    plain = client.post(url(name, room), {"text": text})
    swapped = client.post(url(name, room), {"text": text}, headers=htmx)

    for response in (plain, swapped):
        html = unescape(response.content.decode())
        assert response.status_code == 422
        assert reason in html
        assert text[:500].replace("\0", "") in html.replace("\0", "")
    assert "<html" in plain.content.decode()
    assert swapped.content.decode().strip().startswith("<form")


def test_the_chat_answers_a_script_with_an_empty_form_and_a_new_key(client, room, guest, htmx):
    key = str(uuid.uuid4())
    response = client.post(url("say", room), {"text": "Hello", "key": key}, headers=htmx)

    html = response.content.decode()
    assert response.status_code == 200
    assert "Hello" not in html
    assert key not in html
    assert ChatMessage.objects.get().text == "Hello"


def test_a_flood_is_refused_beside_the_field(client, room, guest, htmx):
    for _ in range(3):
        make.ask(room, guest)
    response = client.post(url("ask", room), {"text": "One more?"}, headers=htmx)

    assert response.status_code == 422
    assert b"Please wait a minute" in response.content
    assert b"One more?" in response.content


def test_a_vote_shows_on_ones_own_page_alone(client, room, guest):
    question = make.ask(room, shown=True)
    for wanted, pressed in [("1", "true"), ("1", "true"), ("0", "false")]:
        response = client.post(url("vote-question", room, question.pk), {"wanted": wanted})
        assert (response.status_code, f"#question-{question.pk}" in response["Location"]) == (
            303,
            True,
        )
        assert f'aria-pressed="{pressed}"' in page(client, room)


def test_a_vote_by_script_answers_with_the_mark_and_the_count(client, room, guest, htmx):
    question = make.ask(room, shown=True)
    response = client.post(url("vote-question", room, question.pk), {"wanted": "1"}, headers=htmx)

    assert response.status_code == 204
    assert '"wanted": true, "votes": 1' in response["HX-Trigger"]


def test_a_vote_that_comes_too_late_is_refused_in_words(client, room, guest, htmx):
    question = make.ask(room, shown=True)
    questions.answer(question, make.host_of(room), "")
    address = url("vote-question", room, question.pk)

    by_script = client.post(address, {"wanted": "1"}, headers=htmx)
    plain = client.post(address, {"wanted": "1"})

    assert (by_script.status_code, plain.status_code) == (422, 422)
    assert "no more votes" in by_script["HX-Trigger"]
    assert "no more votes" in plain.content.decode()


def test_the_result_of_a_poll_shows_once_it_is_answered(client, room, guest, htmx):
    poll = make.make_poll(room)
    for _ in range(3):
        polls.vote(poll, make_person(), ["b"])
    address = url("vote-poll", room, poll.pk)
    assert "75 %" not in page(client, room)

    assert client.post(address, {f"poll-{poll.pk}": "a"}).status_code == 303

    html = page(client, room)
    assert "75 %" in html
    assert "Your answer" in html
    again = client.post(address, {f"poll-{poll.pk}": "b"}, headers=htmx)
    assert again.status_code == 422
    assert "You answered this poll already." in again.content.decode()
    assert PollVote.objects.get(person=guest).choices == ["a"]


def test_a_poll_that_is_open_stands_first(client, room, guest):
    before, now = make.make_poll(room), make.make_poll(room)
    polls.close(before, make.host_of(room))

    for html in (page(client, room), presented(client, room)):
        assert html.index(f'id="poll-{now.pk}"') < html.index(f'id="poll-{before.pk}"')
        assert re.findall(r'id="poll-(\d+)"[^>]* data-first', html) == [str(now.pk)]


def presented(client, room):
    client.force_login(make.make_presenter(room))
    return client.get(url("presenter", room)).content.decode()


def test_a_poll_without_a_choice_says_so_beside_it(client, room, guest, htmx):
    poll = make.make_poll(room)
    for headers in ({}, htmx):
        response = client.post(url("vote-poll", room, poll.pk), headers=headers)
        assert response.status_code == 422
        assert f'id="poll-{poll.pk}-error"' in response.content.decode()


def test_ones_own_minutes_so_far(client, guest, room, htmx):
    webinar = make_webinar(starts_at=timezone.now() - timedelta(minutes=40), minutes=60)
    hold(webinar, (0, 30), ended=False)
    Registration.objects.create(webinar=webinar, person=guest, state="seated")
    be_there(guest, webinar, (0, 10), (20, 25))

    html = client.get(url("room-me", webinar), headers=htmx).content.decode()

    assert "So far 15 of 30 live minutes count for you." in html


def test_a_question_is_taken_back(client, room, guest, htmx):
    question = make.ask(room, guest)
    response = client.post(url("withdraw", room, question.pk), headers=htmx)

    assert response.status_code == 204
    question.refresh_from_db()
    assert question.state == "withdrawn"
    assert "Take it back" not in page(client, room)


# --- Who may not

ROUTES = [
    ("get", "room", False),
    ("get", "room-me", False),
    ("get", "events", False),
    ("post", "ask", False),
    ("post", "say", False),
    ("post", "vote-question", True),
    ("post", "withdraw", True),
    ("get", "poll", True),
    ("post", "vote-poll", True),
    ("post", "hand", False),
    ("post", "react", False),
    ("post", "prompt", True),
]


@pytest.mark.parametrize(("method", "name", "nested"), ROUTES)
def test_a_signed_out_person_is_sent_to_sign_in(client, room, method, name, nested):
    response = getattr(client, method)(url(name, room, *([1] if nested else [])))
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


@pytest.mark.parametrize(("method", "name", "nested"), ROUTES[1:])
@pytest.mark.parametrize("who", ["unregistered", "cancelled", "waitlisted", "at another session"])
def test_without_a_seat_the_rest_is_not_there(client, who, method, name, nested):
    room = make.make_room()
    question, poll = make.ask(room, shown=True), make.make_poll(room)
    person = make_person()
    if who == "at another session":
        seat(person, make.make_room())
    elif who != "unregistered":
        Registration.objects.create(webinar=room, person=person, state=who)
    client.force_login(person)
    pk = [poll.pk if "poll" in name else question.pk] if nested else []

    assert getattr(client, method)(url(name, room, *pk)).status_code == 404


@pytest.mark.parametrize(
    ("state", "words"),
    [(None, "You are not registered"), ("waitlisted", "You are on the waitlist"),
     ("cancelled", "You are not registered")],
)  # fmt: skip
def test_at_the_door_it_says_how_to_come_in(client, room, state, words):
    person = make_person()
    if state:
        Registration.objects.create(webinar=room, person=person, state=state)
    client.force_login(person)
    make.say(room, text="Not for your ears.")

    html = page(client, room)

    assert words in html
    assert "Not for your ears." not in html
    assert (url("register", room) in html) == (state != "waitlisted")


def test_an_unpublished_session_is_not_there(client, room, guest):
    Webinar.objects.filter(pk=room.pk).update(published_at=None)
    for person, status in [(guest, 404), (make_person(), 404), (make.make_host(), 404),
                           (make.host_of(room), 200)]:  # fmt: skip
        client.force_login(person)
        assert client.get(url("room", room)).status_code == status


@pytest.mark.parametrize("name", ["vote-question", "withdraw", "poll", "vote-poll"])
def test_things_of_another_session_are_not_there(client, room, guest, name):
    other = make.make_room()
    seat(guest, other)
    theirs = make.make_poll(other) if "poll" in name else make.ask(other, guest, shown=True)
    method = client.get if name == "poll" else client.post

    assert method(url(name, room, theirs.pk)).status_code == 404
    assert method(url(name, other, theirs.pk)).status_code != 404


@pytest.mark.parametrize("state", ["waiting", "dismissed", "withdrawn"])
def test_a_question_that_is_not_shown_takes_no_votes(client, room, guest, state):
    question = make.ask(room)
    RoomQuestion.objects.filter(pk=question.pk).update(state=state)
    assert client.post(url("vote-question", room, question.pk)).status_code == 404


def test_nobody_takes_back_the_question_of_another(client, room, guest):
    assert client.post(url("withdraw", room, make.ask(room).pk)).status_code == 404


def test_a_draft_poll_is_not_there(client, room, guest):
    poll = make.make_poll(room, opened=False)
    assert client.get(url("poll", room, poll.pk)).status_code == 404
    assert client.post(url("vote-poll", room, poll.pk)).status_code == 404
