"""When sessions take place. The only writer of a session's schedule and of CreditPolicy.

A move or a cancellation grows the calendar revision and writes the letters and the reminders of
that revision in the same transaction; reminders of older revisions are skipped when they come due.
Rooms that are open already hear of every change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.models import Course
from courses.models.course import document_of
from lms.text import Localised
from people import audit
from people.models import User
from webinars import asking, letters, reminders, rules
from webinars.models import CreditPolicy, Webinar
from webinars.registering import fit_offers, let_in_all, seat_waiting
from webinars.room import log, team

# What a change may set besides the times. Titles and stages may change under way.
FACE = (
    "title",
    "summary",
    "zone",
    "capacity",
    "registration_opens_at",
    "registration_closes_at",
    "needs_approval",
    "format",
    "caption_plan",
    "interpretation_plan",
    "languages",
    "policy",
    "stage",
    "recording",
)
# What a copy takes along. Not the stage, nor anything of the room: the link into a meeting is a
# secret of that meeting, and a copy with it would let last month's people into this month's.
COPIED = (
    "title",
    "summary",
    "zone",
    "capacity",
    "needs_approval",
    "format",
    "caption_plan",
    "interpretation_plan",
    "languages",
    "policy",
)
TIMES = ["starts_at", "ends_at", "registration_opens_at", "registration_closes_at", "revision"]
REHEARSED = timedelta(hours=1)
RESERVED = {"new", "needs"}  # pages of their own under /host/


def standard_policy() -> CreditPolicy:
    """80 % of the live time, gaps up to a minute added back: what is used where nothing is said."""
    return CreditPolicy.objects.get_or_create(name="Standard", number=1)[0]


@transaction.atomic
def schedule(
    course: Course,
    item: str,
    *,
    slug: str,
    title: Localised,
    starts_at: datetime,
    ends_at: datetime,
    hosts: Iterable[User] = (),
    policy: CreditPolicy | None = None,
    by: User | None = None,
    published: bool = True,
    **face: Any,
) -> Webinar:
    """A session of the live lesson `item` (its uuid) in the course's current version.

    `face` takes the fields of FACE; what is left out gets its default.
    """
    _check_lesson(course, item)
    if slug in RESERVED or Webinar.objects.filter(slug=slug).exists():
        raise ValidationError({"slug": _("Another session has this address. Choose a new one.")})
    _check_times(starts_at, ends_at)
    if published:
        _check_plans(course, face.get("caption_plan"), face.get("interpretation_plan"))
    webinar = Webinar.objects.create(
        course=course,
        item=item,
        slug=slug,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        policy=policy or standard_policy(),
        published_at=timezone.now() if published else None,
        **_face(face),
    )
    webinar.hosts.set(hosts)
    audit.note(by, "webinar.scheduled", webinar, starts_at=starts_at.isoformat())
    return webinar


@transaction.atomic
def move(
    webinar: Webinar, starts_at: datetime, ends_at: datetime, *, by: User | None = None
) -> bool:
    """To another time: a new revision, an updated invitation for everyone, new reminders.

    False when it is there already. The time of registration moves along.
    """
    locked = _lock(webinar)
    if (locked.starts_at, locked.ends_at) == (starts_at, ends_at):
        return False
    if locked.state != Webinar.State.SCHEDULED:
        raise ValidationError(_("This session has begun. Its time can no longer change."))
    if locked.cancelled_at is not None:
        raise ValidationError(_("This session was called off. Schedule a new one instead."))
    _check_times(starts_at, ends_at)
    if locked.registration_opens_at is not None:
        locked.registration_opens_at += starts_at - locked.starts_at
    if locked.registration_closes_at is not None:
        locked.registration_closes_at += starts_at - locked.starts_at
    before, locked.starts_at, locked.ends_at = locked.starts_at, starts_at, ends_at
    locked.revision += 1
    locked.save(update_fields=TIMES)
    audit.note(
        by, "webinar.moved", locked, **{"from": before.isoformat(), "to": starts_at.isoformat()}
    )
    log.append(locked, "state", moved=locked.revision)
    fit_offers(locked)
    _tell(locked, "moved")
    reminders.promise(locked, locked.registrations.seated())
    return True


@transaction.atomic
def cancel(webinar: Webinar, *, by: User | None = None) -> bool:
    """Call the session off and take it out of calendars. False when it was called off before."""
    locked = _lock(webinar)
    if locked.cancelled_at is not None:
        return False
    if locked.state != Webinar.State.SCHEDULED:
        raise ValidationError(_("This session has begun. End it in the room instead."))
    locked.cancelled_at = timezone.now()
    locked.revision += 1
    locked.save(update_fields=["cancelled_at", "revision"])
    audit.note(by, "webinar.cancelled", locked)
    log.append(locked, "state", cancelled=True)
    _tell(locked, "called-off")
    return True


@transaction.atomic
def change(
    webinar: Webinar,
    *,
    starts_at: datetime,
    ends_at: datetime,
    hosts: Iterable[User],
    published: bool,
    by: User | None = None,
    **face: Any,
) -> Webinar:
    """All that the form may change, in one step. More seats go to those who wait; when hosts no
    longer approve each registration, whoever asked gets a place in the order of asking.

    Nobody loses a seat: the limit cannot go below the seats taken. A session that people may
    already have seen stays published. What is said here about the deadline counts, not the move.
    """
    move(webinar, starts_at, ends_at, by=by)
    locked = _lock(webinar)
    capacity = face.get("capacity")
    taken = locked.registrations.holding().count()
    if capacity is not None and capacity < taken:
        raise ValidationError(
            {"capacity": _("%(taken)s seats are taken already.") % {"taken": taken}}
        )
    for name, value in _face(face).items():
        if name in {"stage", "recording"}:
            value = rules.with_its_captions(value, getattr(locked, name))
        setattr(locked, name, value)
    if published or locked.published_at is not None:
        _check_plans(locked.course, locked.caption_plan, locked.interpretation_plan)
    if published and locked.published_at is None:
        locked.published_at = timezone.now()
    locked.save()
    locked.hosts.set(hosts)
    audit.note(by, "webinar.changed", locked)
    log.append(locked, "state", changed=True)  # a new stage appears in open rooms
    seat_waiting(locked)
    if not locked.needs_approval:
        let_in_all(locked)
    return locked


@transaction.atomic
def copy(webinar: Webinar, starts: Iterable[datetime], *, by: User | None = None) -> list[Webinar]:
    """The same session again at each of these times, as drafts: all or none.

    Nobody is registered in a copy. Its time of registration is as long before the start as here.
    """
    made = []
    for starts_at in starts:
        by_then = starts_at - webinar.starts_at
        opens_at, closes_at = webinar.registration_opens_at, webinar.registration_closes_at
        again = schedule(
            webinar.course,
            webinar.item,
            slug=free_slug(webinar.slug, starts_at, webinar.zone),
            starts_at=starts_at,
            ends_at=starts_at + (webinar.ends_at - webinar.starts_at),
            hosts=webinar.hosts.all(),
            by=by,
            published=False,
            registration_opens_at=opens_at and opens_at + by_then,
            registration_closes_at=closes_at and closes_at + by_then,
            **{name: getattr(webinar, name) for name in COPIED},
        )
        asking.copy(webinar, again)
        made.append(again)
    return made


@transaction.atomic
def rehearse(webinar: Webinar, *, by: User) -> Webinar:
    """A room for its hosts to try everything in, beginning now. Nothing that happens there counts:
    nobody else sees it or registers, and neither presence nor credit is written.

    Safe to repeat: while a rehearsal is under way, it is that one.
    """
    locked, now = _lock(webinar), timezone.now()
    slug = f"{locked.slug[:60].strip('-')}-rehearsal"
    earlier = Webinar.objects.filter(rehearsal=True, slug__startswith=slug, item=locked.item)
    if open_one := earlier.filter(ended_at=None, ends_at__gt=now).first():
        return open_one
    made = Webinar.objects.create(
        course_id=locked.course_id,
        item=locked.item,
        slug=f"{slug}-{earlier.count() + 1}",
        starts_at=now,
        ends_at=now + REHEARSED,
        stage=locked.stage,
        rehearsal=True,
        published_at=now,
        **{name: getattr(locked, name) for name in COPIED},
    )
    made.hosts.set(locked.hosts.all())
    team.bring_along(locked, made)
    audit.note(by, "webinar.rehearsed", locked, rehearsal=made.pk)
    return made


def free_slug(words: str, starts_at: datetime, zone: str) -> str:
    """An address that no session has: these words, or those of another session's, and the day."""
    day = starts_at.astimezone(ZoneInfo(zone))
    stem = re.sub(r"-\d{4}-\d{2}-\d{2}(-\d+)?$", "", slugify(words))[:60].strip("-") or "session"
    slug = f"{stem}-{day:%Y-%m-%d}"
    taken = set(Webinar.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    numbered = (f"{slug}-{n}" for n in count(2))
    return slug if slug not in taken else next(name for name in numbered if name not in taken)


def _lock(webinar: Webinar) -> Webinar:
    return log.locked(webinar.pk)


def _tell(locked: Webinar, letter: str) -> None:
    rows = list(locked.registrations.standing())
    for row in rows:
        row.webinar = locked
    letters.promise_all(rows, letter)


def _face(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := values.keys() - set(FACE):
        raise ValueError(f"a schedule has no {', '.join(sorted(unknown))}")
    return dict(values)


def _check_lesson(course: Course, item: str) -> None:
    if course.current_id is None:
        raise ValidationError({"lesson": _("Publish the course first.")})
    lesson = document_of(course.current_id).item(item)
    if lesson is None or lesson.kind != "live":
        raise ValidationError({"lesson": _("Choose a live lesson of a published course.")})


def _check_plans(course: Course, captions: object, interpretation: object) -> None:
    """A session that gives credit says how everybody can follow it before anybody registers."""
    if not course.hours:
        return
    missing = {}
    if not captions:
        missing["caption_plan"] = _("Say how this session is captioned before you publish it.")
    if not interpretation:
        missing["interpretation_plan"] = _("Say how it is interpreted before you publish it.")
    if missing:
        raise ValidationError(missing)


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise ValidationError({"minutes": _("A session must end after it begins.")})
    if ends_at - starts_at > timedelta(hours=12):
        raise ValidationError({"minutes": _("A session can last 12 hours at most.")})
