"""Recertification: policies, the cycles they make, and reminders. The only writer of
RenewalPolicy, and of the enrolments that begin a later cycle by time.

Which cycle runs follows from completions and policies by `courses.cycle_rules`, whenever somebody
looks. The sweep only opens the next enrolment when the window opens and promises the letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from courses import cycle_rules
from courses.models import Completion, Course, Enrolment, RenewalPolicy
from courses.models.record import organisation_of
from lms import mail, outbox
from lms.models import PlannedQuerySet
from lms.text import said
from lms.ticks import on_tick
from people.audit import note
from people.models import User

MORNING = time(9)
LATE = timedelta(days=5)  # a reminder that could not leave for so long is not sent any more


@dataclass(frozen=True)
class Standing:
    """Where a person stands with a course that has to be renewed."""

    course: Course
    cycle: cycle_rules.Cycle
    policy: RenewalPolicy
    completion: Completion  # the last one that counts

    def state(self) -> cycle_rules.State:
        return self.cycle.state(_today())


@transaction.atomic
def set_policy(course: Course, *, by: User, months: int, **terms: object) -> RenewalPolicy:
    """From now on completions hold so long. The same policy again changes nothing."""
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    standing = RenewalPolicy.objects.filter(course=course).last()
    given = {"months": months, **terms}
    if standing and all(getattr(standing, key) == value for key, value in given.items()):
        return standing
    policy = RenewalPolicy(course=course, set_by=by, months=months, **terms)
    if months and policy.window_days >= months * 28:
        raise ValidationError({"window_days": _("The window is longer than the cycle.")})
    policy.save()
    details = {"months": months, "window": policy.window_days, "grace": policy.grace_days}
    note(by, "course.renewal-set", course, **details)
    return policy


def standings_of(person: User) -> list[Standing]:
    """Every course of this person that has to be renewed, what is due first first. Two queries."""
    policies = _policies(Q(course__enrolments__person=person))
    if not policies:
        return []
    rows = _counted(Q(enrolment__person=person, enrolment__course__in=policies))
    by_course: dict[int, list[Completion]] = {}
    for row in rows.select_related("enrolment__course"):
        by_course.setdefault(row.enrolment.course_id, []).append(row)
    found = [_standing(done, policies[course]) for course, done in by_course.items()]
    return sorted((each for each in found if each), key=lambda each: each.cycle.due_on)


def renewed_by(person: User, enrolment: Enrolment | None) -> Standing | None:
    """What this enrolment of theirs renews, until it is completed. Two queries, for a renewal."""
    if enrolment is None or enrolment.counts_from is None or enrolment.completion is not None:
        return None
    standings = standings_of(person)
    return next((each for each in standings if each.course.pk == enrolment.course_id), None)


def standing_after(completion: Completion) -> Standing | None:
    """The cycle that this completion began, as far as completions until then decide it."""
    enrolment = completion.enrolment
    policies = _policies(Q(course=enrolment.course_id))
    if not policies:
        return None
    rows = _counted(
        Q(
            enrolment__person=enrolment.person_id,
            enrolment__course=enrolment.course_id,
            completed_at__lte=completion.completed_at,
        )
    )
    done = list(rows.select_related("enrolment__course"))
    return _standing(done, policies[enrolment.course_id]) if done else None


def renewed(courses: Iterable[int]) -> set[int]:
    """Those of these courses that have, or once had, to be renewed."""
    rows = RenewalPolicy.objects.filter(course__in=set(courses))
    return set(rows.values_list("course", flat=True))


@on_tick
def open_windows(now: datetime) -> str:
    """Open the next cycle of everybody whose window has opened, and promise their reminders."""
    opened = promised = 0
    for course_id, policies in _policies(Q(months__gte=0)).items():
        for done in _due_soon(course_id, policies, now):
            standing = _standing(done, policies)
            if standing is None or standing.cycle.opens_on > timezone.localdate(now, _zone()):
                continue
            opened += _open(standing, now)
            promised += _promise_reminders(standing)
    return f"{opened} cycles opened, {promised} reminders promised"


def _policies(wanted: Q) -> dict[int, list[RenewalPolicy]]:
    found: dict[int, list[RenewalPolicy]] = {}
    for row in RenewalPolicy.objects.filter(wanted).distinct().order_by("set_at", "pk"):
        found.setdefault(row.course_id, []).append(row)
    return found


def _counted(wanted: Q) -> PlannedQuerySet[Completion]:
    """Completions that begin a cycle: first ones and renewals. What a publication asked for anew
    holds the evidence of its cycle and begins none."""
    first_or_renewal = Q(enrolment__cycle=1) | Q(enrolment__counts_from__isnull=False)
    rows = Completion.objects.filter(wanted, first_or_renewal, superseded_by=None)
    first = Completion.objects.filter(enrolment=OuterRef("enrolment"), sequence=1)
    dated = rows.annotate(first_recorded_at=Subquery(first.values("recorded_at")))
    return cast("PlannedQuerySet[Completion]", dated)


def _begun(
    completion: Completion, policies: Sequence[RenewalPolicy]
) -> tuple[RenewalPolicy | None, datetime]:
    """The policy for this completion, and when its cycle began under it.

    A correction changes what is on record, not the terms that stood when it came on record.
    """
    recorded_at: datetime = completion.first_recorded_at  # type: ignore[attr-defined]
    before = [each for each in policies if each.set_at <= recorded_at]
    if before:
        return before[-1], completion.completed_at
    reaching_back = next((each for each in policies if each.earlier_too), None)
    return reaching_back, reaching_back.set_at if reaching_back else completion.completed_at


def _standing(done: Iterable[Completion], policies: Sequence[RenewalPolicy]) -> Standing | None:
    history = []
    last: tuple[Completion, RenewalPolicy] | None = None
    for completion in sorted(done, key=lambda row: row.completed_at):
        policy, begun = _begun(completion, policies)
        terms = policy.terms if policy else None
        history.append(cycle_rules.Done(timezone.localdate(begun, _zone()), terms))
        last = (completion, policy) if policy else None
    cycle = cycle_rules.present(history)
    if cycle is None or last is None:
        return None
    return Standing(last[0].enrolment.course, cycle, last[1], last[0])


def _due_soon(
    course_id: int, policies: Sequence[RenewalPolicy], now: datetime
) -> Iterable[list[Completion]]:
    """The completions of everyone whose window may be open and who has no later cycle yet."""
    soonest = min((28 * p.months - p.window_days for p in policies if p.months), default=None)
    if soonest is None:
        return
    later = Enrolment.objects.filter(
        person=OuterRef("enrolment__person"),
        course=course_id,
        counts_from__gt=OuterRef("completed_at"),
    )
    old = Q(enrolment__course=course_id, completed_at__lte=now - timedelta(days=soonest))
    due = _counted(old).filter(~Exists(later))
    people = due.values("enrolment__person").distinct()
    rows = _counted(Q(enrolment__course=course_id, enrolment__person__in=people))
    rows = rows.select_related("enrolment__course", "enrolment__person")
    done: list[Completion] = []
    for row in rows.order_by("enrolment__person", "pk").iterator(chunk_size=500):
        if done and done[0].enrolment.person_id != row.enrolment.person_id:
            yield done
            done = []
        done.append(row)
    if done:
        yield done


@transaction.atomic
def _open(standing: Standing, now: datetime) -> int:
    """The next cycle's enrolment: only what happens from the window's first day on counts there.

    The course's lock is for a publication that comes now, and for a second sweep.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=standing.course.pk)
    before = standing.completion.enrolment
    counts_from = _midnight(standing.cycle.opens_on)
    mine = Enrolment.objects.filter(person=before.person_id, course=course)
    if course.current_id is None or course.retired_at is not None:
        return 0
    if mine.filter(counts_from__gt=standing.completion.completed_at).exists():
        return 0
    Enrolment.objects.create(
        person_id=before.person_id,
        course=course,
        cycle=mine.aggregate(last=Max("cycle"))["last"] + 1,
        version_id=course.current_id,
        organisation=organisation_of(before.person, now),
        reason=Enrolment.Reason.ASSIGNED,
        due_on=standing.cycle.due_on,
        counts_from=counts_from,
        enrolled_at=now,
    )
    return 1


def _promise_reminders(standing: Standing) -> int:
    person, due = standing.completion.enrolment.person, standing.cycle.due_on
    for days in standing.policy.remind_days:
        day = due - timedelta(days=days)
        outbox.promise(
            "courses.renewal",
            key=f"{standing.completion.pk}:{due}:{days}",
            payload={"completion": standing.completion.pk, "due_on": str(due), "days": days},
            due_at=datetime.combine(day, MORNING, tzinfo=person.zone),
        )
    return len(standing.policy.remind_days)


@outbox.handles("courses.renewal")
def _remind(payload: Mapping[str, object]) -> str:
    """One reminder, unless the person has renewed, the dates have moved or its time is over."""
    completion = Completion.objects.select_related("enrolment__person", "enrolment__course").get(
        pk=int(str(payload["completion"]))
    )
    person, course = completion.enrolment.person, completion.enrolment.course
    due = date.fromisoformat(str(payload["due_on"]))
    standing = next((s for s in standings_of(person) if s.course.pk == course.pk), None)
    if standing is None or standing.completion.pk != completion.pk:
        raise outbox.Stale("renewed, or no longer to be renewed")
    if standing.cycle.due_on != due:
        raise outbox.Stale("the due day has moved")
    meant = due - timedelta(days=int(str(payload["days"])))
    if _today() > meant + LATE or course.retired_at is not None or not person.is_active:
        raise outbox.Stale("its time is over")
    with translation.override(person.language):
        url = settings.SITE_URL + course.get_absolute_url()
    return mail.send(
        to=person.email,
        template="courses/mail/renewal.md",
        context={
            "name": person.first_name or person.email,
            "title": str(said(course.title, person.language)),
            "due_on": due,
            "lapses_on": standing.cycle.lapses_on,
            "url": url,
        },
        language=person.language,
        key=f"renewal {completion.pk} {due} {payload['days']}",
    )


def _zone() -> tzinfo:
    return timezone.get_default_timezone()


def _today() -> date:
    return timezone.localdate(timezone=_zone())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_zone())
