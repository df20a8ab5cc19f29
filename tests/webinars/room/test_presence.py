"""Slices from heartbeats, and from the polls of those who have no socket."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from people.models import User
from tests.webinars.factories import seat
from tests.webinars.room import factories as make
from webinars.attendance import record_slices
from webinars.models import PresenceSpan
from webinars.room import polling
from webinars.room.presence import Ledger

NOON = datetime(2027, 1, 14, 17, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def spans(slices):
    return [(s.started_at, s.ended_at) for s in slices]


def beating(ledger, stay, *seconds):
    for moment in seconds:
        ledger.beat(stay, at(moment))


def test_a_flush_cuts_at_the_last_proof_and_the_next_goes_on_there():
    ledger = Ledger()
    stay = ledger.begin(1, 2, at(0))
    beating(ledger, stay, 20, 40)
    first = ledger.cut()
    ledger.written(first)
    beating(ledger, stay, 60, 80)
    second = ledger.cut()

    assert spans(first) == [(at(0), at(40))]
    assert spans(second) == [(at(40), at(80))]
    assert len({piece.key for piece in first + second}) == 2


def test_nothing_is_counted_without_an_echo():
    ledger = Ledger()
    ledger.begin(1, 2, at(0))

    assert ledger.cut() == []


def test_a_flush_that_failed_is_repeated_with_the_same_keys():
    ledger = Ledger()
    stay = ledger.begin(1, 2, at(0))
    beating(ledger, stay, 20)
    failed = ledger.cut()
    beating(ledger, stay, 40)
    repeated = ledger.cut()

    assert repeated[:1] == failed
    ledger.written(repeated)
    assert ledger.cut() == []


def test_the_time_of_a_page_that_slept_is_not_counted():
    ledger = Ledger()
    stay = ledger.begin(1, 2, at(0))
    beating(ledger, stay, 20, 40, 101, 120)

    assert spans(ledger.cut()) == [(at(0), at(40)), (at(101), at(120))]


def test_a_goodbye_is_a_proof_and_a_lost_line_is_not():
    ledger = Ledger()
    leaving, lost = ledger.begin(1, 2, at(0)), ledger.begin(1, 3, at(0))
    for stay, said in [(leaving, True), (lost, False)]:
        beating(ledger, stay, 20)
        ledger.end(stay, at(35), said_goodbye=said)

    assert spans(ledger.cut()) == [(at(0), at(35)), (at(0), at(20))]


def test_time_that_does_not_count_is_left_out():
    ledger = Ledger()
    stay = ledger.begin(1, 2, at(0))
    beating(ledger, stay, 20)
    ledger.skip(stay, at(40))
    beating(ledger, stay, 60)

    assert spans(ledger.cut()) == [(at(0), at(20)), (at(40), at(60))]


def test_two_tabs_are_two_stays():
    ledger = Ledger()
    for _ in range(2):
        beating(ledger, ledger.begin(1, 2, at(0)), 20)

    assert len({piece.key for piece in ledger.cut()}) == 2


@pytest.mark.django_db
def test_the_same_slices_written_twice_count_once():
    room = make.make_room()
    person, ledger = make.make_guest(room), Ledger()
    beating(ledger, ledger.begin(room.pk, person.pk, at(0)), 20)

    for _ in range(2):
        record_slices(ledger.cut())

    assert PresenceSpan.objects.count() == 1


def polled(*steps):
    """What polls at these seconds write down; each sends the token that the one before gave."""
    room = make.make_room()
    place, token = seat(make.make_guest(room), room), ""
    place = room.registrations.get()
    for moment in steps:
        token = polling.beat(place, token, at(moment))
    rows = PresenceSpan.objects.filter(webinar=room, source="poll").order_by("started_at")
    return [
        ((row.started_at - NOON).total_seconds(), (row.ended_at - NOON).total_seconds())
        for row in rows
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("steps", "written"),
    [
        ([0], []),
        ([0, 4, 8, 12, 16], []),
        ([0, 4, 8, 12, 16, 20], [(0, 20)]),
        ([0, 5, 21, 26, 44], [(0, 21), (21, 44)]),
        ([0, 60], [(0, 60)]),
        ([0, 61], []),
        ([0, 61, 90], [(61, 90)]),
    ],
)
def test_polls_close_together_are_presence(steps, written):
    assert polled(*steps) == written


@pytest.mark.django_db
def test_a_token_counts_once_and_only_for_its_own_place():
    room = make.make_room()
    make.make_guest(room)
    make.make_guest(room)
    place, other = room.registrations.order_by("pk")
    token = polling.beat(place, "", at(0))

    polling.beat(place, token, at(25))
    polling.beat(place, token, at(55))
    polling.beat(other, token, at(25))
    polling.beat(place, token + "x", at(25))
    polling.beat(place, "rubbish", at(25))

    [row] = PresenceSpan.objects.all()
    assert (row.person_id, row.ended_at) == (place.person_id, at(25))


@pytest.mark.django_db
def test_three_hundred_who_poll_are_counted_and_read_the_counts_once(
    monkeypatch, django_assert_num_queries
):
    """Seen with each reading for itself: 2,100 queries for what one answer holds."""
    room, now = make.make_room(), timezone.now()
    people = User.objects.bulk_create(
        [User(email=f"poller{n}@example.org", name="Guest") for n in range(300)]
    )
    lately = {"source": "poll", "started_at": now - timedelta(seconds=25), "ended_at": now}
    PresenceSpan.objects.bulk_create(
        [PresenceSpan(webinar=room, person=p, key=f"poll {p.pk}", **lately) for p in people]
    )
    monkeypatch.setattr(polling, "FRESH", 1000.0)  # for a machine that is slow today
    polling.forget_counts()

    with django_assert_num_queries(7):
        told = [polling.passing(room.pk, "all", now) for _ in people]

    assert [one["tick"]["here"] for one in told] == [300] * 300
    polling.forget_counts()
