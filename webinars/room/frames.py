"""From the log to frames, and the same as a snapshot. Synchronous; hub and fallback share it.

A frame shows the present state of what its events name, so it may be newer than its last number;
the event that made it newer follows. What counts is that state is read after the numbers: then
whoever applies every frame in order ends with what a fresh snapshot shows.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from lms.models import PlannedQuerySet
from webinars.models import (
    ChatMessage,
    Hand,
    LiveWindow,
    Poll,
    Prompt,
    RoomEvent,
    RoomHelper,
    RoomQuestion,
    Webinar,
)
from webinars.models.room import RoomQuestionQuerySet
from webinars.room import shown
from webinars.room.chat import SHOWN
from webinars.room.log import Audience
from webinars.room.shown import Item, Places, Rows

FARTHEST = 300  # events that are replayed; beyond that a fresh page is smaller
LISTS: dict[str, tuple[str, ...]] = {
    Audience.ALL: ("stage", "notice", "prompt", "materials", "rules", "questions", "chat", "polls"),
    Audience.PRESENTER: ("clock", "notice", "notes", "questions", "polls", "hands"),
    Audience.STAFF: (
        "controls",
        "notes",
        "notice",
        "materials",
        "rules",
        "queue",
        "questions",
        "dismissed",
        "chat",
        "polls",
        "hands",
    ),
}
SEES = {  # which events reach whom
    Audience.ALL: {Audience.ALL},
    Audience.PRESENTER: {Audience.ALL, Audience.PRESENTER},
    Audience.STAFF: {Audience.ALL, Audience.PRESENTER, Audience.STAFF},
}
AFTERWARDS = timedelta(minutes=10)


class View(NamedTuple):
    """Who reads: frames are made once for each of these."""

    audience: str
    language: str


type Frame = dict[str, object]
type Name = tuple[str, int | None]  # kind and id of what an event is about


class News[T](NamedTuple):
    to: int
    frames: Mapping[tuple[View, int], T | None]  # by reader and their last number; None: nothing


def news_as_text(webinar_id: int, wanted: Iterable[tuple[View, int]]) -> News[str]:
    """For sockets: every frame encoded once."""
    to, frames = news(Webinar.objects.select_related("room_setup").get(pk=webinar_id), wanted)
    return News(to, {reader: encode(f) if f else None for reader, f in frames.items()})


def news(webinar: Webinar, wanted: Iterable[tuple[View, int]]) -> News[Frame]:
    """What readers who have seen up to a number need to see now. At most eight queries.

    `webinar` is read before anything else: its number is the one that the answer goes up to.
    """
    wanted = set(wanted)
    to = webinar.room_seq
    near = {after for _, after in wanted if to - FARTHEST <= after < to}
    events = list(
        RoomEvent.objects.filter(webinar=webinar, seq__gt=min(near), seq__lte=to)
        .order_by("seq")
        .values_list("seq", "kind", "about", "audience")
        if near
        else ()
    )
    about: dict[str, set[int]] = defaultdict(set)
    for _, kind, pk, _ in events:
        about[kind].add(pk or 0)
    floor = _oldest_message(webinar) if about.keys() & {"message", "links"} else 0
    rows = _load(webinar, about, floor)
    entries = {view: list(_entries(rows, events, view)) for view in {view for view, _ in wanted}}
    frames: dict[tuple[View, int], Frame | None] = {}
    for view, after in wanted:
        if after not in near and after != to:
            frames[view, after] = {"reload": True}
            continue
        told = [entry for seq, entry in entries[view] if seq > after]
        frames[view, after] = _frame(to, told, floor) if told else None
    return News(to, frames)


def encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _frame(to: int, entries: list[Frame], floor: int) -> Frame:
    frame: Frame = {"to": to, "ev": entries}
    if floor and any(entry["kind"] == "message" for entry in entries):
        frame["keep"] = {"chat": floor}
    return frame


def _entries(
    rows: Rows, events: Iterable[tuple[int, str, int | None, str]], view: View
) -> Iterator[tuple[int, Frame]]:
    """One entry for each event and list, with the state as it is now, rendered once."""
    places: dict[Name, Places] = {
        (kind, about): places for kind, about, places in _placed(rows, view.audience)
    }
    drawn: dict[tuple[str, int | None, str], str | None] = {}
    for seq, kind, about, audience in events:
        if audience not in SEES[Audience(view.audience)]:
            continue
        for name in _named(kind, about, places):
            for target, item in places.get(name, {}).items():
                key = *name, target
                if key not in drawn:
                    drawn[key] = item.html(view.language, rows.webinar.zone) if item else None
                entry: Frame = {
                    "seq": seq,
                    "kind": name[0],
                    "list": target,
                    "id": name[1] or 0,
                    "html": drawn[key],
                }
                if kind == "state":
                    entry["state"] = rows.webinar.state
                yield seq, entry


def _named(kind: str, about: int | None, places: Mapping[Name, Places]) -> Iterable[Name]:
    """What an event names: one thing, every message when links begin or cease to work, or
    every hand."""
    if kind == "links":
        return [name for name in places if name[0] == "message"]
    if kind == "hands":
        return [name for name in places if name[0] == "hand"]
    return [(kind, about)]


def _placed(rows: Rows, audience: str) -> Iterator[tuple[str, int | None, Places]]:
    yield "state", None, shown.places_of_state(rows, audience)
    yield "notice", None, shown.places_of_notice(rows, audience)
    yield "materials", None, shown.places_of_materials(rows, audience)
    yield "rules", None, shown.places_of_rules(rows, audience)
    yield "notes", None, shown.places_of_notes(rows, audience)
    for question in rows.questions:
        yield "question", question.pk, shown.places_of_question(rows, question, audience)
    for message in rows.messages:
        yield "message", message.pk, shown.places_of_message(rows, message, audience)
    for poll in rows.polls:
        yield "poll", poll.pk, shown.places_of_poll(rows, poll, audience)
    for prompt in rows.prompts:
        yield "prompt", prompt.pk, shown.places_of_prompt(rows, prompt, audience)
    for hand in rows.hands:
        yield "hand", hand.pk, shown.places_of_hand(rows, hand, audience)


def _load(webinar: Webinar, about: Mapping[str, set[int]], floor: int) -> Rows:
    """The rows that events name: one query for each kind."""
    rows = Rows(webinar)
    if "question" in about:
        rows.questions = questions_of(webinar).filter(pk__in=about["question"])
    if about.keys() & {"message", "links"}:
        named = Q(pk__in=about["message"]) if "message" in about else Q()
        if "links" in about:
            named |= Q(text__icontains="http")
        rows.messages = messages_of(webinar).filter(named, pk__gte=floor).order_by("pk")
    if "poll" in about:
        rows.polls = polls_of(webinar).filter(pk__in=about["poll"])
    if "prompt" in about:
        rows.prompts = Prompt.objects.filter(pk__in=about["prompt"]).planned()
    if "hands" in about:
        rows.hands = hands_of(webinar)
    elif "hand" in about:
        rows.hands = hands_of(webinar).filter(pk__in=about["hand"])
    if "state" in about:
        rows.live_since = _live_since(webinar)
    return rows


def questions_of(webinar: Webinar) -> RoomQuestionQuerySet:
    same = RoomQuestion.objects.filter(merged_into=OuterRef("pk")).order_by()
    joined = same.values("merged_into").annotate(n=Count("pk")).values("n")
    return (
        RoomQuestion.objects.filter(webinar=webinar)
        .select_related("author")
        .annotate(joined=Coalesce(Subquery(joined), 0))
        .order_by("pk")
        .planned()
    )


def messages_of(webinar: Webinar) -> PlannedQuerySet[Any]:
    hosts = Webinar.hosts.through.objects.filter(webinar=webinar.pk, user=OuterRef("author"))
    helping = RoomHelper.objects.filter(webinar=webinar.pk, person=OuterRef("author"))
    return (
        ChatMessage.objects.filter(webinar=webinar)
        .select_related("author")
        .annotate(from_host=Exists(hosts), role=Subquery(helping.values("role")))
        .planned()
    )


def polls_of(webinar: Webinar) -> PlannedQuerySet[Poll]:
    return Poll.objects.filter(webinar=webinar).order_by("pk").planned()


def hands_of(webinar: Webinar) -> PlannedQuerySet[Hand]:
    return Hand.objects.filter(webinar=webinar).select_related("person").order_by("pk").planned()


def last_numbers(rooms: Iterable[int], now: datetime) -> dict[int, tuple[int, bool]]:
    """Each room's last number, and whether being there counts as presence just now."""
    found = Webinar.objects.filter(pk__in=list(rooms)).only(
        "room_seq", "state", "starts_at", "ended_at", "cancelled_at"
    )
    return {room.pk: (room.room_seq, presence_counts(room, now)) for room in found}


def presence_counts(room: Webinar, now: datetime) -> bool:
    """From the time the doors open until a while after the end: the live time lies within."""
    if room.state == Webinar.State.SCHEDULED:
        return room.cancelled_at is None and room.doors_at <= now
    return room.ended_at is None or now < room.ended_at + AFTERWARDS


class Snapshot(NamedTuple):
    seq: int
    rows: Rows
    lists: Mapping[str, list[Item]]


def snapshot(
    webinar: Webinar,
    audience: str,
    *,
    questions: RoomQuestionQuerySet | None = None,
    polls: PlannedQuerySet[Any] | None = None,
    prompts: PlannedQuerySet[Prompt] | None = None,
) -> Snapshot:
    """All lists as they are, and the number from which to follow.

    `webinar` is read before anything else: what happens between comes again in a frame. A page
    may bring `questions_of` and `polls_of` with what it has to know about its person besides, and
    the prompts that are left for them.
    """
    if questions is None:
        questions = questions_of(webinar)
        if audience != Audience.STAFF:
            questions = questions.public()
    has_chat = "chat" in LISTS[audience]
    last = list(messages_of(webinar).order_by("-pk")[:SHOWN]) if has_chat else []
    polls = polls_of(webinar) if polls is None else polls
    rows = Rows(
        webinar,
        questions=list(questions),
        messages=last[::-1],
        polls=polls,
    )
    if audience == Audience.ALL and webinar.state == Webinar.State.LIVE:
        opened = Prompt.objects.filter(webinar=webinar, closed_at__isnull=True).planned()
        rows.prompts = opened if prompts is None else prompts
    if audience != Audience.ALL:
        rows.live_since = _live_since(webinar)
        rows.hands = hands_of(webinar).filter(lowered_at__isnull=True)
    lists: dict[str, list[Item]] = {name: [] for name in LISTS[audience]}
    for _, _, places in _placed(rows, audience):
        for target, item in places.items():
            if item is not None:
                lists[target].append(item)
    return Snapshot(webinar.room_seq, rows, lists)


def _oldest_message(webinar: Webinar) -> int:
    """The first message that is still on the screen; 0: all are. Removed ones count, so that
    removing one does not bring an older one back."""
    pks = ChatMessage.objects.filter(webinar=webinar).order_by("-pk").values_list("pk", flat=True)
    return next(iter(pks[SHOWN - 1 : SHOWN]), 0)


def _live_since(webinar: Webinar) -> datetime | None:
    """From the row itself where a page has annotated it."""
    if "live_since" in vars(webinar):
        return vars(webinar)["live_since"]  # type: ignore[no-any-return]
    opened = LiveWindow.objects.filter(webinar=webinar, closed_at__isnull=True)
    return opened.values_list("opened_at", flat=True).first()
