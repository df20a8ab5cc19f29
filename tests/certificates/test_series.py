"""«n of m» gives one certificate for each person, series and cycle, whatever happens at once."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from certificates import issuing, rules, withdrawing
from certificates.models import Certificate, SeriesAward
from courses import correcting
from courses.models import Completion, Enrolment
from lms import outbox
from lms.models import OutboxEntry
from lms.records import certificates_match_their_hash, certificates_name_their_holder
from tests.certificates.factories import courses_of, make_series
from tests.factories import both, enrolled, finish, make_course, make_person
from tests.ops.units import ROOT
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)


def done(*rows):
    """(hour, completion, course, cycle) …"""
    return [rules.Done(NOON + timedelta(hours=hour), *rest) for hour, *rest in rows]


@pytest.mark.parametrize(
    ("needed", "rows", "earned"),
    [
        (2, [], {}),
        (2, [(0, 1, 7, 1)], {}),
        (2, [(0, 1, 7, 1), (1, 2, 7, 1)], {}),  # the same course twice
        (2, [(0, 1, 7, 1), (1, 2, 8, 2)], {}),  # in different cycles
        (2, [(0, 1, 7, 1), (1, 2, 99, 1)], {}),  # not of this series
        (1, [(0, 1, 7, 1)], {1: [1]}),
        (2, [(0, 1, 7, 1), (1, 2, 8, 1)], {1: [1, 2]}),
        (2, [(5, 1, 7, 1), (1, 2, 8, 1)], {1: [2, 1]}),  # in the order of time
        (2, [(0, 1, 7, 1), (1, 2, 8, 1), (2, 3, 9, 1)], {1: [1, 2]}),  # more changes nothing
        (2, [(0, 1, 7, 1), (0, 2, 8, 1), (3, 3, 7, 2), (3, 4, 9, 2)], {1: [1, 2], 2: [3, 4]}),
    ],
)
def test_what_is_earned(needed, rows, earned):
    found = rules.earned(needed, {7, 8, 9}, done(*rows))

    assert {cycle: [each.completion for each in row] for cycle, row in found.items()} == earned


def series_certificates():
    return Certificate.objects.filter(series_award__isnull=False)


def test_the_deciding_course_brings_the_certificate_of_the_series(
    person, client, mailoutbox, django_capture_on_commit_callbacks
):
    series = make_series(title=both("Advancing equity"))
    one, two, three = courses_of(series)
    with django_capture_on_commit_callbacks(execute=True):
        finish(enrolled(person, one))
    assert not series_certificates().exists()

    with django_capture_on_commit_callbacks(execute=True):
        finish(enrolled(person, three))
        finish(enrolled(person, two))

    made = series_certificates().get()
    counted = [each["title"] for each in made.snapshot["courses"]]
    assert counted == [course.title for course in (one, three)]
    assert made.snapshot["title"] == both("Advancing equity")
    assert (made.snapshot["hours"], made.snapshot["needed"], made.snapshot["offered"]) == (
        "3",
        2,
        3,
    )
    assert made.series_award.rule == {"needed": 2, "courses": [c.slug for c in (one, two, three)]}
    outbox.work()
    outbox.work()
    assert [m.subject for m in mailoutbox].count("Your certificate: Advancing equity") == 1
    client.force_login(person)
    page = client.get(series.get_absolute_url()).content.decode()
    assert made.get_absolute_url() in page
    public = client.get(made.get_absolute_url()).content.decode()
    assert all(course.title["en"] in public for course in (one, three))
    assert two.title["en"] not in public
    assert not [*certificates_name_their_holder(), *certificates_match_their_hash()]


def test_what_the_series_asks_later_changes_nothing(person):
    series = make_series()
    for course in courses_of(series)[:2]:
        finish(enrolled(person, course))
    issuing.issue_series_due(timezone.now())
    made = series_certificates().get()

    series.needed, series.title = 3, both("Renamed")
    series.save()
    finish(enrolled(person, courses_of(series)[2]))

    assert issuing.issue_series_due(timezone.now()) == "0 series certificates issued late"
    made.refresh_from_db()
    assert made.snapshot["needed"] == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        SeriesAward.objects.update(cycle=9)


def test_the_sweep_finds_what_a_lost_bell_left(person):
    series = make_series()
    other = make_person()
    for who in (person, other):
        for course in courses_of(series)[:2]:
            finish(enrolled(who, course))  # no bell rings in this test

    assert issuing.issue_series_due(timezone.now()) == "2 series certificates issued late"
    assert issuing.issue_series_due(timezone.now()) == "0 series certificates issued late"


def test_the_promise_stands_in_the_transaction_of_the_completion(person):
    series = make_series(courses=1, needed=1)
    enrolment = enrolled(person, courses_of(series)[0])

    def fail_after():
        finish(enrolment)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        fail_after()
    assert not OutboxEntry.objects.filter(kind="courses.completed").exists()

    finish(enrolment)
    assert OutboxEntry.objects.get(kind="courses.completed").state == "waiting"
    outbox.work()
    assert Certificate.objects.count() == 2


@pytest.mark.parametrize("doubt", ["revoked", "suspended"])
def test_a_course_in_doubt_does_not_count(person, administrator, doubt):
    series = make_series()
    one, two, _three = courses_of(series)
    finish(enrolled(person, one))
    issuing.issue_due(timezone.now())
    first = Certificate.objects.get()
    act = withdrawing.revoke if doubt == "revoked" else withdrawing.suspend
    reason = "not-earned" if doubt == "revoked" else "inquiry"
    act(first, reason=reason, by=administrator, why="-")

    finish(enrolled(person, two))
    issuing.issue_series_due(timezone.now())
    assert not series_certificates().exists()

    if doubt == "suspended":
        withdrawing.lift(first, by=administrator, why="-")
        issuing.issue_series_due(timezone.now())
        assert series_certificates().count() == 1


def test_a_series_certificate_is_corrected_and_revoked_like_any(person, administrator):
    series = make_series(courses=1, needed=1)
    finish(enrolled(person, courses_of(series)[0]))
    issuing.issue_series_due(timezone.now())
    made = series_certificates().get()

    newer = issuing.reissue(made, name="Ana María Ruiz", by=administrator, why="-")
    withdrawing.revoke(newer, reason="asked", by=administrator, why="-")

    assert newer.series_award == made.series_award
    assert newer.snapshot["courses"] == made.snapshot["courses"]
    assert [row.state for row in series_certificates().with_state().order_by("pk")] == [
        "superseded",
        "revoked",
    ]
    assert issuing.issue_series_due(timezone.now()) == "0 series certificates issued late"


def test_a_certificate_rests_on_exactly_one_thing(certificate):
    fields = {"holder": certificate.holder, "snapshot": {}, "issued_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.create(**fields)


@pytest.mark.parametrize("corrections", [1, 2])
def test_a_corrected_completion_has_a_certificate_that_replaces_the_one_before(
    person, administrator, corrections
):
    finish(enrolled(person, make_course()))
    issuing.issue_due(timezone.now())
    first = Certificate.objects.get()
    for _ in range(corrections):
        standing = Completion.objects.get(superseded_by=None)
        correcting.correct(standing, by=administrator, why="-", hours=Decimal(9))

    issuing.issue_due(timezone.now())

    newer = Certificate.objects.get(supersedes=first)
    assert (newer.snapshot["hours"], newer.snapshot["name"]) == ("9", first.snapshot["name"])
    assert Certificate.objects.count() == 2


# --- At once


@pytest.mark.django_db(transaction=True)
def test_bell_button_sweep_and_two_workers_at_once_make_one_of_each(no_bell):
    for _ in range(6):
        person, series = make_person(), make_series()
        for course in courses_of(series)[:2]:
            finish(enrolled(person, course))
        assert not Certificate.objects.filter(holder=person).exists()
        pks = Completion.objects.filter(enrolment__person=person).values_list("pk", flat=True)

        outcomes = at_once(
            *(lambda pk=pk: issuing.certify(pk) for pk in pks),
            lambda: issuing.issue_due(timezone.now()),
            lambda: issuing.issue_series_due(timezone.now()),
            outbox.work,
            outbox.work,
        )

        assert not [each for each in outcomes if isinstance(each, Exception)]
        assert Certificate.objects.filter(holder=person).count() == 3
        assert SeriesAward.objects.filter(person=person).count() == 1
        letters = OutboxEntry.objects.filter(kind="certificates.letter")
        mine = Certificate.objects.filter(holder=person).values_list("pk", flat=True)
        assert letters.filter(key__in=[str(pk) for pk in mine]).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_last_courses_at_once_complete_the_series():
    for _ in range(4):
        person, series = make_person(), make_series(courses=2, needed=2)
        enrolments = [enrolled(person, course) for course in courses_of(series)]

        def end(pk):
            finish(Enrolment.objects.get(pk=pk))

        outcomes = at_once(*(lambda pk=each.pk: end(pk) for each in enrolments))

        assert not [each for each in outcomes if isinstance(each, Exception)]
        assert series_certificates().filter(holder=person).count() == 1


# --- Killed

KILLED = """
import os, signal, sys
import django
django.setup()
from certificates import issuing, series
from courses.models import Enrolment

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

where = sys.argv[2]
if where == "before the bell":
    issuing.certify = die
elif where == "before the certificate":
    issuing._issue = die
elif where == "between award and certificate":
    issuing.issue_for_series = die
enrolment = Enrolment.objects.get(pk=sys.argv[1])
for requirement in enrolment.document.rule["requirements"]:
    enrolment.record(requirement["needs"], requirement["item"], source="test")
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("before the bell", (0, 0)),
        ("before the certificate", (0, 1)),
        ("between award and certificate", (1, 1)),
    ],
)
@pytest.mark.parametrize("finder", ["worker", "sweep"])
def test_nothing_is_lost_when_the_process_is_killed(tmp_path, where, left, finder):
    person, series = make_person(), make_series(courses=1, needed=1)
    enrolment = enrolled(person, courses_of(series)[0])
    name = connection.settings_dict["NAME"]
    address = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        address = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    environment = os.environ | {
        "GROUNDWORK_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": address,
    }
    command = [sys.executable, "-c", KILLED, str(enrolment.pk), where]
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert Completion.objects.filter(enrolment=enrolment).count() == 1
    assert (Certificate.objects.count(), SeriesAward.objects.count()) == left

    if finder == "worker":
        OutboxEntry.objects.update(lease_until=F("lease_until") - outbox.LEASE)
        outbox.work()
    else:
        issuing.issue_due(timezone.now())
        issuing.issue_series_due(timezone.now())
    assert (Certificate.objects.count(), SeriesAward.objects.count()) == (2, 1)
