"""Our calendar files in other programs' hands: read by `ical`, which shares no code with what
writes them, and their time zones by `dateutil` too."""

import email
import email.policy
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from django.utils import timezone
from ical.calendar_stream import IcsCalendarStream
from ical.timezone import IcsTimezoneInfo

from lms import outbox
from tests.factories import both, make_person
from tests.webinars.factories import make_webinar
from webinars import approving, scheduling
from webinars.calendar import Event, publication, request
from webinars.models import Registration, SeatOffer
from webinars.registering import accept, cancel, pass_on_offers, register

DAY = timedelta(days=1)
EVENT = Event(
    uid="b6b6a9f2-0d5a-4a35-bb3b-7d0a1c4d2f11",
    sequence=3,
    stamped_at=datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
    starts_at=datetime(2027, 3, 13, 18, 0, tzinfo=UTC),
    ends_at=datetime(2027, 3, 13, 19, 15, tzinfo=UTC),
    zone="America/New_York",
    title="Año de la niñez: acción, más allá; «ñandú» " * 6,
    description="Información práctica, en dos líneas:\n\n" + "áéíóúüñ¿¡ 健康 🙂 " * 20,
    url="https://learn.example.org/webinars/data/room/",
    organizer=("Sección de Educación", "learning@example.org"),
)
ATTENDEE = ("José Ángel Núñez, MD; “Pepe”", "jose@example.org")


def read(content):
    calendar = IcsCalendarStream.calendar_from_ics(content.decode())
    return calendar, calendar.events


# --- The file


def test_accents_commas_and_folded_lines_arrive_as_they_were_written():
    content = request(EVENT, attendee=ATTENDEE)

    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    for line in content.split(b"\r\n"):
        line.decode()  # no letter is cut in two
    _, (event,) = read(content)
    assert (event.summary, event.description) == (EVENT.title, EVENT.description)
    assert event.organizer.common_name == EVENT.organizer[0]
    assert event.attendees[0].common_name == "José Ángel Núñez, MD; “Pepe”"


RULES = ["America/New_York", "America/Denver", "Europe/Madrid", "Australia/Lord_Howe"]
SINGLE_DATES = [
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/Santiago",
    "Asia/Jerusalem",  # no rule of calendars: the Friday before the last Sunday
    "Africa/Casablanca",  # follows the moon
    "Asia/Kolkata",
]


@pytest.mark.parametrize("name", RULES + SINGLE_DATES)
def test_the_zone_in_the_file_says_what_the_clock_does_on_each_side_of_every_change(name):
    """`dateutil` reckons with the file alone; so does `ical` where there are rules (without one it
    takes a zone for UTC). With the zones that icalendar writes instead of ours, this fails for each
    zone that has summer time."""
    here = ZoneInfo(name)
    content = request(replace(EVENT, zone=name), attendee=ATTENDEE)
    calendar, _ = read(content)
    unfolded = content.decode().replace("\r\n ", "").replace("\r\n", "\n")
    zones = [tzical(io.StringIO(unfolded)).get()]
    if name in RULES:
        zones.append(IcsTimezoneInfo.from_timezone(calendar.timezones[0]))
    hour, day = timedelta(hours=1), datetime(2027, 1, 1, tzinfo=UTC)
    looked_at = [day, day + 180 * DAY]
    for n in range(366):
        early, late = day + n * DAY, day + (n + 1) * DAY
        if early.astimezone(here).utcoffset() != late.astimezone(here).utcoffset():
            looked_at += [early + m * hour / 2 for m in range(49)]

    for moment in looked_at:
        local = moment.astimezone(here)
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            continue  # the hour that comes twice: our forms refuse it
        for zone in zones:
            assert local.replace(tzinfo=zone).utcoffset() == local.utcoffset(), (moment, zone)


def test_outlook_which_reads_rules_alone_finds_one_of_each():
    content = publication([EVENT, replace(EVENT, uid="2", starts_at=EVENT.starts_at + 900 * DAY)])

    lines = [line for line in content.decode().split("\r\n") if "RRULE" in line or "RDATE" in line]
    assert lines == [
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
    ]


# --- The letters


def work():
    while outbox.work(timezone.now()):
        pass


def sent(mailoutbox):
    """Each letter since the last look as it goes over the line: (address, method, its event)."""
    work()
    found = []
    for letter in mailoutbox:
        raw = letter.message(policy=email.policy.SMTP).as_bytes()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
        assert len(parts) <= 1
        if not parts:
            found.append((letter.to[0], None, None))
            continue
        content = parts[0].get_payload(decode=True)
        calendar, (event,) = read(content)
        assert calendar.method == parts[0].get_param("method")
        assert parts[0].get_content_charset() == "utf-8"
        assert f"mailto:{parseaddr(message['From'])[1]}" == event.organizer.uri
        assert [one.uri for one in event.attendees] == [f"mailto:{message['To']}"]
        assert event.dtstamp is not None
        found.append((letter.to[0], calendar.method, event))
    mailoutbox.clear()
    return found


@pytest.mark.django_db
class TestLetters:
    def test_of_one_session_all_say_the_same_event_and_each_is_newer(self, mailoutbox):
        """Registered, moved, given back, taken again, called off."""
        person = make_person(name="José Núñez")
        webinar = make_webinar(title=both("Años de acción"))
        acts = [
            lambda: register(person, webinar),
            lambda: scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY),
            lambda: cancel(person, webinar),
            lambda: register(person, webinar),
            lambda: scheduling.cancel(webinar),
        ]
        told = []
        for act in acts:
            act()
            told += sent(mailoutbox)
        webinar.refresh_from_db()

        assert [method for _, method, _ in told] == [
            "REQUEST", "REQUEST", "CANCEL", "REQUEST", "CANCEL",
        ]  # fmt: skip
        events = [event for _, _, event in told]
        assert {event.uid for event in events} == {str(webinar.uuid)}
        sequences = [event.sequence for event in events]
        assert sequences == sorted(set(sequences)), "each newer than the one before"
        stamps = [event.dtstamp for event in events]
        assert stamps == sorted(stamps)
        assert events[1].dtstart == webinar.starts_at.replace(microsecond=0)
        assert [event.status.value for event in events[2:]] == [
            "CANCELLED", "CONFIRMED", "CANCELLED",
        ]  # fmt: skip

    def test_nothing_is_taken_out_of_the_calendar_of_who_never_had_a_seat(self, mailoutbox):
        """On the waitlist, with an offer that ran out or was given back, asking for approval,
        declined: whether they leave or the session is called off."""
        host = make_person(may_host=True)
        full = make_webinar(capacity=1)
        choosy = make_webinar(needs_approval=True, hosts=[host])
        seated = make_person()
        register(seated, full)
        leaver, waiting, late, taker = (make_person() for _ in range(4))
        asker, undecided, refused = (make_person() for _ in range(3))
        for person in (leaver, late, taker, waiting):
            register(person, full)
        for person in (asker, undecided, refused):
            register(person, choosy)
        sent(mailoutbox)

        cancel(leaver, full)
        cancel(seated, full)  # offered to `late`
        SeatOffer.objects.update(expires_at=timezone.now() - DAY)
        pass_on_offers(timezone.now())  # offered to `taker`, who gives it back
        cancel(taker, full)
        cancel(asker, choosy)
        approving.decline(choosy, [Registration.objects.get(person=refused).pk], by=host)
        letters = sent(mailoutbox)
        scheduling.move(full, full.starts_at + DAY, full.ends_at + DAY)
        letters += sent(mailoutbox)
        for webinar in (full, choosy):
            scheduling.cancel(webinar)
        letters += sent(mailoutbox)

        assert {to for to, _, _ in letters} == {
            one.email for one in (seated, leaver, waiting, late, taker, asker, undecided, refused)
        }
        assert [(to, method) for to, method, _ in letters if method] == [(seated.email, "CANCEL")]

    def test_who_left_and_came_back_to_the_waitlist_before_a_letter_went_out_loses_the_entry(
        self, mailoutbox
    ):
        webinar = make_webinar(capacity=1)
        first, second = make_person(), make_person()
        register(first, webinar)
        register(second, webinar)
        sent(mailoutbox)

        cancel(first, webinar)  # the seat is kept for the second
        register(first, webinar)

        told = {to: method for to, method, _ in sent(mailoutbox)}
        assert told == {first.email: "CANCEL", second.email: None}
        cancel(first, webinar)
        assert [method for _, method, _ in sent(mailoutbox)] == [None]

    def test_an_offer_that_is_taken_puts_it_in_and_giving_it_back_takes_it_out(self, mailoutbox):
        webinar = make_webinar(capacity=1)
        first, second = make_person(), make_person()
        register(first, webinar)
        register(second, webinar)
        cancel(first, webinar)
        sent(mailoutbox)

        accept(second, webinar)
        cancel(second, webinar)  # before any letter said that they have it
        assert [method for _, method, _ in sent(mailoutbox)] == [None]

        register(second, webinar)
        taken = sent(mailoutbox)
        cancel(second, webinar)
        assert [method for _, method, _ in taken + sent(mailoutbox)] == ["REQUEST", "CANCEL"]
