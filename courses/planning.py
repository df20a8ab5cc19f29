"""Publishing at a time that somebody chose. The only writer of PlannedPublication.

A plan is for the revision its publisher looked at. When its time has come the checklist, the
review and the publisher's duty hold again, inside the transaction that publishes: either there is
a version and the plan is done, or there is neither, and people are told why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import duties, publishing
from courses.models import Course, Draft, DraftHand, PlannedPublication
from courses.publishing import Policy
from lms import mail, outbox
from lms.text import said
from lms.ticks import on_tick
from lms.zones import zone_name
from people.audit import note as audit
from people.models import User

State = PlannedPublication.State


@transaction.atomic
def plan(
    draft: Draft,
    *,
    by: User,
    publish_at: datetime,
    policy: str,
    note: str = "",
    due_on: date | None = None,
    expected_revision: int,
    now: datetime | None = None,
) -> PlannedPublication:
    """Publish this revision then. One that waited before is moved: it is cancelled, this one waits.

    Raises ValidationError with every reason why it could not be published today. The same plan
    again changes nothing.
    """
    now = now or timezone.now()
    course = Course.objects.select_for_update().get(pk=draft.course_id)
    held = Draft.objects.select_for_update().get(pk=draft.pk)
    held.course = course
    values = {
        "revision": expected_revision,
        "policy": policy,
        "note": note,
        "due_on": due_on,
        "publish_at": publish_at,
    }
    waiting = PlannedPublication.objects.waiting().filter(course=course).first()
    if waiting is not None and all(getattr(waiting, name) == v for name, v in values.items()):
        return waiting
    if publish_at <= now:
        raise ValidationError({"at": _("Choose a time that is still to come.")})
    if policy == Policy.REQUIRED and (
        due_on is None or due_on < timezone.localdate(publish_at, timezone.get_default_timezone())
    ):
        raise ValidationError({"due_on": _("Choose a day after the publication.")})
    publishing.check(held, by=by, expected_revision=expected_revision)
    if waiting is not None:
        _settle(waiting, State.CANCELLED, now)
    planned = PlannedPublication.objects.create(course=course, planned_by=by, **values)
    told = publish_at.isoformat()
    audit(by, "course.publication-planned", course, plan=planned.pk, publish_at=told)
    return planned


@transaction.atomic
def cancel(course: Course, *, by: User) -> bool:
    """Nothing is published then. False: nothing waited any more. Safe to repeat."""
    Course.objects.select_for_update().get(pk=course.pk)
    waiting = PlannedPublication.objects.waiting().filter(course=course).first()
    if waiting is None:
        return False
    _settle(waiting, State.CANCELLED, timezone.now())
    audit(by, "course.publication-cancelled", course, plan=waiting.pk)
    return True


@on_tick
def publish_due(now: datetime) -> str:
    due = list(PlannedPublication.objects.due(now).order_by("publish_at", "pk"))
    outcomes = [_keep(planned, now) for planned in due]
    done, failed = outcomes.count(State.DONE), outcomes.count(State.FAILED)
    return ngettext(
        "%(done)s course published as planned, %(failed)s could not be",
        "%(done)s courses published as planned, %(failed)s could not be",
        done,
    ) % {"done": done, "failed": failed}


def _keep(planned: PlannedPublication, now: datetime) -> str:
    """What became of it here; empty when somebody else settled it meanwhile."""
    try:
        return _publish(planned.pk, now)
    except ValidationError as refusal:
        return _fail(planned.pk, " ".join(refusal.messages), now)


@transaction.atomic
def _publish(pk: int, now: datetime) -> str:
    """The course's lock lets workers, cancelling and moving come one after the other."""
    planned = _held(pk)
    if planned is None:
        return ""
    with translation.override(planned.planned_by.language):  # the reasons go into their letter
        if not Draft.objects.filter(course=planned.course_id, revision=planned.revision).exists():
            raise ValidationError(_("The draft was changed after the publication was planned."))
        version = publishing.publish(
            Draft.objects.get(course=planned.course_id),
            by=planned.planned_by,
            policy=planned.policy,
            note=planned.note,
            due_on=planned.due_on,
            expected_revision=planned.revision,
            now=now,
        )
    PlannedPublication.objects.filter(pk=pk).update(
        state=State.DONE, version=version, settled_at=now
    )
    return str(State.DONE)


@transaction.atomic
def _fail(pk: int, reason: str, now: datetime) -> str:
    planned = _held(pk)
    if planned is None:
        return ""
    _settle(planned, State.FAILED, now, reason)
    hands = DraftHand.objects.filter(draft__course=planned.course_id)
    people = {planned.planned_by_id, *hands.values_list("person", flat=True)}
    outbox.promise_all(
        "courses.publication-failed",
        {f"{pk}:{person}": {"plan": pk, "person": person} for person in people},
    )
    return str(State.FAILED)


def _held(pk: int) -> PlannedPublication | None:
    course = PlannedPublication.objects.values_list("course", flat=True).get(pk=pk)
    Course.objects.select_for_update().get(pk=course)
    waiting = PlannedPublication.objects.waiting().filter(pk=pk)
    return waiting.select_related("planned_by").first()


def _settle(planned: PlannedPublication, state: str, now: datetime, reason: str = "") -> None:
    waiting = PlannedPublication.objects.waiting().filter(pk=planned.pk)
    waiting.update(state=state, reason=reason, settled_at=now)


@outbox.handles("courses.publication-failed")
def _tell(payload: Mapping[str, object]) -> str:
    plans = PlannedPublication.objects.select_related("course__draft")
    planned = plans.get(pk=int(str(payload["plan"])))
    person = duties.trainers().filter(pk=int(str(payload["person"]))).first()
    if person is None:
        raise outbox.Stale("no trainer any more")
    with translation.override(person.language):
        url = settings.SITE_URL + reverse("studio:publish", args=[planned.course.slug])
    zone = timezone.get_default_timezone()
    return mail.send(
        to=person.email,
        template="courses/mail/publication_failed.md",
        context={
            "name": person.first_name or person.email,
            "title": str(said(planned.course.draft.title, person.language)),
            "planned": planned.publish_at.astimezone(zone).replace(tzinfo=None),
            "zone": zone_name(timezone.get_default_timezone_name()),
            "reason": planned.reason,
            "url": url,
        },
        language=person.language,
        key=f"publication {planned.pk} {person.pk}",
    )
