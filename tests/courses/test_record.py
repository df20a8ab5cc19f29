from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import publishing
from courses.models import Completion, Enrolment, Evidence
from courses.publishing import publish
from people.joining import join
from tests.factories import (
    enrolled,
    finish,
    items_of,
    make_course,
    make_draft,
    make_lesson,
    make_organisation,
)

pytestmark = pytest.mark.django_db


def test_the_deciding_evidence_writes_the_completion(person):
    enrolment = enrolled(person, make_course(lessons=2))
    first, second = items_of(enrolment)

    assert not enrolment.record("finished", first, source="test").complete
    assert enrolment.record("finished", second, source="test").complete

    completion = Completion.objects.get(enrolment=enrolment)
    assert completion.rule == enrolment.document.rule
    assert completion.hours == {"training": "1.50"}
    assert completion.evidence_ids == list(
        Evidence.objects.order_by("pk").values_list("pk", flat=True)
    )


def test_the_same_evidence_twice_counts_once(person):
    enrolment = enrolled(person, make_course(lessons=1))
    (item,) = items_of(enrolment)

    enrolment.record("finished", item, source="test")
    enrolment.record("finished", item, source="test")

    assert Evidence.objects.count() == Completion.objects.count() == 1


@pytest.mark.parametrize("model", [Evidence, Completion])
def test_the_database_refuses_to_change_or_delete_a_record(person, model):
    finish(enrolled(person, make_course(lessons=1)))
    row = model.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(recorded_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


def test_an_update_leaves_those_under_way_on_their_version(person):
    draft = make_draft(lessons=1)
    first = publish(draft, by=None, policy="update")
    enrolment = enrolled(person, first.course)
    make_lesson(draft.modules.get())

    second = publish(draft, by=None, policy="update")

    enrolment.refresh_from_db()
    assert enrolment.version == first
    assert second.number == 2


def test_a_correction_moves_those_under_way_with_their_evidence(person):
    draft = make_draft(lessons=2)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    first, _ = items_of(enrolment)
    enrolment.record("finished", first, source="test")
    draft.modules.get().lessons.last().delete()

    version = publish(draft, by=None, policy="correction")
    _work()

    enrolment.refresh_from_db()
    assert enrolment.version == version
    assert enrolment.completion is not None  # what is left was done already


def test_a_required_version_keeps_the_completion_and_asks_for_what_is_new(person):
    draft = make_draft(lessons=1)
    course = publish(draft, by=None, policy="update").course
    done = enrolled(person, course)
    finish(done)
    make_lesson(draft.modules.get())

    publish(draft, by=None, policy="required", due_on=timezone.localdate())
    _work()
    _work()

    again = Enrolment.objects.get(cycle=2)
    assert Completion.objects.get().enrolment == done
    assert (again.status.met_count, len(again.status.requirements)) == (1, 2)
    assert again.due_on == timezone.localdate()


def test_a_new_cycle_remembers_where_the_person_belongs_now(person):
    """Who changed employers since is asked at the new one: reports count them there."""
    draft = make_draft(lessons=1)
    former, present = make_organisation(), make_organisation()
    join(person, former)
    finish(enrolled(person, publish(draft, by=None, policy="update").course))
    join(person, present)
    make_lesson(draft.modules.get())

    publish(draft, by=None, policy="required", due_on=timezone.localdate())
    _work()

    cycles = Enrolment.objects.order_by("cycle").values_list("organisation", flat=True)
    assert list(cycles) == [former.pk, present.pk]


@pytest.mark.parametrize(("policy", "number"), [("required", 3), ("correction", 3), ("update", 2)])
def test_a_publication_before_the_promises_of_the_last_one_reaches_the_new_cycles(
    person, policy, number
):
    """As if the worker had been quicker: those under way move, or finish on their version."""
    draft = make_draft(lessons=1)
    finish(enrolled(person, publish(draft, by=None, policy="update").course))
    make_lesson(draft.modules.get())
    due = timezone.localdate()
    publish(draft, by=None, policy="required", due_on=due)
    make_lesson(draft.modules.get())
    publish(draft, by=None, policy=policy, due_on=due + timedelta(days=9))

    _work()

    again = Enrolment.objects.get(cycle=2)
    assert (again.version.number, again.due_on) == (number, due)
    assert len(again.status.missing) == number - 1


def test_what_is_recorded_while_many_are_asked_again_is_carried_over(person, monkeypatch):
    draft = make_draft(lessons=1)
    optional = make_lesson(draft.modules.get(), required=False)
    done = enrolled(person, publish(draft, by=None, policy="update").course)
    finish(done)
    optional.required = True
    optional.save()
    make_lesson(draft.modules.get())
    publish(draft, by=None, policy="required", due_on=timezone.localdate())
    new_cycle = publishing._new_cycle

    def late(*args):
        """They finish the lesson after their evidence was read and before their new cycle."""
        done.record("finished", str(optional.uuid), source="learner")
        return new_cycle(*args)

    monkeypatch.setattr(publishing, "_new_cycle", late)
    _work()

    again = Enrolment.objects.get(cycle=2)
    assert (again.status.met_count, len(again.status.missing)) == (2, 1)


def test_who_owes_nothing_any_more_is_not_asked_again(person):
    draft = make_draft(lessons=1)
    finish(enrolled(person, publish(draft, by=None, policy="update").course))
    new = make_lesson(draft.modules.get())
    publish(draft, by=None, policy="required", due_on=timezone.localdate())
    new.delete()
    publish(draft, by=None, policy="correction")

    _work()

    assert not Enrolment.objects.filter(cycle=2).exists()


def test_publishing_twice_is_publishing_once(person):
    draft = make_draft()

    assert publish(draft, by=None, policy="update") == publish(draft, by=None, policy="update")


def _work():
    from lms import outbox

    outbox.work()
