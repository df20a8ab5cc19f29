"""The schedule, one session, registering and giving back, calendar files: as people see them."""

import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import Enrolment, Series
from lms import outbox
from people.models import Membership, User
from tests.factories import both, make_organisation, make_person
from tests.webinars.factories import be_there, hold, make_webinar, seat
from webinars import invitations, registering, scheduling
from webinars.attendance import determine
from webinars.models import Accommodation, Registration, SeatOffer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def url(name, webinar=None):
    return reverse(f"webinars:{name}", args=[webinar.slug] if webinar else [])


def text(response):
    return " ".join(response.content.decode().split())


def over(webinar, **fields):
    webinar.starts_at, webinar.ends_at = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    for name, value in fields.items():
        setattr(webinar, name, value)
    webinar.save()
    return hold(webinar)


# --- The schedule


def test_the_schedule_shows_what_is_live_what_is_coming_and_what_was(client):
    live = hold(make_webinar(starts_in=-HOUR / 2), (0, 1), ended=False)
    coming = make_webinar()
    recorded = over(make_webinar(), recording={"kind": "youtube", "id": "dQw4w9WgXcQ"})
    draft = make_webinar(published=False)
    off = make_webinar()
    scheduling.cancel(off)

    response = client.get(url("schedule"))

    assert [list(response.context[name]) for name in ("live", "upcoming", "past")] == [
        [live],
        [coming],
        [recorded],
    ]
    assert draft.title["en"] not in text(response)
    assert off.title["en"] not in text(response)
    assert "Recording" in text(response)


def test_what_was_left_on_for_hours_is_no_longer_shown_as_live(client):
    """Where no worker runs, nobody ends what hosts forget."""
    left_on = hold(make_webinar(starts_in=-5 * HOUR), (0, 1), ended=False)
    late = make_webinar(starts_in=-5 * HOUR)
    late.state = "live"
    late.save()
    late.windows.create(opened_at=timezone.now() - HOUR / 4)  # began after its planned end

    assert list(client.get(url("schedule")).context["live"]) == [late]
    assert "Live now" not in text(client.get(url("webinar", left_on)))


def test_without_languages_there_is_no_label_for_them(client):
    assert "<dt>Language</dt>" in text(client.get(url("webinar", make_webinar())))
    assert "<dt>Language</dt>" not in text(client.get(url("webinar", make_webinar(languages=[]))))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("renew-calendar", []),
        *[(act, []) for act in ("change-state", "host-say", "write-poll", "ask", "say")],
        *[(act, [1]) for act in ("remove-message", "moderate", "run-poll", "vote-poll")],
    ],
)
def test_what_only_takes_posts_asks_who_you_are_first(client, name, more):
    webinar = make_webinar()
    at = [] if name == "renew-calendar" else [webinar.slug, *more]

    response = client.get(reverse(f"webinars:{name}", args=at))

    assert (response.status_code, "login" in response.url) == (302, True)


def test_hosts_see_their_drafts_marked(client):
    make_webinar(published=False)
    client.force_login(make_person(may_host=True))

    page = text(client.get(url("schedule")))

    assert "Draft" in page
    assert url("schedule-new") in page


def test_an_empty_schedule_says_what_to_do_next(client):
    page = text(client.get(url("schedule")))

    assert "No session is scheduled right now" in page
    assert reverse("courses:catalogue") in page


def test_times_are_in_the_readers_zone_and_the_hosts(client):
    make_webinar()
    client.force_login(make_person(time_zone="America/Los_Angeles"))

    page = text(client.get(url("schedule")))

    assert "Pacific Time" in page
    assert "Host’s time:" in page
    assert "Eastern Time" in page


def test_signed_out_readers_get_the_hosts_zone(client):
    webinar = make_webinar(zone="America/Chicago")

    for page in (url("schedule"), url("webinar", webinar)):
        shown = text(client.get(page))
        assert "Central Time" in shown
        assert "Host’s time" not in shown


@pytest.mark.parametrize("count", [1, 5])
def test_the_schedule_costs_the_same_for_any_number_of_sessions(
    signed_in, person, count, django_assert_num_queries
):
    for _ in range(count):
        seat(person, make_webinar())
        over(make_webinar())
        hold(make_webinar(starts_in=-HOUR / 2), (0, 1), ended=False)

    # session, person, live, upcoming, past: count and rows, renewals of the calendar link
    with django_assert_num_queries(7):
        signed_in.get(url("schedule"))


def test_the_sitemap_names_published_sessions_in_both_languages(client):
    webinar, draft = make_webinar(), make_webinar(published=False)

    page = text(client.get("/sitemap.xml"))

    assert f"{webinar.get_absolute_url()}</loc>" in page
    assert f"/es{webinar.get_absolute_url()}</loc>" in page
    assert f"{url('schedule')}</loc>" in page
    assert draft.slug not in page


# --- One session


@pytest.mark.parametrize("count", [1, 5])
def test_a_session_costs_the_same_for_any_number_of_people(
    signed_in, person, count, django_assert_num_queries
):
    webinar = make_webinar()
    seat(person, webinar)
    for _ in range(count):
        seat(make_person(), webinar)

    # session, person, webinar, place, decisions, needs, role in the room
    with django_assert_num_queries(7):
        signed_in.get(url("webinar", webinar))


def test_a_draft_is_not_found_by_the_public(client):
    webinar = make_webinar(published=False)

    for name in ("webinar", "register", "registered", "calendar-file"):
        assert client.get(url(name, webinar)).status_code == 404


def test_somebody_with_a_seat_is_told_when_the_room_opens_and_how_to_cancel(signed_in, person):
    webinar = make_webinar()
    seat(person, webinar)

    page = text(signed_in.get(url("webinar", webinar)))

    assert "You are registered" in page
    assert "The room opens: " in page
    assert url("cancel", webinar) in page
    assert f'href="{webinar.room_path}"' not in page


@pytest.mark.parametrize("live", [False, True])
def test_the_way_in_is_shown_near_the_start_and_while_it_is_live(signed_in, person, live):
    webinar = make_webinar(starts_in=timedelta(minutes=20))
    seat(person, webinar)
    if live:
        hold(webinar, (0, 1), ended=False)

    assert f'href="{webinar.room_path}"' in text(signed_in.get(url("webinar", webinar)))


def test_who_waits_is_told_so(signed_in, person):
    webinar = make_webinar(capacity=1)
    seat(make_person(), webinar)
    seat(person, webinar)

    page = text(signed_in.get(url("webinar", webinar)))

    assert "You are on the waitlist" in page
    assert "Leave the waitlist" in page


def test_strangers_are_invited_and_see_the_seats(client):
    webinar = make_webinar(capacity=2)
    seat(make_person(), webinar)

    page = text(client.get(url("webinar", webinar)))

    assert "1 left" in page
    assert url("register", webinar) in page


def test_my_minutes_and_why_are_there_after_the_end(signed_in, person):
    webinar = make_webinar(starts_in=HOUR)
    registration = seat(person, webinar)
    over(webinar)
    be_there(person, webinar, (0, 30))
    page = text(signed_in.get(url("webinar", webinar)))
    assert "We are adding up the minutes" in page

    determine(registration)
    page = text(signed_in.get(url("webinar", webinar)))

    assert "No credit" in page
    assert "30 minutes" in page
    assert "You were there for less of the session than credit asks for." in page


def test_credit_leads_on_to_the_course(signed_in, person):
    webinar = make_webinar(starts_in=HOUR)
    registration = seat(person, webinar)
    over(webinar)
    be_there(person, webinar, (0, 60))
    determine(registration)

    page = text(signed_in.get(url("webinar", webinar)))

    assert "Credit given" in page
    assert f'href="{webinar.course.get_absolute_url()}"' in page


def test_nobody_sees_the_minutes_of_another(client, person):
    webinar = make_webinar(starts_in=HOUR)
    registration = seat(person, webinar)
    over(webinar)
    be_there(person, webinar, (0, 37))
    determine(registration)
    client.force_login(make_person())

    page = text(client.get(url("webinar", webinar)))

    assert "37 minutes" not in page
    assert "You were not registered for this session." in page


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        (
            {"kind": "youtube", "id": "dQw4w9WgXcQ"},
            'src="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"',
        ),
        (
            {"kind": "file", "url": "/media/a.mp4", "captions": {"es": "/media/a.es.vtt"}},
            'src="/media/a.es.vtt"',
        ),
        ({"kind": "link", "url": "https://zoom.us/rec/1"}, 'href="https://zoom.us/rec/1"'),
    ],
)
def test_the_recording_is_on_the_page_of_the_session(client, recording, words):
    webinar = over(make_webinar(), recording=recording)

    assert words in text(client.get(url("webinar", webinar)))


def test_a_session_that_was_called_off_says_so(client):
    webinar = make_webinar()
    scheduling.cancel(webinar)

    page = text(client.get(url("webinar", webinar)))

    assert "Called off" in page
    assert url("register", webinar) not in page


def test_a_session_that_nobody_began_says_so(signed_in, person):
    webinar = make_webinar(starts_in=HOUR)
    seat(person, webinar)
    webinar.starts_at, webinar.ends_at = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    webinar.save()

    assert "has not begun" in text(signed_in.get(url("webinar", webinar)))


# --- Registering, signed in


def test_people_we_know_register_with_one_press(signed_in, person):
    webinar = make_webinar()

    response = signed_in.post(url("register", webinar))

    assert (response.status_code, response["Location"]) == (303, webinar.get_absolute_url())
    assert Registration.objects.get().person == person
    assert "You are registered." in text(signed_in.get(response["Location"]))


def test_where_people_work_and_what_they_do_is_filled_in(signed_in, person):
    home, elsewhere = (make_organisation(kind="community") for _ in range(2))
    Membership.objects.create(person=person, organisation=home)
    User.objects.filter(pk=person.pk).update(job_role="nurse")
    webinar = make_webinar()

    page = text(signed_in.get(url("register", webinar)))

    assert f'<option value="{home.pk}" selected>' in page
    assert '<option value="nurse" selected>' in page
    signed_in.post(url("register", webinar), {"organisation": elsewhere.pk, "job_role": "educator"})
    assert Registration.objects.get().organisation == elsewhere
    person.refresh_from_db()
    assert person.job_role == "educator"
    assert person.memberships.get().organisation == home, "for this session alone"


def test_needs_are_asked_for_with_their_lead_times(signed_in):
    webinar = make_webinar()
    page = text(signed_in.get(url("register", webinar)))
    assert "2 to 3 weeks" in page
    assert "about 1 week" in page

    signed_in.post(url("register", webinar), {"needs": ["cart", "interpreter"], "note": "Tigrinya"})

    asked = Accommodation.objects.order_by("kind").values_list("kind", "note")
    assert list(asked) == [("cart", "Tigrinya"), ("interpreter", "Tigrinya")]


def test_a_note_alone_is_a_need_too(signed_in):
    signed_in.post(url("register", make_webinar()), {"note": "I lip-read."})

    assert Accommodation.objects.get().kind == "other"


def test_a_full_session_offers_the_waitlist(signed_in):
    webinar = make_webinar(capacity=1)
    seat(make_person(), webinar)
    assert "Join the waitlist" in text(signed_in.get(url("register", webinar)))

    response = signed_in.post(url("register", webinar), follow=True)

    assert "All seats are taken, so you are on the waitlist." in text(response)


def test_a_closed_registration_is_refused_with_the_reason(signed_in):
    webinar = over(make_webinar())

    assert "This session is over." in text(signed_in.get(url("register", webinar)))
    response = signed_in.post(url("register", webinar))

    assert response.status_code == 422
    assert "This session is over." in text(response)
    assert not Registration.objects.exists()


def test_registering_in_the_middle_of_htmx_leaves_the_page(signed_in, htmx):
    webinar = make_webinar()

    response = signed_in.post(url("register", webinar), headers=htmx)

    assert response["HX-Redirect"] == webinar.get_absolute_url()


# --- Registering, signed out

ROSA = {"name": "Rosa Delgado", "email": "rosa@example.org", "organisation": "", "job_role": ""}


def test_anybody_registers_with_name_and_address(client, mailoutbox):
    webinar, organisation = make_webinar(), make_organisation(kind="community")

    response = client.post(
        url("register", webinar),
        ROSA | {"organisation": organisation.pk, "job_role": "nurse", "needs": ["asl"]},
    )

    assert (response.status_code, response["Location"]) == (303, url("registered", webinar))
    person = User.objects.get()
    assert (person.name, person.job_role) == ("Rosa Delgado", "nurse")
    assert Registration.objects.get().organisation == organisation
    assert "sessionid" not in client.cookies, "nobody is signed in by an address alone"
    page = text(client.get(response["Location"]))
    assert "Look at your e-mail" in page
    assert "Sign in with a code now" in page
    outbox.work()
    assert mailoutbox[0].to == ["rosa@example.org"]


def test_the_answer_is_the_same_whatever_we_know_of_an_address(client):
    """Unknown, known, seated, waiting or barred: a stranger learns nothing."""
    webinar = make_webinar(capacity=2)
    seat(make_person(email="seated@example.org"), webinar)
    seat(make_person(), webinar)
    seat(make_person(email="waiting@example.org"), webinar)
    make_person(email="known@example.org")
    make_person(email="barred@example.org", is_active=False)

    answers = set()
    for name in ("unknown", "known", "seated", "waiting", "barred"):
        response = client.post(url("register", webinar), ROSA | {"email": f"{name}@example.org"})
        page = client.get(response["Location"]).content.decode()
        page = re.sub(r'nonce="[^"]+"|csrfmiddlewaretoken" value="[^"]+"|CSRFToken[^}]+', "", page)
        answers.add((response.status_code, response["Location"], page))

    assert len(answers) == 1


def test_what_was_typed_stays_when_something_is_wrong(client):
    response = client.post(
        url("register", make_webinar()),
        ROSA | {"email": "rosa@", "needs": ["asl"], "note": "Two interpreters, please."},
    )

    assert response.status_code == 422
    page = text(response)
    assert 'value="Rosa Delgado"' in page
    assert 'value="rosa@"' in page
    assert "Two interpreters, please." in page
    assert "Enter a valid email address." in page
    assert re.search(r'name="needs" value="asl"[^>]*checked', page)
    assert not User.objects.exists()


def test_a_guest_comes_in_by_code_with_the_same_address(client, mailoutbox):
    """The whole way: register, ask for a code, type it, and the seat is there."""
    webinar = make_webinar()
    client.post(url("register", webinar), ROSA)
    outbox.work()
    mailoutbox.clear()

    client.post(reverse("account_request_login_code"), {"email": "rosa@example.org"})
    outbox.work()
    (letter,) = mailoutbox
    code = re.search(r"\b([A-Z0-9]{3}-?[A-Z0-9]{3})\b", letter.body)[1]
    client.post(reverse("account_confirm_login_code"), {"code": code})

    assert "You are registered" in text(client.get(url("webinar", webinar)))


def test_the_page_after_registering_is_in_spanish_under_es(client):
    response = client.post(f"/es{url('register', make_webinar())}", ROSA)

    assert response["Location"].startswith("/es/")
    assert User.objects.get().language == "es"


# --- A series


@pytest.fixture
def series():
    series = Series.objects.create(
        slug="equity", title=both("Equity"), summary=both("Four sessions"), needed=2
    )
    for position in (1, 2, 3):
        webinar = make_webinar()
        series.members.create(course=webinar.course, position=position)
    return series


def sessions_of(series):
    return [member.course.webinars.get() for member in series.members.all()]


def test_a_series_is_registered_with_one_form(signed_in, person, series):
    first, second, _third = sessions_of(series)
    page = reverse("webinars:register-series", args=[series.slug])
    assert text(signed_in.get(page)).count('name="sessions"') == 3

    response = signed_in.post(page, {"sessions": [first.slug, second.slug]})

    assert response.status_code == 303
    assert {row.webinar for row in Registration.objects.all()} == {first, second}
    assert Enrolment.objects.filter(person=person).count() == 2


def test_of_a_lesson_held_twice_the_next_session_is_ticked(client, series):
    first, second, third = sessions_of(series)
    again = make_webinar(course=first.course, starts_in=timedelta(days=30), capacity=1)
    seat(make_person(), again)

    response = client.get(reverse("webinars:register-series", args=[series.slug]))

    ticked = response.context["form"].fields["sessions"].initial
    assert set(ticked) == {first.slug, second.slug, third.slug}
    assert text(response).count("(waitlist)") == 1


def test_a_series_needs_one_session_at_least(client, series):
    response = client.post(reverse("webinars:register-series", args=[series.slug]), ROSA)

    assert response.status_code == 422
    assert "Choose at least one session." in text(response)
    assert 'value="Rosa Delgado"' in text(response)


def test_strangers_register_for_a_series_by_address(client, series):
    slugs = [webinar.slug for webinar in sessions_of(series)]

    response = client.post(
        reverse("webinars:register-series", args=[series.slug]), ROSA | {"sessions": slugs}
    )

    assert response["Location"] == reverse("webinars:series-registered", args=[series.slug])
    assert Registration.objects.count() == 3
    assert "Look at your e-mail" in text(client.get(response["Location"]))


def test_a_series_without_dates_says_so(client, series):
    for webinar in sessions_of(series):
        over(webinar)

    page = text(client.get(reverse("webinars:register-series", args=[series.slug])))

    assert "No session of this series is open for registration" in page


# --- Giving back


def test_a_seat_is_given_back_after_one_question(signed_in, person):
    webinar = make_webinar()
    seat(person, webinar)
    assert "Cancel your registration?" in text(signed_in.get(url("cancel", webinar)))

    response = signed_in.post(url("cancel", webinar))

    assert (response.status_code, response["Location"]) == (303, webinar.get_absolute_url())
    assert Registration.objects.get().state == "cancelled"
    assert signed_in.post(url("cancel", webinar)).status_code == 404


def test_a_seat_cannot_be_given_back_after_the_end(signed_in, person):
    webinar = make_webinar()
    seat(person, webinar)
    over(webinar)

    response = signed_in.post(url("cancel", webinar))

    assert response.status_code == 422
    assert "This session is over" in text(response)


def test_giving_back_asks_who_you_are(client):
    response = client.get(url("cancel", make_webinar()))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


# --- Calendar files


def test_the_calendar_file_is_public(client):
    webinar = make_webinar()

    response = client.get(url("calendar-file", webinar))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    assert str(event["UID"]) == str(webinar.uuid)


def test_the_feed_needs_no_sign_in_but_its_secret(client, person):
    webinar = make_webinar()
    seat(person, webinar)

    response = client.get(invitations.feed_url(person).split("8000", 1)[-1])

    assert response.status_code == 200
    assert str(webinar.uuid) in response.content.decode()


def test_an_old_feed_link_says_what_to_do(signed_in, person):
    old = invitations.feed_url(person)
    response = signed_in.post(url("renew-calendar"))
    assert response.status_code == 303

    gone = signed_in.get(old.split("8000", 1)[-1])

    assert gone.status_code == 404
    assert "This calendar link is no longer valid" in text(gone)
    assert invitations.feed_url(person) in text(signed_in.get(url("schedule")))


# --- A seat that is kept


@pytest.fixture
def kept(person):
    """A session with a seat that is kept for `person`."""
    webinar, first = make_webinar(capacity=1), make_person()
    seat(first, webinar)
    seat(person, webinar)
    registering.cancel(first, webinar)
    return webinar


def test_a_seat_that_is_kept_is_taken_with_one_press(signed_in, person, kept):
    assert "A seat is kept for you" in text(signed_in.get(url("webinar", kept)))
    assert "Take the seat" in text(signed_in.get(url("schedule")))
    assert "It is yours if you take it by" in text(signed_in.get(url("offer", kept)))

    first, again = (signed_in.post(url("offer", kept)) for _ in range(2))

    assert (first.status_code, again.status_code) == (303, 303)
    assert Registration.objects.get(person=person).state == "seated"
    assert signed_in.get(url("offer", kept)).status_code == 303


def test_until_when_a_seat_is_kept_is_said_in_the_persons_zone(signed_in, person, kept):
    person.time_zone = "America/Denver"
    person.save()

    for page in (url("webinar", kept), url("offer", kept)):
        shown = text(signed_in.get(page))
        assert "Mountain Time. After that it goes to the next person who waits." in shown
        assert ".m.." not in shown


def test_who_waits_or_asks_may_ask_for_what_they_need_all_the_same(signed_in, person, kept):
    asked = make_webinar(needs_approval=True)
    seat(person, asked)

    for webinar in (kept, asked):
        assert f"{url('register', webinar)}#needs" in text(signed_in.get(url("webinar", webinar)))
        signed_in.post(url("register", webinar), {"needs": ["asl"]})

    states = Accommodation.objects.values_list("registration__state", flat=True)
    assert sorted(states) == ["asked", "offered"]


def test_the_form_says_until_when_to_ask_for_what(client):
    """Interpreters take two weeks, captions one; the day is that of the session's own zone."""
    start = datetime(timezone.now().year + 1, 6, 20, 2, 0, tzinfo=UTC)  # June 19 in New York
    ahead = text(client.get(url("register", make_webinar(starts_at=start))))
    assert f"American Sign Language interpreter (ask by June 5, {start.year})" in ahead
    assert f"Live captions by a person (CART) (ask by June 12, {start.year})" in ahead

    soon = text(client.get(url("register", make_webinar(starts_in=timedelta(days=10)))))
    assert "American Sign Language interpreter (late for this session; ask anyway)" in soon


def test_a_seat_that_is_kept_no_longer_says_so(signed_in, person, kept):
    SeatOffer.objects.update(expires_at=timezone.now() - HOUR)

    response = signed_in.post(url("offer", kept))

    assert (response.status_code, signed_in.get(url("offer", kept)).status_code) == (422, 200)
    assert "This seat is kept no longer" in text(response)


def test_without_a_place_there_is_no_offer(signed_in, kept):
    signed_in.force_login(make_person())
    assert signed_in.get(url("offer", kept)).status_code == 404
