"""Whom a report's people were found to be, corrected: a new row each time, and minutes follow."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from people.models import AuditEntry
from tests.factories import make_person
from tests.races import at_once
from tests.webinars.factories import after, hold, make_webinar, seat
from webinars import reconciling
from webinars.models import Determination, IdentityMatch, Registration

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"webinars:{name}", args=args)


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def ana(db):
    return make_person(name="Ana Ruiz", email="ana@example.org")


@pytest.fixture
def anna(db):
    return make_person(name="Anna Ruis", email="anna@example.org")


@pytest.fixture
def host(client):
    host = make_person(may_host=True, name="Hannah Ortiz")
    client.force_login(host)
    return host


@pytest.fixture
def session(ana, anna, host):
    """An hour in another service, with both on the list, and a report that names Ana's address."""
    webinar = make_webinar(
        starts_at=timezone.now().replace(microsecond=0) + HOUR, hosts=[host], minutes=60
    )
    for person in (ana, anna):
        seat(person, webinar)
    webinar.starts_at -= 3 * HOUR
    webinar.ends_at -= 3 * HOUR
    webinar.save()
    hold(webinar)
    bring(webinar, 0, 60)
    work()
    return webinar


def bring(webinar, *minutes):
    times = [f"{after(webinar, minute):%Y-%m-%d %H:%M:%S}" for minute in minutes]
    content = f"Name,Email,Join time,Leave time\r\nAna R,ana@example.org,{','.join(times)}"
    report = reconciling.bring(
        webinar, content.encode(), provider="generic", zone="UTC", file_name="r.csv", by=None
    )
    reconciling.take_in(report)


def work():
    while outbox.work(timezone.now() + HOUR):
        pass


def minutes(webinar):
    """{name: counted minutes of the decision that stands}"""
    rows = Registration.objects.filter(webinar=webinar).with_determinations()
    return {row.person.name: row.determination.counted_minutes for row in rows}


def place(webinar, person):
    return webinar.registrations.get(person=person)


def correct(webinar, to, by, **more):
    fields = {"reason": "She used her sister's link."} | more
    return reconciling.correct(webinar, "ana@example.org", to, by=by, **fields)


def test_the_minutes_go_to_whom_it_was_and_the_old_answer_stays(session, ana, anna, host):
    assert minutes(session) == {"Ana Ruiz": 60, "Anna Ruis": 0}

    assert correct(session, place(session, anna), host) == 1
    work()

    assert minutes(session) == {"Ana Ruiz": 0, "Anna Ruis": 60}
    rows = IdentityMatch.objects.order_by("sequence")
    assert [(row.sequence, row.how, row.registration.person, row.by) for row in rows] == [
        (1, "email", ana, None),
        (2, "hand", anna, host),
    ]
    entry = AuditEntry.objects.get(verb="attendance.renamed")
    assert entry.details["reason"] == "She used her sister's link."
    assert entry.details["before"] == [place(session, ana).pk]


def test_the_same_correction_twice_is_one(session, anna, host):
    assert [correct(session, place(session, anna), host) for _ in range(2)] == [1, 0]
    assert IdentityMatch.objects.count() == 2


def test_taken_back_it_waits_for_a_person_who_then_says(session, ana, host):
    correct(session, None, host, take_back=True)
    work()

    assert minutes(session)["Ana Ruiz"] == 0
    (waiting,) = reconciling.waiting(session)
    assert reconciling.named(session) == []
    reconciling.name(session, waiting.identity, place(session, ana), by=host)
    work()
    assert minutes(session)["Ana Ruiz"] == 60
    assert list(IdentityMatch.objects.order_by("sequence").values_list("how", flat=True)) == [
        "email",
        "undone",
        "hand",
    ]


def test_who_is_no_longer_registered_loses_the_minutes_too(session, ana, anna, host):
    """Without a seat or a match nobody would look at them again, and the old minutes would stay."""
    Registration.objects.filter(person=ana).update(state="cancelled")

    correct(session, place(session, anna), host)
    work()

    assert minutes(session)["Ana Ruiz"] == 0


@pytest.mark.parametrize("take_back", [True, False])
def test_a_later_report_follows_the_correction(session, anna, host, take_back):
    to = None if take_back else place(session, anna)
    correct(session, to, host, take_back=take_back)

    bring(session, 61, 65)

    last = IdentityMatch.objects.standing().order_by("-span").first()
    if take_back:
        assert IdentityMatch.objects.filter(how="email").count() == 1
        assert reconciling.waiting(session)[0].stays == 2
    else:
        assert (last.how, last.registration.person) == ("hand", anna)


def test_what_stands_is_listed_and_corrected_on_a_page(client, session, anna):
    page = text(client.get(url("named", session.slug)))
    assert "Counts for Ana Ruiz (ana@example.org)" in page
    assert "by e-mail address" in page
    (row,) = reconciling.named(session)
    address = url("correct-name", session.slug, row.who.key)

    refused = client.post(address, {f"{row.who.key}-who": "nobody"})
    assert refused.status_code == 422
    assert not IdentityMatch.objects.filter(how="hand").exists()
    typed = {"who": "other", "email": anna.email, "reason": "Her sister's link."}
    done = client.post(address, {f"{row.who.key}-{name}": value for name, value in typed.items()})

    assert (done.status_code, done["Location"]) == (303, url("named", session.slug))
    assert "Counts for Anna Ruis" in text(client.get(url("named", session.slug)))


def test_only_those_who_reconcile_this_session_may(client, session):
    (row,) = reconciling.named(session)
    client.force_login(make_person(may_host=True))

    assert client.get(url("named", session.slug)).status_code == 404
    assert client.get(url("correct-name", session.slug, row.who.key)).status_code == 404


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_costs_the_same_for_any_number(
    client, session, host, count, django_assert_num_queries
):
    for number in range(count):
        bring(session, number, number + 5)

    with django_assert_num_queries(5):  # session, user, webinar, matches, rows
        client.get(url("named", session.slug))


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_are_one_after_the_other(session, ana, anna, host):
    """Seen without the lock of `correct` (on SQLite: its transaction): they wrote the same number,
    and the constraint refused all but one."""
    outcomes = at_once(
        lambda: correct(session, place(session, anna), host),
        lambda: correct(session, None, host),
        lambda: correct(session, None, host, take_back=True),
    )

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    rows = IdentityMatch.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(rows) == list(range(1, len(rows) + 1))
    assert Determination.objects.exists()
