"""What moderators can do to questions and to the chat, how the room is set up, and who did what."""

import re
import uuid
from datetime import timedelta
from functools import partial
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from people.models import AuditEntry
from tests.factories import make_person
from tests.races import at_once
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, Page, fresh
from webinars.models import Hand, QuestionVote, RoomEvent, RoomSetup, Webinar
from webinars.room import (
    chat,
    counts,
    hands,
    polls,
    prompts,
    questions,
    setup,
    shown,
    stage,
    team,
)

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


def page(client, room, name="room", query=""):
    response = client.get(url(name, room) + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def voters(question):
    return set(QuestionVote.objects.filter(question=question).values_list("person", flat=True))


# --- Questions


def test_two_questions_become_one_with_the_votes_of_both_each_person_once(client, room, host):
    first, second = make.ask(room, shown=True), make.ask(room, shown=True)
    both, one = make.make_guest(room), make.make_guest(room)
    for question, person in [(first, both), (second, both), (second, one)]:
        questions.vote(question, person, wanted=True)

    for _ in range(2):
        response = client.post(url("merge", room, second.pk), {"into": first.pk})
        assert response.status_code == 303

    assert voters(first) == {both.pk, one.pk, second.author_id}
    second.refresh_from_db()
    assert (second.state, second.merged_into) == ("merged", first)
    shown_now = fresh(room.pk, ATTENDEE)[0]["questions"]
    assert set(shown_now) == {first.pk}
    assert "and 1 more who asked the same" in shown_now[first.pk]
    client.force_login(second.author)
    assert "Somebody asked the same" in page(client, room)


def test_what_was_joined_before_goes_along(room, host):
    first, second, third = (make.ask(room, shown=True) for _ in range(3))
    questions.merge(third, second, host)
    questions.merge(second, first, host)

    third.refresh_from_db()
    assert third.merged_into == first
    assert {second.author_id, third.author_id} <= voters(first)


@pytest.mark.parametrize("why", ["itself", "answered", "withdrawn", "elsewhere", "nothing"])
def test_questions_that_cannot_be_joined_say_so(client, room, host, why):
    question, into = make.ask(room, shown=True), make.ask(room, shown=True)
    chosen = {"itself": question.pk, "nothing": ""}.get(why, into.pk)
    if why == "answered":
        questions.answer(question, host, "")
    if why == "withdrawn":
        questions.withdraw(into, into.author)
    if why == "elsewhere":
        chosen = make.ask(make.make_room(host=host), shown=True).pk

    response = client.post(url("merge", room, question.pk), {"into": chosen})

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    question.refresh_from_db()
    assert question.merged_into is None


def test_a_pinned_question_stands_first_until_it_is_unpinned(client, room, host):
    first, second = make.ask(room, text="First?", shown=True), make.ask(room, shown=True)
    for _ in range(2):
        client.post(url("moderate", room, second.pk), {"act": "pin"})
    client.force_login(make.make_guest(room))
    order = re.findall(r'id="question-(\d+)" data-id', page(client, room))
    by_votes = re.findall(r'id="question-(\d+)" data-id', page(client, room, query="?order=votes"))
    assert order == by_votes == [str(second.pk), str(first.pk)]
    assert RoomEvent.objects.filter(kind="question", about=second.pk).count() == 3

    questions.dismiss(second, host)
    second.refresh_from_db()
    assert second.pinned_at is None
    with pytest.raises(ValidationError, match="Show the question first"):
        questions.pin(second, host, wanted=True)


def test_a_question_is_answered_live_in_one_press(client, room, host):
    question = make.ask(room, shown=True)
    client.post(url("moderate", room, question.pk), {"act": "live"})
    assert "Answered live" in fresh(room.pk, ATTENDEE)[0]["questions"][question.pk]


@pytest.mark.parametrize("known", [True, False])
def test_whether_moderators_know_who_asks_is_the_rule_of_that_moment(client, room, host, known):
    setup.change(room, host, names_known=known)
    person = make.make_guest(room, name="Ana Ruiz")
    client.force_login(person)
    said = "Moderators can see it." if known else "Moderators cannot see it either."
    assert said in page(client, room)
    client.post(url("ask", room), {"text": "Why?", "anonymous": "on"})
    setup.change(room, host, names_known=not known)

    queue = fresh(room.pk, MODERATOR)[0]["queue"]
    assert ("Ana Ruiz" in next(iter(queue.values()))) is known


@pytest.mark.django_db(transaction=True)
def test_one_vote_from_fifty_presses():
    room = make.make_room()
    question, person = make.ask(room, shown=True), make.make_guest(room)

    outcomes = at_once(*[partial(questions.vote, question, person, wanted=True)] * 50)

    assert set(outcomes) == {None}
    assert QuestionVote.objects.filter(question=question).count() == 1


# --- The chat


def say(room, person, text="Hello", **kwargs):
    return chat.say(room, person, text, key=uuid.uuid4(), **kwargs)


def test_in_slow_mode_each_person_waits(room, host):
    setup.change(room, host, slow_seconds=30)
    person, now = make.make_guest(room), timezone.now()
    say(room, person, now=now)
    with pytest.raises(ValidationError, match="in 11 seconds"):
        say(room, person, now=now + timedelta(seconds=19, milliseconds=500))
    say(room, make.make_guest(room), now=now)
    say(room, host, freely=True, now=now)
    say(room, host, freely=True, now=now)
    say(room, person, now=now + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("See https://example.org/x", True),
        ("see www.example.org", True),
        ("Look at Example.ORG", True),
        ("bit.ly/abc", True),
        ("We meet at 3.30 p.m. in Rm.4", False),
        ("End of story.Really", False),
        ("e.g. this, etc. and so on...", False),
    ],
)
def test_links_are_off_until_the_host_allows_them(room, host, text, is_link):
    person = make.make_guest(room)
    if is_link:
        with pytest.raises(ValidationError, match="Links are switched off"):
            say(room, person, text)
    else:
        say(room, person, text)
    setup.change(room, host, links=True)
    say(room, person, text)
    say(room, host, text, freely=True)


def test_a_silenced_person_asks_and_votes_but_writes_no_more(client, room, host, htmx):
    person = make.make_guest(room, name="Ana Ruiz")
    message = say(room, person)
    for _ in range(2):
        response = client.post(url("silence", room, message.pk), headers=htmx)
        assert response.status_code == 204
    client.force_login(person)
    response = client.post(url("say", room), {"text": "Again"})
    assert response.status_code == 422
    assert "You can still ask questions" in response.content.decode()
    assert client.post(url("ask", room), {"text": "Why?"}).status_code == 303

    client.force_login(host)
    html = page(client, room, "acts")
    assert "Ana Ruiz" in html[html.index("silenced-heading") : html.index("acts-heading")]
    held = room.silences.get()
    assert client.post(url("hear", room, held.pk)).status_code == 303
    say(room, person)
    client.post(url("silence", room, message.pk))
    with pytest.raises(ValidationError, match="asked you to stop"):
        say(room, person)
    assert room.silences.count() == 2


def test_hosts_and_moderators_cannot_be_silenced(client, room, host):
    moderator = make.make_guest(room)
    team.add(room, moderator.email, host)
    for message in (say(room, host, freely=True), say(room, moderator)):
        assert client.post(url("silence", room, message.pk)).status_code == 422
    assert not room.silences.exists()


def test_what_the_team_says_is_marked_on_every_screen_as_long_as_they_are_in_it(room, host):
    person = make.make_guest(room, name="Ana Ruiz")
    said, other = say(room, person), say(room, make.make_guest(room))
    page = Page(room)
    assert "Ana Ruiz</strong>" in page.lists["chat"][said.pk]

    helper = team.add(room, person.email, host)
    page.follow()
    assert "Ana Ruiz, moderator</strong>" in page.lists["chat"][said.pk]
    assert "moderator" not in page.lists["chat"][other.pk]

    team.remove(helper, host)
    page.follow()
    assert "Ana Ruiz</strong>" in page.lists["chat"][said.pk]


# --- Hands and reactions


def test_hands_are_named_for_moderators_and_numbers_for_others(client, room, htmx):
    person, other = make.make_guest(room, name="Ana Ruiz"), make.make_guest(room)
    client.force_login(person)
    for _ in range(2):
        response = client.post(url("hand", room), {"wanted": "1"}, headers=htmx)
        assert 'aria-pressed="true"' in response.content.decode()
    make.raise_hand(room, other)

    assert 'aria-pressed="true"' in page(client, room)
    named = fresh(room.pk, MODERATOR)[0]["hands"]
    assert "Ana Ruiz" in min(named.items())[1]
    assert "hands" not in fresh(room.pk, ATTENDEE)[0]
    tally = counts.tallies([room.pk])[room.pk]
    assert tally.tick("all")["hands"] == 2
    assert set(RoomEvent.objects.filter(kind="hand").values_list("audience", flat=True)) == {
        "speaker"
    }

    hands.lower(Hand.objects.get(person=person), make.host_of(room))
    hands.raise_hand(room, other, wanted=False)
    assert counts.tallies([room.pk])[room.pk].tick("all", tally) == {"hands": 0}
    again = make.raise_hand(room, person)
    assert again.pk > max(named)


def test_all_hands_go_down_in_one_press_and_one_event(client, room, host, htmx):
    person = make.make_guest(room, name="Ana Ruiz")
    for each in (person, make.make_guest(room)):
        make.raise_hand(room, each)
    follower, before = Page(room, MODERATOR), RoomEvent.objects.count()
    assert len(follower.lists["hands"]) == 2

    for _ in range(2):
        assert client.post(url("lower-hands", room), headers=htmx).status_code == 204

    follower.follow()
    assert follower.lists["hands"] == {} == fresh(room.pk, MODERATOR)[0]["hands"]
    assert RoomEvent.objects.count() == before + 1
    entry = AuditEntry.objects.get(verb="room.hands-lowered")
    assert (entry.actor, entry.details) == (host, {"hands": 2})

    make.raise_hand(room, person)
    follower.follow()
    assert "Ana Ruiz" in "".join(follower.lists["hands"].values())
    client.force_login(person)
    mine = client.get(url("room-me", room), headers=htmx).content.decode()
    assert re.search(r'id="hand" hx-swap-oob="true"[^>]*aria-pressed="true"', mine)


def test_a_reaction_shows_for_half_a_minute_and_counts_people(client, room, htmx):
    now = timezone.now()
    for person in (make_person(), make_person()):
        for _ in range(3):
            hands.react(room, person, "clap", now)
    assert hands.shown([room.pk], now + timedelta(seconds=29)) == {room.pk: {"clap": 2}}
    assert hands.shown([room.pk], now + timedelta(seconds=30)) == {}
    tally = counts.tallies([room.pk])[room.pk]
    assert tally._replace(reactions={}).tick("all", tally) == {"reactions": {"clap": 0}}

    client.force_login(make.make_guest(room))
    assert client.post(url("react", room), {"kind": "heart"}, headers=htmx).status_code == 204
    assert client.post(url("react", room), {"kind": "spam"}, headers=htmx).status_code == 422
    assert client.post(url("react", room), {"kind": "heart"}).status_code == 303


@pytest.mark.parametrize("act", ["hand", "react"])
def test_before_and_after_the_session_hands_stay_down(client, act):
    room = make.make_room(live=False)
    client.force_login(make.make_guest(room))
    form = {"wanted": "1", "kind": "clap"}
    assert client.post(url(act, room), form).status_code == 422
    stage.go_live(room, make.host_of(room))
    stage.end(room, make.host_of(room))
    assert client.post(url(act, room), form).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_one_hand_from_twenty_presses():
    room = make.make_room()
    person = make.make_guest(room)
    outcomes = at_once(*[partial(hands.raise_hand, room, person, wanted=True)] * 20)
    assert set(outcomes) == {None}
    assert Hand.objects.count() == RoomEvent.objects.filter(kind="hand").count() == 1


# --- How the room is set up

FORM = {
    "notice": "We begin at ten past.",
    "materials": "Slides of today https://example.org/slides\n\nHandout /media/x.pdf",
    "backup": "https://youtu.be/abcdefghijk",
    "asl": "https://meet.example/asl",
    "es": "",
    "slow_seconds": "30",
    "names_known": "on",
}


def test_the_form_sets_the_room_up_for_everybody_at_once(client, room, host):
    for _ in range(2):
        assert client.post(url("room-setup", room), FORM).status_code == 303

    kinds = RoomEvent.objects.filter(webinar=room).values_list("kind", flat=True)
    assert sorted(kinds) == ["materials", "notice", "rules", "state", "state"]  # live, streams
    drawn = fresh(room.pk, ATTENDEE)[0]
    assert "We begin at ten past." in drawn["notice"][0]
    assert 'href="https://example.org/slides"' in drawn["materials"][0]
    assert "Slow mode: one message in 30 seconds." in drawn["rules"][0]
    assert "American Sign Language" in drawn["stage"][0]
    assert "abcdefghijk" not in drawn["stage"][0]
    html = page(client, room, "room-setup")
    for typed in ("Slides of today https://example.org/slides", "watch?v=abcdefghijk"):
        assert typed in html


@pytest.mark.parametrize(
    ("field", "value"),
    [("asl", "javascript:alert(1)"), ("backup", "//elsewhere.example/x"),
     ("materials", "javascript:alert(1)"), ("materials", "Slides javascript:alert(1)"),
     ("slow_seconds", "7"), ("notice", "x" * 301)],
)  # fmt: skip
def test_a_setting_that_does_not_fit_comes_back(client, room, host, field, value):
    response = client.post(url("room-setup", room), FORM | {field: value})
    assert response.status_code == 422
    assert not RoomSetup.objects.exists()


def test_everybody_moves_to_the_backup_stream_and_back(client, room, host):
    assert client.post(url("change-streams", room), {"backup": "1"}).status_code == 422
    client.post(url("room-setup", room), FORM)
    for to, shown_now in [("1", "abcdefghijk"), ("0", "")]:
        assert client.post(url("change-streams", room), {"backup": to}).status_code == 303
        assert shown.stage(Webinar.objects.get(pk=room.pk)).player.youtube == shown_now
    client.post(url("change-streams", room), {"backup": "1"})
    client.post(url("room-setup", room), FORM | {"backup": ""})
    assert not RoomSetup.objects.get().on_backup


def test_without_a_script_a_link_chooses_the_stream(client, room, host):
    client.post(url("room-setup", room), FORM)
    client.force_login(make.make_guest(room))
    for query, first in [("", "There is no video"), ("?stream=asl", "https://meet.example/asl"),
                         ("?stream=x", "There is no video")]:  # fmt: skip
        html = page(client, room, query=query)
        picture = html[html.index("gw-room__stage") : html.index("<template data-stream")]
        assert first in picture
    stage.take_break(room, host)
    assert "meet.example" not in page(client, room)


@pytest.mark.parametrize("form", [{"slow": "30"}, {"links": "1"}])
def test_the_chats_rules_change_in_one_press(client, room, host, htmx, form):
    assert client.post(url("chat-rules", room), form, headers=htmx).status_code == 204
    now = RoomSetup.objects.get()
    assert (now.slow_seconds, now.links) == ((30, False) if "slow" in form else (0, True))
    assert client.post(url("chat-rules", room), {"slow": "5"}).status_code == 400


# --- Who did what


@pytest.mark.parametrize("count", [1, 5])
def test_every_act_is_on_the_page_for_hosts(client, room, host, count, django_assert_num_queries):
    for _ in range(count):
        question = make.ask(room, shown=True)
        questions.pin(question, host, wanted=True)
        chat.remove(make.say(room, text="Rude words."), host)
        hands.lower(make.raise_hand(room), host)
        polls.close(make.make_poll(room), host)
    other = make.make_room()
    questions.pin(make.ask(other, shown=True), make.host_of(other), wanted=True)

    # session, person, webinar, number of acts, acts, silenced; polls, hands, questions, messages
    with django_assert_num_queries(10):
        html = page(client, room, "acts")

    assert html.count("pinned a question") == count
    assert "went live" in html
    assert '<q dir="auto">Rude words.</q>' in html
    assert AuditEntry.objects.filter(verb="room.question-pinned").count() == count + 1


def test_the_page_says_to_whom_and_to_what_it_was_done(client, room, host):
    person = make.make_guest(room, name="Ana Ruiz")
    into, question = make.ask(room, text="Who pays?"), make.ask(room, person, "Who pays for it?")
    questions.merge(question, into, host)
    questions.dismiss(into, host)
    said = make.say(room, person, "Buy this.")
    chat.remove(said, host)
    chat.hear(chat.silence(room, person, host), host)
    hands.lower(make.raise_hand(room, person), host)
    setup.change(room, host, slow_seconds=30, streams={"backup": {"kind": "link", "url": "/b"}})
    setup.change(room, host, on_backup=True)
    prompts.ease(room, person, "longer", host)
    poll = make.make_poll(room, opened=False, kind="words")
    polls.open_to_votes(poll, host)
    polls.vote(poll, person, ["Rude"])
    polls.hide_word(poll, host, "rude")

    html = re.sub(r"\s+", " ", page(client, room, "acts"))

    asked = poll.question["en"]
    for words in (
        'joined two questions: <q dir="auto">Who pays for it?</q> · <q dir="auto">Who pays?</q>',
        'did not show a question: <q dir="auto">Who pays?</q>',
        'removed a message (Ana Ruiz): <q dir="auto">Buy this.</q>',
        "silenced a person (Ana Ruiz)",
        "let a person write again (Ana Ruiz)",
        "took a hand down (Ana Ruiz)",
        "changed how the room is set up: streams, slow mode of the chat",
        "changed how the room is set up: to the backup stream",
        "changed what a person is asked in between (Ana Ruiz): Three times as long to answer",
        f'opened a poll: <q dir="auto">{asked}</q>',
        f'took a word out of a poll: <q dir="auto">{asked}</q> · <q dir="auto">rude</q>',
    ):
        assert words in html


def test_an_answer_does_not_bring_back_what_another_moderator_took_down(client, room, host):
    question = make.ask(room, shown=True)
    questions.dismiss(question, make.make_host())

    response = client.post(
        url("moderate", room, question.pk), {"act": "answer", f"text-{question.pk}": "Because."}
    )

    assert response.status_code == 422
    assert "Show it again first." in response.content.decode()
    question.refresh_from_db()
    assert (question.state, question.answer) == ("dismissed", "")
