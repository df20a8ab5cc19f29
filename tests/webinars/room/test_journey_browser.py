"""A whole session in three windows: a host, a moderator and an attendee on a small phone."""

import re

import pytest

from tests.browser import check_accessibility
from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.test_browser import items, path_of, tab, window  # noqa: F401
from webinars.models import Hand, Poll, RoomQuestion
from webinars.room import captions, setup, team

pytestmark = pytest.mark.django_db(transaction=True)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def press(page, locator):
    """By keyboard alone: the focus, then Enter."""
    locator.focus()
    page.keyboard.press("Enter")


def test_host_moderator_and_attendee_live_through_a_session(window, site):  # noqa: F811
    room = make.make_room(live=False)
    host, guest = make.host_of(room), make.make_guest(room, name="Ana Ruiz")
    moderator = make_person(name="Mona Moderator")
    team.add(room, moderator.email, host)
    setup.change(
        room, host,
        streams={"asl": {"kind": "link", "url": "https://meet.example/asl"},
                 "backup": {"kind": "link", "url": "https://meet.example/backup"}},
        materials=[{"title": "Slides", "url": "https://example.org/slides"}],
    )  # fmt: skip
    captions.new_address(room, host)
    console = window(host, f"/host/{room.slug}/")
    desk = window(moderator, f"/host/{room.slug}/")
    phone = window(guest, path_of(room))
    phone.set_viewport_size({"width": 360, "height": 740})

    press(console, console.get_by_role("button", name="Go live"))
    phone.get_by_text("The session is live.").first.wait_for()
    assert desk.get_by_role("button", name="Take a break").count() == 0
    captions.add(room, "en", "Good afternoon, everybody.", 1)
    phone.get_by_text("Good afternoon, everybody.").wait_for()
    phone.get_by_label("Size").select_option("xl")

    phone.get_by_label("Your question").fill("Who pays?")
    press(phone, phone.get_by_role("button", name="Ask"))
    items(desk, "queue").get_by_text("Who pays?").first.wait_for()
    press(desk, desk.get_by_role("button", name=re.compile("^Show")))
    items(phone, "questions").get_by_text("Who pays?").wait_for()
    press(desk, desk.get_by_role("button", name=re.compile("^Pin")))
    items(phone, "questions").get_by_text("Pinned").wait_for()

    press(phone, phone.get_by_role("button", name="Raise your hand"))
    phone.get_by_role("button", name="Take your hand down").wait_for()
    items(desk, "hands").get_by_text("Ana Ruiz", exact=True).wait_for()
    press(phone, phone.get_by_role("button", name="Applause"))
    console.locator("[data-reaction=clap]:text-is('1')").wait_for()
    press(desk, desk.get_by_role("button", name=re.compile("^Take the hand down")))
    desk.get_by_text("Nobody has raised a hand.").wait_for()

    make.make_poll(room, kind="words")
    tab(phone, "polls")
    phone.get_by_label("Word 1").fill("Trust")
    press(phone, phone.get_by_role("button", name="Send my answer"))
    desk.locator("[data-words] li", has_text="trust").wait_for()

    phone.get_by_role("link", name="American Sign Language").click()
    phone.locator("a[href='https://meet.example/asl']").wait_for()
    press(console, console.get_by_role("button", name="Move everybody to the backup stream"))
    console.get_by_text("On the backup stream").wait_for()
    phone.get_by_role("link", name="Main video").click()
    phone.locator("a[href='https://meet.example/backup']").wait_for()

    for page in (console, desk, phone):
        check_accessibility(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert not page.evaluate(WIDER)

    press(console, console.get_by_role("link", name="End the session"))
    press(console, console.get_by_role("button", name="End it for everyone"))
    phone.get_by_text("This session is over. Thank you for coming.").wait_for()
    desk.locator("[data-list=polls]").get_by_text("Closed").wait_for()

    assert RoomQuestion.objects.get().pinned_at is not None
    assert Poll.objects.get().state == "closed"
    assert Hand.objects.get().lowered_at is not None
