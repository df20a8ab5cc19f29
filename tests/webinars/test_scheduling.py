from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from lms.models import OutboxEntry
from lms.zones import spoken, spoken_for
from people.models import AuditEntry
from tests.factories import make_course, make_person
from tests.webinars.factories import hold, live_item, make_webinar, seat
from webinars import scheduling
from webinars.forms import moment, shown
from webinars.models import CreditPolicy
from webinars.room import setup

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_session_belongs_to_a_live_lesson_of_a_published_course():
    course = make_course(lessons=["page", "live"])
    page, _live = (row["uuid"] for row in course.current.document["modules"][0]["lessons"])

    with pytest.raises(ValidationError, match="live lesson"):
        make_webinar(course=course, item=page)
    assert make_webinar(course=course).item == live_item(course)


def test_the_standard_policy_is_made_once():
    assert scheduling.standard_policy() == scheduling.standard_policy()
    assert CreditPolicy.objects.get(name="Standard").share_percent == 80


@pytest.mark.parametrize("slug", ["taken", "new"])
def test_an_address_is_used_once_and_never_for_a_form(slug):
    make_webinar(slug="taken")

    with pytest.raises(ValidationError, match="Another session"):
        make_webinar(slug=slug)


def test_a_move_grows_the_revision_and_writes_new_reminders(person):
    webinar = make_webinar(registration_closes_at=timezone.now() + 10 * DAY)
    registration = seat(person, webinar)
    starts_at, ends_at = webinar.starts_at + DAY, webinar.ends_at + DAY

    assert scheduling.move(webinar, starts_at, ends_at, by=person)
    assert not scheduling.move(webinar, starts_at, ends_at)

    before = webinar.registration_closes_at
    webinar.refresh_from_db()
    assert (webinar.revision, webinar.starts_at) == (1, starts_at)
    assert webinar.registration_closes_at == before + DAY
    steps = OutboxEntry.objects.filter(kind="webinars.reminder", payload__revision=1)
    assert steps.count() == 4
    assert steps.get(payload__step="day").due_at == starts_at - DAY
    assert OutboxEntry.objects.filter(key=f"{registration.pk}:moved:1").exists()
    assert AuditEntry.objects.get(verb="webinar.moved").actor == person


def test_what_has_begun_or_was_called_off_cannot_move():
    begun = hold(make_webinar(), ended=False)
    off = make_webinar()
    scheduling.cancel(off)

    for webinar in (begun, off):
        with pytest.raises(ValidationError):
            scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    with pytest.raises(ValidationError, match="begun"):
        scheduling.cancel(begun)


def test_a_session_ends_after_it_begins():
    with pytest.raises(ValidationError):
        make_webinar(minutes=0)


def change(webinar, **fields):
    return scheduling.change(
        webinar,
        **{
            "starts_at": webinar.starts_at,
            "ends_at": webinar.ends_at,
            "hosts": [],
            "published": True,
        }
        | fields,
    )


def test_more_seats_go_to_those_who_wait():
    webinar = make_webinar(capacity=1)
    people = [make_person() for _ in range(4)]
    for someone in people:
        seat(someone, webinar)

    change(webinar, capacity=3)

    places = webinar.registrations.order_by("pk").values_list("state", flat=True)
    assert list(places) == ["seated", "offered", "offered", "waitlisted"]


def test_nobody_loses_a_seat_to_a_smaller_number():
    webinar = make_webinar(capacity=3)
    for _ in range(2):
        seat(make_person(), webinar)

    with pytest.raises(ValidationError) as refusal:
        change(webinar, capacity=1, title={"en": "Other"})

    assert set(refusal.value.error_dict) == {"capacity"}
    webinar.refresh_from_db()
    assert (webinar.capacity, webinar.title["en"]) != (1, "Other")


def test_open_rooms_hear_of_a_change():
    webinar = make_webinar()
    scheduling.move(webinar, webinar.starts_at + DAY, webinar.ends_at + DAY)
    webinar.refresh_from_db()
    change(webinar, stage={"kind": "youtube", "id": "dQw4w9WgXcQ"})
    scheduling.cancel(webinar)

    webinar.refresh_from_db()
    assert [(e.seq, e.kind) for e in webinar.events.all()] == [(n, "state") for n in (1, 2, 3)]
    assert webinar.room_seq == 3


def test_captions_stay_beside_the_same_video():
    """The form knows addresses only; it must not lose what else stands there."""
    video = {"kind": "file", "url": "/media/talk.webm"}
    captions = {"captions": {"en": "/media/talk.en.vtt"}}
    webinar = make_webinar(stage=video | captions)
    host = make_person(may_host=True)
    setup.change(webinar, host, streams={"asl": video | captions})

    change(webinar, stage=video, recording={})
    room = setup.change(webinar, host, streams={"asl": video}, notice="Welcome")
    webinar.refresh_from_db()
    assert webinar.stage == room.streams["asl"] == video | captions

    other = {"kind": "file", "url": "/media/other.webm"}
    change(webinar, stage=other)
    room = setup.change(webinar, host, streams={"asl": other})
    webinar.refresh_from_db()
    assert webinar.stage == room.streams["asl"] == other


def test_a_schedule_takes_no_unknown_fields():
    with pytest.raises(ValueError, match="colour"):
        change(make_webinar(), colour="red")


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2026, 7, 1), time(13), datetime(2026, 7, 1, 17, tzinfo=UTC)),
        (date(2026, 12, 1), time(13), datetime(2026, 12, 1, 18, tzinfo=UTC)),
    ],
)
def test_local_time_becomes_a_moment(day, clock, utc):
    assert moment(day, clock, "America/New_York") == utc


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        (date(2027, 3, 14), time(2, 30), "does not exist"),
        (date(2026, 11, 1), time(1, 30), "comes twice"),
    ],
)
def test_the_hours_at_which_clocks_change_are_refused(day, clock, words):
    with pytest.raises(ValidationError, match=words):
        moment(day, clock, "America/New_York")


@pytest.mark.parametrize(
    ("kind", "address", "stands"),
    [
        ("", "anything", {}),
        ("youtube", "dQw4w9WgXcQ", {"kind": "youtube", "id": "dQw4w9WgXcQ"}),
        (
            "youtube",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3",
            {"kind": "youtube", "id": "dQw4w9WgXcQ"},
        ),
        ("youtube", "https://youtu.be/dQw4w9WgXcQ", {"kind": "youtube", "id": "dQw4w9WgXcQ"}),
        ("file", "/media/a.mp4", {"kind": "file", "url": "/media/a.mp4"}),
        ("link", "https://zoom.us/j/1", {"kind": "link", "url": "https://zoom.us/j/1"}),
    ],
)
def test_what_is_shown_is_kept_as_kind_and_address(kind, address, stands):
    assert shown(kind, address) == stands


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("youtube", "https://evil.example/dQw4w9WgXcQ"),
        ("youtube", ""),
        ("file", "//evil.example/a.mp4"),
        ("file", "https://evil.example/a.mp4"),
        ("link", "javascript:alert(1)"),
        ("link", "http://zoom.us/j/1"),
    ],
)
def test_other_addresses_are_refused(kind, address):
    with pytest.raises(ValidationError):
        shown(kind, address)


START = datetime(2026, 12, 3, 18, 0, tzinfo=UTC)


def test_times_are_told_in_both_zones_spelled_out():
    told = spoken_for(
        START,
        START + timedelta(minutes=75),
        reader="America/Denver",
        host="America/New_York",
    )

    assert [str(when) for when in told] == [
        "Thursday, Dec. 3, 2026, 11 a.m. to 12:15 p.m., Mountain Time",
        "Thursday, Dec. 3, 2026, 1 p.m. to 2:15 p.m., Eastern Time",
    ]


def test_one_clock_is_told_once():
    told = spoken_for(START, START + DAY / 24, reader="America/Detroit", host="America/New_York")

    assert [when.zone for when in told] == ["Detroit time"]


def test_a_session_over_midnight_names_both_days():
    when = spoken(START, START + timedelta(hours=8), "Europe/Madrid")

    assert when.hours == "7 p.m. to Friday, Dec. 4, 2026, 3 a.m."


def test_days_are_told_in_the_active_language():
    with translation.override("es"):
        assert spoken(START, START + DAY / 24, "America/New_York").day == (
            "jueves, 3 de diciembre de 2026"
        )
