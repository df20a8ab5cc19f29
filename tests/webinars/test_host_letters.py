"""Hosts hear of people who ask for a place: gathered, in their language, while they want it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from people import joining
from tests.factories import both, make_organisation, make_person
from tests.webinars.factories import make_webinar
from webinars import approving, host_letters, registering_others, rules, scheduling
from webinars.models import Registration
from webinars.registering import cancel, register

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 5, 5, 12, 1, tzinfo=UTC)
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def clock(monkeypatch):
    """`clock(moment)`: it is that late, for everybody."""

    def show(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    show(NOON)
    return show


@pytest.fixture
def host(clock):
    return make_person(name="Hannah Ortiz", may_host=True)


@pytest.fixture
def webinar(host):
    return make_webinar(hosts=[host], needs_approval=True, starts_at=NOON + WEEK)


def ask(webinar, n=1):
    return [register(make_person(), webinar) for _ in range(n)]


def letters(mailoutbox, clock, moment):
    """What a worker sends hosts of what is due by then."""
    clock(moment)
    mailoutbox.clear()
    while outbox.work(moment):
        pass
    return [mail for mail in mailoutbox if "/host-letters/" in mail.body]


def test_many_requests_make_one_letter_ten_minutes_later(webinar, host, mailoutbox, clock):
    other = make_webinar(
        hosts=[host],
        needs_approval=True,
        starts_at=NOON + 2 * WEEK,
        title=both("A *bold* [word](x)"),
    )
    ask(webinar, 3)
    ask(other)

    assert letters(mailoutbox, clock, NOON + 9 * MINUTE) == []
    (letter,) = letters(mailoutbox, clock, NOON + 11 * MINUTE)

    assert (letter.to, letter.subject) == ([host.email], "4 people wait for your word")
    assert "Dear Hannah," in letter.body
    assert "Decide on 3 requests: " in letter.body
    assert f"/host/{other.slug}/people/?state=asked" in letter.body
    assert "A *bold* [word](x)" in letter.body
    html = letter.alternatives[0].content
    assert "A *bold* [word](x)" in html, "a title is never markup"
    assert letters(mailoutbox, clock, NOON + 5 * HOUR) == [], "nobody new since"


def test_who_asks_after_a_letter_is_in_the_next_four_hours_later_at_most(
    webinar, mailoutbox, clock
):
    ask(webinar)
    assert len(letters(mailoutbox, clock, NOON + 11 * MINUTE)) == 1

    for n in range(12, 200, 5):  # one every five minutes
        clock(NOON + n * MINUTE)
        ask(webinar)
    assert letters(mailoutbox, clock, NOON + 200 * MINUTE) == []

    (letter,) = letters(mailoutbox, clock, NOON + 4 * HOUR)
    assert letter.subject == "39 people wait for your word"


@pytest.mark.parametrize(("hours", "apart"), [(0, 1), (23, 1), (24, 4), (500, 4)])
def test_shortly_before_a_session_letters_are_an_hour_apart(hours, apart):
    assert rules.hours_between_letters(hours) == apart


def test_what_is_decided_or_taken_back_by_then_is_not_told(webinar, host, mailoutbox, clock):
    approved, taken_back = ask(webinar, 2)
    approving.approve(webinar, [approved.pk], by=host)
    cancel(taken_back.person, webinar)

    assert letters(mailoutbox, clock, NOON + 11 * MINUTE) == []


@pytest.mark.parametrize("how", ["called off", "over", "open to all"])
def test_nothing_is_told_of_a_session_that_needs_no_word(webinar, host, mailoutbox, clock, how):
    ask(webinar)
    late = NOON + 11 * MINUTE
    if how == "called off":
        scheduling.cancel(webinar)
    elif how == "over":
        late = webinar.ends_at + MINUTE
    else:
        times = {"starts_at": webinar.starts_at, "ends_at": webinar.ends_at}
        scheduling.change(webinar, **times, hosts=[host], published=True, needs_approval=False)

    assert letters(mailoutbox, clock, late) == []


def test_every_host_reads_it_in_their_own_language(webinar, host, mailoutbox, clock):
    second = make_person(may_host=True, language="es")
    former = make_person(may_host=True)
    webinar.hosts.add(second, former)
    ask(webinar)
    webinar.hosts.remove(former)

    found = {mail.to[0]: mail for mail in letters(mailoutbox, clock, NOON + 11 * MINUTE)}

    assert set(found) == {host.email, second.email}
    assert f"/es/host/{webinar.slug}/people/" in found[second.email].body


def test_a_team_is_one_letter(webinar, mailoutbox, clock):
    organisation, lead = make_organisation(), make_person()
    team = [make_person() for _ in range(5)]
    for person in team:
        joining.join(person, organisation)
    registering_others.take(webinar, organisation, [one.pk for one in team], "", by=lead)

    (letter,) = letters(mailoutbox, clock, NOON + 11 * MINUTE)

    assert letter.subject == "5 people wait for your word"


def test_a_session_without_approval_tells_no_host(host, mailoutbox, clock):
    ask(make_webinar(hosts=[host], starts_at=NOON + WEEK))

    assert not OutboxEntry.objects.filter(kind=host_letters.KIND).exists()


def test_one_click_in_a_mail_program_stops_these_letters_and_another_starts_them(
    webinar, mailoutbox, clock
):
    ask(webinar)
    (letter,) = letters(mailoutbox, clock, NOON + 11 * MINUTE)
    path = urlsplit(letter.extra_headers["List-Unsubscribe"].strip("<>")).path
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert path in letter.body
    program = Client(enforce_csrf_checks=True)

    assert "Stop the letters" in program.get(path).content.decode(), "a look changes nothing"
    for _ in range(2):
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    ask(webinar)
    assert letters(mailoutbox, clock, NOON + 4 * HOUR) == []
    assert "No more letters" in program.get(path).content.decode()

    assert Client().post(path, {"again": "1"}).status_code == 303
    ask(webinar)
    assert len(letters(mailoutbox, clock, NOON + 8 * HOUR)) == 1


@pytest.mark.parametrize("token", ["1", "1.x", "x", "9." + "a" * 43])
def test_a_changed_address_stops_nothing(client, token):
    assert client.post(f"/host-letters/{token}/").status_code == 404


def test_the_promises_are_few_however_many_ask(webinar, clock):
    ask(webinar, 20)

    assert Registration.objects.asked().count() == 20
    assert OutboxEntry.objects.filter(kind=host_letters.KIND).count() == 2
