from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from certificates.issuing import issue_for
from courses import cycle_rules, cycles
from courses.models import Completion, Enrolment, RenewalPolicy
from lms import outbox
from lms.models import OutboxEntry
from tests.factories import enrolled, make_course, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def renewed_yearly(course, **terms):
    given = {"months": 12, "window_days": 60, "grace_days": 30, "remind_days": [30, 7]}
    return cycles.set_policy(course, by=make_person(may_credit=True), **given | terms)


def finish(enrolment, moment):
    for requirement in enrolment.document.rule["requirements"]:
        enrolment.record(
            requirement["needs"], requirement["item"], source="test", occurred_at=moment
        )


@pytest.fixture
def course(db):
    course = make_course(lessons=["page"])
    renewed_yearly(course)
    return course


def days_ago(days):
    return NOW - timedelta(days=days)


def test_the_window_opens_a_new_cycle_once_and_history_stays(person, course):
    first = enrolled(person, course)
    finish(first, days_ago(330))
    before = list(Completion.objects.values())

    said = [cycles.open_windows(NOW) for _ in range(2)]

    assert [words.split()[0] for words in said] == ["1", "0"]
    (standing,) = cycles.standings_of(person)
    renewal = Enrolment.objects.get(cycle=2)
    assert renewal.due_on == standing.cycle.due_on
    assert standing.state() == cycle_rules.State.OPEN
    assert list(Completion.objects.values()) == before


@pytest.mark.parametrize(
    ("days", "says"),
    [(330, "what you do now renews it"), (380, "and it has not lapsed"), (500, "and lapsed on")],
)
def test_the_course_page_says_what_is_renewed_and_until_when(
    signed_in, person, course, days, says, django_assert_max_num_queries
):
    finish(enrolled(person, course), days_ago(days))
    cycles.open_windows(NOW)

    with django_assert_max_num_queries(8):
        page = " ".join(signed_in.get(course.get_absolute_url()).content.decode().split())

    assert says in page
    assert "Please finish by" not in page
    finish(Enrolment.objects.get(cycle=2), NOW)
    assert says not in signed_in.get(course.get_absolute_url()).content.decode()


def test_before_the_window_nothing_opens(person, course):
    finish(enrolled(person, course), days_ago(290))

    cycles.open_windows(NOW)

    assert not Enrolment.objects.filter(cycle=2).exists()


def test_only_evidence_of_its_own_cycle_renews(person, course):
    finish(enrolled(person, course), days_ago(330))
    cycles.open_windows(NOW)
    renewal = Enrolment.objects.get(cycle=2)

    finish(renewal, days_ago(300))  # such as minutes of an old session that are decided now
    renewal.refresh_from_db()
    assert Completion.objects.filter(enrolment=renewal).count() == 0
    assert Enrolment.objects.with_record().get(pk=renewal.pk).status.met_count == 0

    (item,) = renewal.document.rule["requirements"]
    renewal.record("finished", item["item"], source="test", reference="again")
    completion = Completion.objects.get(enrolment=renewal)
    assert len(completion.evidence_ids) == 1
    (standing,) = cycles.standings_of(person)
    assert standing.completion == completion
    assert standing.cycle.due_on > timezone.localdate() + timedelta(days=380)  # kept its day


def test_a_certificate_says_until_when_it_holds(person, course):
    finish(enrolled(person, course), days_ago(10))
    never = make_course(lessons=["page"])
    finish(enrolled(person, never), days_ago(10))

    held = issue_for(Completion.objects.get(enrolment__course=course).pk)
    (standing,) = cycles.standings_of(person)
    assert held.expires_on == standing.cycle.due_on
    assert issue_for(Completion.objects.get(enrolment__course=never).pk).expires_on is None


def test_a_new_policy_leaves_what_was_completed_before_unless_it_says_so(person):
    course = make_course(lessons=["page"])
    finish(enrolled(person, course), days_ago(700))

    renewed_yearly(course)
    assert cycles.standings_of(person) == []

    renewed_yearly(course, earlier_too=True)
    (standing,) = cycles.standings_of(person)
    assert standing.cycle.due_on > timezone.localdate() + timedelta(days=350)  # not lapsed at once


def test_the_same_policy_twice_is_one_and_a_window_fits_into_its_cycle():
    course = make_course()
    renewed_yearly(course)
    renewed_yearly(course)

    assert RenewalPolicy.objects.count() == 1
    with pytest.raises(ValidationError):
        renewed_yearly(course, months=1, window_days=60)


def test_reminders_leave_once_each_and_never_stale(
    person, course, django_capture_on_commit_callbacks
):
    finish(enrolled(person, course), days_ago(360))  # due in 5 days; the window is open
    cycles.open_windows(NOW)
    cycles.open_windows(NOW)
    assert OutboxEntry.objects.filter(kind="courses.renewal").count() == 2

    outbox.work(NOW + timedelta(days=1))

    states = dict(OutboxEntry.objects.filter(kind="courses.renewal").values_list("key", "state"))
    (standing,) = cycles.standings_of(person)
    key = f"{standing.completion.pk}:{standing.cycle.due_on}"
    assert states == {f"{key}:30": "skipped", f"{key}:7": "done"}
    assert [letter.subject for letter in mail.outbox if "renew" in letter.subject] == [
        f"Time to renew: {course.title['en']}"
    ]


def test_who_has_renewed_is_not_reminded(person, course):
    finish(enrolled(person, course), days_ago(330))
    cycles.open_windows(NOW)
    finish(Enrolment.objects.get(cycle=2), NOW)

    outbox.work(NOW + timedelta(days=40), limit=50)

    states = OutboxEntry.objects.filter(kind="courses.renewal").values_list("state", flat=True)
    assert set(states) == {"skipped"}
    assert not [letter for letter in mail.outbox if "renew" in letter.subject]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_open_one_cycle(person, course):
    finish(enrolled(person, course), days_ago(330))

    outcomes = at_once(*[lambda: cycles.open_windows(NOW)] * 3)

    assert sorted(words.split()[0] for words in outcomes) == ["0", "0", "1"]
    assert Enrolment.objects.filter(cycle=2).count() == 1
