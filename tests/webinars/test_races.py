"""Many people at the same moment, in real threads with real transactions.

On SQLite the transaction itself is the lock (IMMEDIATE); on PostgreSQL it is the row.
"""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from courses.models import Completion, Evidence
from lms import outbox
from lms.models import OutboxEntry
from people.models import User
from tests.factories import enrolled, make_course, make_person
from tests.webinars.factories import be_there, hold, make_webinar, seat
from webinars import attendance, scheduling
from webinars import registering as places
from webinars.models import Determination, Registration
from webinars.registering import cancel, register, register_by_address

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run all acts at the same moment; returns what failed."""
    start, failures = threading.Barrier(len(acts)), []

    def run(act):
        try:
            start.wait()
            act()
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def registering(person, webinar):
    return lambda: register(person, webinar)


def states(webinar):
    rows = list(webinar.registrations.values_list("state", flat=True))
    return {state: rows.count(state) for state in sorted(set(rows))}


def letters(name):
    return OutboxEntry.objects.filter(kind="webinars.letter", payload__letter=name)


def test_two_choices_of_sessions_that_name_courses_in_another_order_never_block_each_other(
    monkeypatch,
):
    """On PostgreSQL each would hold the course that the other one needs."""
    one, two = (make_course(lessons=["live"], format="webinar") for _ in range(2))
    chosen = [[make_webinar(course=c) for c in order] for order in ((one, two), (two, one))]
    people = [make_person(), make_person()]
    enrol = places.enrol

    def slowly(*args, **kwargs):
        enrolment = enrol(*args, **kwargs)
        time.sleep(0.2)  # long enough for the other one to take its first course
        return enrolment

    monkeypatch.setattr(places, "enrol", slowly)

    failures = at_once(
        *(
            lambda pair=pair: places.register_for_all(*pair)
            for pair in zip(people, chosen, strict=True)
        )
    )

    assert failures == []
    assert Registration.objects.seated().count() == 4


def test_many_people_for_few_seats_get_exactly_those():
    webinar = make_webinar(capacity=5)
    people = [make_person() for _ in range(40)]
    for someone in people:  # else enrolling, which locks the course, would line them up
        enrolled(someone, webinar.course)

    assert at_once(*(registering(someone, webinar) for someone in people)) == []

    assert states(webinar) == {"seated": 5, "waitlisted": 35}
    assert letters("confirmed").count() == 5
    assert letters("waitlisted").count() == 35
    waiting = [row.changed_at for row in webinar.registrations.waiting()]
    assert len(set(waiting)) == 35, "an order without ties"


def test_one_person_pressing_many_times_has_one_place():
    webinar, person = make_webinar(capacity=5), make_person()

    assert at_once(*[registering(person, webinar)] * 8) == []

    assert states(webinar) == {"seated": 1}
    assert letters("confirmed").count() == 1


def test_one_address_sent_many_times_becomes_one_account():
    webinar = make_webinar()

    def send():
        register_by_address("rosa@example.org", [webinar], name="Rosa", language="en")

    assert at_once(*[send] * 8) == []

    assert User.objects.count() == Registration.objects.count() == 1


def test_seats_given_back_at_once_each_seat_one_who_waits():
    webinar = make_webinar(capacity=10)
    people = [make_person() for _ in range(30)]
    for someone in people:
        seat(someone, webinar)
    late = [make_person() for _ in range(5)]

    assert (
        at_once(
            *(lambda p=someone: cancel(p, webinar) for someone in people[:8]),
            *(registering(someone, webinar) for someone in late),
        )
        == []
    )

    assert states(webinar) == {"cancelled": 8, "offered": 8, "seated": 2, "waitlisted": 17}
    promoted = letters("offered").values_list("payload__registration", flat=True)
    assert sorted(promoted) == sorted(
        Registration.objects.filter(person__in=people[10:18]).values_list("pk", flat=True)
    ), "the first eight who waited, once each"


def test_cancelling_twice_at_once_seats_one():
    webinar = make_webinar(capacity=1)
    first, second, third = (make_person() for _ in range(3))
    for someone in (first, second, third):
        seat(someone, webinar)

    assert at_once(*[lambda: cancel(first, webinar)] * 6) == []

    assert states(webinar) == {"cancelled": 1, "offered": 1, "waitlisted": 1}
    assert letters("offered").count() == letters("cancelled").count() == 1


def test_taking_a_seat_the_moment_its_time_runs_out_is_one_or_the_other():
    """Never both: a seat taken and passed on would be two seats."""
    for _ in range(6):
        webinar = make_webinar(capacity=1)
        first, second, third = (make_person() for _ in range(3))
        for someone in (first, second, third):
            seat(someone, webinar)
        cancel(first, webinar)
        just_before = webinar.registrations.get(state="offered").offer.expires_at

        failures = at_once(
            *[lambda p=second, w=webinar: places.accept(p, w)] * 3,
            *[lambda now=just_before: places.pass_on_offers(now)] * 3,
        )

        assert failures == []
        taken = webinar.registrations.get(person=second).state == "seated"
        assert states(webinar) == (
            {"cancelled": 1, "seated": 1, "waitlisted": 1}
            if taken
            else {"cancelled": 2, "offered": 1}
        )
        assert letters("offer-over").filter(
            payload__registration=webinar.registrations.get(person=second).pk
        ).count() == int(not taken)


def test_a_seat_offered_while_others_give_theirs_back_is_offered_once():
    webinar = make_webinar(capacity=4)
    people = [make_person() for _ in range(12)]
    for someone in people:
        seat(someone, webinar)

    leaving = [lambda p=someone: cancel(p, webinar) for someone in people[:4]]
    assert at_once(*leaving, *[lambda: places.pass_on_offers(timezone.now())] * 4) == []
    taking = [lambda p=someone: places.accept(p, webinar) for someone in people[4:8]]
    assert at_once(*taking, *taking, lambda: cancel(people[4], webinar)) == []

    found = states(webinar)
    assert found["seated"] + found.get("offered", 0) == 4
    assert letters("offered").count() == 4 + (found["cancelled"] - 4)


def test_a_session_that_moves_while_people_register_reminds_all_of_the_new_time():
    webinar = make_webinar()
    people = [make_person() for _ in range(12)]
    day = timedelta(days=1)

    acts = [registering(someone, webinar) for someone in people]
    acts.insert(6, lambda: scheduling.move(webinar, webinar.starts_at + day, webinar.ends_at + day))
    assert at_once(*acts) == []

    steps = OutboxEntry.objects.filter(kind="webinars.reminder", payload__revision=1)
    assert steps.count() == 12 * 4
    assert {row.due_at for row in steps.filter(payload__step="live")} == {webinar.starts_at + day}


def test_two_moves_at_once_are_two_revisions():
    webinar = make_webinar()
    days = [timedelta(days=n) for n in range(1, 7)]

    def move(by):
        return lambda: scheduling.move(webinar, webinar.starts_at + by, webinar.ends_at + by)

    assert at_once(*(move(by) for by in days)) == []

    starts_at = webinar.starts_at
    webinar.refresh_from_db()
    assert webinar.revision == 6
    assert webinar.starts_at - starts_at in days


def test_seats_are_never_limited_below_those_taken_meanwhile():
    webinar = make_webinar()
    people = [make_person() for _ in range(12)]
    for someone in people:
        enrolled(someone, webinar.course)

    def limit():
        same = {"starts_at": webinar.starts_at, "ends_at": webinar.ends_at}
        scheduling.change(webinar, **same, hosts=[], published=True, capacity=4)

    acts = [registering(someone, webinar) for someone in people]
    acts.insert(4, limit)
    failures = at_once(*acts)

    webinar.refresh_from_db()
    if webinar.capacity is None:
        assert "taken already" in str(failures)
    else:
        assert failures == []
        assert states(webinar)["seated"] == 4


def test_determining_at_once_writes_one_row_and_one_piece_of_evidence():
    webinar, person = make_webinar(), make_person()
    registration = seat(person, webinar)
    hold(webinar)
    be_there(person, webinar, (0, 60))

    assert at_once(*[lambda: attendance.determine(registration)] * 8) == []

    assert Determination.objects.count() == Evidence.objects.count() == 1
    assert Completion.objects.count() == letters("thanks").count() == 1


def test_settling_twice_at_once_with_several_workers_counts_everyone_once():
    webinar = make_webinar()
    people = [make_person() for _ in range(60)]
    for someone in people:
        seat(someone, webinar)
        be_there(someone, webinar, (0, 60))
    OutboxEntry.objects.all().delete()
    hold(webinar)
    later = webinar.ended_at + timedelta(minutes=5)

    assert at_once(*[lambda: attendance.settle(webinar, timezone.now())] * 4) == []
    assert OutboxEntry.objects.filter(kind="webinars.settle").count() == 1
    for _ in range(3):
        assert at_once(*[lambda: outbox.work(later)] * 3) == []

    assert Determination.objects.count() == Evidence.objects.count() == 60
    assert Completion.objects.count() == letters("thanks").count() == 60


def test_evidence_that_comes_in_while_it_is_decided_is_never_lost():
    """Whoever decides last has seen everything: an older view must not supersede a newer one."""
    course = make_course(lessons=["live"], format="webinar")
    for _ in range(5):
        webinar, person = make_webinar(course=course), make_person()
        registration = seat(person, webinar)
        hold(webinar)

        def come_and_decide(minute, person=person, webinar=webinar, registration=registration):
            be_there(person, webinar, (minute, minute + 10))
            attendance.determine(registration)

        acts = [lambda m=minute: come_and_decide(m) for minute in range(0, 60, 10)]
        assert at_once(*acts) == []

        rows = list(registration.determinations.order_by("sequence"))
        seen = [row.present_seconds for row in rows]
        assert seen == sorted(seen)
        assert seen[-1] == 3600
