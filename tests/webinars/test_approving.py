"""Sessions whose hosts approve each registration: asked, approved, declined, and all at once."""

import time
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from courses.models import Enrolment
from lms import outbox
from lms.models import OutboxEntry
from tests.factories import enrolled, make_person
from tests.races import at_once
from tests.webinars.factories import make_webinar
from webinars import approving, registering, scheduling
from webinars.models import Registration, SeatDecision
from webinars.registering import cancel, register

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"webinars:{name}", args=args)


def text(response):
    return " ".join(response.content.decode().split())


def asking(webinar, **fields):
    return register(make_person(**fields), webinar)


def states(webinar):
    rows = webinar.registrations.order_by("pk")
    return list(rows.values_list("state", flat=True))


@pytest.fixture
def host(client):
    host = make_person(may_host=True)
    client.force_login(host)
    return host


@pytest.fixture
def webinar(host):
    return make_webinar(hosts=[host], needs_approval=True)


# --- Asking


def test_who_asks_takes_no_seat_and_is_told_so(webinar, mailoutbox):
    person = make_person()

    place = register(person, webinar)
    outbox.work()

    assert place.state == "asked"
    assert not Enrolment.objects.exists()
    (letter,) = mailoutbox
    assert letter.subject.startswith("We have your request")
    assert "text/calendar" not in str(letter.message())
    assert not OutboxEntry.objects.filter(kind="webinars.reminder").exists()


def test_the_page_says_that_the_host_decides_and_takes_the_request_back(client, webinar):
    client.force_login(make_person())

    assert "Ask for a place" in text(client.get(url("register", webinar.slug)))
    page = text(client.post(url("register", webinar.slug), follow=True))

    assert "The host has your request." in page
    assert "Take back my request" in page
    client.post(url("cancel", webinar.slug))
    assert states(webinar) == ["cancelled"]


def test_a_stranger_hears_nothing_but_look_at_your_mail(client, webinar):
    client.logout()
    form = {"name": "Rosa Delgado", "email": "rosa@example.org"}

    page = text(client.post(url("register", webinar.slug), form, follow=True))

    assert "The host looks at each request" in page
    assert states(webinar) == ["asked"]


# --- Deciding


def test_the_approved_have_a_seat_a_letter_with_the_calendar_and_reminders(
    webinar, host, mailoutbox
):
    place = asking(webinar)
    outbox.work()
    mailoutbox.clear()

    assert approving.approve(webinar, [place.pk], by=host) == [place]
    outbox.work()

    place.refresh_from_db()
    assert place.state == "seated"
    assert Enrolment.objects.get().person == place.person
    (letter,) = mailoutbox
    assert "the host said yes" in letter.body
    assert "METHOD:REQUEST" in str(letter.message())
    assert OutboxEntry.objects.filter(kind="webinars.reminder").count() == 4


def test_the_declined_get_a_kind_letter_in_their_language(webinar, host, mailoutbox):
    place = asking(webinar, language="es")

    approving.decline(webinar, [place.pk], by=host, words="We plan a second one.")
    outbox.work()

    assert states(webinar) == ["declined"]
    assert "We plan a second one." in mailoutbox[-1].body
    assert SeatDecision.objects.get().words == "We plan a second one."


def test_deciding_twice_decides_once(webinar, host):
    place = asking(webinar)

    for _ in range(2):
        approving.approve(webinar, [place.pk], by=host)
        approving.decline(webinar, [place.pk], by=host)

    assert states(webinar) == ["seated"]
    assert SeatDecision.objects.count() == 1


def test_the_database_takes_one_decision_for_each_time_that_somebody_asked(webinar, host):
    place = asking(webinar)
    approving.approve(webinar, [place.pk], by=host)
    again = {"registration": place, "turn": SeatDecision.objects.get().turn, "by": host}

    with pytest.raises(DatabaseError), transaction.atomic():
        SeatDecision.objects.create(approved=False, **again)


def test_the_declined_stay_so_until_a_host_thinks_again(webinar, host):
    person = make_person()
    place = register(person, webinar)
    approving.decline(webinar, [place.pk], by=host)

    assert register(person, webinar).state == "declined"
    approving.approve(webinar, [place.pk], by=host)

    assert states(webinar) == ["seated"]
    assert list(SeatDecision.objects.order_by("pk").values_list("approved", flat=True)) == [
        False,
        True,
    ]


def test_who_takes_a_request_back_may_ask_again_and_is_decided_on_anew(webinar, host):
    person = make_person()
    place = register(person, webinar)
    approving.approve(webinar, [place.pk], by=host)
    cancel(person, webinar)

    assert register(person, webinar).state == "asked"
    approving.approve(webinar, [place.pk], by=host)

    assert states(webinar) == ["seated"]
    assert SeatDecision.objects.count() == 2


def test_those_approved_beyond_the_seats_wait_in_the_order_in_which_they_asked(host):
    webinar = make_webinar(hosts=[host], needs_approval=True, capacity=2)
    places = [asking(webinar) for _ in range(4)]

    approving.approve(webinar, [place.pk for place in reversed(places)], by=host)

    assert states(webinar) == ["seated", "seated", "waitlisted", "waitlisted"]
    assert list(webinar.registrations.waiting()) == places[2:]
    cancel(places[0].person, webinar)
    assert states(webinar) == ["cancelled", "seated", "offered", "waitlisted"]


def test_when_hosts_no_longer_approve_whoever_asked_gets_a_place(webinar, host):
    for _ in range(3):
        asking(webinar)
    same = {"starts_at": webinar.starts_at, "ends_at": webinar.ends_at}

    scheduling.change(webinar, **same, hosts=[host], published=True, needs_approval=False,
                      capacity=2)  # fmt: skip

    assert states(webinar) == ["seated", "seated", "waitlisted"]


@pytest.mark.parametrize("field", ["cancelled_at", "ended_at"])
def test_nothing_is_decided_once_it_is_over(webinar, host, field):
    place = asking(webinar)
    setattr(webinar, field, timezone.now())
    webinar.save()

    with pytest.raises(ValidationError):
        approving.approve(webinar, [place.pk], by=host)


def test_who_asks_hears_of_a_new_time_and_of_a_session_called_off(webinar, mailoutbox):
    asking(webinar)
    outbox.work()
    mailoutbox.clear()
    day = timedelta(days=1)

    scheduling.move(webinar, webinar.starts_at + day, webinar.ends_at + day)
    outbox.work()
    scheduling.cancel(webinar)
    outbox.work()

    moved, off = mailoutbox
    assert "Your request stays with the host." in moved.body
    assert "out of your calendar" not in off.body
    assert "text/calendar" not in str(moved.message()) + str(off.message())


# --- The host's page


def test_a_host_approves_and_declines_several_at_once(client, webinar):
    first, second, third, fourth = (asking(webinar) for _ in range(4))
    address = url("people", webinar.slug)

    chosen = {"verdict": "approve", "places": [first.pk, second.pk]}
    page = text(client.post(address, chosen, follow=True))
    assert "2 people have a seat now." in page
    client.post(address, {"verdict": "decline", "places": [third.pk], "words": "Next time."})
    assert "1 person who asks" in text(client.get(address))
    client.post(address, {"verdict": "approve-all"})

    assert states(webinar) == ["seated", "seated", "declined", "seated"]
    assert fourth.pk in SeatDecision.objects.values_list("registration", flat=True)


def test_without_a_tick_it_is_refused_and_the_words_stay(client, webinar):
    asking(webinar)

    response = client.post(
        url("people", webinar.slug), {"verdict": "decline", "words": "We are sorry, Rosa."}
    )

    assert response.status_code == 422
    assert "Tick the people first." in text(response)
    assert "We are sorry, Rosa." in text(response)


def test_people_of_another_session_cannot_be_chosen(client, webinar):
    elsewhere = asking(make_webinar(needs_approval=True))

    response = client.post(
        url("people", webinar.slug), {"verdict": "approve", "places": [elsewhere.pk]}
    )

    assert response.status_code == 422
    elsewhere.refresh_from_db()
    assert elsewhere.state == "asked"


def test_the_hosts_list_says_how_many_ask(client, webinar):
    asking(webinar)

    assert "1 asks for a place" in text(client.get(reverse("webinars:hosting")))


def test_it_is_chosen_in_the_form_of_the_session(client, webinar, host):
    page = text(client.get(url("schedule-edit", webinar.slug)))

    assert 'name="needs_approval"' in page
    assert 'id="id_needs_approval" checked' in page or 'checked id="id_needs_approval"' in page


# --- Races


def meeting(monkeypatch, hands=2):
    """Whoever has counted the free seats waits here for the others: without a lock they all count
    the same, with it nobody comes until the first is done."""
    met, count = Barrier(hands), registering._free_seats

    def counted(locked):
        free = count(locked)
        try:
            met.wait(0.4)
        except BrokenBarrierError:
            met.reset()
        return free

    monkeypatch.setattr(registering, "_free_seats", counted)


@pytest.mark.django_db(transaction=True)
def test_two_hosts_and_the_last_seat(monkeypatch):
    """With `select_for_update` taken out of `lock_session`, both had a seat (PostgreSQL)."""
    hosts = [make_person(may_host=True) for _ in range(2)]
    webinar = make_webinar(hosts=hosts, needs_approval=True, capacity=1)
    places = [asking(webinar), asking(webinar)]
    for place in places:  # else enrolling, which locks the course, would line them up
        enrolled(place.person, webinar.course)
    meeting(monkeypatch)

    outcomes = at_once(
        *(
            lambda p=place, h=host: approving.approve(webinar, [p.pk], by=h)
            for place, host in zip(places, hosts, strict=True)
        )
    )

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert sorted(states(webinar)) == ["seated", "waitlisted"]


@pytest.mark.django_db(transaction=True)
def test_approving_one_person_many_times_at_once_is_one_seat_and_one_letter():
    """With the lock taken out, the constraint refused the others: their hosts saw an error
    (PostgreSQL)."""
    host = make_person(may_host=True)
    webinar = make_webinar(hosts=[host], needs_approval=True)
    place = asking(webinar)

    outcomes = at_once(*[lambda: approving.approve(webinar, [place.pk], by=host)] * 4)

    assert sorted(len(one) for one in outcomes) == [0, 0, 0, 1]
    letters = OutboxEntry.objects.filter(payload__letter="confirmed")
    assert (states(webinar), letters.count()) == (["seated"], 1)


@pytest.mark.django_db(transaction=True)
def test_approving_while_the_person_takes_the_request_back(monkeypatch):
    """One comes first. With the lock taken out, a place that was taken back had a seat: the row
    was read as asked, and written as seated after it was cancelled (PostgreSQL)."""
    host = make_person(may_host=True)
    webinar = make_webinar(hosts=[host], needs_approval=True, capacity=3)
    place = asking(webinar)
    read, count = Event(), registering._free_seats

    def counted(locked):
        """After the row was read as asked: time for the other one to write, were there no lock."""
        if not read.is_set():
            read.set()
            time.sleep(0.4)
        return count(locked)

    def cancelled():
        return read.wait(10) and cancel(place.person, webinar)

    monkeypatch.setattr(registering, "_free_seats", counted)

    outcomes = at_once(lambda: approving.approve(webinar, [place.pk], by=host), cancelled)

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    # Approved first, then cancelled: the later word is the person's.
    assert states(webinar) == ["cancelled"]
    assert Registration.objects.get().turn == 2
