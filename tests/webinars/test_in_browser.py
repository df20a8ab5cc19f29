"""The pages of this app in a real browser: one journey, and nothing for axe to find."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from lms import outbox
from tests.browser import check_accessibility
from tests.webinars.factories import HOUR, hold, make_webinar

pytestmark = pytest.mark.django_db(transaction=True)


def work():
    while outbox.work():
        pass


def over(webinar):
    webinar.starts_at, webinar.ends_at = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    webinar.save()
    return hold(webinar)


def test_a_stranger_registers_comes_in_by_code_and_gives_the_seat_back(visitor, site, mailoutbox):
    webinar = make_webinar(starts_in=HOUR / 3)

    visitor.goto(f"{site}/webinars/")
    visitor.get_by_role("link", name="Register").click()
    visitor.get_by_label("Your name").fill("Rosa Delgado")
    visitor.get_by_label("E-mail address").fill("rosa@example.org")
    visitor.get_by_label("Live captions by a person (CART)").check()
    visitor.get_by_role("button", name="Register").click()
    expect(visitor.get_by_role("heading", name="Look at your e-mail")).to_be_visible()
    check_accessibility(visitor)

    work()
    assert [letter.subject for letter in mailoutbox] == [f"You are registered: {webinar}"]
    visitor.get_by_role("link", name="Sign in with a code now").click()
    visitor.get_by_label("E-mail address").first.fill("rosa@example.org")
    visitor.get_by_role("button", name="E-mail me a code").click()
    work()
    code = next(line for line in mailoutbox[-1].body.splitlines() if line.isdigit())
    visitor.get_by_label("The code from our e-mail").fill(code)
    visitor.get_by_role("button", name="Sign in", exact=True).click()

    expect(visitor.get_by_role("link", name="Join the room")).to_be_visible()
    expect(visitor.get_by_text("Live captions by a person (CART): Asked")).to_be_visible()
    visitor.get_by_role("link", name="Cancel my registration").click()
    visitor.get_by_role("button", name="Cancel my registration").click()
    expect(visitor.get_by_role("status").first).to_contain_text("Your registration is cancelled")
    assert webinar.registrations.get().state == "cancelled"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "(on your clock: 6:00 PM UTC)"),
        ("Pacific/Guam", "(on your clock: Fri, Dec 4, 4:00 AM GMT+10)"),
        ("America/New_York", ""),
    ],
)
def test_strangers_see_the_time_on_their_own_clock_in_few_words(browser, site, zone, words):
    webinar = make_webinar(starts_at=datetime(2026, 12, 3, 18, tzinfo=UTC))
    context = browser.new_context(timezone_id=zone, locale="en-US")
    page = context.new_page()
    page.goto(f"{site}/webinars/{webinar.slug}/")
    page.wait_for_function("!!customElements.get('gw-local-time')")

    said = page.locator("gw-local-time").first
    assert " ".join((said.text_content() or "").split()) == words
    context.close()
