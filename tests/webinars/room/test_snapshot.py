"""Whoever follows the frames sees what a page shows that is loaded anew."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from courses.models.course import document_of
from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, PRESENTER, Page, View, fresh
from webinars import scheduling
from webinars.models import (
    ChatMessage,
    CreditPolicy,
    Hand,
    Poll,
    Reaction,
    RoomEvent,
    RoomHelper,
    RoomQuestion,
    Webinar,
)
from webinars.room import (
    captions,
    chat,
    counts,
    frames,
    hands,
    polls,
    prompts,
    questions,
    setup,
    stage,
    team,
)
from webinars.room.log import Audience

OFTEN = ["ask", "say", "approve", "remove"]
ACTS = [
    *OFTEN, *OFTEN, *OFTEN, "poll", "dismiss", "answer", "live answer", "withdraw", "open", "close",
    "vote", "vote", "over", "hide", "break", "live", "end", "pin", "unpin", "merge", "hand",
    "unraise", "lower", "lower all", "join", "part", "silence", "notice", "streams", "materials",
    "prompt", "prompt", "slow", "backup", "links", "note", "upvote", "downvote", "react", "caption",
    "move",
]  # fmt: skip

KINDS = ["single", "multiple", "scale", "words"]
SETTINGS = {
    "notice": ("notice", "We begin at ten.", ""),
    "materials": ("materials", [{"title": "Slides", "url": "https://example.org/s"}], []),
    "slow": ("slow_seconds", 30, 0),
    "streams": ("streams", {"backup": {"kind": "link", "url": "https://example.org/b"}}, {}),
    "backup": ("on_backup", True, False),
    "links": ("links", True, False),
    "note": ("presenter_notes", "Wrap up, presenter.", ""),
}
ANSWERS = {"single": ["a"], "multiple": ["a", "b"], "scale": ["4"], "words": ["Trust", "time"]}
VIEWS = [ATTENDEE, PRESENTER, MODERATOR, View(Audience.ALL, "es")]


class Follower(Page):
    """A page that also follows what is not in the log, and keeps all that ever came."""

    def __init__(self, webinar, view):
        super().__init__(webinar, view)
        self.told, self.counts, self.raw, self.captions = None, {}, [], []

    def look(self, news, tally, lines):
        self.raw.append(self.hear(news))
        tick = tally.tick(self.view.audience, self.told)
        self.told = tally
        for name, changed in tick.items():
            self.counts[name] = changed if name == "hands" else self.counts.get(name, {}) | changed
        self.raw.append(frames.encode([tick, lines[len(self.captions) :]]))
        self.captions = lines

    def agrees(self):
        assert self.lists == fresh(self.pk, self.view)[0]
        whole = counts.tallies([self.pk])[self.pk].tick(self.view.audience)
        for name, numbers in whole.items():
            followed = self.counts[name]
            if name != "hands":  # what is no longer counted may have left a number behind
                followed = {key: followed.get(key) for key in numbers}
            assert followed == numbers
        lately = captions.recent(self.pk, timezone.now())
        assert self.captions[len(self.captions) - len(lately) :] == lately


class Histories(TestCase):
    """Random histories, with pages that join, fall behind and come back at random moments."""

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        steps=st.lists(
            st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.booleans(), st.booleans()),
            min_size=12,
            max_size=40,
        ),
        shown=st.integers(1, 4),
        farthest=st.sampled_from([5, 300]),
    )
    def test_frames_lead_to_the_fresh_page(self, steps, shown, farthest):
        document_of.cache_clear()  # ids are used again from one history to the next
        before = frames.SHOWN, frames.FARTHEST
        frames.SHOWN, frames.FARTHEST = shown, farthest
        try:
            live_through(steps)
        finally:
            frames.SHOWN, frames.FARTHEST = before

    def test_a_history_with_every_act_has_every_kind_of_event(self):
        """So the random ones can meet them all. Kinds are read from the source of the verbs."""
        document_of.cache_clear()
        begun = [act for act in dict.fromkeys(ACTS) if act not in {"break", "end"}]
        acts = [(act, which) for which in (1, 4) for act in ["move", "live", "ask", *begun]]
        acts += [("break", 1), ("end", 1)]
        room = live_through([(*act, True, n % 7 == 0) for n, act in enumerate(acts)])
        source = "".join(path.read_text() for path in Path(frames.__file__).parent.glob("*.py"))
        kinds = set(re.findall(r'log\.append\(\s*\w+,\s*"(\w+)"', source))
        kinds |= set().union(*setup._EVENTS.values())
        assert set(RoomEvent.objects.filter(webinar=room).values_list("kind", flat=True)) == kinds
        assert len(kinds) == 12


def live_through(steps):
    policy, _ = CreditPolicy.objects.get_or_create(
        name="Attentive", number=1, defaults={"prompt_every_minutes": 15}
    )
    room = make.make_room(live=False, policy=policy)
    always, sometimes = [Follower(room, v) for v in VIEWS], [Follower(room, v) for v in VIEWS]
    secrets = Secrets(room)
    for act, which, always_look, look in steps:
        do(room, act, which)
        secrets.learn()
        look_on((always if always_look else []) + (sometimes if look else []))
    look_on(always + sometimes)
    for page in always + sometimes:
        page.agrees()
        secrets.kept_from(page)
    numbers = list(RoomEvent.objects.filter(webinar=room).values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    return room


def look_on(pages):
    """What is new for all of these pages, read once as the hub does."""
    if pages:
        pk = pages[0].pk
        news = frames.news_as_text(pk, {(page.view, page.after) for page in pages})
        tally, (_last, lines) = counts.tallies([pk])[pk], captions.since(pk, 0)
        for page in pages:
            page.look(news, tally, lines)


class Secrets:
    """What an audience may not have seen at any moment of a history."""

    def __init__(self, room):
        self.room, self.public, self.opened = room, set(), set()

    def learn(self):
        shown = RoomQuestion.objects.public().filter(webinar=self.room)
        self.public |= set(shown.values_list("text", flat=True))
        polled = Poll.objects.filter(webinar=self.room).exclude(state="draft")
        self.opened |= {poll.question["en"] for poll in polled}

    def kept_from(self, page):
        if page.view.audience == Audience.STAFF:
            return
        asked = RoomQuestion.objects.filter(webinar=self.room).values_list("text", flat=True)
        written = {poll.question["en"] for poll in Poll.objects.filter(webinar=self.room)}
        hidden = (
            (set(asked) - self.public) | (written - self.opened) | {"Anonymous Person", "/host/"}
        )
        if page.view.audience == Audience.ALL:
            hidden |= {"Hand Raiser", "Wrap up, presenter."}
        came = "".join(page.raw)
        assert not [words for words in hidden if words in came]


def do(room, act, which):
    """One act on one of the things there are; what is refused changes nothing."""
    host = make.host_of(room)

    def pick(model):
        rows = model.objects.filter(webinar=room).order_by("pk")
        return rows[which % rows.count()] if rows else None

    question, poll, message = pick(RoomQuestion), pick(Poll), pick(ChatMessage)
    try:
        if act == "ask":
            hidden = bool(which % 2)
            name = "Anonymous Person" if hidden else "Ana Ruiz"
            make.ask(room, make.make_guest(room, name=name), anonymous=hidden)
        elif act == "say":
            text = f"See https://example.org/{which}." if which % 3 else None
            make.say(room, host if which % 2 else make.make_guest(room), text)
        elif act == "poll":
            make.make_poll(room, opened=bool(which % 2), kind=KINDS[which % 4])
        elif act in {"live", "break", "end"}:
            {"live": stage.go_live, "break": stage.take_break, "end": stage.end}[act](room, host)
        elif act == "move":
            later = room.starts_at + timedelta(minutes=which)
            scheduling.move(room, later, later + timedelta(hours=1))
        elif question and act in {"approve", "dismiss"}:
            getattr(questions, act)(question, host)
        elif question and act == "answer":
            questions.answer(question, host, "Because." if which % 2 else "")
        elif question and act == "live answer":
            questions.answered_live(question, host)
        elif question and act == "withdraw":
            questions.withdraw(question, question.author)
        elif question and act in {"pin", "unpin"}:
            questions.pin(question, host, wanted=act == "pin")
        elif question and act == "merge":
            questions.merge(question, RoomQuestion.objects.filter(webinar=room).last(), host)
        elif question and act in {"upvote", "downvote"}:
            questions.vote(question, host, wanted=act == "upvote")
        elif act == "prompt":
            prompts.look([room.pk], timezone.now() + timedelta(hours=which))
        elif act == "hand":
            hands.raise_hand(room, make.make_guest(room, name="Hand Raiser"), wanted=True)
        elif act == "unraise" and (hand := pick(Hand)):
            hands.raise_hand(room, hand.person, wanted=False)
        elif act == "lower" and (hand := pick(Hand)):
            hands.lower(hand, host)
        elif act == "lower all":
            hands.lower_all(room, host)
        elif act == "react":
            hands.react(Webinar.objects.get(pk=room.pk), host, Reaction.Kind.values[which % 5])
        elif act == "caption":
            captions.add(room, ["en", "es"][which % 2], f"Line {which}.", which)
        elif act in SETTINGS:
            name, *values = SETTINGS[act]
            setup.change(
                room, host, **{name: values[which % 2 if act != "links" else 1 - which % 2]}
            )
        elif act == "join" and message:
            team.add(room, message.author.email, host, team.Role.values[which % 2])
        elif act == "part" and (helper := RoomHelper.objects.filter(webinar=room).first()):
            team.remove(helper, host)
        elif act == "silence" and message:
            chat.silence(room, message.author, host)
        elif message and act == "remove":
            chat.remove(message, host)
        elif poll and act in {"open", "close"}:
            {"open": polls.open_to_votes, "close": polls.close}[act](poll, host)
        elif poll and act == "vote":
            polls.vote(poll, make_person(), ANSWERS[poll.kind])
        elif poll and act == "over":
            polls.start_over(poll, host, round_=poll.round)
        elif poll and act == "hide":
            polls.hide_word(poll, host, "trust")
    except ValidationError:
        pass


@pytest.mark.django_db
def test_a_gap_that_is_too_long_asks_for_a_fresh_page(monkeypatch):
    monkeypatch.setattr(frames, "FARTHEST", 3)
    room = make.make_room()
    late, later = Page(room), Page(room)
    for _ in range(3):
        make.say(room)
    assert '"ev"' in late.follow()
    make.say(room)

    assert later.follow() == '{"reload":true}'
    assert later.lists == late.lists | fresh(room.pk, ATTENDEE)[0]


@pytest.mark.django_db
def test_a_number_from_another_log_asks_for_a_fresh_page():
    room = make.make_room()

    told = frames.news(room, {(ATTENDEE, room.room_seq + 7)})

    assert told.frames[ATTENDEE, room.room_seq + 7] == {"reload": True}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("view", [ATTENDEE, MODERATOR])
def test_a_frame_costs_the_same_for_any_number_of_events(view, count, django_assert_num_queries):
    room = make.make_room()
    for _ in range(count):
        make.ask(room, shown=True)
        make.say(room)
        make.make_poll(room)
        hands.raise_hand(room, make.make_guest(room), wanted=True)
    room = Webinar.objects.select_related("room_setup").get(pk=room.pk)

    # events, oldest message, questions, messages, polls, hands, the open window
    with django_assert_num_queries(7):
        frames.news(room, {(view, 0), (view, 2)})
