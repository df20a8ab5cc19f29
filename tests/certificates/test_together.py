"""Many certificates in a few statements, as after a webinar."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certificates import issuing, snapshot
from certificates.canonical import fingerprint
from certificates.models import Certificate, PrintGap, SeriesAward
from courses import correcting as record
from courses import cycles
from courses.models import Completion, Enrolment
from lms import outbox
from lms.models import OutboxEntry
from lms.records import CHECKS
from people.models import User
from tests.certificates.factories import courses_of, make_series
from tests.factories import enrolled, finish, make_course, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
KIND = "courses.completed"


def completed(count, course=None):
    """So many people completed this course; nothing is issued, as no bell rings in these tests."""
    course = course or make_course()
    for number in range(count):
        finish(enrolled(make_person(name=f"Zoë {number}"), course))
    return list(Completion.objects.order_by("pk").values_list("pk", flat=True))[-count:]


def letters():
    return OutboxEntry.objects.filter(kind="certificates.letter").count()


def test_together_they_say_what_each_would_say_by_itself():
    """Also where a course has to be renewed, a design stands and a name cannot be printed."""
    course = make_course()
    cycles.set_policy(course, by=make_person(may_credit=True), months=12)
    alone, *together = completed(3, course)
    strange = User.objects.filter(enrolments__completions=together[1])
    strange.update(name="Zoë \U00016a40")

    one = issuing.issue_for(alone)
    assert issuing.issue_all(together) == 2

    own = {*snapshot.OWN, "name"}
    rows = Certificate.objects.filter(completion__in=together).order_by("pk")
    for row in rows:
        assert {k: v for k, v in row.snapshot.items() if k not in own} == {
            k: v for k, v in one.snapshot.items() if k not in own
        }
        assert row.sha256 == fingerprint(row.snapshot)
        assert row.snapshot["code"] == row.number
        assert row.snapshot["expires_on"] is not None
    assert rows[0].snapshot["name"] == "Zoë 1"
    assert PrintGap.objects.get().certificate == rows[1]
    assert letters() == 3


@pytest.mark.parametrize("in_a_series", [False, True])
def test_the_statements_do_not_grow_with_the_people(in_a_series):
    """In a series one more for each person, who has to be asked how far they are."""
    course = courses_of(make_series(courses=3, needed=2))[0] if in_a_series else make_course()
    ran = []
    for count in (2, 7):
        pks = completed(count, course)
        with CaptureQueriesContext(connection) as captured:
            assert issuing.certify_all(pks) == count
        ran.append(len(captured))

    assert ran[1] - ran[0] == (5 if in_a_series else 0)


def test_workers_certify_together_what_was_promised():
    completed(3)
    assert not Certificate.objects.exists()

    outbox.work()

    assert Certificate.objects.count() == letters() == 3
    promises = OutboxEntry.objects.filter(kind=KIND)
    assert set(promises.values_list("state", "outcome", "attempts")) == {
        ("done", "3 certificates, issued together", 1)
    }


def test_the_last_courses_of_a_series_bring_its_certificates_too():
    series = make_series(courses=2, needed=2)
    for course in courses_of(series):
        completed(2, course)
    people = list(Enrolment.objects.values_list("person", flat=True).distinct())
    for person, course in zip(people, reversed(courses_of(series) * 2), strict=True):
        if not Enrolment.objects.filter(person=person, course=course).exists():
            finish(enrolled(Enrolment.objects.filter(person=person)[0].person, course))

    issuing.certify_all(Completion.objects.values_list("pk", flat=True))

    done = SeriesAward.objects.count()
    assert done == sum(
        Completion.objects.filter(enrolment__person=person).count() == 2 for person in people
    )
    assert done > 0
    assert Certificate.objects.exclude(series_award=None).count() == done


def test_a_corrected_record_among_them_gets_the_certificate_of_its_correction():
    old, other = completed(2)
    by = make_person(may_credit=True)
    completion = Completion.objects.get(pk=old)
    fresh = record.correct(completion, by=by, why="-", hours=Decimal(2))

    assert issuing.certify_all([old, other, fresh.pk]) == 2

    assert set(Certificate.objects.values_list("completion", flat=True)) == {other, fresh.pk}
    assert [each for check in CHECKS for each in check()] == []


def test_one_that_cannot_be_issued_leaves_the_others_theirs(monkeypatch):
    pks, whole = completed(3), snapshot.of_completion

    def of_completion(completion, **more):
        if completion.pk == pks[1]:
            raise DatabaseError("the disk is full")
        return whole(completion, **more)

    monkeypatch.setattr(snapshot, "of_completion", of_completion)
    outbox.work()

    assert Certificate.objects.count() == letters() == 2
    waiting = OutboxEntry.objects.get(kind=KIND, state="waiting")
    assert "the disk is full" in waiting.outcome


def test_a_worker_that_is_killed_before_it_says_so_doubles_nothing():
    completed(3)
    now = timezone.now()
    taken = outbox._take(now, 20)
    issuing._certify_promised_together([entry.payload for entry in taken])  # and here it is killed

    assert outbox.work(now) == 0
    outbox.work(now + outbox.LEASE + timedelta(seconds=1))

    assert Certificate.objects.count() == letters() == 3
    assert not OutboxEntry.objects.filter(kind=KIND, state="waiting").exists()


@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_in_any_order_issue_each_once(no_bell):
    """Two workers, the sweep, and single bells over the same completions. Seen to fail with the
    lock of `_issue_together` taken out: a batch broke on the key of a certificate. With the order
    of the locks turned around for one of them, PostgreSQL found a deadlock."""
    for _ in range(3):
        person_count = 4
        pks = completed(person_count)

        outcomes = at_once(
            lambda pks=pks: issuing.certify_all(pks),
            lambda pks=pks: issuing.certify_all(pks[::-1]),
            lambda pks=pks: issuing.certify_all(pks[1:]),
            lambda pks=pks: issuing.certify(pks[-1]),
        )

        assert not [each for each in outcomes if isinstance(each, Exception)]
        rows = Certificate.objects.filter(completion__in=pks)
        assert rows.count() == person_count
        assert letters() == Certificate.objects.count()
