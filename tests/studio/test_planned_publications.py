"""Published at a time that somebody chose: once, whole, and only what may be published then."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as letters
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import planning
from courses.models import Course, CourseDuty, CourseVersion, PlannedPublication
from courses.planning import State, publish_due
from courses.publishing import publish
from courses.studio import editing
from lms import outbox
from lms.zones import zone_name
from tests.factories import approved, both, make_draft, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db


def soon(hours=1):
    return timezone.now() + timedelta(hours=hours)


def plan(draft, person, *, at=None, **more):
    draft.refresh_from_db()
    told = {"policy": "update", "expected_revision": draft.revision, **more}
    return planning.plan(draft, by=person, publish_at=at or soon(), **told)


def edit(draft, person):
    lesson = draft.modules.get().lessons.order_by("position").first()
    values = {"title": both("Edited"), "slug": lesson.slug}
    editing.save_lesson(lesson, by=person, base=editing.mark_of(lesson), values=values)


def mailed():
    letters.outbox.clear()
    while outbox.work():
        pass
    return {letter.to[0]: letter.body for letter in letters.outbox}


def test_planned_on_the_page_in_the_zone_of_the_site_and_published_once(
    studio, draft, url, trainer, settings
):
    trainer.time_zone = "Pacific/Auckland"
    trainer.save()
    zone = ZoneInfo(settings.TIME_ZONE)
    at = (timezone.now() + timedelta(days=2)).astimezone(zone).replace(second=0, microsecond=0)
    sent = {"revision": draft.revision, "note": "At last.", "at": at.strftime("%Y-%m-%dT%H:%M")}
    assert zone_name(settings.TIME_ZONE) in studio.get(url("studio:publish")).content.decode()

    answers = [studio.post(url("studio:publish"), sent) for _ in range(2)]

    assert {answer["Location"] for answer in answers} == {url("studio:publish")}
    planned = PlannedPublication.objects.get()
    assert planned.publish_at == at
    assert "Planned for" in studio.get(url("studio:publish")).content.decode()
    assert (
        "A change keeps it from being published"
        in studio.get(url("studio:course")).content.decode()
    )
    assert publish_due(at - timedelta(minutes=1)).startswith("0 courses")
    assert publish_due(at).startswith("1 course published")
    assert publish_due(at + timedelta(minutes=1)).startswith("0 courses")
    version = CourseVersion.objects.get()
    assert (version.note, version.author) == ("At last.", trainer)
    planned.refresh_from_db()
    assert (planned.state, planned.version) == (State.DONE, version)


def test_moved_and_cancelled(studio, draft, url, trainer):
    first = plan(draft, trainer, at=soon(1))
    second = plan(draft, trainer, at=soon(3))
    first.refresh_from_db()
    assert first.state == State.CANCELLED
    assert publish_due(soon(2)).startswith("0 courses")

    for _ in range(2):
        assert studio.post(url("studio:cancel-publication")).status_code == 303

    second.refresh_from_db()
    assert second.state == State.CANCELLED
    assert publish_due(soon(9)).startswith("0 courses")
    assert not CourseVersion.objects.exists()


@pytest.mark.parametrize(
    ("at", "told"), [("2020-01-01T10:00", "still to come"), ("tomorrow", "valid date")]
)
def test_a_time_that_cannot_be_is_refused_and_kept(studio, draft, url, at, told):
    answer = studio.post(url("studio:publish"), {"revision": draft.revision, "at": at})

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not PlannedPublication.objects.exists()


def test_what_needs_a_review_is_planned_once_it_is_approved(draft, trainer):
    Course.objects.filter(pk=draft.course_id).update(review_needed=True)
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        plan(draft, trainer)

    plan(approved(draft), trainer)

    assert publish_due(soon(2)).startswith("1 course published")


def spoil_by_edit(draft, trainer):
    edit(draft, make_person(name="Ben Ode", may_author=True, email="ben@example.org"))


def spoil_the_checklist(draft, trainer):
    draft.modules.get().lessons.get(kind="page").blocks.all().delete()


def spoil_the_duty(draft, trainer):
    other = make_person(may_author=True)
    CourseDuty.objects.create(course=draft.course, person=other, duty="publisher")


def spoil_the_rule(draft, trainer):
    Course.objects.filter(pk=draft.course_id).update(review_needed=True)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_by_edit, "changed after the publication was planned"),
        (spoil_the_checklist, "is empty"),
        (spoil_the_duty, "Only the publishers"),
        (spoil_the_rule, "Somebody else has to approve"),
    ],
)
def test_what_may_not_be_published_then_is_not_and_people_learn_why(draft, trainer, spoil, why):
    planned = plan(draft, trainer)
    spoil(draft, trainer)

    said = [publish_due(soon(2)) for _ in range(2)]

    assert "1 could not be" in said[0]
    assert "0 could not be" in said[1]
    assert not CourseVersion.objects.exists()
    planned.refresh_from_db()
    assert planned.state == State.FAILED
    sent = mailed()
    assert sent.keys() == {trainer.email} | (
        {"ben@example.org"} if spoil is spoil_by_edit else set()
    )
    assert all(why in body for body in sent.values())


def test_a_publication_by_hand_ends_the_plan(draft, trainer):
    planned = plan(draft, trainer)
    publish(draft, by=trainer, policy="update")
    edit(draft, trainer)

    assert publish_due(soon(2)).startswith("0 courses")
    planned.refresh_from_db()
    assert planned.state == State.CANCELLED
    assert mailed() == {}


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(draft, trainer, monkeypatch):
    """The version and the plan are one transaction: with two, the next tick found the plan
    waiting beside its version.
    """
    plan(draft, trainer)

    def dies(*args, **kwargs):
        publish(*args, **kwargs)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(planning.publishing, "publish", dies)
        with pytest.raises(SystemExit):
            publish_due(soon(2))

    assert not CourseVersion.objects.exists()
    assert PlannedPublication.objects.get().state == State.WAITING
    publish_due(soon(2))
    assert CourseVersion.objects.count() == 1
    assert PlannedPublication.objects.get().state == State.DONE


def test_the_database_knows_one_plan_and_no_plan_done_without_a_version(draft, trainer):
    planned = plan(draft, trainer)

    with pytest.raises(IntegrityError), transaction.atomic():
        PlannedPublication.objects.filter(pk=planned.pk).update(state=State.DONE)
    planned.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        planned.save(force_insert=True)


def test_a_required_version_is_due_after_it_is_published(draft, trainer):
    publish(draft, by=trainer, policy="update")
    edit(draft, trainer)
    at, today = soon(48), timezone.localdate()

    with pytest.raises(ValidationError, match="after the publication"):
        plan(draft, trainer, at=at, policy="required", due_on=today)
    plan(draft, trainer, at=at, policy="required", due_on=today + timedelta(days=9))
    assert publish_due(soon(49)).startswith("1 course published")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["tick", "cancel", "move"])
def test_ticks_that_meet_settle_a_plan_once(transactional_db, other):
    """Without the course's lock and the look at the state under it, two ticks counted two
    publications, and a plan that was cancelled went out.
    """
    person = make_person(may_author=True)
    for _ in range(4):
        draft = make_draft(lessons=1)
        planned = plan(draft, person)
        then = soon(2)
        act = {
            "tick": lambda: publish_due(then),  # noqa: B023
            "cancel": lambda: planning.cancel(draft.course, by=person),  # noqa: B023
            "move": lambda: plan(draft, person, at=soon(5)),  # noqa: B023
        }[other]

        told, met = at_once(lambda: publish_due(then), act)  # noqa: B023

        planned.refresh_from_db()
        versions = CourseVersion.objects.filter(course=draft.course).count()
        assert versions == (planned.state == State.DONE)
        assert planned.state in {State.DONE, State.CANCELLED}
        if other == "tick":
            assert sorted(said[0] for said in (told, met)) == ["0", "1"]
        if other == "cancel":
            assert met is (planned.state == State.CANCELLED)
        PlannedPublication.objects.filter(course=draft.course, state=State.WAITING).delete()
