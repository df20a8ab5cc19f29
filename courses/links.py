"""Links that lead nowhere: asked by workers, told to trainers. The only writer of CheckedLink and
LinkRound.

A page only says which addresses it wants looked at. A worker asks them one after the other, never
two of one host at a time (a constraint of the row), some of them in each promise, and what is left
in the next. Published courses are looked at once a week; their authors get one letter when a link
of theirs broke since.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from courses.document import Document
from courses.linked import Link, links_of
from courses.models import CheckedLink, Course, CourseVersion, Draft, LinkRound
from courses.models.course import document_of
from lms import mail, outbox, outgoing
from lms.outgoing import Answer, Failed, Why
from lms.text import said
from lms.ticks import on_tick
from people.models import User

KIND = "courses.links"
State = CheckedLink.State
MOST = 20  # addresses in one promise
LONGEST = 120.0  # seconds for one promise: well below the lease of the outbox
PAUSE = timedelta(seconds=15)  # before the next promise goes on with the rest
BUSY = timedelta(minutes=2)  # longer than one question may take
AT_A_TIME = 20  # courses that one tick begins with
FRESH = timedelta(days=3)  # what was looked at since is not asked again by the weekly round
GONE = {404, 410}
FOR_GOOD = {301, 308}


@dataclass(frozen=True)
class Verdict:
    state: str
    status: int | None = None
    why: str = ""
    target: str = ""


@dataclass(frozen=True)
class Row:
    """One place in a course with what is known about where it leads."""

    link: Link
    found: CheckedLink | None

    @property
    def state(self) -> str:
        return self.found.state if self.found else State.UNKNOWN

    def looked_at_since(self, moment: datetime) -> bool:
        return bool(self.found and self.found.checked_at and self.found.checked_at > moment)


@dataclass(frozen=True)
class Report:
    rows: tuple[Row, ...]

    def of(self, state: str) -> list[Row]:
        return [row for row in self.rows if row.state == state]

    @property
    def waiting(self) -> int:
        """Addresses that a worker has still to ask."""
        return len({row.link.url for row in self.rows if row.found and row.found.wanted_since})

    @property
    def unasked(self) -> int:
        return len({row.link.url for row in self.rows if self._unasked(row)})

    @staticmethod
    def _unasked(row: Row) -> bool:
        return row.found is None or (not row.found.checked_at and not row.found.wanted_since)


def report(document: Document) -> Report:
    """One query for any number of links."""
    links = links_of(document, settings.SITE_URL)
    known = CheckedLink.objects.filter(mark__in={_mark(link.url) for link in links})
    found = {row.mark: row for row in known}
    return Report(tuple(Row(link, found.get(_mark(link.url))) for link in links))


@transaction.atomic
def ask(urls: Iterable[str], *, now: datetime | None = None) -> int:
    """Want these looked at now. What waits already waits once; returns how many are new to it."""
    now, marks = now or timezone.now(), {_mark(url): url for url in urls}
    CheckedLink.objects.bulk_create(
        [CheckedLink(mark=mark, url=url, host=_host(url)) for mark, url in marks.items()],
        ignore_conflicts=True,
    )
    wanted = CheckedLink.objects.filter(mark__in=marks, wanted_since=None)
    asked = wanted.update(wanted_since=now)
    if asked:
        outbox.promise(KIND, key=uuid.uuid4().hex, payload={})
    return asked


def look(url: str) -> Verdict:
    """Ask the site. HEAD first: it costs them least. Some answer it wrongly, so GET decides."""
    try:
        answer = _first(url)
    except Failed as failed:
        dead = failed.why == Why.UNKNOWN_NAME
        return Verdict(State.DEAD if dead else State.UNSURE, None, failed.why.value)
    if answer.status in GONE:
        return Verdict(State.DEAD, answer.status)
    if answer.status in FOR_GOOD and answer.target.startswith(("https://", "http://")):
        return Verdict(State.MOVED, answer.status, "", answer.target)
    return Verdict(State.ALIVE if answer.status < 400 else State.UNSURE, answer.status)


def _first(url: str) -> Answer:
    try:
        answer = outgoing.ask(url, method="HEAD", most=0)
    except Failed as failed:
        if failed.why not in {Why.NONSENSE, Why.NO_ANSWER}:
            raise
    else:
        if answer.status < 400:
            return answer
    return outgoing.ask(url, most=0)


@outbox.handles(KIND)
def _look_at_some(payload: Mapping[str, object]) -> str:
    """Ask what is wanted, one by one, and leave the rest to the next promise."""
    begun, looked = time.monotonic(), 0
    while looked < MOST and time.monotonic() - begun < LONGEST:
        link = _take(timezone.now())
        if link is None:
            break
        _write(link, _believed(look(link.url)), timezone.now())
        looked += 1
    if left := CheckedLink.objects.wanted().count():
        outbox.promise(KIND, key=uuid.uuid4().hex, payload={}, due_at=timezone.now() + PAUSE)
    return f"{looked} links looked at, {left} left"


def _believed(verdict: Verdict) -> Verdict:
    """That nobody has a name is believed while other names are found: else it is we who are cut
    off, and every link of the site would be called dead."""
    if verdict.why != Why.UNKNOWN_NAME:
        return verdict
    lately = timezone.now() - timedelta(days=1)
    online = CheckedLink.objects.filter(status__isnull=False, checked_at__gt=lately).exists()
    return verdict if online else Verdict(State.UNSURE, None, Why.NO_ANSWER)


@transaction.atomic
def _take(now: datetime) -> CheckedLink | None:
    """The next one whose host nobody asks at this moment. None: there is none now."""
    CheckedLink.objects.filter(busy_until__lt=now).update(busy_until=None)  # its worker is gone
    busy = CheckedLink.objects.filter(busy_until__isnull=False).values("host")
    wanted = CheckedLink.objects.wanted().exclude(host__in=busy).order_by("wanted_since", "pk")
    link = wanted.select_for_update(skip_locked=True).first()
    if link is None:
        return None
    try:
        with transaction.atomic():
            CheckedLink.objects.filter(pk=link.pk).update(busy_until=now + BUSY)
    except IntegrityError:  # another worker began with this host between the two statements
        return None
    return link


def _write(link: CheckedLink, verdict: Verdict, now: datetime) -> None:
    dead = verdict.state == State.DEAD
    # What could not be checked this time has not come alive by that.
    keeps = verdict.state == State.UNSURE and link.broke_at is not None
    CheckedLink.objects.filter(pk=link.pk).update(
        wanted_since=None,
        busy_until=None,
        checked_at=now,
        state=verdict.state,
        status=verdict.status,
        why=verdict.why,
        target=verdict.target,
        broke_at=(link.broke_at or now) if dead else link.broke_at if keeps else None,
    )


@on_tick
def look_weekly(now: datetime) -> str:
    """Once a week the links of every published course; a letter when something newly broke."""
    if not settings.WEEKLY_LINKS or not settings.OUTGOING_HTTP:
        return "switched off"
    begun = sum(_begin(course, now) for course in _due(now))
    told = sum(_tell(round) for round in LinkRound.objects.untold().select_related("course"))
    return f"links of {begun} courses asked, {told} letters promised"


def _due(now: datetime) -> list[Course]:
    done = LinkRound.objects.filter(week=_monday(now)).values("course")
    return list(Course.objects.published().exclude(pk__in=done).order_by("pk")[:AT_A_TIME])


@transaction.atomic
def _begin(course: Course, now: datetime) -> int:
    _round, made = LinkRound.objects.get_or_create(
        course=course, week=_monday(now), defaults={"asked_at": now}
    )
    if not made or course.current_id is None:
        return 0
    rows = report(document_of(course.current_id)).rows
    old = [row.link.url for row in rows if not row.looked_at_since(now - FRESH)]
    ask(old, now=now)
    return 1


@transaction.atomic
def _tell(round: LinkRound) -> int:
    """When everything of a round was looked at: one letter to each author, if something broke.

    By the clock and not by the sweep's time: what a worker wrote meanwhile is not told twice.
    """
    current = round.course.current_id
    found = report(document_of(current)) if current else Report(())
    if found.waiting:
        return 0
    if not LinkRound.objects.filter(pk=round.pk, told_at=None).update(told_at=timezone.now()):
        return 0
    before = LinkRound.objects.filter(course=round.course, pk__lt=round.pk).order_by("-pk").first()
    since = before.told_at if before and before.told_at else None
    broken = [
        row
        for row in found.of(State.DEAD)
        if row.found and row.found.broke_at and (since is None or row.found.broke_at > since)
    ]
    authors = authors_of(round.course) if broken else []
    for person in authors:
        _promise_letter(round, person, broken)
    return len(authors)


def authors_of(course: Course) -> list[User]:
    """Who published it or changed its draft last, and is a trainer still."""
    ids = {
        *CourseVersion.objects.filter(course=course).values_list("author_id", flat=True),
        *Draft.objects.filter(course=course).values_list("changed_by_id", flat=True),
    }
    still = User.objects.filter(pk__in=ids - {None}, is_active=True, may_author=True)
    return list(still.order_by("pk"))


def _promise_letter(round: LinkRound, person: User, broken: Iterable[Row]) -> None:
    with translation.override(person.language):
        lines = [f"- {place_of(row.link)}: {row.link.url}" for row in broken]
        mail.promise_letter(
            to=person.email,
            template="courses/mail/links.md",
            context={
                "name": person.first_name or person.email,
                "title": said(round.course.title),
                "links": "\n".join(lines),
                "url": settings.SITE_URL + reverse("studio:links", args=[round.course.slug]),
            },
            language=person.language,
            key=f"links:{round.pk}:{person.pk}",
        )


def place_of(link: Link) -> str:
    """Where in the course, in words."""
    if not link.lesson:
        return _("About the course")
    told = {"lesson": said(link.title), "number": link.number}
    if link.part == "question":
        return _("«%(lesson)s», question %(number)s") % told
    return _("«%(lesson)s», block %(number)s") % told


def _monday(now: datetime) -> date:
    day = timezone.localdate(now)
    return day - timedelta(days=day.weekday())


def _mark(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:255]
    except ValueError:
        return ""
