from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from certificates import claiming, issuing, withdrawing
from certificates.models import Certificate
from courses import crediting
from courses.models import (
    Completion,
    CreditApproval,
    CreditAward,
    CreditClaim,
    CreditNumber,
    CreditType,
    RenewalPolicy,
)
from people.models import AuditEntry
from tests.credit.factories import approve, make_type
from tests.factories import (
    enrolled,
    finish,
    make_course,
    make_organisation,
    make_person,
    shown_again,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(db):
    return make_person(may_credit=True)


def completed(person, course):
    enrolment = enrolled(person, course)
    finish(enrolment)
    completion = Completion.objects.get(enrolment=enrolment)
    return completion, issuing.issue_for(completion.pk)


def test_credit_is_frozen_with_the_completion_and_on_the_certificate(person):
    course = make_course(lessons=["page", "quiz"], hours="1.30")
    kind = make_type(slug="ches", needs=["passed"])
    approval = approve(course, kind)

    completion, certificate = completed(person, course)
    crediting.withdraw(approval, by=make_person(), why="The board took it back.")

    award = CreditAward.objects.get()
    assert completion.hours == {"training": "1.30", "ches": "1.25"}
    assert (award.hours, award.terms["event_number"]) == (Decimal("1.25"), "E-1")
    (line,) = certificate.snapshot["credit"]
    assert line["hours"] == "1.25"
    assert line["statement"]["en"] == (
        "Approved. Provider: The provider. Provider number: P-1. Event number: E-1."
    )
    assert certificate.snapshot["statements"] == []
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditAward.objects.update(hours=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditApproval.objects.update(hours=5)


def test_credit_is_never_given_backwards(person):
    course = make_course()
    completion, certificate = completed(person, course)

    approve(course)

    assert completion.hours == {"training": "1.50"}
    assert certificate.snapshot["credit"] == []
    assert "does not grant" in certificate.snapshot["statements"][0]["en"]
    assert not CreditAward.objects.exists()


def test_evidence_that_comes_in_late_earns_what_stood_when_it_happened(person):
    course = make_course()
    first = approve(course, make_type(slug="ches"))
    then = timezone.now()
    crediting.withdraw(first, by=make_person(), why="Over.")
    (item,) = enrolled(person, course).document.rule["requirements"]

    enrolled(person, course).record("finished", item["item"], source="late", occurred_at=then)

    assert CreditAward.objects.get().approval == first


def test_a_board_that_asks_for_an_assessment_gives_nothing_for_reading(person):
    course = make_course(lessons=["page"])
    approve(course, make_type(needs=["passed"]))

    completed(person, course)

    assert not CreditAward.objects.exists()


def test_an_approval_sent_twice_is_one_and_a_new_one_takes_its_place():
    course, kind = make_course(), make_type()
    first = approve(course, kind)

    assert approve(course, kind) == first
    second = approve(course, kind, hours=Decimal("0.50"))

    assert list(CreditApproval.objects.standing()) == [second]


def test_what_is_claimed_is_what_the_new_certificate_states(client, person):
    course = make_course(hours="1.50")
    approve(course, make_type(slug="cme", claimed=True))
    completion, first = completed(person, course)
    award = CreditAward.objects.get()
    assert first.snapshot["credit"] == []
    assert "cme" not in completion.hours
    client.force_login(person)
    url = reverse("credit:claim", args=[award.pk])

    assert client.post(url, {"hours": "2"}).status_code == 422
    assert client.post(url, {"hours": "1.1"}).status_code == 422
    answer = client.post(url, {"hours": "1.25"})

    assert (answer.status_code, answer.url) == (303, reverse("credit:mine"))
    newer = Certificate.objects.standing().get()
    assert (newer.supersedes, newer.snapshot["credit"][0]["hours"]) == (first, "1.25")
    again = client.post(url, {"hours": "1.25"})
    other = client.post(url, {"hours": "1"})
    assert (again.status_code, other.status_code) == (303, 422)
    assert "A claim is made once" in other.content.decode()
    assert Certificate.objects.count() == 2


def test_a_claim_that_no_certificate_states_is_swept(person):
    course = make_course()
    approve(course, make_type(claimed=True))
    completed(person, course)
    crediting.claim(CreditAward.objects.get(), Decimal(1))

    said = [claiming.restate_claims(timezone.now()) for _ in range(2)]

    assert [words.split()[0] for words in said] == ["1", "0"]
    assert Certificate.objects.standing().get().snapshot["credit"][0]["hours"] == "1"


def test_nobody_claims_under_a_revoked_certificate(person, administrator):
    course = make_course()
    approve(course, make_type(claimed=True))
    _, certificate = completed(person, course)
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong.")

    with pytest.raises(ValidationError, match="does not count"):
        claiming.claim(CreditAward.objects.get(), Decimal(1), by=person)
    assert not CreditClaim.objects.exists()


@pytest.mark.parametrize("act", ["revoke", "suspend"])
def test_credit_under_a_certificate_that_was_taken_back_counts_nowhere(
    client, person, administrator, act
):
    course = make_course()
    approve(course, make_type(body="NCHEC"))
    _, certificate = completed(person, course)
    today = timezone.localdate()
    reports = [
        reverse(f"credit:{name}") + f"?first={today}&last={today}" for name in ("nchec", "train")
    ]

    def looked_at():
        shown_again(client, administrator)
        nchec, train = (client.get(path).content.decode() for path in reports)
        client.force_login(person)
        mine = client.get(reverse("credit:mine"))
        return person.email in nchec, train.split(",")[-1].strip(), mine.context["earned"][0].total

    assert looked_at() == (True, "Completed", Decimal("1.5"))
    getattr(withdrawing, act)(
        certificate, reason="asked", by=administrator, why="They asked for it."
    )
    gone = {"revoke": "Revoked", "suspend": "Suspended"}[act]
    assert looked_at() == (False, gone, Decimal(0))
    assert b"does not count now" in client.get(reverse("credit:mine")).content
    if act == "revoke":
        issuing.issue_anew(certificate, by=administrator, why="A mistake.")
    else:
        withdrawing.lift(certificate, by=administrator, why="Settled.")
    assert looked_at() == (True, "Completed", Decimal("1.5"))


def test_nobody_claims_for_somebody_else(signed_in):
    course = make_course()
    approve(course, make_type(claimed=True))
    completed(make_person(), course)
    url = reverse("credit:claim", args=[CreditAward.objects.get().pk])

    assert signed_in.post(url, {"hours": "1"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_claims_at_once_are_one(person):
    course = make_course()
    approve(course, make_type(claimed=True))
    completed(person, course)
    award = CreditAward.objects.get()

    acts = [lambda h=h: claiming.claim(award, Decimal(h), by=person) for h in (1, 1, "0.5")]
    outcomes = at_once(*acts)

    claim = CreditClaim.objects.get()
    right = [o for o in outcomes if not isinstance(o, Exception)]
    assert all(o == claim for o in right)
    assert all(isinstance(o, ValidationError) for o in outcomes if o not in right)
    standing = Certificate.objects.standing().get()
    assert Decimal(standing.snapshot["credit"][0]["hours"]) == claim.hours
    assert Certificate.objects.count() == 2


def test_a_persons_number_is_locked_away_and_theirs_alone(client, person, administrator, settings):
    kind = make_type(number_name={"en": "CHES number"})
    client.force_login(person)
    field = f"number-{kind.pk}"

    assert client.post(reverse("credit:mine"), {field: "12345-A"}).status_code == 303

    row = CreditNumber.objects.get()
    assert "12345" not in row.sealed
    assert b"12345-A" in client.get(reverse("credit:mine")).content
    shown_again(client, administrator)
    assert b"12345" not in client.get(reverse("credit:mine")).content
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    assert crediting.numbers_of(person) == {kind.pk: "12345-A"}
    settings.SECRET_KEY_FALLBACKS = []
    assert crediting.numbers_of(person) == {kind.pk: ""}


def test_an_administrator_records_and_withdraws(client, administrator):
    course = make_course()
    kind = make_type(reporting="provider")
    shown_again(client, administrator)
    url = reverse("credit:course", args=[course.slug])
    typed = {
        "credit_type": kind.pk,
        "hours": "1.5",
        "provider_name": "The provider",
        "valid_from": "2026-01-01",
        "statement_en": "Approved.",
    }

    refused = client.post(url, typed)
    assert refused.status_code == 422
    assert refused.content.decode().count("This board wants the number") >= 2
    assert b"\nApproved.</textarea>" in refused.content

    client.post(url, typed | {"provider_number": "1", "event_number": "2"})
    approval = CreditApproval.objects.standing().get()
    gone = reverse("credit:withdraw", args=[course.slug, approval.pk])
    assert client.post(gone, {"why": ""}).status_code == 422
    other = reverse("credit:withdraw", args=[make_course().slug, approval.pk])
    assert client.post(other, {"why": "x"}).status_code == 404
    assert client.post(gone, {"why": "Ended."}).status_code == 303
    assert client.post(gone, {"why": "Ended."}).status_code == 303
    assert not CreditApproval.objects.standing().exists()
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["credit.approved", "credit.approval-withdrawn"]


def test_nchec_gets_numbers_hours_and_nothing_that_runs(client, administrator):
    course = make_course(lessons=["quiz"])
    ches = make_type(slug="ches", body="NCHEC", number_name={"en": "CHES number"})
    approve(course, ches, category="Category I")
    person = make_person(name='=HYPERLINK("x")')
    crediting.keep_numbers(person, {ches.pk: "777"})
    completed(person, course)
    completed(make_person(name="Of Another Board"), make_course())
    shown_again(client, administrator)
    today = timezone.localdate().isoformat()

    answer = client.get(reverse("credit:nchec"), {"first": today, "last": today})

    text = answer.content.decode()
    assert "777,\"'=HYPERLINK" in text
    assert "Category I,P-1,E-1" in text
    assert "Of Another Board" not in text
    assert AuditEntry.objects.filter(verb="credit.nchec-exported").count() == 1


def test_train_gets_each_completion_of_the_days_asked_for(client, administrator, person):
    completed(person, make_course(hours="2.00"))
    shown_again(client, administrator)
    today = timezone.localdate()

    def rows(first, last):
        answer = client.get(reverse("credit:train"), {"first": first, "last": last})
        return answer.status_code, answer.content.decode().count(person.email)

    assert rows(today, today) == (200, 1)
    assert rows(today - timedelta(days=9), today - timedelta(days=1)) == (200, 0)
    assert rows(today, today - timedelta(days=1)) == (422, 0)
    assert rows(today - timedelta(days=400), today) == (422, 0)


@pytest.mark.parametrize("name", ["index", "reports", "nchec", "train"])
def test_only_credit_administrators_see_the_boards_pages(client, person, administrator, name):
    from people import joining

    url = reverse(f"credit:{name}")
    lead = make_person()
    joining.join(lead, make_organisation(), role="lead")

    assert client.get(url).status_code == 302
    for stranger in (person, lead, make_person(may_author=True), make_person(is_staff=True)):
        client.force_login(stranger)
        assert client.get(url).status_code == 404
    shown_again(client, administrator)
    assert client.get(url).status_code in {200, 422}


@pytest.mark.parametrize("count", [1, 5])
def test_the_pages_cost_the_same_for_any_number(
    client, administrator, django_assert_num_queries, count
):
    kinds = [make_type(claimed=n % 2 == 0) for n in range(count)]
    for _ in range(count):
        course = make_course()
        for kind in kinds:
            approve(course, kind)
        completed(administrator, course)
    shown_again(client, administrator)

    with django_assert_num_queries(5):  # session, person, courses, their approvals, types
        client.get(reverse("credit:index"))
    # session, person, awards, certificates taken back, numbers, kinds with numbers
    with django_assert_num_queries(6):
        client.get(reverse("credit:mine"))
    with django_assert_num_queries(6):  # session, person, course, approvals, kinds, renewal
        client.get(reverse("credit:course", args=[course.slug]))


def test_an_administrator_says_how_long_a_completion_holds(client, administrator):
    course = make_course()
    shown_again(client, administrator)
    url = reverse("credit:renewal", args=[course.slug])
    typed = {"months": "24", "window_days": "60", "grace_days": "30", "remind_days": "7, 30"}

    assert client.post(url, typed | {"remind_days": "soon"}).status_code == 422
    assert client.post(url, typed | {"months": "1"}).status_code == 422
    assert client.post(url, typed).status_code == 303
    assert client.post(url, typed).status_code == 303

    policy = RenewalPolicy.objects.get()
    assert (policy.months, policy.remind_days, policy.earlier_too) == (24, [30, 7], False)
    html = client.get(reverse("credit:course", args=[course.slug])).content.decode()
    assert 'value="30, 7"' in html


def test_whoever_acts_or_takes_lists_away_shows_who_they_are(client, administrator):
    course = make_course()
    approval = approve(course)
    administrator.set_password("a long enough password")
    administrator.save()
    client.force_login(administrator)
    acts = [
        reverse("credit:course", args=[course.slug]),
        reverse("credit:withdraw", args=[course.slug, approval.pk]),
        reverse("credit:renewal", args=[course.slug]),
        reverse("transcripts:decide", args=[1]),
    ]
    lists = [reverse("credit:nchec"), reverse("credit:train")]

    asked = [client.post(url, {"why": "Over."}) for url in acts] + [client.get(u) for u in lists]

    again = reverse("account_reauthenticate")
    assert all(answer.url.startswith(again) for answer in asked)
    assert client.get(acts[0]).status_code == 200
    done = client.post(
        client.post(acts[1], {"why": "Over."}).url,
        {"password": "a long enough password", "next": acts[1]},
    )
    assert (done.status_code, CreditApproval.objects.standing().count()) == (303, 0)


@pytest.fixture
def just_signed_in(client, administrator):
    """An administrator who showed who they are a moment ago."""
    shown_again(client, administrator)
    return client


def typed(client, url, **changes):
    """What the page would send if one pressed «Save», with these fields changed."""
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    return {**sent, **changes}


def test_rules_change_on_a_page_and_the_file_leaves_them_alone(just_signed_in, person):
    crediting.load_types()
    course = make_course(lessons=["page", "quiz"], hours="2.00")
    kind = CreditType.objects.get(slug="ches")
    approve(course, kind, hours=Decimal("1.75"))
    _before, first = completed(person, course)
    url = reverse("credit:kind", args=["ches"])

    answer = just_signed_in.post(url, typed(just_signed_in, url, step="0.50", unit_en="points"))
    crediting.load_types()

    assert answer.status_code == 303
    kind.refresh_from_db()
    assert (kind.step, kind.unit["en"], kind.needs) == (Decimal("0.50"), "points", ["passed"])
    _completion, second = completed(make_person(), course)
    hours = [certificate.snapshot["credit"][0]["hours"] for certificate in (first, second)]
    assert hours == ["1.75", "1.5"]
    entry = AuditEntry.objects.get(verb="credit.rules-changed")
    assert entry.details["changed"] == ["step", "unit"]
    assert entry.details["was"]["step"] == "0.25"


def test_a_new_kind_is_kept_once(just_signed_in):
    url = reverse("credit:new-kind")
    sent = typed(
        just_signed_in, url, slug="dental", name_en="Dental hours", name_es="Horas dentales",
        unit_en="hours", unit_es="horas", body="The dental board", step="0.5", needs=["finished"],
    )  # fmt: skip

    first, again = just_signed_in.post(url, sent), just_signed_in.post(url, sent)

    assert (first.status_code, again.status_code) == (303, 422)
    assert "There is a kind of credit with this short name." in again.content.decode()
    assert "Horas dentales" in again.content.decode()
    kind = CreditType.objects.get(slug="dental")
    assert (kind.needs, kind.number_name) == (["finished"], {})


def test_rules_that_somebody_else_changed_are_not_overwritten(just_signed_in):
    crediting.load_types()
    url = reverse("credit:kind", args=["nursing"])
    mine = typed(just_signed_in, url, body="Mine")
    theirs = typed(just_signed_in, url, body="Theirs")
    just_signed_in.post(url, theirs)

    answer = just_signed_in.post(url, mine)

    assert answer.status_code == 422
    assert "Somebody changed these rules" in answer.content.decode()
    assert "Mine" in answer.content.decode()
    assert CreditType.objects.get(slug="nursing").body == "Theirs"


def test_a_step_larger_than_a_standing_approval_is_refused(just_signed_in):
    crediting.load_types()
    approve(make_course(), CreditType.objects.get(slug="cph"), hours=Decimal("1.00"))
    url = reverse("credit:kind", args=["cph"])

    answer = just_signed_in.post(url, typed(just_signed_in, url, step="2"))

    assert answer.status_code == 422
    assert "A course has an approval for less than that." in answer.content.decode()
    assert CreditType.objects.get(slug="cph").step == Decimal("0.25")


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_are_one_and_a_refusal(administrator):
    """Without the lock on the kind, PostgreSQL keeps all three, the last over the others."""
    crediting.load_types()
    kind = CreditType.objects.get(slug="cph")

    def change(number):
        try:
            crediting.keep_type(kind, by=administrator, body=f"Board {number}", step=kind.step)
        except ValidationError:
            return "refused"
        return "kept"

    outcomes = at_once(*(partial(change, n) for n in (1, 2, 3)))

    assert sorted(outcomes) == ["kept", "refused", "refused"]
    assert AuditEntry.objects.filter(verb="credit.rules-changed").count() == 1
