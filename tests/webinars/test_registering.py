from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from courses.models import Enrolment
from lms import outbox
from lms.models import OutboxEntry
from people.models import Membership, User
from tests.factories import enrolled, make_organisation, make_person
from tests.webinars.factories import hold, make_webinar, seat
from webinars import registering, scheduling
from webinars.models import Accommodation, Registration, SeatOffer
from webinars.registering import (
    accept,
    cancel,
    register,
    register_by_address,
    register_for_all,
    seat_waiting,
)

pytestmark = pytest.mark.django_db


def promised(registration, kind="webinars.letter"):
    """The names of the letters (or steps) promised for this place, in order."""
    rows = OutboxEntry.objects.filter(kind=kind, payload__registration=registration.pk)
    return [row.payload.get("letter", row.payload.get("step")) for row in rows.order_by("pk")]


def states(webinar):
    return list(webinar.registrations.order_by("pk").values_list("state", flat=True))


def test_registering_gives_a_seat_and_enrols_in_the_course(person):
    webinar = make_webinar()

    registration = register(person, webinar)

    assert registration.state == "seated"
    enrolment = Enrolment.objects.get(person=person, course=webinar.course)
    assert enrolment.reason == "webinar"
    assert promised(registration) == ["confirmed"]
    assert promised(registration, "webinars.reminder") == ["week", "day", "hour", "live"]


def test_registering_twice_is_registering_once(person):
    webinar = make_webinar()

    assert register(person, webinar) == register(person, webinar)

    assert Registration.objects.count() == Enrolment.objects.count() == 1
    assert OutboxEntry.objects.filter(kind="webinars.letter").count() == 1


def test_who_comes_when_all_seats_are_taken_waits_in_order():
    webinar = make_webinar(capacity=1)
    people = [make_person() for _ in range(4)]

    for someone in people:
        register(someone, webinar)

    assert states(webinar) == ["seated", "waitlisted", "waitlisted", "waitlisted"]
    assert [row.person for row in webinar.registrations.waiting()] == people[1:]
    waiting = Registration.objects.get(person=people[1])
    assert promised(waiting) == ["waitlisted"]
    assert promised(waiting, "webinars.reminder") == []


def test_shortly_before_the_start_a_cancelled_seat_goes_to_the_first_who_waits_at_once():
    webinar = make_webinar(capacity=1, starts_in=timedelta(hours=5))
    first, second, third = (make_person() for _ in range(3))
    for someone in (first, second, third):
        register(someone, webinar)

    assert cancel(first, webinar)

    assert states(webinar) == ["cancelled", "seated", "waitlisted"]
    promoted = Registration.objects.get(person=second)
    assert promised(promoted) == ["waitlisted", "promoted"]
    assert promised(promoted, "webinars.reminder") == ["hour", "live"]
    assert not cancel(first, webinar), "there is nothing left to cancel"


def test_leaving_the_waitlist_seats_nobody():
    webinar = make_webinar(capacity=1)
    first, second = make_person(), make_person()
    register(first, webinar)
    register(second, webinar)

    cancel(second, webinar)

    assert states(webinar) == ["seated", "cancelled"]


def test_who_cancelled_may_come_back_to_a_free_seat(person):
    webinar = make_webinar(capacity=1)
    register(person, webinar)
    cancel(person, webinar)

    registration = register(person, webinar)

    assert registration.state == "seated"
    assert promised(registration) == ["confirmed", "cancelled", "confirmed"]


def test_who_comes_back_to_a_full_session_waits_behind_the_others():
    webinar = make_webinar(capacity=1)
    first, second, third = (make_person() for _ in range(3))
    for someone in (first, second, third):
        register(someone, webinar)
    cancel(first, webinar)

    register(first, webinar)

    assert [row.person for row in webinar.registrations.waiting()] == [third, first]


def test_the_waitlist_keeps_its_order_when_clocks_differ():
    webinar = make_webinar(capacity=1)
    people = [make_person() for _ in range(3)]
    register(people[0], webinar)
    ahead = register(people[1], webinar)
    # Written by a machine whose clock is a minute ahead of ours.
    Registration.objects.filter(pk=ahead.pk).update(
        changed_at=timezone.now() + timedelta(minutes=1)
    )

    register(people[2], webinar)

    assert [row.person for row in webinar.registrations.waiting()] == people[1:]


def test_nobody_overtakes_the_waitlist_when_a_seat_is_free():
    webinar = make_webinar(capacity=1)
    first, second, third = (make_person() for _ in range(3))
    register(first, webinar)
    register(second, webinar)
    webinar.capacity = 2
    webinar.save()

    register(third, webinar)

    assert states(webinar) == ["seated", "offered", "waitlisted"]


class TestOffers:
    """A seat that becomes free is kept for the first who waits, and then for the next."""

    @pytest.fixture
    def webinar(self):
        return make_webinar(capacity=1)

    @pytest.fixture
    def people(self, webinar):
        """The first has given their seat back."""
        people = [make_person() for _ in range(3)]
        for someone in people:
            register(someone, webinar)
        cancel(people[0], webinar)
        return people

    def later(self, hours):
        """Let that much time pass for every open offer."""
        by = timedelta(hours=hours)
        SeatOffer.objects.filter(closed_at=None).update(expires_at=F("expires_at") - by)
        return registering.pass_on_offers(timezone.now())

    def test_the_first_who_waits_is_asked_and_has_a_day(self, webinar, people):
        assert states(webinar) == ["cancelled", "offered", "waitlisted"]
        place = Registration.objects.get(person=people[1])
        assert promised(place) == ["waitlisted", "offered"]
        assert place.offer.expires_at - place.offer.made_at == timedelta(days=1)
        assert promised(place, "webinars.reminder") == []

    def test_taking_it_is_a_seat_like_any_other(self, webinar, people):
        place = accept(people[1], webinar)

        assert accept(people[1], webinar) == place
        assert states(webinar) == ["cancelled", "seated", "waitlisted"]
        assert promised(place)[-1] == "confirmed"
        assert promised(place, "webinars.reminder") == ["week", "day", "hour", "live"]
        assert [row.outcome for row in place.offers.all()] == ["accepted"]
        assert self.later(48) == "0 offers of a seat passed on"

    def test_one_that_ran_out_goes_to_the_next_and_then_to_whoever_comes(self, webinar, people):
        self.later(23)
        assert states(webinar) == ["cancelled", "offered", "waitlisted"]
        self.later(2)
        assert states(webinar) == ["cancelled", "cancelled", "offered"]
        assert promised(Registration.objects.get(person=people[1]))[-1] == "offer-over"
        assert accept(people[1], webinar) is None
        self.later(25)
        assert states(webinar) == ["cancelled", "cancelled", "cancelled"]
        assert register(people[1], webinar).state == "seated"

    def test_giving_it_up_asks_the_next_at_once(self, webinar, people):
        cancel(people[1], webinar)

        assert states(webinar) == ["cancelled", "cancelled", "offered"]
        assert [row.outcome for row in SeatOffer.objects.order_by("pk")] == ["declined", ""]

    def test_one_that_ran_out_is_not_taken_even_before_the_sweep(self, webinar, people):
        SeatOffer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        assert accept(people[1], webinar) is None

    def test_a_kept_seat_is_not_free_for_others(self, webinar, people):
        assert register(make_person(), webinar).state == "waitlisted"

    def test_without_a_limit_everybody_has_a_seat(self, webinar, people):
        webinar.capacity = None
        webinar.save()

        seat_waiting(webinar)

        assert states(webinar) == ["cancelled", "offered", "seated"]

    def test_nobody_else_takes_it(self, webinar, people):
        assert accept(make_person(), webinar) is None
        assert accept(people[2], webinar) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"starts_in": -timedelta(hours=3)}, "over"),
        ({"published": False}, "not open"),
        ({"registration_closes_at": timezone.now() - timedelta(hours=1)}, "closed"),
    ],
)
def test_registration_closes_with_a_reason(person, fields, words):
    webinar = make_webinar(**fields)

    with pytest.raises(ValidationError, match=words):
        register(person, webinar)

    assert not Registration.objects.exists()
    assert not Enrolment.objects.exists()


def test_a_course_that_takes_nobody_new_closes_its_sessions_for_everybody(person):
    webinar = make_webinar()
    known = make_person()
    enrolled(known, webinar.course)
    webinar.course.retired_at = timezone.now()
    webinar.course.save()

    for someone in (person, known):
        with pytest.raises(ValidationError, match="closed"):
            register(someone, webinar)


def test_one_may_still_register_while_it_is_live_and_gets_no_reminder_that_has_passed(person):
    webinar = hold(make_webinar(starts_in=-timedelta(minutes=5)), (0, 10), ended=False)

    registration = register(person, webinar)

    assert registration.state == "seated"
    assert promised(registration, "webinars.reminder") == []


def test_a_late_registrant_skips_the_steps_that_have_passed(person):
    webinar = make_webinar(starts_in=timedelta(hours=3))

    assert promised(register(person, webinar), "webinars.reminder") == ["hour", "live"]


def test_needs_add_up_and_are_asked_once(person):
    webinar = make_webinar()

    register(person, webinar, needs={"cart": "please"})
    register(person, webinar, needs={"cart": "again", "asl": ""})

    asked = Accommodation.objects.order_by("pk").values_list("kind", "note", "state")
    assert list(asked) == [("cart", "please", "asked"), ("asl", "", "asked")]


def test_the_place_remembers_the_organisation_of_the_day(person):
    organisation = make_organisation()
    Membership.objects.create(person=person, organisation=organisation)

    assert register(person, make_webinar()).organisation == organisation


@pytest.mark.parametrize(
    ("starts_in", "kept"), [(timedelta(hours=40), timedelta(hours=10)), (timedelta(hours=3), None)]
)
def test_a_session_that_moves_nearer_keeps_no_seat_until_after_its_start(starts_in, kept):
    """With `fit_offers` taken out of the move, the seat was kept until after the start."""
    webinar = make_webinar(capacity=1)
    first, second = make_person(), make_person()
    register(first, webinar)
    register(second, webinar)
    cancel(first, webinar)

    start = timezone.now() + starts_in
    scheduling.move(webinar, start, start + timedelta(hours=1))

    place = Registration.objects.get(person=second)
    if kept is None:
        assert (place.state, place.offer) == ("seated", None)
        assert OutboxEntry.objects.filter(payload__letter="promoted").count() == 1
        assert OutboxEntry.objects.filter(kind="webinars.reminder", due_at__lte=start).exists()
    else:
        assert place.state == "offered"
        assert abs(place.offer.expires_at - timezone.now() - kept) < timedelta(minutes=1)


def test_a_series_is_registered_for_all_or_not_at_all(person):
    opened = [make_webinar(), make_webinar()]
    closed = make_webinar(published=False)

    with pytest.raises(ValidationError):
        register_for_all(person, [*opened, closed])
    assert not Registration.objects.exists()

    assert len(register_for_all(person, opened)) == 2


def by_address(webinar, email="Rosa@Example.org", **fields):
    fields = {"name": "Rosa Delgado", "language": "es"} | fields
    register_by_address(email, [webinar], **fields)


def test_an_unknown_address_becomes_an_account_without_a_password():
    organisation = make_organisation()

    by_address(make_webinar(), job_role="nurse", organisation=organisation)

    person = User.objects.get()
    assert (person.email, person.name, person.language, person.job_role) == (
        "rosa@example.org",
        "Rosa Delgado",
        "es",
        "nurse",
    )
    assert not person.has_usable_password()
    assert Membership.objects.get(person=person).organisation == organisation
    assert Enrolment.objects.get().organisation == organisation
    assert Registration.objects.get().state == "seated"


def test_a_known_address_keeps_its_own_name_and_organisation():
    known = make_person(email="rosa@example.org", name="Rosa D.", language="en")

    by_address(make_webinar(), organisation=make_organisation())

    known.refresh_from_db()
    assert (known.name, known.language) == ("Rosa D.", "en")
    assert not Membership.objects.exists()
    assert Registration.objects.get().person == known


def test_who_is_registered_already_gets_the_details_again_once_an_hour():
    webinar = make_webinar()

    for _ in range(3):
        by_address(webinar)

    assert promised(Registration.objects.get()) == ["confirmed", "again"]


def test_an_address_that_may_not_sign_in_changes_nothing():
    make_person(email="rosa@example.org", is_active=False)

    by_address(make_webinar())

    assert not Registration.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_a_refused_registration_by_address_leaves_no_account():
    with pytest.raises(ValidationError):
        by_address(make_webinar(published=False))

    assert not User.objects.exists()


@pytest.mark.parametrize("known", ["registered", "barred", "nobody"])
def test_closed_registration_answers_the_same_whatever_we_know_of_an_address(known):
    """Or anybody could ask, once it is closed, who will come."""
    webinar = make_webinar()
    if known != "nobody":
        person = make_person(email="rosa@example.org", is_active=known != "barred")
        seat(person, webinar)
    webinar.registration_closes_at = timezone.now()
    webinar.save()

    with pytest.raises(ValidationError, match="closed"):
        by_address(webinar)


def test_nothing_can_be_cancelled_after_the_end(person):
    webinar = make_webinar(starts_in=timedelta(hours=1))
    seat(person, webinar)
    hold(webinar)

    with pytest.raises(ValidationError, match="over"):
        cancel(person, webinar)


def test_seats_of_a_session_that_is_called_off_go_to_nobody():
    webinar = make_webinar(capacity=1)
    first, second = make_person(), make_person()
    register(first, webinar)
    register(second, webinar)
    webinar.cancelled_at = timezone.now()
    webinar.save()

    cancel(first, webinar)

    assert states(webinar) == ["cancelled", "waitlisted"]


def test_why_closed_is_empty_while_it_is_open():
    assert registering.why_closed(make_webinar()) == ""


def test_the_letters_go_out(person, mailoutbox):
    register(person, make_webinar())

    outbox.work()

    assert [letter.to for letter in mailoutbox] == [[person.email]]
