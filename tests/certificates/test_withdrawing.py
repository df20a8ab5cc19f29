"""Taking certificates back: what everybody sees, who may, what is written down."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from certificates import issuing, withdrawing
from certificates.models import Certificate, Lifting, Revocation, Suspension
from lms import outbox
from people.models import AuditEntry
from tests.certificates.factories import as_it_is
from tests.factories import enrolled, finish, make_course, make_person, shown_again
from tests.races import at_once

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)  # the 21st in New York, the 22nd in London


def state(certificate):
    return Certificate.objects.with_state().get(pk=certificate.pk).state


def url(act, certificate):
    return reverse(f"certificates:{act}", args=[certificate.code])


@pytest.fixture
def suspended(certificate, administrator):
    withdrawing.suspend(certificate, reason="inquiry", by=administrator, why="A complaint.")
    return Certificate.objects.with_state().get(pk=certificate.pk)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Pacific/Auckland"])
def test_the_day_of_a_revocation_is_the_same_for_every_reader(
    client, certificate, administrator, zone
):
    Revocation.objects.create(
        certificate=certificate, reason="error", note="-", by=administrator, at=MIDNIGHT
    )
    client.force_login(make_person(time_zone=zone))

    page = client.get(certificate.get_absolute_url()).content.decode()
    data = client.get(url("json", certificate)).json()

    assert "Nov. 21, 2026" in page
    assert (data["revoked_on"], data["time_zone"]) == ("2026-11-21", "America/New_York")


def test_the_days_of_a_certificate_are_in_the_sites_zone(person):
    person.time_zone = "Pacific/Auckland"
    person.save()
    finish(enrolled(person, make_course()))
    completion = person.enrolments.get().completion

    made = issuing.issue_for(completion.pk)

    new_york = completion.completed_at.astimezone(ZoneInfo("America/New_York")).date()
    assert made.snapshot["completed_on"] == new_york.isoformat()
    assert made.snapshot["zone"] == "America/New_York"


def test_a_suspended_certificate_says_so_and_is_not_printed(client, suspended):
    page = client.get(suspended.get_absolute_url())
    data = client.get(url("json", suspended)).json()
    pdf = client.get(url("pdf", suspended))

    assert b"This certificate is suspended" in page.content
    assert b"What it states is being checked" in page.content
    assert b"A complaint." not in page.content
    assert (data["state"], data["reason"]) == ("suspended", "inquiry")
    assert data["suspended_on"] == timezone.localdate(timezone=suspended.zone).isoformat()
    assert pdf.status_code == 303


def test_a_lifted_suspension_leaves_the_certificate_as_it_was(client, suspended, administrator):
    before = client.get(url("json", suspended)).json()
    withdrawing.lift(suspended, by=administrator, why="Unfounded.")
    after = client.get(url("json", suspended)).json()

    assert (before["state"], after["state"]) == ("suspended", "valid")
    assert before | {"state": "valid", "suspended_on": None, "reason": None} == after
    assert withdrawing.lift(suspended, by=administrator, why="Again.") is None


def test_it_can_be_suspended_again_and_revoked_while_it_is(suspended, administrator):
    withdrawing.lift(suspended, by=administrator, why="Unfounded.")
    withdrawing.suspend(suspended, reason="asked", by=administrator, why="Lost.")
    assert state(suspended) == "suspended"

    withdrawing.revoke(suspended, reason="error", by=administrator, why="Wrong person.")

    assert state(suspended) == "revoked"
    with pytest.raises(ValidationError):
        withdrawing.lift(suspended, by=administrator, why="-")
    with pytest.raises(ValidationError):
        withdrawing.suspend(suspended, reason="asked", by=administrator, why="-")


def test_a_suspended_one_is_corrected_only_after_it_was_lifted(suspended, administrator):
    with pytest.raises(ValidationError, match="Lift the suspension first"):
        issuing.reissue(suspended, name="Ana", by=administrator, why="-")


def test_nothing_removes_a_suspension(suspended):
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.update(reason="asked")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_holder_gets_a_letter_for_each_act(
    person, certificate, administrator, mailoutbox, language
):
    person.language = language
    person.save()
    outbox.work()
    mailoutbox.clear()

    withdrawing.suspend(certificate, reason="inquiry", by=administrator, why="A complaint.")
    outbox.work()
    withdrawing.lift(certificate, by=administrator, why="Unfounded.")
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong person.")
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong person.")
    outbox.work()

    # The letter that all is well again was overtaken by the revocation, and is not sent.
    assert len(mailoutbox) == 2
    assert all(certificate.code in letter.body for letter in mailoutbox)
    assert not any("complaint" in letter.body for letter in mailoutbox)
    if language == "en":
        assert "What it states is being checked" in mailoutbox[0].body
        assert "It was issued in error" in mailoutbox[1].body


def test_each_act_is_in_the_audit_trail_with_its_reason(certificate, administrator):
    withdrawing.suspend(certificate, reason="inquiry", by=administrator, why="A complaint.")
    withdrawing.lift(certificate, by=administrator, why="Unfounded.")
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong person.")

    rows = AuditEntry.objects.filter(about=f"certificates.certificate {certificate.pk}")
    assert list(rows.order_by("pk").values_list("verb", "actor", "details__why")) == [
        ("certificate.suspended", administrator.pk, "A complaint."),
        ("certificate.restored", administrator.pk, "Unfounded."),
        ("certificate.revoked", administrator.pk, "Wrong person."),
    ]


ACTS = {
    "correct": {"name": "Ana María Ruiz"},
    "suspend": {"suspend_reason": "inquiry", "suspend_why": "A complaint."},
    "revoke": {"reason": "error", "revoke_why": "Wrong person."},
}


@pytest.mark.parametrize("act", ACTS)
def test_whoever_acts_shows_once_more_who_they_are_and_loses_nothing(
    client, certificate, administrator, act
):
    administrator.set_password("a long enough password")
    administrator.save()
    client.force_login(administrator)

    fields = as_it_is(certificate, **ACTS[act]) if act == "correct" else ACTS[act]
    asked = client.post(url(act, certificate), fields)
    assert (asked.status_code, state(certificate)) == (302, "valid")
    assert asked.url.startswith(reverse("account_reauthenticate"))

    wrong = client.post(asked.url, {"password": "not this one", "next": url(act, certificate)})
    assert (wrong.status_code, state(certificate)) == (422, "valid")

    done = client.post(
        asked.url, {"password": "a long enough password", "next": url(act, certificate)}
    )
    assert done.status_code == 303
    after = {"correct": "superseded", "suspend": "suspended", "revoke": "revoked"}
    assert state(certificate) == after[act]


def test_the_page_offers_what_can_be_done_now(client, suspended, administrator):
    shown_again(client, administrator)

    page = client.get(url("manage", suspended)).content.decode()
    assert url("lift", suspended) in page
    assert url("correct", suspended) not in page

    refused = client.post(url("lift", suspended), {"lift_why": ""})
    assert refused.status_code == 422
    done = client.post(url("lift", suspended), {"lift_why": "Unfounded."})
    assert (done.status_code, state(suspended)) == (303, "valid")
    assert Lifting.objects.get().note == "Unfounded."


def test_an_act_that_came_too_late_is_refused_in_words(client, certificate, administrator):
    shown_again(client, administrator)
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong person.")

    late = client.post(url("suspend", certificate), ACTS["suspend"])

    assert late.status_code == 422
    assert b"This certificate was revoked." in late.content


@pytest.mark.django_db(transaction=True)
def test_two_who_suspend_at_once_suspend_once(person):
    by = make_person(may_credit=True)
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made = Certificate.objects.latest("pk")

        def suspend(made=made):
            return withdrawing.suspend(made, reason="inquiry", by=by, why="-")

        outcomes = at_once(suspend, suspend)

        assert not [each for each in outcomes if isinstance(each, Exception)]
        assert outcomes[0] == outcomes[1]
        assert Suspension.objects.filter(certificate=made).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_correction_that_meets_a_revocation_leaves_one_of_the_two(person):
    by = make_person(may_credit=True)
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made = Certificate.objects.latest("pk")

        def correct(made=made):
            return issuing.reissue(made, name="Ana", by=by, why="-")

        def revoke(made=made):
            return withdrawing.revoke(made, reason="error", by=by, why="-")

        refused = [each for each in at_once(correct, revoke) if isinstance(each, Exception)]

        assert [type(each) for each in refused] == [ValidationError]
        assert state(made) in {"revoked", "superseded"}
