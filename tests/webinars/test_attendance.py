from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.models import Completion, Evidence
from lms import outbox, ticks
from lms.models import OutboxEntry
from people.models import AuditEntry
from tests.factories import make_person
from tests.webinars.factories import after, be_there, hold, make_webinar, seat
from webinars.attendance import (
    Slice,
    determine,
    end_forgotten_sessions,
    override,
    presence,
    record_slices,
    seconds,
    seen_by,
    settle,
    settle_ended_sessions,
)
from webinars.models import CreditPolicy, Determination, LiveWindow, PresenceSpan, RoomEvent
from webinars.rules import Span

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def registration(person):
    """A place at a session that was live for its whole hour and is over."""
    webinar = make_webinar(starts_in=HOUR)
    registration = seat(person, webinar)
    webinar.starts_at, webinar.ends_at = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    webinar.save()
    hold(webinar)
    registration.webinar = webinar
    return registration


def late(webinar, hours=2):
    """The session as if it had begun some hours ago."""
    webinar.starts_at = timezone.now() - hours * HOUR
    webinar.ends_at = webinar.starts_at + HOUR
    webinar.save()
    return webinar


def work():
    while outbox.work(timezone.now() + timedelta(minutes=5)):
        pass


def test_slices_written_twice_count_once(person):
    webinar = make_webinar()
    now = timezone.now()
    slices = [
        Slice(webinar.pk, person.pk, f"a:{n}", now + n * HOUR, now + (n + 1) * HOUR)
        for n in range(3)
    ]

    record_slices(slices[:2])
    record_slices(slices)

    assert PresenceSpan.objects.count() == 3


def test_a_slice_without_length_is_left_out(person):
    webinar = make_webinar()
    now = timezone.now()

    assert record_slices([Slice(webinar.pk, person.pk, "a", now, now)]) == 0

    assert not PresenceSpan.objects.exists()


def test_slices_cut_at_parts_of_a_second_add_up(person):
    """The room cuts a stay wherever a flush falls: the same seconds must come out."""
    webinar = make_webinar()
    begin = webinar.starts_at.replace(microsecond=250_000)
    cuts = [begin + timedelta(seconds=20.37 * n) for n in range(10)]
    record_slices(
        Slice(webinar.pk, person.pk, f"a:{n}", cuts[n], cuts[n + 1]) for n in range(len(cuts) - 1)
    )

    assert presence(webinar, person.pk) == [Span(seconds(cuts[0]), seconds(cuts[-1]))]


def test_enough_of_the_session_gives_credit_and_evidence_to_the_course(registration):
    be_there(registration.person, registration.webinar, (0, 30), (35, 60))

    determination = determine(registration)

    assert (determination.credited, determination.minutes) == (True, 55)
    assert determination.reasons == ["enough"]
    evidence = Evidence.objects.get()
    assert evidence.item == registration.webinar.item
    assert (evidence.kind, evidence.source) == ("attended", "webinar")
    assert evidence.reference == f"determination {determination.pk}"
    assert evidence.occurred_at == registration.webinar.ended_at
    assert evidence.value == {
        "minutes": 55,
        "webinar": registration.webinar.pk,
        "determination": determination.pk,
    }
    completion = Completion.objects.get(enrolment__person=registration.person)
    assert completion.minutes == 55


def test_too_little_gives_neither(registration):
    be_there(registration.person, registration.webinar, (0, 40))

    determination = determine(registration)

    assert (determination.credited, determination.minutes) == (False, 0)
    assert (determination.counted_minutes, determination.live_minutes) == (40, 60)
    assert determination.why == ["You were there for less of the session than credit asks for."]
    assert not Evidence.objects.exists()


def test_the_same_inputs_make_no_second_row(registration):
    be_there(registration.person, registration.webinar, (0, 60))

    assert determine(registration) == determine(registration)
    be_there(registration.person, registration.webinar, (10, 20))  # seen by a second device

    determine(registration)

    assert Determination.objects.count() == Evidence.objects.count() == 1


def test_evidence_that_comes_in_late_supersedes(registration):
    be_there(registration.person, registration.webinar, (0, 40))
    first = determine(registration)
    be_there(registration.person, registration.webinar, (40, 60))

    second = determine(registration)

    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.credited, second.credited) == (False, True)
    assert registration.determination == second
    assert Evidence.objects.get().reference == f"determination {second.pk}"


def test_a_corrected_live_time_counts_by_its_last_revision(registration):
    be_there(registration.person, registration.webinar, (0, 40))
    determine(registration)
    LiveWindow.objects.create(
        webinar=registration.webinar,
        revision=2,
        opened_at=after(registration.webinar, 0),
        closed_at=after(registration.webinar, 45),
    )

    determination = determine(registration)

    assert (determination.live_seconds, determination.credited) == (45 * 60, True)


def test_only_the_sources_that_the_policy_names_count(registration):
    webinar = registration.webinar
    webinar.policy = CreditPolicy.objects.create(name="Room only", number=1, sources=["room"])
    webinar.save()
    be_there(registration.person, webinar, (0, 60), source="poll")

    assert determine(registration).reasons == ["absent"]


def test_who_registered_after_coming_is_counted_from_the_beginning():
    """Presence is by person: when the registration was written plays no part."""
    person = make_person()
    webinar = late(make_webinar(), hours=0.5)
    hold(webinar, (0, 29), ended=False)
    be_there(person, webinar, (0, 29))
    registration = seat(person, webinar)
    hold_end(webinar)

    assert determine(registration).credited


def hold_end(webinar):
    webinar.refresh_from_db()
    webinar.state, webinar.ended_at = "ended", after(webinar, 29)
    webinar.save()


def test_coming_late_has_its_own_reason(registration):
    webinar = registration.webinar
    webinar.policy = CreditPolicy.objects.create(
        name="On time", number=1, share_percent=50, late_limit_minutes=10
    )
    webinar.save()
    be_there(registration.person, webinar, (15, 60))

    assert determine(registration).reasons == ["late", "enough"]


@pytest.mark.parametrize("model", [Determination, PresenceSpan, CreditPolicy])
def test_the_database_refuses_to_change_or_delete_evidence(registration, model):
    be_there(registration.person, registration.webinar, (0, 1))
    determine(registration)
    row = model.objects.first()

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(id=row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


def test_settling_decides_on_everybody_once_and_thanks_them(mailoutbox):
    webinar = make_webinar(starts_in=HOUR)
    people = [make_person() for _ in range(120)]  # more than two batches
    for someone in people:
        seat(someone, webinar)
    OutboxEntry.objects.all().delete()
    hold(late(webinar))
    for someone in people[:100]:
        be_there(someone, webinar, (0, 60))

    settle(webinar)
    settle(webinar)
    work()
    work()

    assert Determination.objects.count() == 120
    assert Determination.objects.filter(credited=True).count() == 100
    assert Evidence.objects.count() == Completion.objects.count() == 100
    assert OutboxEntry.objects.filter(kind="webinars.determine").count() == 3
    assert sum("Thank you" in letter.subject for letter in mailoutbox) == 100
    assert sum("We missed you" in letter.subject for letter in mailoutbox) == 20


def test_settling_waits_for_the_last_flush(registration):
    webinar = registration.webinar
    webinar.ended_at = timezone.now()
    webinar.save()

    settle(webinar)

    promise = OutboxEntry.objects.get(kind="webinars.settle")
    assert promise.due_at >= webinar.ended_at + timedelta(minutes=2)


def test_the_sweep_settles_what_nobody_settled_and_what_came_late(registration):
    be_there(registration.person, registration.webinar, (0, 40))
    settle_ended_sessions(timezone.now())
    work()
    settle_ended_sessions(timezone.now())
    assert OutboxEntry.objects.filter(kind="webinars.settle").count() == 1

    be_there(registration.person, registration.webinar, (40, 60))
    settle_ended_sessions(timezone.now())
    work()

    assert [row.credited for row in registration.determinations.all()] == [False, True]


def test_who_waited_and_was_there_all_the_same_is_decided_on():
    webinar = make_webinar(starts_in=HOUR, capacity=1)
    seat(make_person(), webinar)
    waiting, absent = make_person(), make_person()
    seat(waiting, webinar)
    seat(absent, webinar)
    hold(late(webinar))
    be_there(waiting, webinar, (0, 60))

    settle(webinar)
    work()

    decided = Determination.objects.filter(registration__person__in=[waiting, absent])
    assert [row.registration.person for row in decided] == [waiting]


def test_one_persons_trouble_does_not_hold_up_the_others(registration):
    """Someone was never enrolled, and the course takes nobody new."""
    webinar = registration.webinar
    stranger = make_person()
    other = webinar.registrations.create(person=stranger, state="seated")
    webinar.course.retired_at = timezone.now()
    webinar.course.save()
    third = webinar.registrations.create(person=make_person(), state="seated")
    be_there(stranger, webinar, (0, 60))
    be_there(registration.person, webinar, (0, 60))

    settle(webinar)
    work()

    assert not other.determinations.exists()
    assert registration.determinations.get().credited
    assert third.determinations.get().reasons == ["absent"]
    failed = OutboxEntry.objects.get(kind="webinars.determine")
    assert failed.state == "waiting"
    assert "1 of 3 not determined" in failed.outcome


def test_a_session_that_nobody_ended_ends_at_its_planned_end(person):
    webinar = make_webinar(starts_in=HOUR)
    registration = seat(person, webinar)
    late(webinar)
    LiveWindow.objects.create(webinar=webinar, opened_at=after(webinar, 0))
    webinar.state = "live"
    webinar.save()
    be_there(person, webinar, (0, 50))
    straggler = make_person()
    be_there(straggler, webinar, (0, 110))  # left a tab open

    assert end_forgotten_sessions(webinar.ends_at + timedelta(minutes=29)) == (
        "0 forgotten sessions ended"
    )
    assert end_forgotten_sessions(timezone.now()) == "1 forgotten sessions ended"
    work()

    webinar.refresh_from_db()
    assert (webinar.state, webinar.ended_at) == ("ended", webinar.ends_at)
    assert webinar.windows.get().closed_at == webinar.ends_at
    assert registration.determinations.get().minutes == 50
    assert RoomEvent.objects.get().kind == "state"
    assert end_forgotten_sessions(timezone.now()) == "0 forgotten sessions ended"


def test_a_session_that_all_had_left_ends_when_the_last_one_went(person):
    webinar = late(make_webinar())
    LiveWindow.objects.create(webinar=webinar, opened_at=after(webinar, 0))
    webinar.state = "live"
    webinar.save()
    be_there(person, webinar, (0, 40))

    end_forgotten_sessions(timezone.now())

    webinar.refresh_from_db()
    assert webinar.windows.get().closed_at == webinar.ended_at == after(webinar, 40)


def opened_late(minutes):
    """A session of an hour that went live so many minutes after its planned start."""
    webinar = late(make_webinar())
    LiveWindow.objects.create(webinar=webinar, opened_at=after(webinar, minutes))
    webinar.state = "live"
    webinar.save()
    return webinar


def test_a_session_that_everybody_left_before_it_began_has_no_negative_window(person):
    webinar = opened_late(70)
    be_there(person, webinar, (0, 20))

    end_forgotten_sessions(after(webinar, 170))

    assert webinar.windows.get().closed_at == after(webinar, 70)


def test_a_session_that_began_after_its_planned_end_has_its_planned_length(person):
    """The host was ill, say, and began two hours later: nobody has forgotten it."""
    webinar = opened_late(120)
    be_there(person, webinar, (120, 185))

    end_forgotten_sessions(after(webinar, 121))
    end_forgotten_sessions(after(webinar, 209))
    webinar.refresh_from_db()
    assert webinar.state == "live"

    end_forgotten_sessions(after(webinar, 211))
    assert webinar.windows.get().closed_at == after(webinar, 180)


def test_an_override_stands_with_its_reason_whatever_comes_in_later(registration):
    admin = make_person(may_credit=True, name="Cora Diaz")
    be_there(registration.person, registration.webinar, (0, 30))
    determine(registration)

    decided = override(
        registration, by=admin, credited=True, minutes=60, reason=" Phone  line failed. "
    )
    be_there(registration.person, registration.webinar, (30, 35))

    assert determine(registration) == decided
    assert (decided.sequence, decided.by, decided.minutes) == (2, admin, 60)
    assert decided.why == ["A credit administrator decided this:", "Phone line failed."]
    assert Evidence.objects.get().value["minutes"] == 60
    note = AuditEntry.objects.get(verb="attendance.overridden")
    assert (note.actor, note.details["reason"]) == (admin, "Phone line failed.")


def test_the_same_decision_sent_twice_is_one_decision(registration):
    admin = make_person(may_credit=True)

    def decide(**more):
        decision = {"credited": True, "minutes": 60, "reason": "Phone line failed."} | more
        return override(registration, by=admin, **decision)

    assert decide() == decide()

    assert Determination.objects.count() == Evidence.objects.count() == 1
    assert AuditEntry.objects.filter(verb="attendance.overridden").count() == 1
    assert decide(minutes=50).sequence == 2  # another decision is another row


def test_taking_credit_away_leaves_what_was_completed(registration):
    be_there(registration.person, registration.webinar, (0, 60))
    determine(registration)

    decided = override(
        registration, by=make_person(), credited=False, minutes=60, reason="A shared account."
    )

    assert (decided.credited, decided.minutes) == (False, 0)
    assert Evidence.objects.count() == Completion.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "reason", "field"),
    [(0, "Saw her.", "minutes"), (90, "Saw her.", "minutes"), (60, "  ", "reason")],
)
def test_an_override_is_refused_beside_the_field(registration, minutes, reason, field):
    with pytest.raises(ValidationError) as refusal:
        override(registration, by=make_person(), credited=True, minutes=minutes, reason=reason)

    assert set(refusal.value.error_dict) == {field}
    assert not Determination.objects.exists()


def test_nothing_is_overridden_before_the_end(person):
    registration = seat(person, make_webinar())

    with pytest.raises(ValidationError, match="over"):
        override(registration, by=make_person(), credited=True, minutes=9, reason="x")


def test_settling_before_the_end_is_a_mistake():
    with pytest.raises(ValueError, match="not over"):
        settle(make_webinar())


def test_seen_by_joins_slices_per_person(person):
    webinar = make_webinar()
    other = make_person()
    be_there(person, webinar, (0, 3), (5, 6))
    be_there(other, webinar, (1, 2))

    seen = seen_by(webinar, [person.pk, other.pk])

    assert [len(spans) for spans in (seen[person.pk], seen[other.pk])] == [2, 1]


def test_a_tick_runs_both_sweeps():
    said = ticks.run_all(timezone.now())

    assert said["webinars.attendance.settle_ended_sessions"] == "0 ended sessions looked at"
    assert said["webinars.attendance.end_forgotten_sessions"] == "0 forgotten sessions ended"
