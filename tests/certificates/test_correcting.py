"""Corrections of what a certificate says; certificates issued anew after a mistaken revocation."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from certificates import claiming, correcting, issuing, withdrawing
from certificates.badges import status
from certificates.models import Certificate
from courses import correcting as record
from courses import cycles
from courses.models import Completion, CreditAward
from lms import outbox
from lms.records import CHECKS
from people.models import AuditEntry
from tests.certificates.factories import as_it_is, courses_of, make_series
from tests.credit.factories import approve, make_type
from tests.factories import both, enrolled, finish, make_course, make_person, shown_again
from tests.races import at_once, during

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.localdate() - timedelta(days=1)


def url(act, certificate):
    return reverse(f"certificates:{act}", args=[certificate.code])


def state(certificate):
    return Certificate.objects.with_state().get(pk=certificate.pk).state


def correct(certificate, by, **changes):
    said = certificate.snapshot
    fields = {"name": said["name"], "title": said["title"], "by": by, "why": "-"}
    return correcting.correct(certificate, **(fields | changes))


def sound():
    return [each for check in CHECKS for each in check()] == []


@pytest.fixture
def desk(client, administrator):
    shown_again(client, administrator)
    return client


def test_the_wording_of_the_title_is_corrected_and_the_record_is_untouched(
    desk, certificate, mailoutbox
):
    before = Completion.objects.values().get()
    title = {"title_en": "Data for health equity", "title_es": "Datos para la equidad"}

    answer = desk.post(url("correct", certificate), as_it_is(certificate, **title))

    newer = Certificate.objects.latest("pk")
    assert (answer.status_code, answer.url) == (303, newer.get_absolute_url())
    assert newer.snapshot["title"] == {
        "en": "Data for health equity",
        "es": "Datos para la equidad",
    }
    same = certificate.snapshot.keys() - {"title", "code", "verify_url", "issued_on"}
    assert {k: newer.snapshot[k] for k in same} == {k: certificate.snapshot[k] for k in same}
    assert (newer.supersedes, newer.completion_id) == (certificate, certificate.completion_id)
    assert Completion.objects.values().get() == before
    outbox.work()
    assert "What changed: Title (English), Title (Spanish)." in mailoutbox[-1].body
    assert sound()


def test_the_day_and_the_hours_are_corrected_through_the_record(desk, certificate, administrator):
    old = Completion.objects.values().get()
    changes = {"completed_on": YESTERDAY.isoformat(), "hours": "2.25"}

    answer = desk.post(url("correct", certificate), as_it_is(certificate, **changes))

    assert answer.status_code == 303
    newer, fresh = Certificate.objects.latest("pk"), Completion.objects.latest("pk")
    assert (newer.completion, newer.supersedes, fresh.supersedes_id) == (
        fresh,
        certificate,
        old["id"],
    )
    assert (newer.snapshot["hours"], newer.completed_on) == ("2.25", YESTERDAY)
    assert fresh.hours["training"] == "2.25"
    assert timezone.localdate(fresh.completed_at, newer.zone) == YESTERDAY
    assert Completion.objects.values().get(pk=old["id"]) == old
    kept = ("evidence_ids", "rule", "version_id", "score", "minutes")
    assert {k: getattr(fresh, k) for k in kept} == {k: old[k] for k in kept}
    about = [f"courses.completion {fresh.pk}", f"certificates.certificate {newer.pk}"]
    acts = AuditEntry.objects.filter(about__in=about).order_by("pk")
    assert [(act.verb, act.actor, act.details["why"]) for act in acts] == [
        ("completion.corrected", administrator, "It was wrong."),
        ("certificate.corrected", administrator, "It was wrong."),
    ]
    outbox.work()  # the promise that came with the corrected record finds all done
    assert Certificate.objects.count() == 2
    assert sound()


def test_staff_see_what_changed_by_whom_and_why(desk, certificate, administrator):
    newer = correct(
        certificate, administrator, name="Ana María Ruiz", hours=Decimal(2), why="As she writes it."
    )

    page = desk.get(url("manage", newer)).content.decode()

    assert "<del>Ana Ruiz</del> → <ins>Ana María Ruiz</ins>" in page
    assert "<del>1.5</del> → <ins>2</ins>" in page
    assert f"{administrator.printed_name}: As she writes it." in page
    assert certificate.number in page


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("completed_on", (timezone.localdate() + timedelta(days=2)).isoformat(), "not come yet"),
        ("completed_on", "yesterday", "valid date"),
        ("hours", "-1", "greater than or equal"),
        ("title_en", "", "required"),
        ("why", "", "required"),
        ("name", "\u200b", "required"),
        (None, None, "Nothing was changed"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_kept(
    desk, certificate, field, value, reason
):
    changes = {field: value} if field else {}
    answer = desk.post(url("correct", certificate), as_it_is(certificate, **changes))

    assert answer.status_code == 422
    errors = answer.context["correct_form"].errors
    assert re.search(reason, " ".join(errors[field or "__all__"]))
    assert (Certificate.objects.count(), Completion.objects.count()) == (1, 1)


def test_a_renewal_cannot_have_been_completed_before_it_began(certificate, administrator):
    enrolment = certificate.completion.enrolment
    type(enrolment).objects.filter(pk=enrolment.pk).update(counts_from=timezone.now())

    with pytest.raises(ValidationError, match="had not begun"):
        correct(certificate, administrator, completed_on=YESTERDAY)


# --- What hangs on the record follows


@pytest.fixture
def credited(person):
    """A certificate with an hour of credit that was claimed, and one that came by itself."""
    course = make_course()
    for claimed in (False, True):
        approve(course, make_type(claimed=claimed), hours=Decimal(1), valid_from=YESTERDAY)
    finish(enrolled(person, course))
    issuing.issue_due(timezone.now())
    claiming.claim(CreditAward.objects.get(credit_type__claimed=True), Decimal(1), by=person)
    return Certificate.objects.latest("pk")


def test_credit_and_claims_stand_on_the_corrected_record_too(credited, administrator):
    newer = correct(credited, administrator, hours=Decimal(3))

    assert newer.snapshot["credit"] == credited.snapshot["credit"]
    assert len(newer.snapshot["credit"]) == 2
    assert newer.completion.awards.count() == 2
    assert claiming.restate_claims(timezone.now()) == "0 certificates restated with claimed credit"
    assert sound()


def test_credit_is_not_carried_to_a_day_that_its_approval_did_not_cover(credited, administrator):
    newer = correct(credited, administrator, completed_on=YESTERDAY - timedelta(days=30))

    assert newer.snapshot["credit"] == []
    assert newer.completion.hours == {"training": "1.50"}
    assert newer.snapshot["statements"]  # that hours alone are no credit
    assert sound()


def test_a_claim_that_comes_too_late_is_refused(credited, administrator, person):
    award = CreditAward.objects.filter(credit_type__claimed=True).get()
    correct(credited, administrator, hours=Decimal(3))

    with pytest.raises(ValidationError, match="corrected a moment ago"):
        claiming.claim(award, Decimal(1), by=person)


def test_a_series_that_counts_it_says_the_corrected_hours(person, administrator):
    series = make_series(courses=2, needed=2)
    for course in courses_of(series):
        finish(enrolled(person, course))
    issuing.issue_due(timezone.now())
    issuing.issue_series_due(timezone.now())
    whole = Certificate.objects.get(series_award__series=series)
    part = Certificate.objects.filter(completion__isnull=False).first()

    correct(part, administrator, hours=Decimal("4.5"), completed_on=YESTERDAY)
    correct(
        Certificate.objects.filter(completion__isnull=False).standing().latest("pk"),
        administrator,
        hours=Decimal(5),
    )

    line = Certificate.objects.filter(series_award__series=series).order_by("pk")
    newest = line.last()
    assert [row.snapshot["hours"] for row in line] == ["3", "6", "6.5"]
    assert [course["hours"] for course in newest.snapshot["courses"]] == ["5", "1.5"]
    assert newest.snapshot["title"] == whole.snapshot["title"]
    issuing.issue_series_due(timezone.now())
    assert line.count() == 3
    assert sound()


def test_a_series_certificate_has_no_day_and_no_hours_to_correct(desk, person):
    finish(enrolled(person, courses_of(make_series(courses=1, needed=1))[0]))
    issuing.issue_series_due(timezone.now())
    whole = Certificate.objects.get(series_award__isnull=False)

    page = desk.get(url("manage", whole)).content.decode()
    assert 'name="title_es"' in page
    assert 'name="hours"' not in page
    fields = as_it_is(whole, title_en="A better word", hours="90", completed_on="2020-01-01")
    assert desk.post(url("correct", whole), fields).status_code == 303

    newer = Certificate.objects.latest("pk")
    assert newer.snapshot["title"]["en"] == "A better word"
    assert newer.snapshot["hours"] == whole.snapshot["hours"]


def test_a_correction_keeps_the_terms_of_renewal_that_stood(certificate, administrator):
    """A policy set after the completion does not reach it through a correction."""
    course = certificate.completion.enrolment.course
    cycles.set_policy(
        course, by=administrator, months=12, window_days=30, grace_days=0, remind_days=[]
    )

    newer = correct(certificate, administrator, hours=Decimal(3))

    assert newer.snapshot["expires_on"] is None
    again = correct(newer, administrator, hours=Decimal(4))
    assert again.snapshot["expires_on"] is None
    assert cycles.standing_after(again.completion) is None


def test_words_that_were_corrected_stay_when_the_record_is(certificate, administrator):
    title = both("Data for health equity")
    worded = correct(certificate, administrator, title=title, name="Ana María Ruiz")

    newer = correct(worded, administrator, hours=Decimal(3))

    assert (newer.snapshot["title"], newer.snapshot["name"]) == (title, "Ana María Ruiz")


# --- Issued anew


@pytest.fixture
def revoked(certificate, administrator):
    withdrawing.revoke(certificate, reason="error", by=administrator, why="The wrong Ana.")
    return certificate


def test_what_was_revoked_by_mistake_is_issued_anew(desk, revoked, mailoutbox):
    page = desk.get(url("manage", revoked)).content.decode()
    assert url("issue-anew", revoked) in page
    assert desk.post(url("issue-anew", revoked), {"anew_why": ""}).status_code == 422

    done = [
        desk.post(url("issue-anew", revoked), {"anew_why": "It was the right Ana."})
        for _ in range(2)
    ]

    newer = Certificate.objects.latest("pk")
    assert [(each.status_code, each.url) for each in done] == [(303, newer.get_absolute_url())] * 2
    assert Certificate.objects.count() == 2
    assert (state(revoked), state(newer), newer.supersedes) == ("revoked", "valid", revoked)
    own = {"code", "verify_url", "issued_on"}
    same = revoked.snapshot.keys() - own
    assert {k: newer.snapshot[k] for k in same} == {k: revoked.snapshot[k] for k in same}
    page = desk.get(revoked.get_absolute_url()).content.decode()
    assert "This certificate was revoked" in page
    assert newer.get_absolute_url() in page
    assert desk.get(url("json", revoked)).json()["superseded_by"].endswith(newer.code + "/")
    outbox.work()
    letters = [letter for letter in mailoutbox if "issued anew" in letter.subject]
    assert len(letters) == 1
    assert newer.number in letters[0].body
    assert "The wrong Ana" not in letters[0].body
    act = AuditEntry.objects.get(verb="certificate.issued-anew")
    assert act.details == {"supersedes": revoked.pk, "why": "It was the right Ana."}
    assert sound()


def test_only_what_was_revoked_is_issued_anew(certificate, administrator):
    with pytest.raises(ValidationError, match="was not revoked"):
        issuing.issue_anew(certificate, by=administrator, why="-")


def test_a_series_counts_what_was_issued_anew(person, administrator):
    series = make_series(courses=2, needed=2)
    first, second = courses_of(series)
    finish(enrolled(person, first))
    issuing.issue_due(timezone.now())
    only = Certificate.objects.get()
    withdrawing.revoke(only, reason="not-earned", by=administrator, why="-")
    finish(enrolled(person, second))
    issuing.issue_series_due(timezone.now())
    assert not Certificate.objects.filter(series_award__isnull=False).exists()

    issuing.issue_anew(only, by=administrator, why="-")
    issuing.issue_series_due(timezone.now())

    assert Certificate.objects.filter(series_award__series=series).count() == 1


@pytest.mark.parametrize("act", ["correct", "issue-anew"])
def test_whoever_acts_shows_once_more_who_they_are(client, certificate, administrator, act):
    administrator.set_password("a long enough password")
    administrator.save()
    if act == "issue-anew":
        withdrawing.revoke(certificate, reason="error", by=administrator, why="-")
    fields = {"correct": as_it_is(certificate, hours="9"), "issue-anew": {"anew_why": "Mistake."}}
    client.force_login(administrator)

    asked = client.post(url(act, certificate), fields[act])
    assert (asked.status_code, Certificate.objects.count()) == (302, 1)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    again = {"password": "a long enough password", "next": url(act, certificate)}
    done = client.post(asked.url, again)

    assert (done.status_code, Certificate.objects.count()) == (303, 2)


# --- Everywhere, at once


def everywhere(client, certificate):
    """What each place that speaks of a certificate says now."""
    page = client.get(certificate.get_absolute_url()).content.decode()
    page = page.partition("gw-certificate")[0]  # what is said before the certificate itself
    entry = status.entry_of(certificate)
    bits = {
        purpose: entry.position in status._positions(entry.number, purpose)
        for purpose in status.PURPOSES
    }
    words = ("certificate is valid", "was revoked", "is suspended", "has replaced this one")
    return {
        "page": [word for word in words if word in page],
        "json": client.get(url("json", certificate)).json()["state"],
        "pdf": client.get(url("pdf", certificate)).status_code,
        "badge": [purpose for purpose, bit in bits.items() if bit],
        "transcript": certificate.number
        in client.get(reverse("certificates:transcript")).content.decode()
        or certificate.code in client.get(reverse("certificates:transcript")).content.decode(),
    }


def test_each_act_is_seen_everywhere_as_soon_as_it_is_done(
    client, certificate, administrator, person
):
    """Nothing that was asked for before is served again: no place keeps a copy."""
    client.force_login(person)
    first = everywhere(client, certificate)
    assert first == {
        "page": ["certificate is valid"],
        "json": "valid",
        "pdf": 200,
        "badge": [],
        "transcript": True,
    }

    withdrawing.suspend(certificate, reason="inquiry", by=administrator, why="-")
    said = everywhere(client, certificate)
    assert (said["page"], said["json"]) == (["is suspended"], "suspended")
    assert said["badge"] == ["suspension"]
    withdrawing.lift(certificate, by=administrator, why="-")
    assert everywhere(client, certificate) == first

    withdrawing.revoke(certificate, reason="error", by=administrator, why="-")
    said = everywhere(client, certificate)
    assert (said["page"], said["json"]) == (["was revoked"], "revoked")
    assert said["badge"] == ["revocation"]
    anew = issuing.issue_anew(certificate, by=administrator, why="-")
    said = everywhere(client, certificate)
    assert (said["json"], said["pdf"], said["transcript"]) == ("revoked", 303, False)
    assert everywhere(client, anew) == first

    newer = correct(anew, administrator, hours=Decimal(3))
    said = everywhere(client, anew)
    assert (said["page"], said["json"], said["badge"]) == (
        ["has replaced this one"],
        "superseded",
        ["revocation"],
    )
    assert everywhere(client, newer) == first


# --- At once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["name", "hours"])
def test_two_corrections_at_once_make_one(what):
    """Without the lock both pass the check, and the second breaks on a constraint instead of being
    told: seen with `lock_standing` and the row lock of `courses.correcting` taken out."""
    by, person = make_person(may_credit=True), make_person()
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made = issuing.issue_for(Completion.objects.latest("pk").pk)

        def act(value, made=made):
            return correct(made, by, **{what: value})

        values = {"name": ("Ana", "Bea"), "hours": (Decimal(2), Decimal(3))}[what]
        outcomes = at_once(*(lambda value=value: act(value) for value in values))

        assert sorted(type(each).__name__ for each in outcomes) == [
            "Certificate",
            "ValidationError",
        ]
        assert Certificate.objects.filter(supersedes=made).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_correction_of_the_record_that_meets_a_revocation_leaves_one_of_the_two():
    by, person = make_person(may_credit=True), make_person()
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made = issuing.issue_for(Completion.objects.latest("pk").pk)

        def act(made=made):
            return correct(made, by, hours=Decimal(2))

        def revoke(made=made):
            return withdrawing.revoke(made, reason="error", by=by, why="-")

        refused = [each for each in at_once(act, revoke) if isinstance(each, Exception)]

        assert [type(each) for each in refused] == [ValidationError]
        assert state(made) in {"revoked", "superseded"}
        assert Completion.objects.filter(enrolment=made.completion.enrolment_id).count() == (
            2 if state(made) == "superseded" else 1
        )


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_anew_at_once_issue_one():
    """Seen to fail with `lock_line` taken out: the second breaks on the constraint."""
    by, person = make_person(may_credit=True), make_person()
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made = issuing.issue_for(Completion.objects.latest("pk").pk)
        withdrawing.revoke(made, reason="error", by=by, why="-")

        def act(made=made):
            return issuing.issue_anew(made, by=by, why="-")

        one, two = at_once(act, act)

        assert one == two
        assert Certificate.objects.filter(supersedes=made).get() == one


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sweep", [issuing.issue_for, lambda pk: issuing.issue_all([pk])])
def test_a_record_that_is_corrected_while_it_is_certified_has_one_line(no_bell, sweep):
    """The sweep and a correction of the record meet: one certificate stands, and it says the
    corrected hours. Seen to fail on PostgreSQL without the lock of `_locked_line`, and without
    that of `_issue_together`: the old completion got a certificate, and two stood."""
    by = make_person(may_credit=True)
    finish(enrolled(make_person(), make_course()))
    old = Completion.objects.latest("pk")

    def fix():
        issuing.issue_for(record.correct(old, by=by, why="-", hours=Decimal(2)).pk)

    outcome = during(fix, lambda: sweep(old.pk))
    issuing.issue_due(timezone.now())

    assert not isinstance(outcome, Exception), outcome
    line = Certificate.objects.filter(completion__enrolment=old.enrolment_id)
    assert line.standing().get().snapshot["hours"] == "2"
