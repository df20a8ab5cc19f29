"""What frames may never hold that are not for moderators. A leak test needs a leak to find."""

import json
import re

import pytest
from django.utils import timezone

from tests.factories import both, make_person
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, PRESENTER
from webinars.models import Webinar
from webinars.room import (
    captions,
    chat,
    counts,
    frames,
    hands,
    polling,
    polls,
    questions,
    setup,
    shown,
    stage,
)

pytestmark = pytest.mark.django_db

UNSEEN = {
    "waiting": "waiting-words",
    "dismissed": "dismissed-words",
    "withdrawn": "withdrawn-words",
    "removed": "removed-words",
    "hidden author": "Nadia Nameless",
    "draft poll": "draft-poll-words",
    "draft choice": "draft-choice-words",
    "stage while it is not live": "abcdefghijk",
    "joined": "joined-words",
    "raised hand": "Hector Hand",
    "unknown author": "Uma Unknown",
    "note": "note-words",
    "right answer": "Right answer",
}
SHOWN_TO_PRESENTERS = {"raised hand", "note"}
OUTSIDE_THEIR_VIEW = {"stage": "abcdefghijk", "chat": "said-words", "materials": "material-words"}
SEEN = {"approved-words", "answered-words", "said-words", "open-poll-words", "Vera Visible"}


@pytest.fixture
def room(db):
    """A room in which there is something of everything."""
    room = make.make_room(live=False, stage={"kind": "youtube", "id": "abcdefghijk"})
    host, author = make.host_of(room), make.make_guest(room, name="Vera Visible")
    hidden = make.make_guest(room, name="Nadia Nameless")
    make.ask(room, author, "waiting-words")
    questions.dismiss(make.ask(room, author, "dismissed-words"), host)
    withdrawn = make.ask(room, author, "withdrawn-words", shown=True)
    questions.withdraw(withdrawn, author)
    approved = make.ask(room, hidden, "approved-words", shown=True, anonymous=True)
    questions.answer(make.ask(room, hidden, "answered-words", anonymous=True), host, "Because.")
    questions.vote(approved, author, wanted=True)
    make.say(room, author, "said-words")
    chat.remove(make.say(room, author, "removed-words"), host)
    make.say(room, make.make_guest(room, name="typed.as.name@example.org"), "by an address")
    poll = make.make_poll(room, opened=False)
    poll.question, poll.options = (
        both("open-poll-words"),
        [
            {"id": "a", "text": both("Yes")},
            {"id": "b", "text": both("No")},
        ],
    )
    poll.save()
    polls.open_to_votes(poll, host)
    for person, option in [(author, "a"), (hidden, "b"), (make_person(), "a")]:
        polls.vote(poll, person, [option])
    questions.merge(make.ask(room, hidden, "joined-words", shown=True), approved, host)
    stage.go_live(room, host)
    hands.raise_hand(room, make.make_guest(room, name="Hector Hand"), wanted=True)
    stage.take_break(room, host)
    setup.change(room, host, names_known=False)
    make.ask(room, make.make_guest(room, name="Uma Unknown"), "unnamed-words", anonymous=True)
    polls.draft(room, host, both("draft-poll-words"), [both("draft-choice-words"), both("x")])
    make.make_poll(room, right=[1])
    link = {"title": "material-words", "url": "/practices/"}
    setup.change(room, host, presenter_notes="note-words", materials=[link])
    captions.new_address(room, host)
    room.refresh_from_db()
    return room


def raw(room, view):
    """Everything that this audience ever gets over the wire: frames, snapshot and counts."""
    room = Webinar.objects.get(pk=room.pk)
    told = frames.news_as_text(room.pk, {(view, 0)}).frames[view, 0]
    drawn = [
        item.html(view.language, room.zone)
        for items in frames.snapshot(room, view.audience).lists.values()
        for item in items
    ]
    polling.forget_counts()
    passing = polling.passing(room.pk, view.audience, timezone.now())
    return "\n".join([told, *drawn, frames.encode(passing)])


def test_there_is_everything_to_leak(room):
    everything = raw(room, MODERATOR)

    for kind in ("waiting", "dismissed", "hidden author", "draft poll", "draft choice",
                 "raised hand", "note"):  # fmt: skip
        assert UNSEEN[kind] in everything, kind
    for words in ("said-words", "material-words"):
        assert words in everything
    for kind in SHOWN_TO_PRESENTERS:
        assert UNSEEN[kind] in raw(room, PRESENTER), kind
    assert SEEN - {word for word in SEEN if word in raw(room, ATTENDEE)} == set()


@pytest.mark.parametrize("kind", UNSEEN)
def test_an_attendee_never_gets(kind, room):
    assert UNSEEN[kind] not in raw(room, ATTENDEE)


@pytest.mark.parametrize("kind", sorted(UNSEEN.keys() - SHOWN_TO_PRESENTERS))
def test_a_presenter_never_gets(kind, room):
    assert UNSEEN[kind] not in raw(room, PRESENTER)


@pytest.mark.parametrize("kind", OUTSIDE_THEIR_VIEW)
def test_what_a_presenter_has_no_use_for_is_not_sent(kind, room):
    stage.go_live(room, make.host_of(room))
    assert OUTSIDE_THEIR_VIEW[kind] in raw(room, ATTENDEE)
    assert OUTSIDE_THEIR_VIEW[kind] not in raw(room, PRESENTER)


@pytest.mark.parametrize("view", [ATTENDEE, PRESENTER])
def test_no_frame_has_the_address_of_a_moderators_act(room, view):
    """Not even a button that would be refused."""
    assert "/host/" in raw(room, MODERATOR)
    assert "/host/" not in raw(room, view)


@pytest.mark.parametrize("view", [ATTENDEE, PRESENTER, MODERATOR])
def test_no_frame_holds_an_address(room, view):
    room.refresh_from_db()
    assert len(room.room_setup.caption_secret) > 20
    assert room.room_setup.caption_secret not in raw(room, view)
    assert not re.search(r"[\w.]+@[\w.]+", raw(room, view))


def test_removed_and_withdrawn_words_are_gone_for_moderators_too(room):
    everything = raw(room, MODERATOR)

    for kind in ("removed", "joined", "unknown author"):
        assert UNSEEN[kind] not in everything
    assert "unnamed-words" in everything
    assert UNSEEN["withdrawn"] not in everything


def test_the_result_of_an_open_poll_is_for_moderators_and_who_voted(room):
    everyone, presenters, moderators = (
        counts.tallies([room.pk])[room.pk].tick(view.audience)
        for view in (ATTENDEE, PRESENTER, MODERATOR)
    )

    assert "progress" not in raw(room, ATTENDEE)
    assert set(everyone) == {"votes", "polls", "hands"}
    assert list(everyone["polls"].values()) == [3, 0]
    assert list(moderators["results"].values()) == [{"a": 2, "b": 1}, {}]
    assert presenters == moderators


def test_a_closed_poll_says_how_many_and_not_who(room):
    poll = room.polls.filter(state="open").first()
    polls.close(poll, make.host_of(room))

    told = raw(room, ATTENDEE)

    assert "67 % (2 votes)" in re.sub(r"\s+", " ", told)
    assert "Nameless" not in told


def test_an_event_for_moderators_is_no_entry_for_others(room):
    views = (ATTENDEE, PRESENTER, MODERATOR)
    _, told = frames.news(room, {(view, 0) for view in views})
    seen = {view: {e["seq"] for e in told[view, 0]["ev"]} for view in views}
    only = {
        who: set(room.events.filter(audience=who).values_list("seq", flat=True))
        for who in ("staff", "speaker")
    }

    assert only["staff"]
    assert only["speaker"]
    assert seen[MODERATOR] == set(range(1, room.room_seq + 1))
    assert seen[ATTENDEE] == seen[MODERATOR] - only["staff"] - only["speaker"]
    assert seen[PRESENTER] & only["staff"] == set()
    assert seen[PRESENTER] >= only["speaker"]


def test_an_entry_has_these_keys_and_no_others(room):
    stage.go_live(room, make.host_of(room))
    room.refresh_from_db()

    frame = frames.news(room, {(ATTENDEE, 0)}).frames[ATTENDEE, 0]

    assert set(frame) == {"to", "ev"}
    for entry in frame["ev"]:
        extra = {"state"} if entry["kind"] == "state" else set()
        assert set(entry) == {"seq", "kind", "list", "id", "html"} | extra
        assert "abcdefghijk" in entry["html"] if entry["kind"] == "state" else True
    assert json.loads(frames.encode(frame)) == frame


def test_markup_in_what_people_write_stays_text(room):
    make.say(room, make.host_of(room), "<img src=x onerror=alert(1)> https://example.org")
    room.refresh_from_db()

    told = raw(room, ATTENDEE)

    assert "<img" not in told
    assert 'href="https://example.org' not in told


@pytest.mark.parametrize(
    ("stored", "shown_as"),
    [
        ({"kind": "youtube", "id": 'x" onload="'}, ("", "", "")),
        ({"kind": "file", "url": "//elsewhere.example/x.mp4"}, ("", "", "")),
        ({"kind": "file", "url": "/media/x.mp4"}, ("", "/media/x.mp4", "")),
        ({"kind": "link", "url": "javascript:alert(1)"}, ("", "", "")),
        ({"kind": "link", "url": "https://meet.example/1"}, ("", "", "https://meet.example/1")),
    ],
)
def test_only_addresses_that_are_safe_reach_the_stage(stored, shown_as):
    room = make.make_room(stage=stored)
    item = shown.stage(room).player

    assert (item.youtube, item.video, item.link) == shown_as
