"""A whole session in four windows: a host, a moderator, a presenter with a second screen, and an
attendee who has a small phone and a keyboard."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser import check_accessibility
from tests.factories import make_person
from tests.webinars.room import factories as make
from tests.webinars.room.test_browser import items, path_of, tab, window  # noqa: F401
from webinars.models import ChatMessage, Hand, Poll, PollVote, QuestionVote, RoomQuestion
from webinars.room import captions, setup, team

pytestmark = pytest.mark.django_db(transaction=True)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LISTEN = """() => {
    window.spoken = [];
    new MutationObserver(() => spoken.push(performance.now()))
        .observe(document.querySelector("gw-voice"), { childList: true, characterData: true, subtree: true });
}"""  # noqa: E501
PHONE = {"width": 360, "height": 740}


def press(page, locator):
    """By keyboard alone: the focus, then Enter."""
    locator.focus()
    page.keyboard.press("Enter")


def button(page, name):
    return page.get_by_role("button", name=re.compile(f"^{name}"))


def is_fit(page):
    check_accessibility(page)
    assert not page.evaluate(WIDER)


def test_a_session_from_the_lobby_to_the_end_in_four_windows(window, site):  # noqa: F811
    room = make.make_room(live=False)
    host, guest = make.host_of(room), make.make_guest(room, name="Ana Ruiz")
    moderator = make_person(name="Mona Moderator")
    presenter = make.make_presenter(room, name="Petra Presenter")
    team.add(room, moderator.email, host)
    setup.change(
        room, host,
        streams={"asl": {"kind": "link", "url": "https://meet.example/asl"},
                 "backup": {"kind": "link", "url": "https://meet.example/backup"}},
        materials=[{"title": "Slides", "url": "https://example.org/slides"}],
    )  # fmt: skip
    captions.new_address(room, host)

    phone = window(guest, f"{path_of(room)}check/", ready=None)
    phone.set_viewport_size(PHONE)
    try_the_line_and_go_in(phone)
    console, desk = (window(who, f"/host/{room.slug}/") for who in (host, moderator))
    screen = window(presenter, f"/webinars/{room.slug}/presenter/")

    go_live(room, console, desk, screen, phone)
    ask_and_answer(console, desk, screen, phone)
    raise_a_hand(console, desk, screen, phone)
    chat(console, phone)
    poll(room, console, desk, screen, phone)
    pause_and_go_on(console, screen, phone)
    choose_a_stream(console, phone)
    for page in (console, desk, screen, phone):
        check_accessibility(page)
        page.set_viewport_size(PHONE)
        is_fit(page)
    end(console, desk, screen, phone)

    phone.wait_for_function("spoken.length >= 2")  # the end may wait for its turn
    spoken = phone.evaluate("spoken")
    assert all(after - before >= 4900 for before, after in pairwise(spoken))
    assert list(RoomQuestion.objects.values_list("state", flat=True)) == ["answered"] * 2
    assert QuestionVote.objects.get().person == guest
    assert ChatMessage.objects.filter(removed_at__isnull=True).count() == 2
    assert set(Poll.objects.values_list("state", flat=True)) == {"closed"}
    assert [vote.choices for vote in PollVote.objects.order_by("pk")] == [["b"], ["trust"]]
    assert Hand.objects.get().lowered_at is not None


def try_the_line_and_go_in(phone):
    phone.get_by_text("The way to the room works.").wait_for()
    phone.locator("[data-trip]:visible").wait_for()
    phone.get_by_label("Size").select_option("xl")
    press(phone, phone.get_by_role("button", name="No", exact=True))
    phone.get_by_text("Turn the volume up").wait_for()
    is_fit(phone)
    press(phone, phone.get_by_role("link", name="Go into the room and wait"))
    phone.locator("[data-when~=connected]:visible").first.wait_for()
    expect(phone.get_by_label("Size")).to_have_value("xl")
    phone.get_by_text("The session has not started yet.").wait_for()
    is_fit(phone)
    phone.evaluate(LISTEN)


def go_live(room, console, desk, screen, phone):
    assert desk.get_by_role("button", name="Go live").count() == 0
    screen.get_by_text("Not started yet").wait_for()
    press(console, button(console, "Go live"))
    phone.get_by_text("You are being counted.").wait_for()
    screen.locator("[data-clock]", has_text="min left").wait_for()
    captions.add(room, "en", "Good afternoon, everybody.", 1)
    for page in (phone, screen):
        page.get_by_text("Good afternoon, everybody.").wait_for()


def ask_and_answer(console, desk, screen, phone):
    phone.get_by_label("Your question").fill("Who pays?")
    press(phone, phone.get_by_role("button", name="Ask", exact=True))
    items(desk, "queue").get_by_text("Who pays?").first.wait_for()
    for page in (phone, screen):
        assert items(page, "questions").count() == 0
    press(desk, button(desk, "Show"))
    items(screen, "questions").get_by_text("Who pays?").first.wait_for()
    press(phone, items(phone, "questions").get_by_role("button"))
    items(phone, "questions").locator("[aria-pressed=true]").wait_for()
    for page in (console, screen):
        items(page, "questions").locator("[data-votes]:text-is('1')").wait_for()
    press(desk, button(desk, "Pin"))
    for page in (phone, screen):
        items(page, "questions").get_by_text("Pinned").wait_for()
    console.locator("summary", has_text="Note to the presenter").click()
    console.get_by_label("Note to the presenter").fill("Wrap up soon.")
    press(console, button(console, "Show it to the presenter"))
    for page in (screen, desk):
        items(page, "notes").get_by_text("Wrap up soon.").wait_for()
    press(screen, button(screen, "Answered live"))
    items(phone, "questions").get_by_text("Answered live").wait_for()
    assert phone.get_by_text("Wrap up soon.").count() == 0

    phone.get_by_label("Your question").fill("When?")
    press(phone, phone.get_by_role("button", name="Ask", exact=True))
    waiting = items(desk, "queue")
    waiting.locator("summary", has_text="Answer in writing").click()
    waiting.get_by_label("Your answer, for everybody").fill("Within 30 days.")
    press(desk, waiting.get_by_role("button", name="Mark as answered"))
    for page in (phone, screen):
        items(page, "questions").get_by_text("Within 30 days.").wait_for()


def raise_a_hand(console, desk, screen, phone):
    press(phone, button(phone, "Raise your hand"))
    button(phone, "Take your hand down").wait_for()
    for page in (desk, screen):
        items(page, "hands").get_by_text("Ana Ruiz", exact=True).wait_for()
    press(phone, phone.get_by_role("button", name="Applause"))
    console.locator("[data-reaction=clap]:text-is('1')").wait_for()
    press(desk, button(desk, "Take the hand down"))
    for page in (desk, screen):
        page.get_by_text("Nobody has raised a hand.").wait_for()


def chat(console, phone):
    message = console.get_by_role("textbox", name="Your message")
    message.fill("Welcome, everybody.")
    press(console, console.get_by_role("button", name="Send", exact=True))
    tab(phone, "chat")
    items(phone, "chat").get_by_text("Welcome, everybody.").wait_for()
    phone.get_by_role("textbox", name="Your message").fill("Hello!")
    phone.keyboard.press("Enter")
    items(console, "chat").get_by_text("Hello!", exact=True).wait_for()
    expect(phone.get_by_role("textbox", name="Your message")).to_have_value("")
    assert phone.evaluate("document.activeElement.id") == "say-text"
    press(console, console.get_by_role("button", name=re.compile("Remove.*Hello!")))
    items(phone, "chat").get_by_text("Hello!").wait_for(state="detached")
    message.fill("Read https://example.org/a first.")
    press(console, console.get_by_role("button", name="Send", exact=True))
    items(phone, "chat").get_by_text("Read https://example.org/a first.").wait_for()
    assert items(phone, "chat").get_by_role("link").count() == 0
    press(console, button(console, "Allow links"))
    items(phone, "chat").get_by_role("link", name="https://example.org/a").wait_for()


def poll(room, console, desk, screen, phone):
    console.get_by_text("Write a poll").click()
    console.get_by_label("Question in English").fill("Which day suits you?")
    console.get_by_label("Answers in English").fill("Tuesday\nThursday")
    press(console, button(console, "Save the poll"))
    press(console, button(console, "Open the poll"))
    phone.locator("gw-unread[for=polls]", has_text="1 new").wait_for()
    tab(phone, "polls")
    phone.get_by_text("Thursday").click()
    press(phone, button(phone, "Send my answer"))
    items(phone, "polls").get_by_text("100 % (1 vote)").wait_for()
    for page in (console, screen):
        page.locator("[data-result$=':b']:text-is('1')").wait_for()
    press(console, button(console, "Close it"))
    items(screen, "polls").get_by_text("100 % (1 vote)").wait_for()

    press(console, button(console, "Start it over"))
    press(console, button(console, "Open the poll"))
    items(phone, "polls").locator("fieldset").wait_for()
    press(console, button(console, "Close it"))
    items(phone, "polls").get_by_text("0 people answered.").wait_for()

    make.make_poll(room, kind="words")
    phone.get_by_label("Word 1").fill("Trust")
    press(phone, button(phone, "Send my answer"))
    for page in (desk, screen):
        page.locator("[data-words] li", has_text="trust").wait_for()
    assert screen.get_by_role("button", name="Take out").count() == 0


def pause_and_go_on(console, screen, phone):
    press(console, button(console, "Take a break"))
    phone.get_by_text("A short break").wait_for()
    screen.get_by_text("On a break").wait_for()
    press(console, button(console, "Resume"))
    phone.get_by_text("The session is live.").first.wait_for()


def choose_a_stream(console, phone):
    phone.get_by_role("link", name="American Sign Language").click()
    phone.locator("a[href='https://meet.example/asl']").wait_for()
    press(console, button(console, "Move everybody to the backup stream"))
    console.get_by_text("On the backup stream").wait_for()
    phone.get_by_role("link", name="Main video").click()
    phone.locator("a[href='https://meet.example/backup']").wait_for()


def end(console, desk, screen, phone):
    press(console, console.get_by_role("link", name="End the session"))
    button(console, "End it for everyone").wait_for()
    is_fit(console)
    press(console, button(console, "End it for everyone"))
    phone.get_by_text("This session is over. Thank you for coming.").wait_for()
    tab(phone, "chat")
    phone.get_by_text("The chat is closed.").wait_for()
    desk.locator("[data-list=polls]").get_by_text("Closed").first.wait_for()
    screen.locator("[data-list=clock]").get_by_text("Over").wait_for()
    is_fit(phone)
