"""Seats under fire, and the same fire without the lock: the controls show that the guns would hit.

In a control the transaction is taken away (on SQLite it is the lock) and so is the row lock (on
PostgreSQL); everybody then counts the free seats before anybody takes one.
"""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from tests.factories import enrolled, make_person
from tests.races import at_once
from tests.webinars.factories import make_webinar, seat
from webinars import registering
from webinars.models import SeatOffer, Webinar

pytestmark = pytest.mark.django_db(transaction=True)


def count_together(monkeypatch, hands, patience):
    """Whoever has counted waits for the others; under the lock nobody else can come."""
    met, count = Barrier(hands), registering._free_seats

    def counted(locked):
        free = count(locked)
        with suppress(BrokenBarrierError):
            met.wait(patience)
        return free

    monkeypatch.setattr(registering, "_free_seats", counted)


def without_the_lock(monkeypatch, story):
    plain = Webinar.objects.select_related("course")
    monkeypatch.setattr(registering, "lock_session", lambda webinar: plain.get(pk=webinar.pk))
    return story.__wrapped__


def states(webinar):
    rows = list(webinar.registrations.values_list("state", flat=True))
    return {state: rows.count(state) for state in sorted(set(rows))}


def one_seat_for_four():
    webinar, people = make_webinar(capacity=1), [make_person() for _ in range(4)]
    for person in people:  # else enrolling, which locks the course, would line them up
        enrolled(person, webinar.course)
    return webinar, people


def two_leave_and_four_wait():
    webinar, people = make_webinar(capacity=2), [make_person() for _ in range(6)]
    for person in people:
        seat(person, webinar)
    return webinar, people[:2]


def test_four_people_for_one_seat(monkeypatch):
    webinar, people = one_seat_for_four()
    count_together(monkeypatch, 4, patience=0.3)

    done = at_once(*(lambda p=person: registering.register(p, webinar) for person in people))

    assert [one for one in done if isinstance(one, Exception)] == []
    assert states(webinar) == {"seated": 1, "waitlisted": 3}


def test_control_without_the_lock_all_four_have_the_one_seat(monkeypatch):
    webinar, people = one_seat_for_four()
    register = without_the_lock(monkeypatch, registering.register)
    count_together(monkeypatch, 4, patience=20)

    at_once(*(lambda p=person: register(p, webinar) for person in people))

    assert states(webinar) == {"seated": 4}


def test_two_leave_at_once_and_two_who_wait_are_asked(monkeypatch):
    webinar, leaving = two_leave_and_four_wait()
    count_together(monkeypatch, 2, patience=0.3)

    done = at_once(*(lambda p=person: registering.cancel(p, webinar) for person in leaving))

    assert done == [True, True]
    assert states(webinar) == {"cancelled": 2, "offered": 2, "waitlisted": 2}
    assert SeatOffer.objects.count() == 2


def test_control_without_the_lock_more_are_asked_than_there_are_seats(monkeypatch):
    """Or the same ones twice, which the constraint refuses."""
    webinar, leaving = two_leave_and_four_wait()
    cancel = without_the_lock(monkeypatch, registering.cancel)
    count_together(monkeypatch, 2, patience=20)

    done = at_once(*(lambda p=person: cancel(p, webinar) for person in leaving))

    refused = [one for one in done if isinstance(one, Exception)]
    assert refused or states(webinar)["offered"] > 2
