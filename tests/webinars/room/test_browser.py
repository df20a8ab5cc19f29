"""The room in a real browser: a host and an attendee at the same time, with all that can break."""

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser import check_accessibility, sign_in, watch
from tests.webinars.room import factories as make
from webinars.models import (
    ChatMessage,
    CreditPolicy,
    PresenceSpan,
    PromptAnswer,
    Registration,
    RoomQuestion,
)
from webinars.room import frames, polling, prompts, questions, stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room():
    return make.make_room(stage={"kind": "link", "url": "https://meet.example/1"})


@pytest.fixture
def window(browser, site):
    """Opens windows, each with its person signed in; nothing may go wrong in any of them."""
    opened = []

    def open_as(person, path, *, ready="connected", tolerated=(), **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(15_000)
        sign_in(context, person, site)
        page = context.new_page()
        page.problems = watch(page)
        opened.append((page, tolerated))
        page.goto(site + path)
        if ready:
            page.locator(f"[data-when~={ready}]:visible").first.wait_for()
        return page

    yield open_as
    for page, tolerated in opened:
        page.context.close()
        assert [p for p in page.problems if not any(t in p for t in tolerated)] == []


def path_of(room):
    return f"/webinars/{room.slug}/room/"


def items(page, name):
    return page.locator(f"[data-list={name}] > [data-id]")


def tab(page, name):
    page.locator(f"a[href='#{name}']").click()


def test_where_sockets_are_broken_the_page_asks_every_few_seconds(browser, site, room, monkeypatch):
    monkeypatch.setattr(polling, "SHORTEST", timedelta(seconds=2))
    guest = make.make_guest(room)
    context = browser.new_context()
    context.route_web_socket("**/ws/**", lambda line: line.close())
    sign_in(context, guest, site)
    page = context.new_page()
    page.goto(f"{site}{path_of(room)}check/")
    page.get_by_text("so the room will use the slower one").wait_for(timeout=20_000)
    page.get_by_role("link", name="Join the room").click()
    page.locator("[data-when~=polling]:visible").first.wait_for(timeout=20_000)

    make.say(room, text="Heard all the same.")
    tab(page, "chat")
    items(page, "chat").get_by_text("Heard all the same.").wait_for(timeout=15_000)
    page.get_by_role("textbox", name="Your message").fill("Said all the same.")
    page.get_by_role("button", name="Send").click()
    items(page, "chat").get_by_text("Said all the same.").wait_for(timeout=3_000)
    counted = PresenceSpan.objects.filter(person=guest, source="poll")
    for _ in range(40):
        if counted.exists():
            break
        page.wait_for_timeout(500)
    context.close()

    assert counted.exists()


def test_a_long_gap_takes_a_fresh_page_and_keeps_what_is_being_typed(window, room, monkeypatch):
    monkeypatch.setattr(frames, "FARTHEST", 2)
    guest = make.make_guest(room)
    make.say(room, text="Before.")
    page = window(guest, path_of(room))
    tab(page, "chat")
    page.get_by_role("textbox", name="Your message").fill("Half a sent")
    page.evaluate("document.querySelector('gw-room').socket.close()")
    for n in range(5):
        make.say(room, text=f"Meanwhile {n}.")

    items(page, "chat").get_by_text("Meanwhile 4.").wait_for()
    assert items(page, "chat").count() == 6
    assert page.get_by_role("textbox", name="Your message").input_value() == "Half a sent"


# How long a thousand pages would wait that lose their lines at the same moment.
WAITS = """together => {
  const { retry } = customElements.get("gw-room").prototype, real = window.setTimeout, waits = [];
  window.setTimeout = (_, wait) => waits.push(wait);
  for (let n = 0; n < 1000; n++) retry.call({ failures: 0, polling: true }, together);
  window.setTimeout = real;
  return waits;
}"""


def test_a_line_that_breaks_comes_back_by_itself(window, room):
    page = window(make.make_guest(room), path_of(room))
    tab(page, "chat")
    for n in range(3):
        page.evaluate("document.querySelector('gw-room').socket.close()")
        make.say(room, text=f"In the gap {n}.")
        items(page, "chat").get_by_text(f"In the gap {n}.").wait_for()
        page.locator("[data-when~=connected]:visible").first.wait_for()

    for together, longest in [(True, 8_300), (False, 3_300)]:
        waits = page.evaluate(WAITS, together)
        busiest = max(Counter(wait // 1000 for wait in waits).values())
        assert min(waits) >= 300
        assert max(waits) < longest
        assert busiest < 500


def test_who_loses_the_seat_is_told_and_left_alone(window, room):
    guest = make.make_guest(room)
    page = window(guest, path_of(room), tolerated=["404"])
    Registration.objects.filter(person=guest).update(state="cancelled")

    page.get_by_text("You are no longer in this room.").first.wait_for()
    page.get_by_role("link", name="Load the page again").click()
    page.get_by_text("You are not registered for this session yet.").wait_for()


def test_typing_an_answer_survives_what_happens_to_the_question(window, room):
    host, question = make.host_of(room), make.ask(room, text="Why?")
    console = window(host, f"/host/{room.slug}/")
    console.locator("summary", has_text="Answer").first.click()
    field = console.locator(f"#text-{question.pk}")
    field.fill("Because we")
    questions.approve(question, host)

    items(console, "questions").get_by_text("Why?").first.wait_for()
    assert field.input_value() == "Because we"


def test_the_keyboard_stays_and_a_second_press_does_nothing_else(window, room):
    """Before: after «Show» it was on «Take down», after «Close» on «Start it over», after an answer
    to a poll nowhere."""
    host, guest = make.host_of(room), make.make_guest(room)
    first, second = make.ask(room, guest, "First?"), make.ask(room, guest, "Second?")
    poll = make.make_poll(room, right=[1])
    console = window(host, f"/host/{room.slug}/")
    phone = window(guest, path_of(room), viewport={"width": 360, "height": 740})

    items(console, "queue").get_by_role("button", name=re.compile("^Show")).first.focus()
    console.keyboard.press("Enter")
    expect(items(console, "questions")).to_have_count(1)
    expect(console.locator(f"#question-{second.pk}")).to_be_focused()
    console.keyboard.press("Enter")
    pin = items(console, "questions").get_by_role("button", name=re.compile("^Pin"))
    pin.focus()
    console.keyboard.press("Enter")
    unpin = items(console, "questions").get_by_role("button", name=re.compile("^Unpin"))
    expect(unpin).to_be_focused()

    tab(phone, "polls")
    phone.get_by_label("Choice b").focus()
    phone.keyboard.press("Space")
    phone.get_by_role("button", name="Send my answer").focus()
    phone.keyboard.press("Enter")
    asked = phone.locator(f"#poll-{poll.pk}")
    expect(asked.get_by_text("Your answer")).to_be_visible()
    expect(asked).to_be_focused()

    close = console.get_by_role("button", name=re.compile("^Close it"))
    close.focus()
    console.keyboard.press("Enter")
    expect(asked.get_by_text("Right answer")).to_be_visible()
    expect(asked.get_by_text("Your answer")).to_be_visible()
    expect(console.locator(f"#poll-{poll.pk}")).to_be_focused()
    console.keyboard.press("Enter")
    first.refresh_from_db()
    poll.refresh_from_db()
    assert (first.state, poll.state) == ("approved", "closed")
    assert RoomQuestion.objects.get(pk=second.pk).state == "waiting"


def test_are_you_still_here_is_in_sight_wherever_the_page_stands(window):
    policy = CreditPolicy.objects.create(name="Attentive", number=9, prompt_every_minutes=10)
    room = make.make_room(policy=policy, stage={"kind": "link", "url": "https://meet.example/1"})
    guest = make.make_guest(room)
    phone = window(guest, path_of(room), viewport={"width": 360, "height": 740})
    phone.locator("#me").scroll_into_view_if_needed()
    began = room.windows.get().opened_at
    prompts.look([room.pk], began + timedelta(seconds=prompts.due_at(room, 1, 10) + 1))

    here = phone.get_by_role("button", name="I am here")
    expect(here).to_be_in_viewport(ratio=1)
    here.click()
    expect(phone.get_by_text("Thank you. It counts.").first).to_be_visible()
    assert PromptAnswer.objects.get().person == guest


def test_a_late_press_is_answered_in_words(window, room):
    question, guest = make.ask(room, shown=True), make.make_guest(room)
    page = window(guest, path_of(room), tolerated=["422", "404"])
    RoomQuestion.objects.filter(pk=question.pk).update(state="answered")

    items(page, "questions").get_by_role("button").click()
    page.locator("#toasts").get_by_text("This question takes no more votes.").wait_for()

    RoomQuestion.objects.filter(pk=question.pk).update(state="dismissed")
    items(page, "questions").get_by_role("button").click()
    page.locator("#toasts").get_by_text("That is no longer there").wait_for()


def test_news_is_spoken_at_most_every_five_seconds(window, room):
    page = window(make.make_guest(room), path_of(room))
    page.evaluate(
        """() => {
            window.spoken = [];
            const voice = document.querySelector("gw-voice");
            new MutationObserver(() => spoken.push([performance.now(), voice.textContent]))
                .observe(voice, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for n in range(8):
        make.say(room, text=f"Message {n}.")
        page.wait_for_timeout(700)
    page.wait_for_timeout(5500)

    spoken = page.evaluate("spoken")
    moments = [moment for moment, _ in spoken]
    assert sum(int(number) for _, words in spoken for number in re.findall(r"\d+", words)) == 8
    assert len(moments) <= 3
    assert all(b - a >= 4900 for a, b in pairwise(moments))
    assert page.locator("gw-voice").get_attribute("role") == "status"


def test_all_of_it_works_without_a_script(window, room):
    guest, poll = make.make_guest(room), make.make_poll(room)
    make.ask(room, text="Shown?", shown=True)
    plain = {"ready": None, "java_script_enabled": False, "tolerated": ["422"]}
    page = window(guest, path_of(room), **plain)

    page.get_by_label("Your question").fill("Without a script?")
    page.get_by_role("button", name="Ask").click()
    page.get_by_text("Your question went to the moderators.").wait_for()
    page.get_by_role("button", name="votes").click()
    items(page, "questions").locator("[aria-pressed=true]").wait_for()
    page.get_by_role("textbox", name="Your message").fill("Hello.")
    page.get_by_role("button", name="Send", exact=True).click()
    items(page, "chat").get_by_text("Hello.").wait_for()
    page.get_by_text("Choice b").click()
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_text("Your answer").wait_for()
    page.get_by_label("Your question").fill(" ")
    page.get_by_role("button", name="Ask").click()
    page.get_by_text("Write your question first.").wait_for()

    assert RoomQuestion.objects.filter(author=guest).count() == 1
    assert ChatMessage.objects.filter(author=guest).count() == 1
    assert poll.votes.get().choices == ["b"]


def test_hosting_works_without_a_script(window, site):
    room = make.make_room(live=False)
    make.ask(room, text="Why?")
    page = window(make.host_of(room), f"/host/{room.slug}/", ready=None, java_script_enabled=False)

    page.get_by_role("button", name="Go live").click()
    page.get_by_role("button", name=re.compile("^Show")).click()
    items(page, "questions").get_by_text("Why?").first.wait_for()
    page.locator("summary", has_text="Answer").first.click()
    page.get_by_label("Your answer, for everybody").fill("Because.")
    page.get_by_role("button", name="Mark as answered").click()
    items(page, "questions").get_by_text("Because.").first.wait_for()
    page.get_by_role("link", name="End the session").click()
    page.get_by_role("button", name="End it for everyone").click()
    page.get_by_text("The session is over. Attendance is being worked out.").wait_for()


@pytest.mark.parametrize(("language", "scheme"), [("", "dark"), ("/es", "light")])
def test_every_state_is_accessible_on_a_small_phone(window, room, scheme, language):
    guest, host = make.make_guest(room), make.host_of(room)
    make.ask(room, shown=True)
    make.ask(room)
    make.say(room)
    make.make_poll(room)
    small = {"color_scheme": scheme}
    attendee = window(guest, language + path_of(room), **small)
    console = window(host, f"{language}/host/{room.slug}/", **small)
    for page in (attendee, console):
        page.set_viewport_size({"width": 360, "height": 740})
    for verb in (None, stage.take_break, stage.end):
        if verb:
            verb(room, host)
            attendee.wait_for_timeout(700)
        for page in (attendee, console):
            check_accessibility(page)
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
