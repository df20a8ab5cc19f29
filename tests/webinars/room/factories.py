"""People in a room, and what they do there, by the room's own verbs."""

import uuid
from itertools import count

from tests.factories import both, make_person
from tests.webinars.factories import make_webinar, seat
from webinars.models import Hand, Webinar
from webinars.room import chat, hands, polls, questions, stage, team

numbers = count(1)


def make_host(**fields):
    return make_person(may_host=True, **fields)


def make_room(*, live=True, host=None, **fields) -> Webinar:
    """A session with a host; `live`: it has begun."""
    host = host or make_host(name="Hana Host")
    webinar = make_webinar(hosts=[host], **fields)
    if live:
        stage.go_live(webinar, host)
    webinar.refresh_from_db()
    return webinar


def make_guest(webinar, **fields):
    person = make_person(**fields)
    seat(person, webinar)
    return person


def make_presenter(webinar, **fields):
    person = make_person(**fields)
    team.add(webinar, person.email, host_of(webinar), team.Role.PRESENTER)
    return person


def host_of(webinar):
    return webinar.hosts.order_by("pk").first()


def ask(webinar, author=None, text=None, *, shown=False, **fields):
    author = author or make_guest(webinar)
    text = text or f"Question {next(numbers)}?"
    question = questions.ask(webinar, author, text, key=uuid.uuid4(), **fields)
    if shown:
        questions.approve(question, host_of(webinar))
    question.refresh_from_db()
    return question


def say(webinar, author=None, text=None):
    author = author or host_of(webinar)
    text = text or f"Message {next(numbers)}."
    return chat.say(webinar, author, text, key=uuid.uuid4(), freely=True)


def raise_hand(webinar, person=None):
    person = person or make_guest(webinar)
    hands.raise_hand(webinar, person, wanted=True)
    return Hand.objects.get(webinar=webinar, person=person, lowered_at=None)


def make_poll(webinar, *, opened=True, options=2, kind="single", **fields):
    host = host_of(webinar)
    options = {"scale": 2, "words": 0}.get(kind, options)
    choices = [both(f"Choice {letter}") for letter in "abcdefgh"[:options]]
    poll = polls.draft(webinar, host, both(f"Poll {next(numbers)}?"), choices, kind=kind, **fields)
    if opened:
        polls.open_to_votes(poll, host)
    poll.refresh_from_db()
    return poll
