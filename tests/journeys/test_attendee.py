"""A live session from the first click to the certificate: in two languages, in four windows.

The attendee has a phone and speaks Spanish; the host has a keyboard and no mouse.
"""

import re
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from courses import loading
from courses.models import Series
from lms import demo, outbox
from people.models import User
from tests.factories import make_person
from tests.journeys.learning import hold_the_certificate, learn
from tests.journeys.window import letters_to
from tests.webinars.factories import live_item, seat
from webinars.attendance import Slice, record_slices
from webinars.models import Determination, LiveWindow, PresenceSpan, Registration
from webinars.room import hub
from webinars.scheduling import schedule

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "mateo.cruz@example.org"
BEFORE = timedelta(minutes=30)  # how long it has been live when the journey joins in


@pytest.fixture
def heartbeats(monkeypatch):
    """Every second instead of every twenty: a journey is short."""
    monkeypatch.setattr(hub, "BEAT", 1)


@pytest.fixture
def host(transactional_db):
    return make_person(name="Hannah Ortiz", may_host=True)


@pytest.fixture
def webinar(host):
    """The first session of the real series, in ten minutes; the second one in a week."""
    from library import loading as library

    library.load()
    loading.load_all()
    courses = Series.objects.get(slug=demo.SERIES).courses.order_by("memberships__position")
    soon = timezone.now() + timedelta(minutes=10)
    first, _ = [
        schedule(
            course,
            live_item(course),
            slug=f"session-{number}",
            title=course.title,
            starts_at=soon + number * timedelta(weeks=1),
            ends_at=soon + number * timedelta(weeks=1) + timedelta(hours=1),
            hosts=[host],
            languages=["en", "es"],
            caption_plan="automatic",
            interpretation_plan="request",
        )
        for number, course in enumerate(courses[:2])
    ]
    return first


def test_from_a_registration_without_password_to_a_certificate(
    open_window, at_the_site, host, webinar, heartbeats
):
    attendee = open_window(language="es", width=360)
    register_for_the_series(attendee)
    come_in(attendee, webinar)

    hosting, neighbour = host_and_neighbour(at_the_site, host, webinar)
    go_live(hosting, attendee, webinar)
    ask_and_vote(attendee, hosting, neighbour)
    chat(attendee, neighbour)
    poll(attendee, hosting, neighbour)
    end(attendee, hosting, neighbour, webinar)

    settle(webinar, minutes=30)
    see_minutes(attendee)
    learn(attendee, webinar.course, begins="Continue")
    hold_the_certificate(attendee, "Mateo Cruz")
    attendee.follow("My transcript")
    earned = Determination.objects.get(registration__person__email=ADDRESS).minutes
    row = attendee.page.get_by_role("listitem").filter(has_text=webinar.course.title["es"])
    expect(row.locator("dd").nth(2)).to_have_text(str(earned))


def register_for_the_series(attendee):
    attendee.go(f"/series/{demo.SERIES}/")
    attendee.follow("Register for the series")
    assert attendee.page.locator("[name=sessions]:checked").count() == 2
    attendee.fill("Your name", "Mateo Cruz")
    attendee.fill("E-mail address", ADDRESS)
    attendee.press("Register")
    attendee.sees_heading("Look at your e-mail")
    assert not User.objects.get(email=ADDRESS).has_usable_password()


def come_in(attendee, webinar):
    """The letter brings the calendar entry and the link; a code opens the door behind it."""
    while outbox.work():
        pass
    letter, second = letters_to(ADDRESS)
    parts = {part.mimetype: part.content for part in letter.alternatives}
    calendar = next(text for kind, text in parts.items() if kind.startswith("text/calendar"))
    room = f"/es/webinars/{webinar.slug}/room/"
    assert "METHOD:REQUEST" in calendar
    assert room in calendar.replace("\r\n ", "")
    assert webinar.title["es"] in letter.subject
    assert second.subject != letter.subject
    (link,) = set(re.findall(rf"\S+{room}", letter.body))
    attendee.page.goto(link)
    attendee.on("/accounts/login/")
    attendee.fill("E-mail address", ADDRESS)
    attendee.press("E-mail me a code")
    attendee.type_code(ADDRESS)
    attendee.press("Sign in")
    attendee.on(urlsplit(link).path.removeprefix("/es"))
    attendee.sees_heading("Before we start")
    attendee.sees("Connected", exact=True)


def host_and_neighbour(at_the_site, host, webinar):
    hosting = at_the_site(host)
    hosting.go(f"/host/{webinar.slug}/")
    hosting.sees("Connected", exact=True)
    person = make_person(name="Ben Ode")
    seat(person, webinar)
    neighbour = at_the_site(person, width=768)
    neighbour.go(f"/webinars/{webinar.slug}/room/")
    return hosting, neighbour


def go_live(hosting, attendee, webinar):
    attendee.sees("The session has not started yet.")
    hosting.key("Go live")
    hosting.sees("The session is live.")
    for window in (hosting, attendee):
        window.sees("Live now", exact=True)
    attendee.sees("You are being counted. Leave this page open.")
    # Half an hour later: it was live all the time, and Mateo's page answered each heartbeat.
    opened = LiveWindow.objects.get(webinar=webinar)
    began, opened.opened_at = opened.opened_at, opened.opened_at - BEFORE
    opened.save()
    mateo = User.objects.get(email=ADDRESS)
    record_slices([Slice(webinar.pk, mateo.pk, "half an hour", opened.opened_at, began)])


def ask_and_vote(attendee, hosting, neighbour):
    attendee.fill("Your question", "¿Cómo empezó?")
    attendee.press("Ask")
    attendee.sees("Your question went to the moderators.")
    waiting = hosting.page.locator("#queue")
    expect(waiting.get_by_text("¿Cómo empezó?").first).to_be_visible()
    neighbour.sees("No question is shown yet. Ask the first one.")
    hosting.key("Show")
    asked = neighbour.page.locator("[data-list=questions] .gw-qa")
    expect(asked).to_contain_text("Mateo Cruz")
    asked.get_by_role("button").click()
    expect(asked.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    for window in (hosting, attendee):
        votes = window.page.locator("[data-list=questions] [data-votes]")
        expect(votes).to_have_text("1")
    hosting.key("Answer in writing")
    hosting.reach("Your answer, for everybody")
    hosting.page.keyboard.type("With a meeting in a church.")
    hosting.key("Mark as answered")
    attendee.sees("With a meeting in a church.")


def chat(attendee, neighbour):
    tab(attendee, "Chat")
    attendee.fill("Your message", "Saludos desde Alamance")
    attendee.press("Send")
    expect(attendee.page.locator("[data-list=chat]")).to_contain_text("Saludos desde Alamance")
    tab(neighbour, "Chat")
    neighbour.sees("Saludos desde Alamance")


def poll(attendee, hosting, neighbour):
    hosting.key("Write a poll")
    for label, words in (
        ("Question in English", "Which door first?"),
        ("Answers in English", "The front\nThe side"),
        ("Question in Spanish", "¿Qué puerta primero?"),
        ("Answers in Spanish", "La principal\nLa lateral"),
    ):
        hosting.reach(label)
        hosting.page.keyboard.insert_text(words)
    hosting.key("Save the poll")
    hosting.sees("Not opened yet", exact=True)
    hosting.key("Open the poll")
    for window in (attendee, neighbour):
        tab(window, "Polls")
    attendee.sees("¿Qué puerta primero?")
    attendee.page.get_by_text("La lateral").click()
    attendee.press("Send my answer")
    attendee.sees("Your answer", exact=True)
    expect(attendee.page.locator("#polls progress")).to_have_count(2)
    expect(hosting.page.locator("#polls [data-result]").nth(1)).to_have_text("1")
    neighbour.sees("Which door first?")
    expect(neighbour.page.locator("[data-answers]")).to_have_text("1")
    expect(neighbour.page.locator("#polls progress")).to_have_count(0)
    hosting.key("Close it and show the result")
    expect(neighbour.page.locator("#polls progress")).to_have_count(2)


def end(attendee, hosting, neighbour, webinar):
    hosting.key("Take a break")
    attendee.sees("A short break")
    hosting.key("Resume")
    attendee.sees("Live now", exact=True)
    hosting.key("End the session…")
    hosting.on(f"/host/{webinar.slug}/end/")
    hosting.key("End it for everyone")
    hosting.sees("The session is over. Attendance is being worked out.")
    neighbour.sees("This session is over. Thank you for coming.")
    attendee.follow("See your attendance and what comes next")
    attendee.on(f"/webinars/{webinar.slug}/")
    # With the last page that leaves the room, all presence is written down.
    neighbour.go("/me/")
    hosting.go("/host/")
    attendee.sees(
        "We are adding up the minutes. This takes a few minutes after the end; your result will "
        "be here, and we write to you."
    )


def tab(window, words):
    window.page.get_by_role("tab", name=window.words(words)).click()


def settle(webinar, *, minutes):
    """What the worker does two minutes after the end, when every process has written its slices."""
    place = Registration.objects.select_related("webinar").get(
        webinar=webinar, person__email=ADDRESS
    )
    beats = PresenceSpan.objects.filter(webinar=webinar, person=place.person_id)
    assert wait_until(beats.exclude(key="half an hour").exists), "no heartbeat was written"
    while outbox.work(place.webinar.ended_at + timedelta(minutes=3)):
        pass
    found = place.determinations.get()
    assert found.credited
    assert found.minutes >= minutes


def wait_until(there):
    deadline = time.monotonic() + 15
    while not there() and time.monotonic() < deadline:
        time.sleep(0.1)
    return there()


def see_minutes(attendee):
    attendee.page.reload()
    attendee.sees("Credit given", exact=True)
    found = Determination.objects.get(registration__person__email=ADDRESS)
    facts = attendee.page.locator("aside .gw-facts dd")
    expect(facts.first).to_have_text(str(found.minutes))
    attendee.follow("Go on in the course")
