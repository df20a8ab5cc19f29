"""Whoever follows the frames sees what a page shows that is loaded anew."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from courses.models.course import document_of
from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, Page, View, fresh
from webinars.models import ChatMessage, CreditPolicy, Hand, Poll, RoomEvent, RoomQuestion, Webinar
from webinars.room import chat, frames, hands, polls, prompts, questions, setup, stage
from webinars.room.log import Audience

OFTEN = ["ask", "say", "approve", "remove"]
ACTS = [
    *OFTEN, *OFTEN, *OFTEN, "poll", "dismiss", "answer", "withdraw", "open", "close", "vote",
    "over", "hide", "break", "live", "end", "pin", "unpin", "merge", "hand", "lower", "silence",
    "notice", "streams", "materials", "prompt", "prompt", "slow", "backup",
]  # fmt: skip

KINDS = ["single", "multiple", "scale", "words"]
SETTINGS = {
    "notice": ("notice", "We begin at ten.", ""),
    "materials": ("materials", [{"title": "Slides", "url": "https://example.org/s"}], []),
    "slow": ("slow_seconds", 30, 0),
    "streams": ("streams", {"backup": {"kind": "link", "url": "https://example.org/b"}}, {}),
    "backup": ("on_backup", True, False),
}
ANSWERS = {"single": ["a"], "multiple": ["a", "b"], "scale": ["4"], "words": ["Trust", "time"]}


class Histories(TestCase):
    """Random histories, with pages that join, fall behind and come back at random moments."""

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
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
            self._live_through(steps)
        finally:
            frames.SHOWN, frames.FARTHEST = before

    def _live_through(self, steps):
        policy, _ = CreditPolicy.objects.get_or_create(
            name="Attentive", number=1, defaults={"prompt_every_minutes": 15}
        )
        room = make.make_room(live=False, policy=policy)
        views = [ATTENDEE, MODERATOR, View(Audience.ALL, "es")]
        always, sometimes = [Page(room, v) for v in views], [Page(room, v) for v in views]
        for act, which, always_look, look in steps:
            do(room, act, which)
            if always_look:
                for page in always:
                    page.follow()
            if look:
                for page in sometimes:
                    page.follow()
        for page in always + sometimes:
            page.follow()
            assert page.lists == fresh(room.pk, page.view)[0]
        numbers = list(RoomEvent.objects.filter(webinar=room).values_list("seq", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def do(room, act, which):
    """One act on one of the things there are; what is refused changes nothing."""
    host = make.host_of(room)

    def pick(model):
        rows = model.objects.filter(webinar=room).order_by("pk")
        return rows[which % rows.count()] if rows else None

    question, poll, message = pick(RoomQuestion), pick(Poll), pick(ChatMessage)
    try:
        if act == "ask":
            make.ask(room, anonymous=bool(which % 2))
        elif act == "say":
            make.say(room, host if which % 2 else make.make_guest(room))
        elif act == "poll":
            make.make_poll(room, opened=bool(which % 2), kind=KINDS[which % 4])
        elif act in {"live", "break", "end"}:
            {"live": stage.go_live, "break": stage.take_break, "end": stage.end}[act](room, host)
        elif question and act in {"approve", "dismiss"}:
            getattr(questions, act)(question, host)
        elif question and act == "answer":
            questions.answer(question, host, "Because." if which % 2 else "")
        elif question and act == "withdraw":
            questions.withdraw(question, question.author)
        elif question and act in {"pin", "unpin"}:
            questions.pin(question, host, wanted=act == "pin")
        elif question and act == "merge":
            questions.merge(question, RoomQuestion.objects.filter(webinar=room).last(), host)
        elif act == "prompt":
            prompts.look([room.pk], timezone.now() + timedelta(hours=which))
        elif act == "hand":
            hands.raise_hand(room, make.make_guest(room), wanted=True)
        elif act == "lower" and Hand.objects.exists():
            hands.lower(Hand.objects.last(), host)
        elif act in SETTINGS:
            name, *values = SETTINGS[act]
            setup.change(room, host, **{name: values[which % 2]})
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
