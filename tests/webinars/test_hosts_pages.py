"""What hosts schedule and what credit administrators decide, through their pages."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from courses.models import Evidence
from lms.models import OutboxEntry
from lms.sheets import as_csv, guarded
from tests.factories import make_course, make_person
from tests.webinars.factories import be_there, hold, live_item, make_webinar, seat
from webinars import attendance, scheduling
from webinars.attendance import determine
from webinars.models import Determination, PresenceSpan, Webinar
from webinars.room import stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def text(response):
    return " ".join(response.content.decode().split())


def url(name, *args):
    return reverse(f"webinars:{name}", args=args)


@pytest.fixture
def host(client):
    host = make_person(may_host=True, name="Hannah Ortiz")
    client.force_login(host)
    return host


@pytest.fixture
def credit(client):
    credit = make_person(may_credit=True, name="Carmen Duarte")
    client.force_login(credit)
    return credit


def next_year():
    return timezone.localdate().year + 1


def filled(course, host, **fields):
    """The form of a session as a host would send it."""
    return {
        "lesson": f"{course.pk}:{live_item(course)}",
        "title_en": "Data & people",
        "title_es": "Datos y personas",
        "summary_en": "",
        "summary_es": "",
        "day": f"{next_year()}-07-01",
        "begins": "13:00",
        "minutes": "75",
        "zone": "America/Chicago",
        "capacity": "40",
        "closes_on": f"{next_year()}-06-30",
        "languages": ["en", "es"],
        "caption_plan": "cart",
        "interpretation_plan": "request",
        "hosts": [host.pk],
        "policy": scheduling.standard_policy().pk,
        "stage_kind": "youtube",
        "stage_address": "https://youtu.be/dQw4w9WgXcQ",
        "published": "on",
    } | fields


def webinar_course():
    return make_course(lessons=["live"], format="webinar")


# --- Scheduling


def test_a_host_schedules_a_session(client, host):
    course = webinar_course()
    assert "Hannah Ortiz" in text(client.get(url("schedule-new")))

    response = client.post(url("schedule-new"), filled(course, host))

    webinar = Webinar.objects.get()
    assert (response.status_code, response["Location"]) == (303, webinar.get_absolute_url())
    assert webinar.slug == f"data-people-{next_year()}-07-01"
    assert webinar.title == {"en": "Data & people", "es": "Datos y personas"}
    assert webinar.starts_at == datetime(next_year(), 7, 1, 13, tzinfo=ZoneInfo("America/Chicago"))
    assert webinar.minutes == 75
    assert webinar.registration_closes_at == datetime(
        next_year(), 6, 30, 23, 59, tzinfo=ZoneInfo("America/Chicago")
    )
    assert webinar.stage == {"kind": "youtube", "id": "dQw4w9WgXcQ"}
    assert list(webinar.hosts.all()) == [host]
    assert webinar.published_at is not None


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title_en": ""}, "title_en", "This field is required."),
        ({"day": "2020-01-01"}, "day", "This time has passed."),
        ({"day": "9999-12-31", "begins": "23:00"}, "day", "less than or equal to"),
        ({"closes_on": "9999-12-31"}, "closes_on", "less than or equal to"),
        ({"closes_on": "0001-01-01"}, "closes_on", "greater than or equal to"),
        ({"lesson": ""}, "lesson", "This field is required."),
        ({"lesson": "1:made-up"}, "lesson", "Select a valid choice."),
        ({"stage_address": "nonsense"}, "stage_address", "not the address of a YouTube video"),
        ({"hosts": []}, "hosts", "This field is required."),
        ({"caption_plan": ""}, "caption_plan", "Say how this session is captioned"),
        ({"interpretation_plan": ""}, "interpretation_plan", "Say how it is interpreted"),
        ({"opens_on": f"{next_year()}-07-01"}, "closes_on", "The last day is before the first."),
        ({"hosts": ["9" * 30]}, "hosts", "is not one of the available choices"),
        ({"zone": "Mars/Base"}, "zone", "Select a valid choice."),
        ({"minutes": "9999"}, "minutes", "less than or equal to 720"),
    ],
)
def test_a_refused_session_keeps_what_was_typed(client, host, fields, field, words):
    response = client.post(url("schedule-new"), filled(webinar_course(), host, **fields))

    assert response.status_code == 422
    assert words in " ".join(response.context["form"].errors[field])
    assert 'value="Datos y personas"' in text(response)
    assert not Webinar.objects.exists()


def test_a_second_session_of_the_day_needs_its_own_title(client, host):
    course = webinar_course()
    client.post(url("schedule-new"), filled(course, host))

    response = client.post(url("schedule-new"), filled(course, host))

    assert response.status_code == 422
    assert "Another session has this address." in text(response)


def edited(webinar, **fields):
    start = webinar.starts_at.astimezone(ZoneInfo(webinar.zone))
    return {
        "title_en": webinar.title["en"],
        "title_es": webinar.title["es"],
        "day": f"{start:%Y-%m-%d}",
        "begins": f"{start:%H:%M}",
        "minutes": str(webinar.minutes),
        "zone": webinar.zone,
        "capacity": "",
        "languages": ["en"],
        "caption_plan": webinar.caption_plan,
        "interpretation_plan": webinar.interpretation_plan,
        "hosts": [row.pk for row in webinar.hosts.all()],
        "policy": webinar.policy_id,
    } | fields


def test_a_host_moves_a_session_and_gives_it_a_recording(client, host):
    webinar = make_webinar(starts_in=14 * 24 * HOUR, hosts=[host])
    later = webinar.starts_at.astimezone(ZoneInfo(webinar.zone)) + timedelta(days=1)

    response = client.post(
        url("schedule-edit", webinar.slug),
        edited(
            webinar,
            day=f"{later:%Y-%m-%d}",
            recording_kind="link",
            recording_address="https://zoom.us/rec/1",
        ),
    )

    assert response.status_code == 303
    webinar.refresh_from_db()
    assert webinar.starts_at == later.replace(second=0, microsecond=0)
    assert (webinar.minutes, webinar.revision) == (60, 1)
    assert webinar.recording == {"kind": "link", "url": "https://zoom.us/rec/1"}


def test_saving_without_a_change_writes_to_nobody(client, host):
    stage = {"kind": "file", "url": "/media/a.mp4", "captions": {"en": "/media/a.vtt"}}
    webinar = make_webinar(starts_in=14 * 24 * HOUR, hosts=[host], stage=stage)

    client.post(
        url("schedule-edit", webinar.slug),
        edited(webinar, stage_kind="file", stage_address="/media/a.mp4"),
    )

    webinar.refresh_from_db()
    assert webinar.revision == 0
    assert webinar.stage == stage, "captions that the form does not know stay"


def test_the_time_of_a_session_under_way_stands_whatever_the_form_says(client, host):
    webinar = hold(make_webinar(starts_in=-HOUR / 2, hosts=[host]), (0, 1), ended=False)

    response = client.post(
        url("schedule-edit", webinar.slug), edited(webinar, day="2030-01-01", title_en="Live")
    )

    assert response.status_code == 303
    starts_at = webinar.starts_at
    webinar.refresh_from_db()
    assert (webinar.starts_at, webinar.title["en"]) == (starts_at, "Live")


def test_a_number_below_the_seats_taken_is_refused_beside_it(client, host):
    webinar = make_webinar(starts_in=HOUR, hosts=[host])
    for _ in range(2):
        seat(make_person(), webinar)

    response = client.post(url("schedule-edit", webinar.slug), edited(webinar, capacity="1"))

    assert response.status_code == 422
    assert response.context["form"].errors["capacity"] == ["2 seats are taken already."]


def test_calling_off_asks_first_and_says_how_many_are_told(client, host):
    webinar = make_webinar(hosts=[host])
    seat(make_person(), webinar)
    assert "1 person is registered or waiting" in text(client.get(url("call-off", webinar.slug)))

    response = client.post(url("call-off", webinar.slug))

    assert response.status_code == 303
    webinar.refresh_from_db()
    assert webinar.cancelled_at is not None


def test_a_session_that_has_begun_is_not_called_off(client, host):
    webinar = hold(make_webinar(hosts=[host]), (0, 1), ended=False)

    response = client.post(url("call-off", webinar.slug))

    assert response.status_code == 422
    assert "has begun" in text(response)


def again(**fields):
    data = {"day": f"{next_year()}-03-01", "begins": "13:00", "times": "3", "weeks": "2"}
    return data | fields


def test_a_session_is_held_again_in_a_row_without_its_secrets_or_its_people(client, host):
    meeting = {"kind": "link", "url": "https://meeting.example.org/secret"}
    webinar = make_webinar(hosts=[host], stage=meeting, capacity=20, zone="America/Chicago")
    seat(make_person(), webinar)

    response = client.post(url("copy", webinar.slug), again())

    assert response.status_code == 303
    copies = Webinar.objects.exclude(pk=webinar.pk)
    assert copies.count() == 3
    for row in copies:
        assert (row.title, row.minutes, row.capacity) == (webinar.title, webinar.minutes, 20)
        assert (row.stage, row.recording, row.published_at) == ({}, {}, None)
        assert list(row.hosts.all()) == [host]
        assert not row.registrations.exists()
        assert row.starts_at.astimezone(ZoneInfo("America/Chicago")).hour == 13
    assert len({row.uuid for row in copies}) == 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"times": "27"}, "times"), ({"day": "2001-01-01"}, "day"), ({"weeks": "x"}, "weeks")],
)
def test_a_copy_that_makes_no_sense_is_refused(client, host, fields, field):
    response = client.post(url("copy", make_webinar(hosts=[host]).slug), again(**fields))

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Webinar.objects.count() == 1


def test_in_a_rehearsal_everything_works_and_nothing_counts(client, host, person, mailoutbox):
    webinar = make_webinar(starts_in=HOUR, hosts=[host])

    first, second = (client.post(url("rehearse", webinar.slug)) for _ in range(2))

    assert first.url == second.url
    rehearsal = Webinar.objects.get(rehearsal=True)
    assert client.get(first.url).status_code == 200
    with pytest.raises(ValidationError, match="not open for registration"):
        seat(person, rehearsal)
    stage.go_live(rehearsal, host)
    be_there(host, rehearsal, (0, 30))
    stage.end(rehearsal, host)
    attendance.settle_ended_sessions(timezone.now() + 24 * HOUR)
    rehearsal.refresh_from_db()
    attendance.settle(rehearsal)
    assert PresenceSpan.objects.count() == Determination.objects.count() == 0
    assert Evidence.objects.count() == 0
    assert not OutboxEntry.objects.filter(kind__startswith="webinars.").exists()


def test_nobody_else_sees_a_rehearsal(client, host):
    webinar = make_webinar(starts_in=HOUR, hosts=[host])
    client.post(url("rehearse", webinar.slug))
    rehearsal = Webinar.objects.get(rehearsal=True)
    stage.go_live(rehearsal, host)
    assert rehearsal.title["en"] in text(client.get(url("hosting")))

    client.force_login(make_person())
    for page in (rehearsal.get_absolute_url(), rehearsal.room_path, url("rehearse", webinar.slug)):
        assert client.post(page).status_code == 404
        assert client.get(page).status_code == 404
    schedule = client.get(url("schedule"))
    assert list(schedule.context["live"]) == []
    assert rehearsal.slug not in client.get("/sitemap.xml").content.decode()


def test_registration_opens_on_its_day(client, host):
    client.post(
        url("schedule-new"), filled(webinar_course(), host, opens_on=f"{next_year()}-06-01")
    )
    webinar = Webinar.objects.get()

    assert "Registration opens: " in text(client.get(webinar.get_absolute_url()))
    with pytest.raises(ValidationError, match=rf"Registration opens on .*June 1, {next_year()}"):
        seat(make_person(), webinar)
    Webinar.objects.update(registration_opens_at=timezone.now() - HOUR)
    assert seat(make_person(), Webinar.objects.get()).state == "seated"


def test_the_plans_stand_on_the_page_of_the_session(client):
    page = text(client.get(make_webinar(caption_plan="cart").get_absolute_url()))

    assert "A person writes live captions (CART)" in page
    assert "Interpreters on request" in page


def test_only_its_own_hosts_change_a_session(client, host):
    webinar = make_webinar(hosts=[make_person(may_host=True)])

    for name in ("schedule-edit", "call-off"):
        assert client.get(url(name, webinar.slug)).status_code == 404
        assert client.post(url(name, webinar.slug)).status_code == 404


@pytest.mark.parametrize("name", ["schedule-edit", "call-off", "copy"])
def test_hosts_pages_are_not_found_by_others(signed_in, name):
    assert signed_in.get(url(name, make_webinar().slug)).status_code == 404
    assert signed_in.get(url("schedule-new")).status_code == 404


def test_a_host_finds_the_ways_to_change_it_on_its_page(client, host):
    webinar = make_webinar(hosts=[host])

    page = text(client.get(webinar.get_absolute_url()))

    assert url("schedule-edit", webinar.slug) in page
    assert url("call-off", webinar.slug) in page


# --- Attendance


@pytest.fixture
def ended(db):
    webinar = make_webinar(starts_in=HOUR)
    for name in ("Ana", "Ben"):
        seat(make_person(name=name), webinar)
    webinar.starts_at, webinar.ends_at = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    webinar.save()
    return hold(webinar)


def settle_now(webinar):
    return [determine(row) for row in webinar.registrations.order_by("pk")]


def test_the_table_shows_everybody_with_minutes_reasons_and_when_they_were_seen(
    client, credit, ended
):
    ana = ended.registrations.get(person__name="Ana").person
    be_there(ana, ended, (0, 20), (25, 60))
    settle_now(ended)

    page = text(client.get(url("attendance", ended.slug)))

    start = ended.starts_at.astimezone(credit.zone)
    assert f"{start:%-H:%M:%S}–{start + timedelta(minutes=20):%-H:%M:%S}" in page
    assert "55 of 60" in page
    assert "You were there for enough of the session." in page
    assert "We did not see you in the room while it was live." in page


def test_people_are_found_by_name(client, credit, ended):
    page = client.get(url("attendance", ended.slug), {"q": "be"})

    assert [place.person.name for place, _, _ in page.context["rows"]] == ["Ben"]
    assert "Nobody with that name" in text(client.get(url("attendance", ended.slug), {"q": "zoe"}))


@pytest.mark.parametrize("words", ["a " * 1900, "Ana\0"])
def test_no_search_among_the_attendees_breaks_the_page(client, ended, words):
    """PostgreSQL refuses NUL, SQLite a thousand conditions."""
    client.force_login(make_person(may_credit=True))

    assert client.get(url("attendance", ended.slug), {"q": words}).status_code == 200


@pytest.mark.parametrize("count", [1, 5])
def test_the_table_costs_the_same_for_any_number_of_people(
    client, credit, count, django_assert_num_queries
):
    webinar = hold(make_webinar())
    for _ in range(count):
        person = make_person()
        webinar.registrations.create(person=person, state="seated")
        be_there(person, webinar, (0, 60))
    settle_now(webinar)

    # session, person, webinar with policy, count, places, decisions, slices, matches
    with django_assert_num_queries(8):
        client.get(url("attendance", webinar.slug))


@pytest.mark.parametrize("count", [1, 5])
def test_the_file_costs_the_same_for_any_number_of_people(
    client, credit, count, django_assert_num_queries
):
    webinar = hold(make_webinar())
    for _ in range(count):
        webinar.registrations.create(person=make_person(), state="seated")
    settle_now(webinar)

    with django_assert_num_queries(5):  # session, person, webinar, places, decisions
        client.get(url("attendance-csv", webinar.slug))


def test_the_file_guards_names_that_start_a_formula(client, credit):
    webinar = make_webinar()
    seat(make_person(name='=HYPERLINK("https://evil.example")'), webinar)

    response = client.get(url("attendance-csv", webinar.slug))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    content = response.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert rows[1][0] == '\'=HYPERLINK("https://evil.example")'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_starts_a_formula_is_shown_and_not_run(start):
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded("1+1") == "1+1"
    assert "\ufeff" in as_csv(["a"], [])


def test_an_administrator_decides_otherwise_with_a_reason(client, credit, ended):
    settle_now(ended)
    place = ended.registrations.get(person__name="Ben")
    page = url("decide-attendance", ended.slug, place.pk)
    assert "We did not see you" in text(client.get(page))

    response = client.post(page, {"credited": "yes", "minutes": "45", "reason": "Joined by phone."})

    assert (response.status_code, response["Location"]) == (303, url("attendance", ended.slug))
    decided = Determination.objects.get(registration=place, sequence=2)
    assert (decided.credited, decided.minutes, decided.by) == (True, 45, credit)
    client.force_login(place.person)
    page = text(client.get(ended.get_absolute_url()))
    assert "A credit administrator decided this:" in page
    assert "Joined by phone." in page


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"credited": "yes", "minutes": "45", "reason": ""}, "reason", "required"),
        ({"credited": "yes", "minutes": "", "reason": "x"}, "minutes", "at least one minute"),
        ({"credited": "yes", "minutes": "300", "reason": "x"}, "minutes", "longer than"),
        ({"minutes": "45", "reason": "x"}, "credited", "required"),
    ],
)
def test_a_decision_without_its_parts_is_refused(client, credit, ended, typed, field, words):
    place = ended.registrations.first()

    response = client.post(url("decide-attendance", ended.slug, place.pk), typed)

    assert response.status_code == 422
    assert words in " ".join(response.context["form"].errors[field])
    assert not Determination.objects.exists()


def test_a_place_is_looked_up_through_its_session(client, credit, ended):
    other = make_webinar()
    place = ended.registrations.first()

    assert client.get(url("decide-attendance", other.slug, place.pk)).status_code == 404


@pytest.mark.parametrize("may", [{}, {"may_host": True}, {"may_author": True}])
def test_attendance_is_for_credit_administrators_alone(client, ended, may):
    client.force_login(make_person(**may))
    place = ended.registrations.first()

    for page in (
        url("attendance", ended.slug),
        url("attendance-csv", ended.slug),
        url("decide-attendance", ended.slug, place.pk),
    ):
        assert client.get(page).status_code == 404
        assert client.post(page, {"credited": "yes"}).status_code == 404
