import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from certificates.issuing import issue_for
from courses.models import Completion, Evidence
from lms.records import CHECKS
from tests.factories import enrolled, finish, make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def completion(person):
    finish(enrolled(person, make_course(lessons=2)))
    completion = Completion.objects.get()
    issue_for(completion.pk)
    return completion


def past_the_guard(table, sql, *params):
    """Change a protected row as a damaged disk or a careless hand in the database would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                [table],
            )
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(sql, params)
            for _, create in triggers:
                cursor.execute(create)
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none pending: the table may change
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, params)
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_sound_record_passes(completion):
    said = io.StringIO()

    call_command("check_records", stdout=said)

    assert said.getvalue().count("ok ") == len(CHECKS)
    assert "Checked 2 evidence, 1 completions, 1 certificates." in said.getvalue()


@pytest.mark.parametrize(
    ("table", "sql", "sentence"),
    [
        (
            "certificates_certificate",
            "UPDATE certificates_certificate SET sha256 = 'x'",
            "its snapshot is not the one that was issued",
        ),
        (
            "courses_courseversion",
            "UPDATE courses_courseversion SET sha256 = 'x'",
            "its document is not the one that was published",
        ),
        (
            "courses_completion",
            "UPDATE courses_completion SET evidence_ids = '[]'",
            "its evidence does not satisfy its rule",
        ),
        (
            "certificates_certificate",
            "DELETE FROM certificates_certificate",
            "0 standing certificates",
        ),
    ],
)
def test_a_damaged_record_is_named(completion, table, sql, sentence):
    past_the_guard(table, sql)
    said = io.StringIO()

    with pytest.raises(CommandError, match="not sound"):
        call_command("check_records", stdout=said)

    assert sentence in said.getvalue()


def test_a_rule_that_is_met_without_a_completion_is_named(person):
    enrolment = enrolled(person, make_course(lessons=1))
    (requirement,) = enrolment.document.rule["requirements"]
    Evidence.objects.create(  # past the verb that would complete it
        enrolment=enrolment,
        version=enrolment.version,
        kind="finished",
        item=requirement["item"],
        source="test",
        occurred_at=enrolment.enrolled_at,
        recorded_at=enrolment.enrolled_at,
    )
    said = io.StringIO()

    with pytest.raises(CommandError):
        call_command("check_records", stdout=said)

    assert "without a completion" in said.getvalue()
