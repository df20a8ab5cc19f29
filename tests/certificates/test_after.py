"""What the host sees after a session: how far decisions and certificates are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from tests.factories import make_person
from tests.webinars.factories import HOUR, be_there, hold, make_webinar, seat
from webinars import attendance

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client):
    """An open session with its host; the words of the host's console."""
    host = make_person(may_host=True)
    webinar = make_webinar(starts_in=HOUR)
    webinar.hosts.add(host)
    client.force_login(host)

    def read():
        page = client.get(reverse("webinars:host", args=[webinar.slug]))
        return " ".join(page.content.decode().split())

    return webinar, read


def held(webinar, *people):
    for person in people:
        seat(person, webinar)
    webinar.starts_at = timezone.now() - 2 * HOUR
    webinar.ends_at = timezone.now() - HOUR
    webinar.save()
    for person in people:
        be_there(person, webinar, (0, 60))
    return hold(webinar)


def test_before_the_end_there_is_nothing_to_follow(console):
    _webinar, read = console

    assert "After the session" not in read()


def test_the_host_follows_decisions_and_certificates_until_all_are_there(console):
    webinar, read = console
    held(webinar, *(make_person() for _ in range(3)))
    first = webinar.registrations.order_by("pk")[0]

    begun = read()
    attendance.determine(first, ring=False)
    between = read()
    attendance.settle(webinar)
    while outbox.work(timezone.now() + HOUR):
        pass
    done = read()

    assert "Attendance is decided for 0 of 3 people." in begun
    assert "certificates issued" not in begun
    assert "Attendance is decided for 1 of 3 people." in between
    assert f"{webinar.title['en']}: 0 of 1 certificates issued" in between
    assert 'hx-trigger="every 4s"' in between
    assert "Attendance is decided for 3 of 3 people." in done
    assert "3 of 3 certificates issued" in done
    assert 'id="after-the-session"' in done
    assert "every 4s" not in done


def test_a_page_that_stays_open_for_days_stops_asking(console):
    webinar, read = console
    held(webinar, make_person())
    assert "every 4s" in read()

    webinar.ended_at = timezone.now() - 30 * HOUR
    webinar.save()

    page = read()
    assert "Attendance is decided for 0 of 1 people." in page
    assert "every 4s" not in page


def test_it_costs_the_same_for_any_number_of_people(console):
    webinar, read = console
    held(webinar, make_person())
    ran = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            read()
        ran.append(len(captured))
        for _ in range(4):
            seat_late(webinar)

    assert ran[0] == ran[1]


def seat_late(webinar):
    person = make_person()
    webinar.registrations.create(person=person, state="seated")
    be_there(person, webinar, (0, 1))
