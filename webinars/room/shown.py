"""The allow-list: what each audience may see, as plain values that know their template.

Frames and pages are drawn from these values and from nothing else: a template never gets a model,
so what has no field here cannot be shown. Values for everybody carry no addresses, no choices of
persons, no name on an anonymous question; counts of votes come in ticks, not here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.template.loader import get_template
from django.utils import timezone, translation

from people.models import User
from webinars import models
from webinars.models import ChatMessage, RoomQuestion, Webinar
from webinars.room.log import Audience

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")
_HERE = re.compile(r"/(?![/\\])")  # a path on this site, not another host


@dataclass(frozen=True, kw_only=True)
class Item:
    """One keyed element of a named list."""

    template: ClassVar[str]
    slug: str  # of the webinar, for the addresses in forms
    id: int = 0

    def html(self, language: str, zone: str) -> str:
        """The same for everybody in this language: times are in the session's zone."""
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            return get_template(self.template).render({"item": self}).strip()


@dataclass(frozen=True, kw_only=True)
class Question(Item):
    template = "webinars/room/question.html"
    text: str
    by: str  # empty: somebody
    answered: bool
    answer: str


@dataclass(frozen=True, kw_only=True)
class HostQuestion(Item):
    template = "webinars/room/host_question.html"
    text: str
    by: str
    anonymous: bool
    state: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Message(Item):
    template = "webinars/room/message.html"
    text: str
    by: str
    from_host: bool
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class HostMessage(Message):
    template = "webinars/room/host_message.html"


@dataclass(frozen=True, kw_only=True)
class Choice:
    id: str
    text: Mapping[str, str]
    votes: int = 0
    percent: int = 0


@dataclass(frozen=True, kw_only=True)
class Poll(Item):
    """With `counted` the choices carry the result; only a person's own page may set it early."""

    template = "webinars/room/poll.html"
    question: Mapping[str, str]
    choices: tuple[Choice, ...]
    is_open: bool
    counted: bool = False
    mine: str = ""  # the choice of the person whose page this is; always empty in frames


@dataclass(frozen=True, kw_only=True)
class HostPoll(Item):
    template = "webinars/room/host_poll.html"
    question: Mapping[str, str]
    choices: tuple[Choice, ...]
    state: str


@dataclass(frozen=True, kw_only=True)
class Stage(Item):
    template = "webinars/room/stage.html"
    state: str
    cancelled: bool
    title: Mapping[str, str]
    youtube: str = ""
    video: str = ""
    link: str = ""
    captions: tuple[tuple[str, str], ...] = ()  # (language, address)


@dataclass(frozen=True, kw_only=True)
class Controls(Item):
    template = "webinars/room/controls.html"
    state: str
    cancelled: bool
    published: bool
    live_since: datetime | None = None


type Places = dict[str, Item | None]  # list → what stands there; None: not in it


@dataclass
class Rows:
    """What was loaded to be shown; `shown.py` alone reads it."""

    webinar: Webinar
    questions: Iterable[RoomQuestion] = ()
    messages: Iterable[ChatMessage] = ()  # with `from_host`
    polls: Iterable[models.Poll] = ()
    results: Mapping[int, Counter[str]] = field(default_factory=dict)
    live_since: datetime | None = None


def name(person: User) -> str:
    """As others see it: never an address, not even where somebody typed one as the name."""
    return "" if "@" in person.name else person.name


def places_of_question(rows: Rows, row: RoomQuestion, audience: str) -> Places:
    State = RoomQuestion.State
    public = row.state in {State.APPROVED, State.ANSWERED}
    if audience == Audience.ALL:
        if not public:
            return {"questions": None}
        return {
            "questions": Question(
                slug=rows.webinar.slug,
                id=row.pk,
                text=row.text,
                by="" if row.anonymous else name(row.author),
                answered=row.state == State.ANSWERED,
                answer=row.answer,
            )
        }
    item = HostQuestion(
        slug=rows.webinar.slug,
        id=row.pk,
        text=row.text,
        by=name(row.author),
        anonymous=row.anonymous,
        state=row.state,
        answer=row.answer,
    )
    return {
        "queue": item if row.state == State.WAITING else None,
        "questions": item if public else None,
        "dismissed": item if row.state == State.DISMISSED else None,
    }


def places_of_message(rows: Rows, row: ChatMessage, audience: str) -> Places:
    if row.removed_at is not None:
        return {"chat": None}
    kind = Message if audience == Audience.ALL else HostMessage
    return {
        "chat": kind(
            slug=rows.webinar.slug,
            id=row.pk,
            text=row.text,
            by=name(row.author),
            from_host=row.from_host,  # type: ignore[attr-defined] # annotated where it was loaded
            sent_at=row.sent_at,
        )
    }


def places_of_poll(rows: Rows, row: models.Poll, audience: str) -> Places:
    # Counts of an open poll come in ticks; in here they would differ from one reading to the next.
    result = rows.results.get(row.pk) if row.state == models.Poll.State.CLOSED else None
    if audience != Audience.ALL:
        return {"polls": host_poll(row, rows.webinar.slug, result)}
    if row.state == models.Poll.State.DRAFT:
        return {"polls": None}
    return {"polls": poll(row, rows.webinar.slug, result)}


def host_poll(row: models.Poll, slug: str, result: Counter[str] | None) -> HostPoll:
    return HostPoll(
        slug=slug,
        id=row.pk,
        question=row.question,
        choices=choices(row, result),
        state=row.state,
    )


def poll(row: models.Poll, slug: str, result: Counter[str] | None, *, mine: str = "") -> Poll:
    """The result shows once the poll is closed, and early to who voted (`mine`)."""
    counted = bool(mine) or row.state == models.Poll.State.CLOSED
    return Poll(
        slug=slug,
        id=row.pk,
        question=row.question,
        choices=choices(row, result if counted else None),
        is_open=row.state == models.Poll.State.OPEN,
        counted=counted,
        mine=mine,
    )


def choices(row: models.Poll, result: Counter[str] | None) -> tuple[Choice, ...]:
    result = result or Counter()
    total = result.total() or 1
    return tuple(
        Choice(
            id=option["id"],
            text=option["text"],
            votes=result[option["id"]],
            percent=round(100 * result[option["id"]] / total),
        )
        for option in row.options
    )


def places_of_state(rows: Rows, audience: str) -> Places:
    webinar = rows.webinar
    if audience == Audience.ALL:
        return {"stage": stage(webinar)}
    return {
        "controls": Controls(
            slug=webinar.slug,
            state=webinar.state,
            cancelled=webinar.cancelled_at is not None,
            published=webinar.published_at is not None,
            live_since=rows.live_since,
        )
    }


def stage(webinar: Webinar) -> Stage:
    """The address of the picture is known only while it is live."""
    shown = webinar.stage if webinar.state == Webinar.State.LIVE else {}
    kind, address = shown.get("kind"), str(shown.get("url", ""))
    youtube = str(shown.get("id", "")) if kind == "youtube" else ""
    captions = shown.get("captions", {}) if kind == "file" else {}
    return Stage(
        slug=webinar.slug,
        state=webinar.state,
        cancelled=webinar.cancelled_at is not None,
        title=webinar.title,
        youtube=youtube if _YOUTUBE_ID.fullmatch(youtube) else "",
        video=address if kind == "file" and _HERE.match(address) else "",
        link=address if kind == "link" and address.startswith("https://") else "",
        captions=tuple(sorted((str(k), str(v)) for k, v in captions.items())),
    )
