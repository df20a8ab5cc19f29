"""What cannot be issued is said with its reason, tried again, and stands in nobody's way."""

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from certificates import failing, issuing, snapshot
from certificates.models import Certificate
from lms import outbox
from lms.models import OutboxEntry
from tests.factories import both, enrolled, finish, make_course, make_person

pytestmark = pytest.mark.django_db
DESK = reverse("certificates:desk")


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def broken(monkeypatch):
    """Three people completed; what is said of the second cannot be put together."""
    course = make_course(title=both("Bulk"))
    people = [make_person(name=name) for name in ("Ana", "Ben", "Carla")]
    for person in people:
        finish(enrolled(person, course))
    whole = snapshot.of_completion

    def of_completion(completion, **more):
        if completion.enrolment.person == people[1]:
            raise DatabaseError("the disk is full")
        return whole(completion, **more)

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "of_completion", of_completion)
        yield patched


def test_one_that_fails_stops_no_other_and_is_promised_another_try(broken):
    OutboxEntry.objects.all().delete()  # as if the completion had come without its promise

    said = issuing.issue_due(timezone.now())

    assert said == "2 certificates issued late, 1 failed"
    assert sorted(row.snapshot["name"] for row in Certificate.objects.all()) == ["Ana", "Carla"]
    promise = OutboxEntry.objects.get(kind="courses.completed")
    assert failing.failures(9) == []  # nobody has kept it yet, so there is nothing to tell
    outbox.work()
    (failure,) = failing.failures(9)
    assert failure.what == "DatabaseError: the disk is full"
    assert failure.completion.pk == promise.payload["completion"]


def test_the_desk_says_who_why_and_when_it_is_tried_again(desk, broken):
    outbox.work()

    page = desk.get(DESK).content.decode()

    assert "Bulk: 2 of 3 certificates issued" in page
    assert "1 certificate could not be issued yet" in page
    assert "Ben" in page
    assert "What went wrong: DatabaseError: the disk is full" in page
    assert "Tried 1 time. Next try:" in page
    assert reverse("certificates:try-again") not in page


def test_what_was_given_up_waits_for_a_person_who_has_it_tried_again(desk, broken):
    promises = OutboxEntry.objects.filter(kind="courses.completed")
    outbox.work()
    promises.filter(state="waiting").update(
        attempts=len(outbox.PAUSES), due_at=timezone.now()
    )  # a day and a half later
    outbox.work()
    outbox.work()
    page = desk.get(DESK).content.decode()
    assert "It waits for you." in page
    assert "every 4s" not in page  # nothing moves before somebody acts

    broken.undo()
    statuses = [desk.post(reverse("certificates:try-again")).status_code for _ in range(2)]
    outbox.work()

    assert statuses == [303, 303]
    assert Certificate.objects.count() == 3
    assert "could not be issued" not in desk.get(DESK).content.decode()


@pytest.mark.parametrize("count", [1, 4])
def test_the_desk_costs_the_same_for_any_number_of_failures(
    desk, monkeypatch, count, django_assert_num_queries
):
    def fails(*args, **more):
        raise DatabaseError("no")

    for _ in range(count):
        finish(enrolled(make_person(), make_course()))
    monkeypatch.setattr(snapshot, "of_completion", fails)
    outbox.work()

    # session, person, newest, progress, courses, letters, failures: their number, the first of
    # them and their completions; gaps, their number
    with django_assert_num_queries(11):
        desk.get(DESK)
