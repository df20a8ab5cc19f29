"""What people need to take part: asked for, worked through in time, answered."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from lms import outbox
from tests.factories import make_person
from tests.webinars.factories import make_webinar
from webinars import accommodating, rules, scheduling
from webinars.accommodating import answer
from webinars.models import Accommodation
from webinars.registering import cancel, register

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECRET = "Booked Sam's agency, 400 dollars"


def text(response):
    return " ".join(response.content.decode().split())


def work():
    while outbox.work():
        pass


@pytest.fixture
def host(client):
    host = make_person(may_host=True, name="Hannah Ortiz")
    client.force_login(host)
    return host


@pytest.fixture
def need(host, person):
    webinar = make_webinar(starts_in=30 * DAY, hosts=[host])
    register(person, webinar, needs={"asl": "from 1 p.m."})
    return Accommodation.objects.get()


def page(need):
    return reverse("webinars:need", args=[need.registration.webinar.slug, need.pk])


def send(client, need, **fields):
    data = {"state": "arranged", "answer": "Two interpreters come.", "provider_note": SECRET}
    return client.post(page(need), data | fields)


def test_later_letters_say_how_each_request_stands(need, host, mailoutbox):
    """A reminder the day before must not promise to write about what is arranged."""
    accommodating.ask(need.registration, {"cart": ""})
    work()
    answer(need, state="arranged", answer="Two interpreters come.", provider_note=SECRET, by=host)
    work()
    mailoutbox.clear()
    webinar = need.registration.webinar

    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    work()

    (letter,) = mailoutbox
    assert "* American Sign Language interpreter: Arranged. Two interpreters come." in letter.body
    assert "* Live captions by a person (CART): Asked\n" in letter.body
    assert "what is not settled yet" in letter.body
    answer(
        Accommodation.objects.get(kind="cart"),
        state="arranged", answer="", provider_note="", by=host,
    )  # fmt: skip
    webinar.refresh_from_db()
    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    mailoutbox.clear()
    work()
    moved = next(mail for mail in mailoutbox if mail.subject.startswith("New time"))
    assert "what is not settled yet" not in moved.body
    assert SECRET not in moved.body


@pytest.mark.parametrize(
    ("kind", "days", "urgency"),
    [
        ("asl", 30, "calm"),
        ("asl", 20, "soon"),
        ("asl", 13, "late"),
        ("cart", 15, "calm"),
        ("cart", 8, "soon"),
        ("cart", 6, "late"),
        ("other", 0, "late"),
    ],
)
def test_how_pressing_it_is_follows_from_how_long_booking_takes(kind, days, urgency):
    assert rules.urgency(kind, days) == urgency


def test_every_kind_has_a_lead_time():
    assert set(rules.LEAD_DAYS) == set(Accommodation.Kind.values)


def test_hosts_hear_of_a_request_once_with_the_day_by_which_to_book(need, host, mailoutbox):
    register(need.registration.person, need.registration.webinar, needs={"asl": "again"})
    work()

    (letter,) = (letter for letter in mailoutbox if letter.to == [host.email])
    assert letter.subject.startswith("Somebody needs American Sign Language interpreter")
    assert "from 1 p.m." in letter.body
    assert "Book it by" in letter.body
    assert page(need) in letter.body


def test_a_late_request_says_that_it_may_fail(host, person, mailoutbox):
    register(person, make_webinar(starts_in=2 * DAY, hosts=[host]), needs={"cart": ""})
    work()

    (letter,) = (letter for letter in mailoutbox if letter.to == [host.email])
    assert "Booking usually takes longer than there is time." in letter.body


def test_the_person_sees_the_answer_and_gets_it_once_and_nobody_gets_the_note(
    client, need, host, person, mailoutbox
):
    work()
    mailoutbox.clear()

    assert [send(client, need).status_code for _ in range(2)] == [303, 303]
    work()

    (letter,) = mailoutbox
    assert (letter.to, letter.subject) == (
        [person.email],
        "It is arranged: American Sign Language interpreter",
    )
    assert "Two interpreters come." in letter.body
    assert SECRET in client.get(page(need)).context["form"].initial["provider_note"]
    client.force_login(person)
    seen = client.get(need.registration.webinar.get_absolute_url())
    assert "American Sign Language interpreter: Arranged" in text(seen)
    for shown in (letter.body, letter.alternatives[0][0], seen.content.decode()):
        assert "400 dollars" not in shown


def test_a_note_for_staff_alone_writes_to_nobody(client, need, mailoutbox):
    work()
    mailoutbox.clear()

    send(client, need, state="asked", answer="")
    work()

    assert mailoutbox == []
    need.refresh_from_db()
    assert need.provider_note == SECRET


def test_of_two_answers_in_a_row_the_last_is_told(client, need, person, mailoutbox):
    work()
    mailoutbox.clear()

    send(client, need, state="arranging", answer="")
    send(client, need)
    work()

    assert [letter.subject.split(":")[0] for letter in mailoutbox] == ["It is arranged"]


def test_a_refusal_needs_a_reason(client, need, host):
    response = send(client, need, state="declined", answer=" ")

    assert response.status_code == 422
    assert "Say why, and what else might help." in text(response)
    with pytest.raises(ValidationError):
        answer(need, state="declined", answer="", provider_note="", by=host)


def test_who_gave_up_the_place_gets_no_more_letters(client, need, person, mailoutbox):
    send(client, need)
    cancel(person, need.registration.webinar)
    work()

    assert [letter.subject.split(":")[0] for letter in mailoutbox] == [
        "Your registration is cancelled"
    ]


def test_the_worklist_is_sorted_by_the_day_by_which_to_book(client, host, person):
    soon = make_webinar(starts_in=20 * DAY, hosts=[host])
    later = make_webinar(starts_in=25 * DAY, hosts=[host])
    foreign, off = make_webinar(), make_webinar(hosts=[host])
    register(person, soon, needs={"cart": ""})
    for webinar in (later, foreign, off):
        register(person, webinar, needs={"asl": ""})
    scheduling.cancel(off)
    register(make_person(), later, needs={"other": ""})
    Accommodation.objects.filter(kind="other").update(state="arranged")

    needs = client.get(reverse("webinars:needs")).context["needs"]

    assert [row.registration.webinar for row in needs] == [later, soon]


@pytest.mark.parametrize("count", [1, 5])
def test_the_worklist_costs_the_same_for_any_number(client, host, count, django_assert_num_queries):
    webinar = make_webinar(hosts=[host])
    for _ in range(count):
        register(make_person(), webinar, needs={"cart": ""})

    with django_assert_num_queries(3):  # session, person, needs
        client.get(reverse("webinars:needs"))


def test_other_hosts_and_learners_do_not_find_it(client, need):
    other = make_webinar(hosts=[need.registration.webinar.hosts.get()])
    elsewhere = reverse("webinars:need", args=[other.slug, need.pk])
    assert client.get(elsewhere).status_code == 404
    for someone in (make_person(may_host=True), make_person()):
        client.force_login(someone)
        assert client.get(page(need)).status_code == 404
        assert send(client, need).status_code == 404
