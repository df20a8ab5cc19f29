"""The hosts' pages: their sessions, and the console of one."""

import uuid
from html import unescape

import pytest
from django.urls import reverse

from tests.factories import make_person
from tests.webinars.room import factories as make
from webinars.models import ChatMessage, Poll, RoomQuestion, Webinar
from webinars.registering import register
from webinars.room import chat, hands, polls, questions

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make.make_room()


@pytest.fixture
def host(client, room):
    person = make.host_of(room)
    client.force_login(person)
    return person


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def console(client, room):
    response = client.get(url("host", room))
    assert response.status_code == 200
    return unescape(response.content.decode())


def part(html, name):
    start = html.index(f'data-list="{name}"')
    return html[start : html.index("</ol>" if name != "polls" else "</ul>", start)]


def test_hosts_see_the_sessions_they_host_with_their_state(client, room, host):
    other = make.make_room()
    make.make_guest(room)

    html = client.get(reverse("webinars:hosting")).content.decode()

    assert url("host", room) in html
    assert "Live now" in html
    assert "1 person registered" in html
    assert url("host", other) not in html


def test_hosting_costs_the_same_for_any_number_of_sessions(
    client, room, host, django_assert_num_queries
):
    for _ in range(4):
        make.make_room(host=host)
    with django_assert_num_queries(3):  # session, person, sessions
        client.get(reverse("webinars:hosting"))


def test_the_console_shows_every_question_where_it_stands(client, room, host):
    make.ask(room, text="Waiting?", anonymous=True)
    make.ask(room, text="Shown?", shown=True)
    questions.dismiss(make.ask(room, text="Dismissed?"), host)

    html = console(client, room)

    assert "Waiting?" in part(html, "queue")
    assert "name hidden from others" in part(html, "queue")
    assert "Shown?" in part(html, "questions")
    assert "Dismissed?" in part(html, "dismissed")


def test_the_console_shows_who_comes_and_what_they_need(client, room, host):
    register(make_person(name="Ana Ruiz"), room, needs={"asl": "from 1 p.m."})

    html = console(client, room)

    assert "1 person is registered." in html
    assert "American Sign Language interpreter</strong>: Ana Ruiz · Asked<br>from 1 p.m." in html


@pytest.mark.parametrize("count", [1, 5])
def test_the_console_costs_the_same_however_much_was_said(
    client, room, host, count, django_assert_num_queries
):
    for _ in range(count):
        make.ask(room)
        make.ask(room, shown=True)
        make.say(room)
        polls.vote(make.make_poll(room), make_person(), ["a"])
        register(make_person(), room, needs={"cart": ""})
        hands.raise_hand(room, make.make_guest(room), wanted=True)

    # session, person, session hosted with its counts, questions, messages, polls, hands, needs
    with django_assert_num_queries(8):
        console(client, room)


def test_a_session_goes_live_pauses_resumes_and_ends(client, host):
    room = make.make_room(live=False, host=host)
    steps = [("live", "live"), ("break", "break"), ("live", "live")]
    for to, state in steps:
        assert client.post(url("change-state", room), {"to": to}).status_code == 303
        room.refresh_from_db()
        assert room.state == state

    asked = client.get(url("end", room)).content.decode()
    room.refresh_from_db()
    assert "cannot go live again" in asked
    assert room.state == "live"
    response = client.post(url("end", room))
    room.refresh_from_db()
    assert (response.status_code, room.state) == (303, "ended")
    assert client.post(url("change-state", room), {"to": "live"}).status_code == 422


def test_a_refusal_says_why_with_and_without_a_script(client, host, htmx):
    room = make.make_room(live=False, host=host)
    plain = client.post(url("change-state", room), {"to": "break"})
    by_script = client.post(url("change-state", room), {"to": "break"}, headers=htmx)

    assert (plain.status_code, by_script.status_code) == (422, 422)
    assert "The session is: Scheduled." in plain.content.decode()
    assert "The session is: Scheduled." in by_script["HX-Trigger"]
    assert client.post(url("change-state", room), {"to": "ended"}).status_code == 400
    room.refresh_from_db()
    assert room.state == Webinar.State.SCHEDULED


@pytest.mark.parametrize(
    ("acts", "state"),
    [(["approve"], "approved"), (["dismiss"], "dismissed"), (["dismiss", "approve"], "approved"),
     (["answer"], "answered")],
)  # fmt: skip
def test_questions_are_moderated(client, room, host, acts, state):
    question = make.ask(room)
    for act in acts:
        form = {"act": act, f"text-{question.pk}": "Because."}
        assert client.post(url("moderate", room, question.pk), form).status_code == 303
    question.refresh_from_db()
    assert (question.state, question.answer) == (state, "Because." if state == "answered" else "")


def test_an_answer_that_is_too_long_comes_back(client, room, host):
    question = make.ask(room)
    form = {"act": "answer", f"text-{question.pk}": "long " * 300}
    response = client.post(url("moderate", room, question.pk), form)

    html = response.content.decode()
    assert response.status_code == 422
    assert "at most 1000 characters" in html
    assert "long long" in html


def test_the_answer_to_a_withdrawn_question_is_refused_and_kept(client, room, host):
    question = make.ask(room)
    questions.withdraw(question, question.author)
    form = {"act": "answer", f"text-{question.pk}": "Because."}
    response = client.post(url("moderate", room, question.pk), form)

    assert response.status_code == 422
    assert "took this question back" in response.content.decode()


def test_hosts_write_in_the_chat_and_take_messages_off(client, room, host, htmx):
    assert (
        client.post(url("host-say", room), {"text": "Hi", "key": uuid.uuid4()}).status_code == 303
    )
    message = ChatMessage.objects.get()
    assert "Hi" in console(client, room)

    response = client.post(url("remove-message", room, message.pk), headers=htmx)

    assert response.status_code == 204
    assert "Hi</p>" not in console(client, room)
    assert client.post(url("host-say", room), {"text": ""}, headers=htmx).status_code == 422
    assert client.post(url("host-say", room), {"text": ""}).status_code == 422


def test_a_poll_is_written_opened_and_closed(client, room, host):
    form = {"question_en": "Which?", "options_en": "One\n\n Two ", "question_es": "¿Cuál?",
            "options_es": "Uno\nDos"}  # fmt: skip
    assert client.post(url("write-poll", room), form).status_code == 303
    poll = Poll.objects.get()
    assert poll.question == {"en": "Which?", "es": "¿Cuál?"}
    assert poll.options == [
        {"id": "a", "text": {"en": "One", "es": "Uno"}},
        {"id": "b", "text": {"en": "Two", "es": "Dos"}},
    ]
    for act, state in [("open", "open"), ("close", "closed")]:
        assert client.post(url("run-poll", room, poll.pk), {"act": act}).status_code == 303
        poll.refresh_from_db()
        assert poll.state == state
    assert client.post(url("run-poll", room, poll.pk), {"act": "open"}).status_code == 422


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"options_en": "One"}, "two to eight answers"),
        ({"options_en": "\n".join("123456789")}, "two to eight answers"),
        ({"options_en": f"One\n{'x' * 121}"}, "120 letters"),
        ({"question_en": ""}, "This field is required"),
        ({"options_es": "Uno"}, "as many answers as in English"),
    ],
)
def test_a_poll_that_does_not_fit_comes_back_with_the_reason(
    client, room, host, htmx, form, reason
):
    form = {"question_en": "Which one?", "options_en": "One\nTwo"} | form
    plain = client.post(url("write-poll", room), form)
    by_script = client.post(url("write-poll", room), form, headers=htmx)

    for response in (plain, by_script):
        html = response.content.decode()
        assert response.status_code == 422
        assert reason in html
        assert form["options_en"].split("\n")[0] in html
    assert not Poll.objects.exists()


def test_the_console_counts_an_open_poll(client, room, host):
    poll = make.make_poll(room)
    polls.vote(poll, make_person(), ["b"])
    assert f'data-result="{poll.pk}:b">1<' in console(client, room)


# --- Who may not

ROUTES = [
    ("get", "host", None),
    ("get", "end", None),
    ("post", "end", None),
    ("post", "change-state", None),
    ("post", "host-say", None),
    ("post", "write-poll", None),
    ("post", "moderate", "question"),
    ("post", "remove-message", "message"),
    ("post", "run-poll", "poll"),
    ("get", "polls-csv", None),
    ("get", "merge", "question"),
    ("post", "merge", "question"),
    ("post", "silence", "message"),
    ("post", "hear", "silence"),
    ("post", "lower-hand", "hand"),
    ("post", "lower-hands", None),
    ("post", "chat-rules", None),
    ("post", "note", None),
    ("post", "change-streams", None),
    ("get", "room-setup", None),
    ("post", "room-setup", None),
    ("get", "acts", None),
]
MAKE = {
    "question": make.ask,
    "message": make.say,
    "poll": make.make_poll,
    "silence": lambda room: chat.silence(room, make.make_guest(room), make.host_of(room)),
    "hand": make.raise_hand,
}


@pytest.mark.parametrize(("method", "name", "nested"), ROUTES)
@pytest.mark.parametrize(
    "who", ["stranger", "attendee", "host of another", "trainer", "demoted", "presenter"]
)
def test_the_console_is_for_its_hosts(client, room, who, method, name, nested):
    person = {
        "stranger": make_person,
        "attendee": lambda: make.make_guest(room),
        "host of another": lambda: make.host_of(make.make_room()),
        "trainer": lambda: make_person(may_author=True),
        "demoted": lambda: make_person(),
        "presenter": lambda: make.make_presenter(room),
    }[who]()
    if who == "demoted":
        room.hosts.add(person)
    thing = [MAKE[nested](room).pk] if nested else []
    client.force_login(person)

    assert getattr(client, method)(url(name, room, *thing)).status_code == 404


@pytest.mark.parametrize(("method", "name", "nested"), ROUTES)
def test_a_signed_out_person_is_sent_to_sign_in(client, room, method, name, nested):
    response = getattr(client, method)(url(name, room, *([1] if nested else [])))
    assert response.status_code == 302


@pytest.mark.parametrize("nested", MAKE)
def test_things_of_another_session_are_not_there(client, room, host, nested):
    name = next(route for _, route, n in ROUTES if n == nested)
    other = make.make_room(host=host)
    theirs = MAKE[nested](other)
    form = {"act": "approve" if nested == "question" else "close"}

    assert client.post(url(name, room, theirs.pk), form).status_code == 404
    assert client.post(url(name, other, theirs.pk), form).status_code == 303


@pytest.mark.parametrize("act", ["live", "approve"])
def test_in_production_a_host_sets_up_a_second_step_before_any_act(client, settings, host, act):
    settings.SECOND_STEP_FOR_STAFF = True
    room = make.make_room(live=False, host=host)
    question = make.ask(room)
    address = url("change-state", room) if act == "live" else url("moderate", room, question.pk)

    response = client.post(address, {"to": act, "act": act})

    assert (response.status_code, response["Location"]) == (303, reverse("people:second-step"))
    room.refresh_from_db()
    question.refresh_from_db()
    assert (room.state, question.state) == ("scheduled", "waiting")


def test_a_superuser_hosts_everything(client, room):
    client.force_login(make_person(is_superuser=True))
    assert client.get(url("host", room)).status_code == 200
    assert RoomQuestion.objects.count() == 0
