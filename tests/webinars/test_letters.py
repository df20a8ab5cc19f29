import email.policy
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from tests.factories import make_person
from tests.webinars.factories import be_there, hold, make_webinar, seat
from webinars import invitations, reminders, scheduling
from webinars.attendance import determine
from webinars.models import Registration
from webinars.registering import accept, cancel, register

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def work(now=None):
    while outbox.work(now or timezone.now()):
        pass


def outcomes(kind, **payload):
    """(state, outcome) of each promise of this kind, in order."""
    filters = {f"payload__{name}": value for name, value in payload.items()}
    rows = OutboxEntry.objects.filter(kind=kind, **filters).order_by("pk")
    return [(row.state, row.outcome) for row in rows]


def calendar_of(letter):
    """The calendar part of a letter: (method named in the mail, the parsed calendar)."""
    for content, mimetype in letter.alternatives:
        if mimetype.startswith("text/calendar"):
            return mimetype.split("method=")[1].split(";")[0], icalendar.Calendar.from_ical(content)
    return None


def test_a_seat_is_confirmed_with_the_time_the_way_in_and_a_calendar_entry(mailoutbox):
    person = make_person(name="Rosa Delgado", time_zone="America/Denver")
    webinar = make_webinar()
    register(person, webinar, needs={"cart": ""})

    work()

    (letter,) = mailoutbox
    assert letter.subject == f"You are registered: {webinar}"
    assert "Dear Rosa," in letter.body
    assert "Mountain Time" in letter.body
    assert "Host’s time:" in letter.body
    assert "Eastern Time" in letter.body
    assert f"/webinars/{webinar.slug}/room/" in letter.body
    assert f"/webinars/{webinar.slug}/cancel/" in letter.body
    assert "Live captions by a person (CART)" in letter.body
    assert "We made an account for you" in letter.body
    method, calendar = calendar_of(letter)
    (event,) = calendar.walk("VEVENT")
    assert method == str(calendar["METHOD"]) == "REQUEST"
    assert str(event["UID"]) == str(webinar.uuid)
    assert f"/webinars/{webinar.slug}/room/" in str(event["DESCRIPTION"])


def test_letters_and_their_links_are_in_the_persons_language(mailoutbox):
    webinar = make_webinar()
    register(make_person(language="es"), webinar)

    work()

    (letter,) = mailoutbox
    assert f"/es/webinars/{webinar.slug}/room/" in letter.body
    assert f"{webinar.title['es']}" in letter.subject


def test_who_has_signed_in_before_is_not_told_of_a_new_account(mailoutbox):
    register(make_person(last_login=timezone.now()), make_webinar())

    work()

    assert "We made an account" not in mailoutbox[0].body


def test_a_place_on_the_waitlist_puts_nothing_into_the_calendar(mailoutbox):
    webinar = make_webinar(capacity=1)
    seat(make_person(), webinar)
    seat(make_person(), webinar)

    work()

    assert [calendar_of(letter) is not None for letter in mailoutbox] == [True, False]
    assert mailoutbox[1].subject == f"You are on the waitlist: {webinar}"


def test_who_has_no_seat_yet_is_not_asked_to_free_one(mailoutbox):
    full, choosy = make_webinar(capacity=1), make_webinar(needs_approval=True)
    seat(make_person(), full)
    seat(make_person(), full)
    seat(make_person(), choosy)

    work()

    seated, waiting, asking = (letter.body for letter in mailoutbox)
    assert "so that somebody else gets the seat" in seated
    assert "Leave the waitlist: " in waiting
    assert "Take back my request: " in asking
    assert "somebody else gets the seat" not in waiting + asking


def test_giving_a_seat_back_takes_the_entry_out_and_tells_who_comes_next(mailoutbox):
    webinar = make_webinar(capacity=1)
    first, second = make_person(), make_person()
    seat(first, webinar)
    seat(second, webinar)
    work()
    mailoutbox.clear()

    cancel(first, webinar)
    work()

    by_person = {letter.to[0]: letter for letter in mailoutbox}
    assert by_person[first.email].subject == f"Your registration is cancelled: {webinar}"
    assert calendar_of(by_person[first.email])[0] == "CANCEL"
    offer = by_person[second.email]
    assert offer.subject == f"A seat is kept for you: {webinar}"
    assert f"/webinars/{webinar.slug}/offer/" in offer.body
    assert calendar_of(offer) is None

    mailoutbox.clear()
    accept(second, webinar)
    work()
    assert calendar_of(mailoutbox[0])[0] == "REQUEST"


def test_a_letter_that_is_no_longer_true_is_skipped(person, mailoutbox):
    webinar = make_webinar()
    register(person, webinar)
    cancel(person, webinar)
    register(person, webinar)

    work()

    assert [letter.subject for letter in mailoutbox] == [f"You are registered: {webinar}"]
    assert [state for state, _ in outcomes("webinars.letter")] == ["skipped", "skipped", "done"]


def test_nobody_who_may_not_sign_in_gets_letters(person, mailoutbox):
    register(person, make_webinar())
    person.is_active = False
    person.save()

    work()

    assert mailoutbox == []


def test_a_move_writes_to_everyone_with_a_place(mailoutbox):
    webinar = make_webinar(capacity=1)
    seated, waiting, gone = (make_person() for _ in range(3))
    for someone in (seated, waiting, gone):
        seat(someone, webinar)
    cancel(gone, webinar)
    work()
    mailoutbox.clear()

    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    work()

    by_person = {letter.to[0]: letter for letter in mailoutbox}
    assert set(by_person) == {seated.email, waiting.email}
    method, calendar = calendar_of(by_person[seated.email])
    (event,) = calendar.walk("VEVENT")
    assert (method, event["SEQUENCE"]) == ("REQUEST", 1)
    assert calendar_of(by_person[waiting.email]) is None
    assert by_person[seated.email].subject == f"New time: {webinar}"


def test_of_two_moves_only_the_last_is_told(person, mailoutbox):
    webinar = make_webinar()
    register(person, webinar)
    work()
    mailoutbox.clear()

    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    webinar.refresh_from_db()
    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    work()

    assert [calendar_of(letter)[1].walk("VEVENT")[0]["SEQUENCE"] for letter in mailoutbox] == [2]


def test_a_session_that_is_called_off_is_taken_out_of_calendars(person, mailoutbox):
    webinar = make_webinar()
    register(person, webinar)
    work()
    mailoutbox.clear()

    assert scheduling.cancel(webinar)
    assert not scheduling.cancel(webinar)
    work()

    (letter,) = mailoutbox
    assert letter.subject == f"Called off: {webinar}"
    method, calendar = calendar_of(letter)
    (event,) = calendar.walk("VEVENT")
    assert (method, str(event["STATUS"]), event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)


@pytest.mark.parametrize(
    ("present", "subject", "words"),
    [
        ((0, 60), "Thank you for coming", "which gives you 60 minutes of credit"),
        ((0, 30), "Thank you for coming", "That is not enough for credit"),
        (None, "We missed you", "we did not see you there"),
    ],
)
def test_the_letter_after_the_end_says_what_comes_next(person, mailoutbox, present, subject, words):
    webinar = make_webinar(starts_in=timedelta(hours=1))
    registration = register(person, webinar)
    OutboxEntry.objects.all().delete()
    hold(webinar)
    if present:
        be_there(person, webinar, present)

    determine(registration)
    determine(registration)
    work()

    (letter,) = (letter for letter in mailoutbox if str(webinar) in letter.subject)
    assert letter.subject == f"{subject}: {webinar}"
    assert words in " ".join(letter.body.split())


class TestReminders:
    @pytest.fixture
    def registration(self, person):
        registration = register(person, make_webinar(starts_in=timedelta(days=10)))
        OutboxEntry.objects.filter(kind="webinars.letter").delete()
        return registration

    def at(self, monkeypatch, registration, before):
        """Let the worker run as if it were that long before the start."""
        moment = (
            Registration.objects.select_related("webinar").get(pk=registration.pk).webinar.starts_at
            - before
        )
        monkeypatch.setattr(timezone, "now", lambda: moment)
        work(moment)

    def test_each_step_is_sent_once_at_its_time(self, registration, mailoutbox, monkeypatch):
        for days, hours, minutes in ((7, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)):
            before = timedelta(days=days, hours=hours, minutes=minutes)
            self.at(monkeypatch, registration, before + timedelta(minutes=1))
            self.at(monkeypatch, registration, before)
            self.at(monkeypatch, registration, before)

        assert [letter.subject.split(":")[0] for letter in mailoutbox] == [
            "In one week",
            "Tomorrow",
            "In one hour",
            "We are starting",
        ]

    def test_a_step_that_is_kept_too_late_is_skipped(self, registration, mailoutbox, monkeypatch):
        self.at(monkeypatch, registration, timedelta(minutes=30))  # the worker slept for days

        assert [letter.subject.split(":")[0] for letter in mailoutbox] == ["In 30 minutes"]
        assert outcomes("webinars.reminder", step="day") == [("skipped", "its time has passed")]

    @pytest.mark.parametrize(
        ("late", "words"),
        [
            (timedelta(days=6, hours=23), "In one week"),
            (timedelta(days=3), "In 3 days"),
            (timedelta(hours=23), "Tomorrow"),
            (timedelta(hours=2), "Today"),
            (timedelta(minutes=59), "In one hour"),
            (timedelta(minutes=10), "In 10 minutes"),
        ],
    )
    def test_a_late_letter_says_what_is_true_by_then(self, mailoutbox, monkeypatch, late, words):
        noon = (timezone.now() + timedelta(days=10)).replace(hour=17, minute=0)
        registration = register(make_person(), make_webinar(starts_at=noon))
        OutboxEntry.objects.filter(kind="webinars.letter").delete()

        self.at(monkeypatch, registration, late)

        assert [letter.subject.split(":")[0] for letter in mailoutbox] == [words]

    def test_after_a_move_only_the_new_steps_are_sent(self, registration, mailoutbox, monkeypatch):
        webinar = registration.webinar
        scheduling.move(webinar, webinar.starts_at + 20 * DAY, webinar.ends_at + 20 * DAY)
        OutboxEntry.objects.filter(kind="webinars.letter").delete()

        self.at(monkeypatch, registration, 8 * DAY)
        assert mailoutbox == []
        assert outcomes("webinars.reminder", revision=0) == [("skipped", "the session moved")] * 4

        self.at(monkeypatch, registration, 7 * DAY)
        assert [letter.subject.split(":")[0] for letter in mailoutbox] == ["In one week"]

    def test_nobody_is_reminded_of_what_was_called_off_or_given_up(
        self, registration, mailoutbox, monkeypatch
    ):
        other = register(make_person(), registration.webinar)
        cancel(registration.person, registration.webinar)
        scheduling.cancel(registration.webinar)
        OutboxEntry.objects.filter(kind="webinars.letter").delete()

        self.at(monkeypatch, other, timedelta(days=7))

        assert mailoutbox == []
        assert (
            outcomes("webinars.reminder", step="week")
            == [("skipped", "the session was called off")] * 2
        )

    def test_a_seat_given_up_is_not_reminded(self, registration, mailoutbox, monkeypatch):
        cancel(registration.person, registration.webinar)
        OutboxEntry.objects.filter(kind="webinars.letter").delete()

        self.at(monkeypatch, registration, timedelta(days=7))

        assert outcomes("webinars.reminder", step="week") == [("skipped", "no seat")]

    def test_who_is_in_the_room_needs_no_call(self, registration, mailoutbox, monkeypatch):
        be_there(registration.person, registration.webinar, (-5, -1))

        self.at(monkeypatch, registration, timedelta(0))

        assert outcomes("webinars.reminder", step="live") == [("skipped", "already in the room")]

    def test_one_click_in_a_mail_program_stops_reminders_and_no_other_letter(
        self, registration, mailoutbox, monkeypatch
    ):
        self.at(monkeypatch, registration, 7 * DAY)
        headers = mailoutbox[0].extra_headers
        path = urlsplit(headers["List-Unsubscribe"].strip("<>")).path
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert path in mailoutbox[0].body
        stranger = Client(enforce_csrf_checks=True)

        assert stranger.get(path).status_code == 200
        registration.refresh_from_db()
        assert registration.reminders_stopped_at is None, "scanners of mail follow links"
        for _ in range(2):
            answer = stranger.post(path, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        mailoutbox.clear()
        self.at(monkeypatch, registration, DAY)
        scheduling.cancel(registration.webinar)
        self.at(monkeypatch, registration, DAY)

        assert [letter.subject.split(":")[0] for letter in mailoutbox] == ["Called off"]
        assert outcomes("webinars.reminder", step="day") == [
            ("skipped", "the person wants no reminders")
        ]
        assert "List-Unsubscribe" not in mailoutbox[0].extra_headers

    def test_reminders_come_again_to_whoever_wants_them(
        self, client, registration, mailoutbox, monkeypatch
    ):
        path = urlsplit(reminders.stop_url(registration)).path
        assert client.post(path).status_code == client.post(path, {"again": "1"}).status_code == 303

        self.at(monkeypatch, registration, 7 * DAY)

        assert len(mailoutbox) == 1

    @pytest.mark.parametrize("token", ["1", "1.x", "x", "9." + "a" * 43])
    def test_a_changed_address_stops_nothing(self, client, registration, token):
        assert client.post(f"/reminders/{token}/").status_code == 404


def test_a_seat_taken_again_is_newer_than_its_cancellation_in_every_calendar(mailoutbox):
    person, webinar = make_person(), make_webinar()
    for act in (register, cancel, register):
        act(person, webinar)
        work()
    register(person, webinar)

    found = [calendar_of(letter) for letter in mailoutbox]
    assert [(method, c.walk("VEVENT")[0]["SEQUENCE"]) for method, c in found] == [
        ("REQUEST", 0),
        ("CANCEL", 1),
        ("REQUEST", 2),
    ]
    feed = icalendar.Calendar.from_ical(invitations.feed(person))
    assert feed.walk("VEVENT")[0]["SEQUENCE"] == 2


def test_the_calendar_is_one_part_with_its_method_and_its_own_line_ends(mailoutbox):
    """Google, Outlook and Apple read one text/calendar part whose method is that of the file,
    from the organiser who sends the letter (RFC 6047, RFC 5546)."""
    person = make_person(name="Ana Ruiz")
    register(person, make_webinar())
    work()

    message = mailoutbox[0].message(policy=email.policy.SMTP)  # as the SMTP mailer makes it
    (part,) = (p for p in message.walk() if p.get_content_type() == "text/calendar")
    assert (message.get_content_type(), part.get_param("method")) == (
        "multipart/alternative",
        "REQUEST",
    )
    assert b"BEGIN:VCALENDAR\r\n" in part.as_bytes()
    (event,) = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert str(event["ORGANIZER"]) == f"mailto:{parseaddr(message['From'])[1]}"
    assert str(event["ATTENDEE"]) == f"mailto:{person.email}"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND"} <= set(event)
