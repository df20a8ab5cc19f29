"""The allow-list: what each audience may see, as plain values that know their template.

Frames and pages are drawn from these values and from nothing else: a template never gets a model,
so what has no field here cannot be shown. Values for everybody carry no addresses, no choices of
persons, no name on an anonymous question; counts of votes come in ticks, not here.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.template.loader import get_template
from django.utils import timezone, translation

from people.models import User
from webinars import models
from webinars.models import ChatMessage, Hand, Prompt, RoomQuestion, RoomSetup, Webinar
from webinars.room import links
from webinars.room.log import Audience

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")
WORDS = 60  # that a result lists
_HERE = re.compile(r"/(?![/\\])")  # a path on this site, not another host
_SAFE = re.compile(r"https?://|/(?![/\\])")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One keyed element of a named list."""

    template: ClassVar[str]
    slug: str  # of the webinar, for the addresses in forms
    id: int = 0

    def html(self, language: str, zone: str) -> str:
        """The same for everybody in this language: times are in the session's zone."""
        return self.drawn(language, zone).strip()

    def drawn(self, language: str, zone: str) -> str:
        """Marked as safe by the template engine, so that a page may show it as it is."""
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            return get_template(self.template).render({"item": self})


@dataclass(frozen=True, kw_only=True)
class Question(Item):
    template = "webinars/room/question.html"
    text: str
    by: str  # empty: somebody
    answered: bool
    answer: str
    pinned: bool
    joined: int  # questions that asked the same


@dataclass(frozen=True, kw_only=True)
class PresenterQuestion(Question):
    template = "webinars/room/presenter_question.html"


@dataclass(frozen=True, kw_only=True)
class HostQuestion(Item):
    template = "webinars/room/host_question.html"
    text: str
    by: str
    anonymous: bool
    state: str
    answer: str
    pinned: bool
    joined: int


@dataclass(frozen=True, kw_only=True)
class Message(Item):
    template = "webinars/room/message.html"
    text: str
    pieces: tuple[tuple[str, str], ...]  # the text again: (words, address or nothing)
    by: str
    from_host: bool
    role: str  # in the hosts' team; empty: none
    sent_at: datetime

    def drawn(self, language: str, zone: str) -> str:
        return _remembered(self, language, zone)

    @property
    def on_page(self) -> str:
        """In the language and the zone of whoever reads the page."""
        here = timezone.get_current_timezone_name()
        return self.drawn(translation.get_language() or "", here)


@lru_cache(4000)
def _remembered(message: Message, language: str, zone: str) -> str:
    """A hundred messages stand on every page of a room, the same for all who read them: drawing
    them took longer than all the rest. They are values, so what was drawn stays right."""
    return Item.drawn(message, language, zone)


@dataclass(frozen=True, kw_only=True)
class HostMessage(Message):
    template = "webinars/room/host_message.html"


@dataclass(frozen=True, kw_only=True)
class Rules(Item):
    """What the chat asks of people."""

    template = "webinars/room/rules.html"
    slow_seconds: int
    links: bool


@dataclass(frozen=True, kw_only=True)
class HostRules(Rules):
    template = "webinars/room/host_rules.html"


@dataclass(frozen=True, kw_only=True)
class Notice(Item):
    template = "webinars/room/notice.html"
    text: str


@dataclass(frozen=True, kw_only=True)
class Notes(Item):
    """What the hosts tell whoever presents, and nobody else."""

    template = "webinars/room/notes.html"
    text: str


@dataclass(frozen=True, kw_only=True)
class Materials(Item):
    template = "webinars/room/materials.html"
    links: tuple[tuple[str, str], ...]  # (title, address)


@dataclass(frozen=True, kw_only=True)
class StillHere(Item):
    template = "webinars/room/prompt.html"


@dataclass(frozen=True, kw_only=True)
class HandUp(Item):
    template = "webinars/room/hand.html"
    by: str
    raised_at: datetime


@dataclass(frozen=True, kw_only=True)
class PresenterHand(HandUp):
    template = "webinars/room/presenter_hand.html"


@dataclass(frozen=True, kw_only=True)
class Choice:
    id: str
    text: Mapping[str, str]  # empty: the id itself is the word that people typed
    votes: int = 0
    percent: int = 0  # of the people who answered
    right: bool = False
    mine: bool = False


@dataclass(frozen=True, kw_only=True)
class Poll(Item):
    """With `counted` the choices carry the result; only a person's own page may set it early, and
    say what they chose. What is right shows after the close, to everybody."""

    template = "webinars/room/poll.html"
    kind: str
    question: Mapping[str, str]
    choices: tuple[Choice, ...]
    is_open: bool
    counted: bool = False
    answered: int = 0
    mean: float | None = None  # of a scale
    knowledge: bool = False  # closed, and some answers are right


@dataclass(frozen=True, kw_only=True)
class PresenterPoll(Poll):
    """What the room says so far comes in ticks."""

    template = "webinars/room/presenter_poll.html"


@dataclass(frozen=True, kw_only=True)
class HostPoll(Item):
    template = "webinars/room/host_poll.html"
    kind: str
    question: Mapping[str, str]
    choices: tuple[Choice, ...]
    state: str
    round: int
    answered: int
    mean: float | None


@dataclass(frozen=True, kw_only=True)
class Player:
    """One picture, from wherever it comes; empty while nothing is live."""

    stream: str = ""  # asl, es; empty: the one for all
    youtube: str = ""
    video: str = ""
    link: str = ""
    captions: tuple[tuple[str, str], ...] = ()  # (language, address)


@dataclass(frozen=True, kw_only=True)
class Stage(Item):
    template = "webinars/room/stage.html"
    state: str
    cancelled: bool
    title: Mapping[str, str]
    player: Player
    others: tuple[Player, ...] = ()  # in another language, or with a sign language interpreter
    chosen: str = ""  # which of the others this page shows; always empty in frames


@dataclass(frozen=True, kw_only=True)
class Controls(Item):
    template = "webinars/room/controls.html"
    state: str
    cancelled: bool
    published: bool
    on_backup: bool
    has_backup: bool
    live_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Clock(Item):
    """Where the session stands, and until when it may go on."""

    template = "webinars/room/clock.html"
    state: str
    cancelled: bool
    starts_at: datetime
    ends_at: datetime
    live_since: datetime | None = None


type Places = dict[str, Item | None]  # list → what stands there; None: not in it


@dataclass
class Rows:
    """What was loaded to be shown; `shown.py` alone reads it."""

    webinar: Webinar
    questions: Iterable[RoomQuestion] = ()
    messages: Iterable[ChatMessage] = ()  # with `from_host` and `role`
    polls: Iterable[models.Poll] = ()
    hands: Iterable[Hand] = ()
    prompts: Iterable[Prompt] = ()
    live_since: datetime | None = None


def name(person: User) -> str:
    """As others see it: never an address, not even where somebody typed one as the name."""
    return "" if "@" in person.name else person.name


def places_of_question(rows: Rows, row: RoomQuestion, audience: str) -> Places:
    State = RoomQuestion.State
    public = row.state in {State.APPROVED, State.ANSWERED}
    if audience != Audience.STAFF:
        if not public:
            return {"questions": None}
        kind = Question if audience == Audience.ALL else PresenterQuestion
        return {
            "questions": kind(
                slug=rows.webinar.slug,
                id=row.pk,
                text=row.text,
                by="" if row.anonymous else name(row.author),
                answered=row.state == State.ANSWERED,
                answer=row.answer,
                pinned=row.pinned_at is not None,
                joined=row.joined,  # type: ignore[attr-defined] # annotated, like from_host
            )
        }
    item = HostQuestion(
        slug=rows.webinar.slug,
        id=row.pk,
        text=row.text,
        by=name(row.author) if row.named else "",
        anonymous=row.anonymous,
        state=row.state,
        answer=row.answer,
        pinned=row.pinned_at is not None,
        joined=row.joined,  # type: ignore[attr-defined]
    )
    return {
        "queue": item if row.state == State.WAITING else None,
        "questions": item if public else None,
        "dismissed": item if row.state == State.DISMISSED else None,
    }


def places_of_message(rows: Rows, row: ChatMessage, audience: str) -> Places:
    if audience == Audience.PRESENTER:
        return {}
    if row.removed_at is not None:
        return {"chat": None}
    kind = Message if audience == Audience.ALL else HostMessage
    linked = RoomSetup.of(rows.webinar).links
    return {
        "chat": kind(
            slug=rows.webinar.slug,
            id=row.pk,
            text=row.text,
            pieces=links.pieces(row.text) if linked else ((row.text, ""),),
            by=name(row.author),
            from_host=row.from_host,  # type: ignore[attr-defined] # annotated where it was loaded
            role=row.role or "",  # type: ignore[attr-defined]
            sent_at=row.sent_at,
        )
    }


def places_of_poll(rows: Rows, row: models.Poll, audience: str) -> Places:
    # Counts of an open poll come in ticks; in here they would differ from one reading to the next.
    if audience == Audience.STAFF:
        closed = row.state == models.Poll.State.CLOSED
        return {"polls": host_poll(row, rows.webinar.slug, counted=closed)}
    if row.state == models.Poll.State.DRAFT:
        return {"polls": None}
    kind = Poll if audience == Audience.ALL else PresenterPoll
    return {"polls": poll(row, rows.webinar.slug, kind=kind)}


def host_poll(row: models.Poll, slug: str, *, counted: bool = True) -> HostPoll:
    return HostPoll(
        slug=slug,
        id=row.pk,
        kind=row.kind,
        question=row.question,
        choices=choices(row, counted=counted, right=True),
        state=row.state,
        round=row.round,
        answered=row.answered if counted else 0,
        mean=_mean(row) if counted else None,
    )


def poll(
    row: models.Poll, slug: str, *, mine: Collection[str] = (), kind: type[Poll] = Poll
) -> Poll:
    """The result shows once the poll is closed, and early to who answered (`mine`)."""
    closed = row.state == models.Poll.State.CLOSED
    counted = bool(mine) or closed
    return kind(
        slug=slug,
        id=row.pk,
        kind=row.kind,
        question=row.question,
        choices=choices(row, counted=counted, right=closed, mine=mine),
        is_open=row.state == models.Poll.State.OPEN,
        counted=counted,
        answered=row.answered if counted else 0,
        mean=_mean(row) if counted else None,
        knowledge=closed and bool(row.right),
    )


def choices(
    row: models.Poll, *, counted: bool, right: bool, mine: Collection[str] = ()
) -> tuple[Choice, ...]:
    tally: Mapping[str, int] = row.tally if counted else {}
    texts: Mapping[str, Mapping[str, str]] = {each["id"]: each["text"] for each in row.options}
    if row.kind == models.Poll.Kind.WORDS:
        words = sorted(tally.keys() - set(row.hidden_words), key=lambda word: (-tally[word], word))
        texts = {word: {} for word in words[:WORDS]}
    return tuple(
        Choice(
            id=key,
            text=text,
            votes=tally.get(key, 0),
            percent=round(100 * tally.get(key, 0) / (row.answered or 1)),
            right=right and key in row.right,
            mine=key in mine,
        )
        for key, text in texts.items()
    )


def _mean(row: models.Poll) -> float | None:
    if row.kind != models.Poll.Kind.SCALE or not row.answered:
        return None
    return sum(int(step) * people for step, people in row.tally.items()) / row.answered


def places_of_state(rows: Rows, audience: str) -> Places:
    webinar, setup = rows.webinar, RoomSetup.of(rows.webinar)
    if audience == Audience.ALL:
        return {"stage": stage(webinar)}
    if audience == Audience.PRESENTER:
        return {
            "clock": Clock(
                slug=webinar.slug,
                state=webinar.state,
                cancelled=webinar.cancelled_at is not None,
                starts_at=webinar.starts_at,
                ends_at=webinar.ends_at,
                live_since=rows.live_since,
            )
        }
    return {
        "controls": Controls(
            slug=webinar.slug,
            state=webinar.state,
            cancelled=webinar.cancelled_at is not None,
            published=webinar.published_at is not None,
            on_backup=setup.on_backup,
            has_backup=bool(setup.streams.get("backup")),
            live_since=rows.live_since,
        )
    }


def stage(webinar: Webinar, chosen: str = "") -> Stage:
    """The address of the picture is known only while it is live."""
    setup, live = RoomSetup.of(webinar), webinar.state == Webinar.State.LIVE
    main = setup.streams.get("backup", {}) if setup.on_backup else webinar.stage
    others = [(key, setup.streams[key]) for key in ("asl", "es") if setup.streams.get(key)]
    return Stage(
        slug=webinar.slug,
        state=webinar.state,
        cancelled=webinar.cancelled_at is not None,
        title=webinar.title,
        player=_player("", main if live else {}),
        others=tuple(_player(key, stream) for key, stream in others if live),
        chosen=chosen if live and chosen in dict(others) else "",
    )


def _player(stream: str, shown: Mapping[str, Any]) -> Player:
    kind, address = shown.get("kind"), str(shown.get("url", ""))
    youtube = str(shown.get("id", "")) if kind == "youtube" else ""
    captions = shown.get("captions", {}) if kind == "file" else {}
    return Player(
        stream=stream,
        youtube=youtube if _YOUTUBE_ID.fullmatch(youtube) else "",
        video=address if kind == "file" and _HERE.match(address) else "",
        link=address if kind == "link" and address.startswith("https://") else "",
        captions=tuple(sorted((str(k), str(v)) for k, v in captions.items())),
    )


def places_of_rules(rows: Rows, audience: str) -> Places:
    if audience == Audience.PRESENTER:
        return {}
    setup, kind = RoomSetup.of(rows.webinar), Rules if audience == Audience.ALL else HostRules
    return {
        "rules": kind(slug=rows.webinar.slug, slow_seconds=setup.slow_seconds, links=setup.links)
    }


def places_of_notice(rows: Rows, audience: str) -> Places:
    setup = RoomSetup.of(rows.webinar)
    return {"notice": Notice(slug=rows.webinar.slug, text=setup.notice) if setup.notice else None}


def places_of_notes(rows: Rows, audience: str) -> Places:
    if audience == Audience.ALL:
        return {}
    text = RoomSetup.of(rows.webinar).presenter_notes
    return {"notes": Notes(slug=rows.webinar.slug, text=text) if text else None}


def places_of_materials(rows: Rows, audience: str) -> Places:
    if audience == Audience.PRESENTER:
        return {}
    given = RoomSetup.of(rows.webinar).materials
    links = [(str(each["title"]), str(each["url"])) for each in given]
    safe = tuple((title, url) for title, url in links if _SAFE.match(url))
    return {"materials": Materials(slug=rows.webinar.slug, links=safe) if safe else None}


def places_of_prompt(rows: Rows, row: Prompt, audience: str) -> Places:
    if audience != Audience.ALL:
        return {}
    item = StillHere(slug=rows.webinar.slug, id=row.pk)
    return {"prompt": item if row.closed_at is None else None}


def places_of_hand(rows: Rows, row: Hand, audience: str) -> Places:
    """For moderators and presenters: others get a number in ticks."""
    if audience == Audience.ALL:
        return {}
    kind = HandUp if audience == Audience.STAFF else PresenterHand
    item = kind(slug=rows.webinar.slug, id=row.pk, by=name(row.person), raised_at=row.raised_at)
    return {"hands": item if row.lowered_at is None else None}
