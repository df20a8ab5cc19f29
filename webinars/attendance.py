"""Who was there, and what it earns them. The only writer of PresenceSpan and Determination.

Slices of presence come in from the room and from reports of other services; after the end each
registration gets a determination by the pure rule in `webinars.rules`, and where it earns credit
the course gets its evidence in the same transaction. Everything may be repeated at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enrolling import enrol
from courses.models import Enrolment
from lms import outbox
from lms.ticks import on_tick
from people import audit
from people.models import User
from webinars import letters, rules
from webinars.models import (
    Determination,
    LiveWindow,
    Poll,
    PollVote,
    PresenceSpan,
    Prompt,
    PromptAnswer,
    PromptEase,
    Registration,
    Webinar,
)
from webinars.models.identity import IdentityMatch
from webinars.models.schedule import FORGOTTEN
from webinars.room import log, polls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LAST_FLUSH = timedelta(minutes=2)  # every process has written its slices this long after the end
LOOK_BACK = timedelta(days=14)  # how long after the end late slices are looked for by themselves
BATCH = 50


class Slice(NamedTuple):
    """Someone was in the room from one moment of the server's clock to another."""

    webinar_id: int
    person_id: int | None  # None: a report knows only a name; an IdentityMatch says who it is
    key: str  # names this slice for ever: written twice it counts once
    started_at: datetime
    ended_at: datetime
    source: str = PresenceSpan.Source.ROOM


def record_slices(slices: Iterable[Slice]) -> int:
    """Write closed slices in bulk; those already written, and those without length, are left out.

    Safe to repeat with the same keys: a flush that was cut off is simply flushed again. Nothing
    of a rehearsal is written.
    """
    closed = [row for row in slices if row.ended_at > row.started_at]
    rehearsals = set(
        Webinar.objects.filter(
            pk__in={row.webinar_id for row in closed}, rehearsal=True
        ).values_list("pk", flat=True)
    )
    rows = [PresenceSpan(**row._asdict()) for row in closed if row.webinar_id not in rehearsals]
    PresenceSpan.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def seconds(moment: datetime) -> int:
    """Whole seconds of UTC, rounded down: what the rule counts in."""
    return (moment - EPOCH) // SECOND


def live_windows(webinar: Webinar) -> list[rules.Span]:
    """The closed live windows of the last revision."""
    rows = list(webinar.windows.filter(closed_at__isnull=False))
    last = max((row.revision for row in rows), default=0)
    return [
        rules.Span(seconds(row.opened_at), seconds(row.closed_at))
        for row in rows
        if row.revision == last and row.closed_at is not None
    ]


def presence(webinar: Webinar, person_id: int, sources: Iterable[str] = ()) -> list[rules.Span]:
    """One person's presence as the fewest spans; `sources` empty: all count."""
    rows = PresenceSpan.objects.filter(webinar=webinar, person_id=person_id)
    matched = IdentityMatch.objects.standing().at(webinar).filter(registration__person=person_id)
    if counted := list(sources):
        rows = rows.filter(source__in=counted)
        matched = matched.filter(span__source__in=counted)
    times = [
        *rows.values_list("started_at", "ended_at"),
        *matched.values_list("span__started_at", "span__ended_at"),
    ]
    return rules.union(rules.Span(seconds(start), seconds(end)) for start, end in times)


@transaction.atomic
def determine(
    registration: Registration, now: datetime | None = None, *, ring: bool = True
) -> Determination:
    """Hold the evidence against the policy; a new row only when what the rule sees has changed.

    The registration's row is locked before the evidence is read: of two determinations at once
    the second sees all that the first saw, so an older view never supersedes a newer one, and
    the letter and the course's evidence go out once. A person's override stands whatever comes in
    later; only another override supersedes it.
    """
    locked = _lock(registration)
    if locked.webinar.rehearsal:
        raise ValueError("nothing of a rehearsal counts")
    standing = locked.determinations.order_by("-sequence").first()
    if standing is not None and standing.by_id is not None:
        return standing
    found, sha256 = _find(locked)
    if standing is not None and standing.inputs_sha256 == sha256:
        return standing
    determination = _write(locked, standing, found, sha256, now or timezone.now(), ring=ring)
    if standing is None:
        letters.promise(locked, "thanks")
    return determination


@transaction.atomic
def override(
    registration: Registration, *, by: User, credited: bool, minutes: int, reason: str
) -> Determination:
    """A credit administrator's own decision, with the reason that the person is told.

    It becomes the standing determination. The same decision by the same person again, such as a
    form that was sent twice, is one decision. Credit given reaches the course at once. Credit taken
    away does not undo evidence or a completion that was already recorded: nothing does.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": _("Say why, so that anyone can follow it later.")})
    locked = _lock(registration)
    if locked.webinar.rehearsal:
        raise ValidationError(_("This is a rehearsal. Nothing of it counts."))
    if locked.webinar.ended_at is None:
        raise ValidationError(_("Decide after the session is over."))
    if credited and not minutes:
        raise ValidationError({"minutes": _("Credit needs at least one minute.")})
    found, sha256 = _find(locked)
    if credited and minutes > max(locked.webinar.minutes, found.live_seconds // 60):
        raise ValidationError({"minutes": _("That is longer than the session was.")})
    decided = rules.Finding(
        live_seconds=found.live_seconds,
        present_seconds=found.present_seconds,
        bridged_seconds=found.bridged_seconds,
        credited=credited,
        minutes=minutes if credited else 0,
        reasons=(rules.OVERRIDE, reason),
        prompts=found.prompts,
    )
    standing = locked.determinations.order_by("-sequence").first()
    if standing is not None and (
        (standing.by_id, standing.credited, standing.minutes, tuple(standing.reasons))
        == (by.pk, decided.credited, decided.minutes, decided.reasons)
    ):
        return standing
    determination = _write(locked, standing, decided, sha256, timezone.now(), by=by)
    audit.note(
        by,
        "attendance.overridden",
        locked,
        determination=determination.pk,
        credited=credited,
        minutes=determination.minutes,
        reason=reason,
    )
    return determination


def _lock(registration: Registration) -> Registration:
    return (
        Registration.objects.select_for_update(of=("self",))
        .select_related("webinar__policy", "webinar__course", "person")
        .get(pk=registration.pk)
    )


def _find(registration: Registration) -> tuple[rules.Finding, str]:
    """What the rule finds, and the SHA-256 of all that it looked at."""
    webinar = registration.webinar
    windows = live_windows(webinar)
    spans = presence(webinar, registration.person_id, webinar.policy.sources)
    seen = {
        "policy": webinar.policy_id,
        "live": windows,
        "present": rules.on_live_clock(spans, windows),
    }
    asked = prompts(webinar, registration.person_id)
    if webinar.policy.prompt_share_percent:
        seen["prompts"] = asked
    text = json.dumps(seen, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return rules.attendance(spans, windows, webinar.policy.rule, asked), sha256


def prompts(webinar: Webinar, person_id: int) -> rules.Prompts:
    """What the session asked for a sign of attention, and what this person answered: prompts, and
    polls that have a right answer. Nothing is counted where the policy asks for none."""
    if not webinar.policy.prompt_share_percent:
        return rules.Prompts()
    asked = Prompt.objects.filter(webinar=webinar).counted_for(person_id)
    quizzes = Poll.objects.filter(webinar=webinar, opened_at__isnull=False).exclude(right=[])
    given = PromptAnswer.objects.filter(prompt__webinar=webinar, person=person_id)
    voted = PollVote.objects.filter(poll__in=quizzes, person=person_id).values("poll").distinct()
    spared = PromptEase.objects.filter(webinar=webinar, person=person_id, kind=PromptEase.Kind.NONE)
    return rules.Prompts(
        asked=asked.count() + quizzes.count(),
        answered=given.count() + voted.count(),
        spared=spared.exists(),
    )


def _write(
    registration: Registration,
    standing: Determination | None,
    found: rules.Finding,
    sha256: str,
    now: datetime,
    by: User | None = None,
    *,
    ring: bool = True,
) -> Determination:
    webinar = registration.webinar
    determination = Determination.objects.create(
        registration=registration,
        sequence=standing.sequence + 1 if standing else 1,
        policy=webinar.policy,
        inputs_sha256=sha256,
        live_seconds=found.live_seconds,
        present_seconds=found.present_seconds,
        bridged_seconds=found.bridged_seconds,
        prompts=found.prompts._asdict() if found.prompts.asked else {},
        credited=found.credited,
        minutes=found.minutes,
        reasons=list(found.reasons),
        by=by,
        made_at=now,
    )
    if determination.credited:
        enrolment = enrol(registration.person, webinar.course, reason=Enrolment.Reason.WEBINAR)
        enrolment.record(
            "attended",
            webinar.item,
            source="webinar",
            reference=f"determination {determination.pk}",
            occurred_at=webinar.ended_at,
            value={
                "minutes": determination.minutes,
                "webinar": webinar.pk,
                "determination": determination.pk,
            },
            ring=ring,
        )
    return determination


def settle(webinar: Webinar, now: datetime | None = None) -> None:
    """Promise the decision on everybody, after the last flush. Call it when a session has ended.

    Its key counts the evidence: asking again changes nothing until more has come in, and then
    everyone is looked at anew (and gets a new row only where it makes a difference).
    """
    if webinar.rehearsal:
        return
    (marked,) = _marked(Webinar.objects.filter(pk=webinar.pk))
    if marked.ended_at is None:
        raise ValueError(f"{webinar!r} is not over")
    _promise_settling(marked, max(now or timezone.now(), marked.ended_at + LAST_FLUSH))


def _marked(webinars: QuerySet[Webinar]) -> QuerySet[Webinar]:
    """With the counts that only grow: slices, matches, registrations, live windows' revision."""
    here = OuterRef("pk")
    spans = PresenceSpan.objects.filter(webinar=here).order_by().values("webinar")
    places = Registration.objects.filter(webinar=here).order_by().values("webinar")
    windows = LiveWindow.objects.filter(webinar=here, closed_at__isnull=False)
    matches = IdentityMatch.objects.filter(span__webinar=here).order_by().values("span__webinar")
    return webinars.annotate(
        span_count=Coalesce(Subquery(spans.annotate(n=Count("pk")).values("n")), Value(0)),
        match_count=Coalesce(Subquery(matches.annotate(n=Count("pk")).values("n")), Value(0)),
        ease_count=Coalesce(
            Subquery(
                PromptEase.objects.filter(webinar=here)
                .order_by()
                .values("webinar")
                .annotate(n=Count("pk"))
                .values("n")
            ),
            Value(0),
        ),
        place_count=Coalesce(Subquery(places.annotate(n=Count("pk")).values("n")), Value(0)),
        window_revision=Coalesce(
            Subquery(windows.order_by().values("webinar").annotate(n=Max("revision")).values("n")),
            Value(0),
        ),
    )


def _promise_settling(marked: Webinar, due_at: datetime) -> None:
    mark = f"{marked.window_revision}.{marked.span_count}.{marked.place_count}"  # type: ignore[attr-defined]
    mark += f".{marked.match_count}.{marked.ease_count}"  # type: ignore[attr-defined]
    outbox.promise(
        "webinars.settle",
        key=f"{marked.pk}:{mark}",
        payload={"webinar": marked.pk, "mark": mark},
        due_at=due_at,
    )


@outbox.handles("webinars.settle")
def _fan_out(payload: Mapping[str, object]) -> str:
    """Split everybody into batches that any number of workers can take."""
    webinar = Webinar.objects.get(pk=int(str(payload["webinar"])))
    places = webinar.registrations.to_determine().order_by("pk")
    ids = list(places.values_list("pk", flat=True))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    outbox.promise_all(
        "webinars.determine",
        {f"{webinar.pk}:{payload['mark']}:{b[0]}": {"registrations": b} for b in batches},
    )
    return ngettext("%(n)s person", "%(n)s people", len(ids)) % {"n": len(ids)}


@outbox.handles("webinars.determine")
def _determine_batch(payload: Mapping[str, object]) -> str:
    """Each person in a transaction of their own: short locks, and a crash repeats only what is
    not done (the same inputs make no second row). What they complete is certified by the promises
    that stand with it, many at once."""
    ids = cast("list[int]", payload["registrations"])
    credited, failures = 0, []
    for row in Registration.objects.filter(pk__in=ids).order_by("pk"):
        try:
            credited += determine(row, ring=False).credited
        except Exception as failure:  # one person's trouble is not their neighbours'
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(ids)} not determined", failures)
    return _("%(credited)s of %(n)s with credit") % {"credited": credited, "n": len(ids)}


@on_tick
def settle_ended_sessions(now: datetime) -> str:
    """Whatever ended and was not settled, or got slices after it was."""
    ended = Webinar.objects.filter(
        ended_at__gte=now - LOOK_BACK,
        ended_at__lte=now - LAST_FLUSH,
        cancelled_at__isnull=True,
        rehearsal=False,
    )
    looked = 0
    for webinar in _marked(ended):
        _promise_settling(webinar, now)
        looked += 1
    return f"{looked} ended sessions looked at"


@on_tick
def end_forgotten_sessions(now: datetime) -> str:
    """End sessions that are still live 30 minutes after their planned end."""
    late = Webinar.objects.in_room().filter(ends_at__lte=now - FORGOTTEN)
    ended = sum(end_forgotten(webinar, now) for webinar in late)
    return f"{ended} forgotten sessions ended"


@transaction.atomic
def end_forgotten(webinar: Webinar, now: datetime) -> bool:
    """Close the live window where the session seems to have ended, and settle it.

    That is its planned end, or the last presence of anybody where all had left before. Time after
    the planned end does not count: one tab left open would make everyone else fall short. A
    session that began only after its planned end has its planned length from then on.
    """
    locked = log.locked(webinar.pk)
    if locked.state not in Webinar.IN_ROOM:
        return False
    planned_end, began = locked.ends_at, locked.windows.aggregate(at=Min("opened_at"))["at"]
    if began is not None and began >= planned_end:
        planned_end = began + (locked.ends_at - locked.starts_at)
        if planned_end > now - FORGOTTEN:
            return False
    window = locked.windows.filter(closed_at__isnull=True).first()
    last_seen = locked.spans.aggregate(at=Max("ended_at"))["at"]
    moment = min(planned_end, last_seen or planned_end)
    if window is not None:
        moment = max(moment, window.opened_at)
        window.closed_at = moment
        window.save(update_fields=["closed_at"])
    locked.state, locked.ended_at = Webinar.State.ENDED, moment
    locked.save(update_fields=["state", "ended_at"])
    log.append(locked, "state", to=locked.state, forgotten=True)
    polls.close_all(locked, None, moment)
    settle(locked, now)
    return True


type Moments = list[tuple[datetime, datetime]]


def moments(spans: Iterable[rules.Span]) -> Moments:
    return [(EPOCH + span.start * SECOND, EPOCH + span.end * SECOND) for span in spans]


def seen_by(webinar: Webinar, people: Iterable[int]) -> dict[int, Moments]:
    """For a page of people: when each was there, as the fewest spans. Two queries."""
    spans: dict[int, list[rules.Span]] = {}
    there = list(people)
    rows = PresenceSpan.objects.filter(webinar=webinar, person_id__in=there)
    matched = IdentityMatch.objects.standing().at(webinar)
    times = [
        *rows.values_list("person_id", "started_at", "ended_at"),
        *matched.filter(registration__person__in=there).values_list(
            "registration__person", "span__started_at", "span__ended_at"
        ),
    ]
    for person, start, end in times:
        spans.setdefault(person, []).append(rules.Span(seconds(start), seconds(end)))
    return {person: moments(rules.union(found)) for person, found in spans.items()}
