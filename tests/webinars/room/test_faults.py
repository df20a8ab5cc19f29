"""A live room in which processes are killed: real sockets, real servers, SIGKILL.

In each test somebody writes all the time, and a message is sent again, with its key, until it is
acknowledged. Afterwards every acknowledged message is there once, each page has been told every
number and shows what a fresh page shows, and presence lies within what each socket was open for.
"""

import contextlib
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from lms.models import OutboxEntry
from tests.webinars.room import factories as make
from tests.webinars.room import quick_server
from tests.webinars.room.crowd import Crowd, Writer
from tests.webinars.room.reading import fresh
from tests.webinars.room.stack import Stack, kill, until
from webinars import letters
from webinars.models import ChatMessage, PresenceSpan, Registration, RoomEvent

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

MANY, SOME = 300, 40
BELL = "groundwork__group__rooms"
STOPPING = 1012
BEAT = timedelta(seconds=1)  # of the quick servers
LATE = timedelta(seconds=5)  # between a goodbye and the last proof, on a busy machine
needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="this run has no Redis")
needs_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="this run has no PostgreSQL"
)


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), Stack() as stack:
        yield stack


@pytest.fixture
def room(stack):
    stack.mend()
    return make.make_room()


@contextlib.contextmanager
def told(stack, number):
    """Meanwhile the web processes leave something out, see `quick_server`."""
    for process in stack.web.values():
        process.send_signal(number)
    try:
        yield
    finally:
        for process in stack.web.values():
            process.send_signal(quick_server.AS_BEFORE)


def writer(stack, room):
    return Writer(room, make.host_of(room), stack.web)


def last_number(room):
    return RoomEvent.objects.filter(webinar=room).latest("seq").seq


def check(room, crowd, writer):
    """What must hold whatever was killed; the crowd has gone home."""
    written = Counter(ChatMessage.objects.filter(webinar=room).values_list("text", flat=True))
    assert set(written.values()) == {1}
    assert set(writer.acknowledged) <= set(written)

    numbers = RoomEvent.objects.filter(webinar=room, seq__gt=crowd.begun, audience="all")
    numbers = list(numbers.values_list("seq", flat=True).order_by("seq"))
    assert {tuple(sorted(set(page.seen))) for page in crowd.pages} == {tuple(numbers)}
    shown, _ = fresh(room.pk, crowd.pages[0].view)
    assert all(page.lists == shown for page in crowd.pages)

    until(lambda: all(mine and mine[-1].ended_at >= page.visits[-1].until - LATE
                      for page, mine in presence(crowd)))  # fmt: skip
    for page, mine in presence(crowd):
        for span in mine:
            within = [
                v for v in page.visits if v.since <= span.started_at <= span.ended_at <= v.until
            ]
            assert len(within) == 1, (span.started_at, span.ended_at, page.visits)
        assert all(a.ended_at <= b.started_at for a, b in pairwise(mine))


def presence(crowd):
    spans = {}
    for span in PresenceSpan.objects.order_by("started_at"):
        spans.setdefault(span.person_id, []).append(span)
    return [(page, spans.get(page.person.pk, [])) for page in crowd.pages]


def test_a_killed_web_process_costs_nobody_a_word(stack, room):
    with Crowd(room, SOME, stack.web) as crowd, writer(stack, room) as host:
        victim, other = stack.web
        lost = crowd.on(victim)
        until(lambda: all(len(mine) > 1 for _, mine in presence(crowd)))

        kill(stack.web[victim])
        killed_at = timezone.now()
        until(lambda: len(crowd.on(other)) == SOME)
        host.writes(3)
        stack.mend()
        host.writes(3)
        host.stop()
        until(lambda: crowd.know(last_number(room)))

    check(room, crowd, host)
    assert 0 < len(lost) < SOME
    one_slice = max(span.ended_at - span.started_at for _, mine in presence(crowd) for span in mine)
    for page, mine in presence(crowd):
        if page in lost:
            before = [span.ended_at for span in mine if span.ended_at <= killed_at]
            assert killed_at - max(before) <= one_slice + LATE


def test_a_killed_worker_holds_up_no_room_and_loses_no_letter(stack, room):
    ours = OutboxEntry.objects.filter(kind=letters.KIND)
    with Crowd(room, SOME, stack.web) as crowd, writer(stack, room) as host:
        letters.promise_all(Registration.objects.filter(webinar=room), "confirmed")
        until(lambda: ours.filter(state="done").exists())

        kill(stack.worker)
        host.writes(3)
        # Time passes: its lease runs out.
        ours.filter(state="waiting").update(lease_until=timezone.now())
        stack.start_worker()
        until(lambda: ours.filter(state="done").count() == SOME)
        host.stop()
        until(lambda: crowd.know(last_number(room)))

    check(room, crowd, host)
    assert all(len(page.visits) == 1 for page in crowd.pages)
    assert set(ours.values_list("attempts", flat=True)) <= {1, 2}


@needs_redis
def test_without_redis_a_room_goes_on_and_hears_the_bell_again_when_it_is_back(stack, room):
    redis = stack.redis
    with Crowd(room, SOME, stack.web) as crowd, writer(stack, room) as host:
        kill(redis.process)
        host.writes(5)
        until(lambda: crowd.know(last_number(room)))

        redis.start()
        until(lambda: redis.ask("pubsub", "numsub", BELL) == [BELL.encode(), len(stack.web)])
        with told(stack, quick_server.BELL_ALONE):
            host.writes(5)
            redis.ask("flushall")
            host.writes(5)
            host.stop()
            until(lambda: crowd.know(last_number(room)))

    check(room, crowd, host)
    assert all(len(page.visits) == 1 for page in crowd.pages)


@contextlib.contextmanager
def minutes_under_way(stack):
    """Inside, each web process is writing minutes and has not been told that they are written."""
    with contextlib.closing(psycopg.connect(stack.postgres.url)) as line:
        line.execute("LOCK TABLE webinars_presencespan IN EXCLUSIVE MODE")
        held_up = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
        until(
            lambda: line.execute(held_up, ["webinars_presencespan"]).fetchone() == (len(stack.web),)
        )
        yield


@needs_postgres
def test_a_killed_database_holds_a_room_up_and_loses_nothing(stack, room):
    """Minutes that were being written are kept until they are. Seen with them forgotten before the
    answer (`Hub._flush`): everybody has a gap."""
    with Crowd(room, SOME, stack.web) as crowd, writer(stack, room) as host:
        until(lambda: all(mine for _, mine in presence(crowd)))

        with minutes_under_way(stack):
            kill(stack.postgres.process)
        stack.postgres.start()
        host.writes(5)
        host.stop()
        until(lambda: crowd.know(last_number(room)))
        assert stack.worker.poll() is None

    check(room, crowd, host)
    assert all(len(page.visits) == 1 for page in crowd.pages)
    for _, mine in presence(crowd):  # not a moment of it
        assert all(a.ended_at == b.started_at for a, b in pairwise(mine))


def test_three_hundred_pages_on_two_processes_get_every_message(stack, room):
    """With Redis by the doorbell alone, without it by looking. Each process listens on one line of
    its own, whoever is there: the hundred-and-first guest needs nothing more."""
    with Crowd(room, MANY, stack.web) as crowd, writer(stack, room) as host:
        with told(stack, quick_server.BELL_ALONE) if stack.redis else contextlib.nullcontext():
            host.writes(10)
            host.stop()
            until(lambda: crowd.know(last_number(room)))
        if stack.redis:
            assert stack.redis.ask("pubsub", "numsub", BELL)[1] == len(stack.web)

    check(room, crowd, host)
    assert all(len(page.visits) == 1 for page in crowd.pages)


def test_a_process_that_is_told_to_stop_sends_its_pages_away_and_writes_their_minutes(stack, room):
    """No minute is written by the clock here. Seen without the last flush (`Hub._stop`): nobody's
    minutes are ever written."""
    with (
        told(stack, quick_server.NO_FLUSH),
        Crowd(room, SOME, stack.web) as crowd,
        writer(stack, room) as host,
    ):
        leaving, staying = stack.web
        sent_away = crowd.on(leaving)
        until(lambda: all(page.echoes > 1 for page in crowd.pages))
        assert not PresenceSpan.objects.exists()

        stack.web[leaving].terminate()
        until(lambda: len(crowd.on(staying)) == SOME)
        host.writes(3)
        host.stop()
        stack.web[leaving].wait()
        until(lambda: crowd.know(last_number(room)))

    check(room, crowd, host)
    assert {page.visits[0].code for page in sent_away} == {STOPPING}
    for page, mine in presence(crowd):
        if page in sent_away:
            gone = page.visits[0].until
            before = [span.ended_at for span in mine if span.ended_at <= gone]
            assert before
            assert gone - max(before) <= BEAT + LATE
