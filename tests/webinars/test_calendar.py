"""Calendar files, read back by a parser as a calendar program would."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.utils import timezone

from tests.factories import make_person
from tests.webinars.factories import make_webinar, seat
from webinars import invitations, scheduling
from webinars.calendar import Event, cancellation, publication, request

EVENT = Event(
    uid="b6b6a9f2-0d5a-4a35-bb3b-7d0a1c4d2f11",
    sequence=3,
    stamped_at=datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
    starts_at=datetime(2026, 12, 3, 18, 0, tzinfo=UTC),
    ends_at=datetime(2026, 12, 3, 19, 15, tzinfo=UTC),
    zone="America/New_York",
    title="Data, people; and «ñandú»",
    description="Line one\n\nJoin here: https://learn.example.org/webinars/data/room/ " + "x" * 90,
    url="https://learn.example.org/webinars/data/room/",
    organizer=("Groundwork", "learning@example.org"),
)
ATTENDEE = ("Ana Ruiz", "ana@example.org")


def only_event(content):
    calendar = icalendar.Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


@pytest.mark.parametrize(
    ("content", "method", "status"),
    [
        (request(EVENT, attendee=ATTENDEE), "REQUEST", "CONFIRMED"),
        (cancellation(EVENT, attendee=ATTENDEE), "CANCEL", "CANCELLED"),
        (publication([EVENT]), "PUBLISH", "CONFIRMED"),
    ],
)
def test_every_file_says_the_same_of_the_event(content, method, status):
    calendar, event = only_event(content)

    assert str(calendar["METHOD"]) == method
    assert str(event["STATUS"]) == status
    assert str(event["UID"]) == EVENT.uid
    assert event["SEQUENCE"] == 3
    assert event["DTSTAMP"].dt == EVENT.stamped_at
    assert event["DTSTART"].dt == EVENT.starts_at
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=75)
    assert str(event["SUMMARY"]) == EVENT.title
    assert str(event["DESCRIPTION"]) == EVENT.description
    assert str(event["URL"]) == str(event["LOCATION"]) == EVENT.url
    assert str(event["ORGANIZER"]) == "mailto:learning@example.org"


def test_the_time_is_local_with_its_zone_described():
    calendar, event = only_event(publication([EVENT]))

    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert event["DTSTART"].dt.hour == 13
    (zone,) = calendar.walk("VTIMEZONE")
    assert str(zone["TZID"]) == "America/New_York"


def test_only_letters_name_an_attendee():
    _, event = only_event(request(EVENT, attendee=ATTENDEE))
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"

    _, event = only_event(publication([EVENT]))
    assert "ATTENDEE" not in event


def test_lines_are_folded_and_end_as_the_standard_asks():
    content = request(EVENT, attendee=ATTENDEE)

    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_name_cannot_break_out_of_its_line():
    content = request(EVENT, attendee=('Eve"\r\nATTENDEE:mailto:x@example.org', "eve@example.org"))

    _, event = only_event(content)
    assert str(event["ATTENDEE"]) == "mailto:eve@example.org"


@pytest.mark.django_db
class TestFeed:
    def test_it_holds_my_seats_and_says_what_was_called_off(self, person):
        mine, off, other = make_webinar(), make_webinar(), make_webinar(capacity=1)
        seat(make_person(), other)
        for webinar in (mine, off, other):  # at the last one only a place on the waitlist
            seat(person, webinar)
        scheduling.cancel(off)

        calendar = icalendar.Calendar.from_ical(invitations.feed(person))

        assert str(calendar["METHOD"]) == "PUBLISH"
        assert {(str(e["UID"]), str(e["STATUS"])) for e in calendar.walk("VEVENT")} == {
            (str(mine.uuid), "CONFIRMED"),
            (str(off.uuid), "CANCELLED"),
        }

    def test_old_sessions_leave_it(self, person):
        webinar = make_webinar()
        seat(person, webinar)
        webinar.starts_at = timezone.now() - timedelta(days=100)
        webinar.ends_at = webinar.starts_at + timedelta(hours=1)
        webinar.save()

        assert b"VEVENT" not in invitations.feed(person)

    def test_its_link_is_the_persons_own_until_it_is_renewed(self, person):
        secret = invitations.feed_url(person).rsplit("/", 1)[1].removesuffix(".ics")
        assert invitations.person_of(secret) == person

        invitations.renew_link(person)

        assert invitations.person_of(secret) is None
        assert invitations.feed_url(person).count(secret) == 0

    @pytest.mark.parametrize(
        "change",
        [
            lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"),
            lambda secret: secret.split("-")[0],
            lambda secret: "0" * 32 + secret[32:],
            lambda secret: "",
            lambda secret: "ü-" + secret,
        ],
    )
    def test_a_changed_link_opens_nothing(self, person, change):
        secret = invitations.feed_url(person).rsplit("/", 1)[1].removesuffix(".ics")

        assert invitations.person_of(change(secret)) is None

    def test_the_link_of_somebody_who_may_not_sign_in_opens_nothing(self, person):
        secret = invitations.feed_url(person).rsplit("/", 1)[1].removesuffix(".ics")
        person.is_active = False
        person.save()

        assert invitations.person_of(secret) is None

    def test_the_sequence_grows_when_a_session_moves(self, person):
        webinar = make_webinar()
        seat(person, webinar)
        scheduling.move(
            webinar, webinar.starts_at + timedelta(days=1), webinar.ends_at + timedelta(days=1)
        )

        _, event = only_event(invitations.feed(person))

        assert event["SEQUENCE"] == 1
        assert str(event["UID"]) == str(webinar.uuid)
