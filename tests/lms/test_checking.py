from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.issuing import issue_for
from courses.models import Completion
from lms import checking, outbox
from lms.models import CheckResult, CheckRun, OutboxEntry
from lms.records import CHECKS
from tests.credit.factories import approve, make_type
from tests.factories import enrolled, finish, make_course, make_person
from tests.lms.test_records import past_the_guard
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def completion(person):
    course = make_course(lessons=2)
    approve(course, make_type(slug="ches"))
    finish(enrolled(person, course))
    issue_for(Completion.objects.get().pk)
    return Completion.objects.get()


@pytest.fixture
def carer(client):
    client.force_login(make_person(is_staff=True))
    return client


def work_off(minutes=1):
    while outbox.work(timezone.now() + timedelta(minutes=minutes)):
        pass


def night(hour):
    return datetime(2026, 3, 2, hour, tzinfo=timezone.get_default_timezone())


def test_every_night_is_checked_once(completion):
    assert checking.check_nightly(night(1)) == "not yet"
    said = [checking.check_nightly(night(hour)).split()[0] for hour in (2, 3, 23)]
    work_off()

    assert said == [str(len(CHECKS)), "0", "0"]
    run = CheckRun.objects.get()
    assert sorted(run.results.values_list("name", flat=True)) == sorted(c.__name__ for c in CHECKS)
    assert {r.broken for r in run.results.all()} == {0}
    assert run.results.get(name="completions_rest_on_their_evidence").rows == 1


@pytest.mark.parametrize(
    ("table", "sql", "name", "words"),
    [
        (
            "courses_creditaward",
            "UPDATE courses_creditaward SET hours = 99",
            "credit_matches_its_rule",
            "not those that were approved",
        ),
        (
            "courses_completion",
            """UPDATE courses_completion SET hours = '{"training": "1.50"}'""",
            "credit_matches_its_rule",
            "says other hours",
        ),
        (
            "courses_completion",
            "UPDATE courses_completion SET completed_at = '2001-01-01 00:00:00+00:00'",
            "credit_matches_its_rule",
            "only after the completion",
        ),
        (
            "courses_completion",
            """UPDATE courses_completion SET rule = '{"format": 1, "requirements": []}'""",
            "completions_rest_on_their_evidence",
            "does not satisfy its rule",
        ),
        (
            "certificates_certificate",
            "UPDATE certificates_certificate SET supersedes_id = id, sequence = 5",
            "lines_of_corrections_are_whole",
            "not its predecessor",
        ),
    ],
)
def test_what_is_broken_is_counted_and_named(completion, carer, table, sql, name, words):
    past_the_guard(table, sql)

    carer.post(reverse("staff-check-now"))
    work_off()

    result = CheckResult.objects.get(name=name)
    assert result.broken == 1
    assert words in result.examples[0]
    html = carer.get(reverse("staff-checks")).content.decode()
    assert words in html
    assert "1 broken" in html


def test_a_check_that_is_repeated_says_nothing_new(completion):
    checking.begin("a run")
    work_off()
    OutboxEntry.objects.filter(kind="lms.check").update(state="waiting")

    work_off()

    assert CheckResult.objects.count() == len(CHECKS)


def test_old_runs_are_forgotten():
    checking.begin("old", night(3) - timedelta(days=500))

    checking.check_nightly(night(3))

    assert [run.key for run in CheckRun.objects.all()] == ["night 2026-03-02"]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_begin_one_night():
    outcomes = at_once(*[lambda: checking.check_nightly(night(3))] * 3)

    assert sorted(words.split()[0] for words in outcomes) == ["0", "0", str(len(CHECKS))]
    assert OutboxEntry.objects.filter(kind="lms.check").count() == len(CHECKS)


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_costs_the_same_for_any_number(carer, count, django_assert_num_queries):
    for n in range(count):
        checking.begin(f"run {n}")
    work_off()

    with django_assert_num_queries(4):  # session, person, runs, results
        carer.get(reverse("staff-checks"))


def test_only_carers_see_it(client):
    client.force_login(make_person(may_credit=True))

    assert client.get(reverse("staff-checks")).status_code == 404
    assert client.post(reverse("staff-check-now")).status_code == 404


def test_damage_is_told_to_every_carer_once_in_their_language(completion, mailoutbox):
    ana, eva = make_person(is_staff=True), make_person(is_staff=True, language="es")
    make_person(is_staff=True, is_active=False)
    past_the_guard(
        "courses_completion", """UPDATE courses_completion SET hours = '{"training": "1.50"}'"""
    )
    past_the_guard(
        "certificates_certificate",
        "UPDATE certificates_certificate SET supersedes_id = id, sequence = 5",
    )
    work_off()
    mailoutbox.clear()

    for _ in range(2):  # the second time is a worker who was killed before it could say «done»
        checking.begin("a run")
        work_off()
        OutboxEntry.objects.filter(kind="lms.check").update(state="waiting")
    work_off(minutes=30)

    told = {mail.to[0]: mail for mail in mailoutbox}
    assert sorted(told) == sorted([ana.email, eva.email])
    assert len(mailoutbox) == 2
    assert "Credit is what the boards approved: 1 broken" in told[ana.email].body
    assert "Corrected certificates follow each other" in told[ana.email].body
    assert reverse("staff-checks") in told[ana.email].body
    assert "/es/" in told[eva.email].body


def test_a_sound_record_is_no_letter(completion, mailoutbox):
    make_person(is_staff=True)
    work_off()
    mailoutbox.clear()

    checking.begin("a run")
    work_off(minutes=30)

    assert mailoutbox == []
