import csv
import hashlib
import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from PIL import Image
from pypdf import PdfReader

from certificates import designing, issuing, withdrawing
from certificates.pictures import kept
from certificates.printing import pdf_of
from courses import assessment
from courses.models import (
    Attempt,
    Completion,
    Enrolment,
    KeyCorrection,
    Reflection,
    Regrade,
)
from insights.models import EvidencePack
from insights.packs import packing
from insights.packs.rules import shown
from lms import outbox
from lms.sheets import STARTS_A_FORMULA, guarded
from people import joining, private
from people.models import AuditEntry
from tests.certificates import hostile
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
    return make_person(may_credit=True, name="Carmen Duarte")


@pytest.fixture
def signed_in_just_now(client, administrator):
    """An administrator who showed who they are a moment ago."""
    shown_again(client, administrator)
    return client


def ask(by, about="course", **wanted):
    return packing.ask(by, key=uuid.uuid4(), about=about, why="Audit 2026", **wanted)


def work_off():
    while outbox.work(timezone.now() + timedelta(minutes=1)):
        pass


def opened(pack):
    pack.refresh_from_db()
    with default_storage.open(pack.path) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows(pack, name):
    text = opened(pack).read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def completed(person, course):
    enrolment = enrolled(person, course)
    finish(enrolment)
    return issuing.issue_for(Completion.objects.get(enrolment=enrolment).pk)


def evaluate(person, course, steps):
    """Send the course's evaluation with this opinion and these words."""
    enrolment = enrolled(person, course)
    (lesson,) = [each for each in enrolment.document.lessons if each.kind == "evaluation"]
    attempt = assessment.start(enrolment, lesson)
    assessment.save(attempt, {lesson.questions[0].uuid: [str(steps)]})
    assessment.submit(attempt)
    return enrolment


def test_a_pack_holds_the_record_and_its_manifest_proves_it(administrator):
    organisation = make_organisation()
    person = make_person(name="=Ana Ruiz")
    joining.join(person, organisation)
    course = make_course(lessons=["page", "quiz"])
    approve(course, make_type(slug="ches"), category="Category I")
    first = completed(person, course)
    second = issuing.reissue(first, name="Ana Ruiz", by=administrator, why="Wrong.")
    pack = ask(administrator, course=course)

    work_off()

    archive = opened(pack)
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    listed = {each["path"]: each for each in manifest["files"]}
    assert set(archive.namelist()) == {*listed, "manifest.json"}
    for path, each in listed.items():
        content = archive.read(path)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            each["bytes"],
            each["sha256"],
        )
    (row,) = rows(pack, "roster.csv")
    assert (row["name"], row["organization then"], row["certificate"]) == (
        "'=Ana Ruiz",
        organisation.name,
        second.number,
    )
    assert len(rows(pack, "evidence.csv")) == 2
    assert [r["state"] for r in rows(pack, "certificates.csv")] == ["superseded", "valid"]
    assert rows(pack, "credit.csv")[0]["category"] == "Category I"
    assert archive.read(f"certificates/{second.number}.pdf").startswith(b"%PDF")
    assert f"certificates/{first.number}.pdf" not in listed
    assert json.loads(archive.read(f"certificates/{first.number}.json")) == first.snapshot
    version = json.loads(archive.read(f"versions/{course.slug}-v1.json"))
    assert version["sha256"] == course.current.sha256
    assert json.loads(archive.read("policies.json"))["approvals"][0]["type"] == "ches"
    for name, lang in (("index.html", "en"), ("index.es.html", "es")):
        page = archive.read(name).decode()
        assert f'<html lang="{lang}">' in page
        assert f"certificates/{second.number}.json" in page
        assert "=Ana Ruiz" in page
        assert listed["roster.csv"]["sha256"] in page
    with default_storage.open(pack.path) as file:
        assert pack.sha256 == hashlib.file_digest(file, "sha256").hexdigest()
    verbs = AuditEntry.objects.filter(verb__startswith="pack.").values_list("verb", flat=True)
    assert sorted(verbs) == ["pack.asked", "pack.made"]


def test_hostile_names_and_reasons_are_letters_in_the_tables_and_on_the_index_page(administrator):
    course = make_course()
    for number, name in enumerate(hostile.NAMES):
        Enrolment.objects.create(
            person=make_person(name=name, email=f"hostile{number}@example.org"),
            course=course,
            version=course.current,
        )
    worst = " ".join(hostile.NAMES)[:300]
    person = make_person(name=worst[:150])
    enrolled(person, course)
    of_course = ask(administrator, course=course)
    of_person = packing.ask(
        administrator, key=uuid.uuid4(), about="person", person=person, why=worst
    )

    work_off()

    named = [row["name"] for row in rows(of_course, "roster.csv")]
    assert named == [guarded(name) for name in [*hostile.NAMES, worst[:150]]]
    assert not any(name.startswith(STARTS_A_FORMULA) for name in named)
    page = opened(of_person).read("index.html").decode()
    assert escape(worst) in page
    assert escape(worst[:150]) in page
    for tag in ("<script", "<img", "<svg"):
        assert tag not in page


def test_a_score_after_a_corrected_key_stands_beside_the_one_that_was_sent(administrator):
    course = make_course(lessons=["quiz"])
    (lesson,) = make_enrolment(course).document.lessons
    attempt = Attempt.objects.get()
    correction = KeyCorrection.objects.create(
        up_to=course.current, item=lesson.uuid, question=lesson.questions[0].uuid, number=1,
        kind="single", body={}, points=1, mark="0" * 64, reason="Two answers were right.",
        made_by=administrator,
    )  # fmt: skip
    Regrade.objects.create(
        attempt=attempt,
        correction=correction,
        points=2,
        points_possible=2,
        percent=100,
        passed=True,
    )
    pack = ask(administrator, course=course)

    work_off()

    (row,) = rows(pack, "scores.csv")
    assert (row["percent"], row["passed"]) == (str(attempt.percent), "False")
    assert (row["percent now"], row["passed now"]) == ("100", "True")
    assert row["reason"] == "Two answers were right."
    assert row["marked anew"]


def make_enrolment(course):
    """Somebody who sent the course's quiz with a wrong answer."""
    enrolment = enrolled(make_person(), course)
    (lesson,) = enrolment.document.lessons
    attempt = assessment.start(enrolment, lesson)
    assessment.save(attempt, {lesson.questions[0].uuid: ["b"]})
    assessment.submit(attempt)
    return enrolment


def test_answers_reflections_and_what_people_tell_about_themselves_stay_out(administrator):
    course = make_course(lessons=["page", "evaluation"])
    person = make_person()
    private.keep(person, {"gender": ["nonbinary"]})
    enrolment = evaluate(person, course, 4)
    Reflection.objects.create(enrolment=enrolment, block=str(uuid.uuid4()), text="My own secret")
    pack = ask(administrator, about="person", person=person)

    work_off()

    archive = opened(pack)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode(errors="ignore")
    assert "My own secret" not in everything
    assert "nonbinary" not in everything
    (fact,) = rows(pack, "evaluations.csv")
    assert fact["sent"]
    (summary,) = json.loads(archive.read("evaluation-summary.json"))
    assert summary["counts"] is None


def test_scales_are_counted_when_no_count_could_point_at_somebody(administrator):
    course = make_course(lessons=["evaluation"])
    for _ in range(11):
        evaluate(make_person(), course, 5)
    first = ask(administrator, course=course)
    work_off()
    evaluate(make_person(), course, 1)
    second = ask(administrator, course=course)
    work_off()

    counted = [json.loads(opened(p).read("evaluation-summary.json"))[0] for p in (first, second)]

    assert [each["counts"] for each in counted] == [{"5": 11}, None]


@pytest.mark.parametrize(
    ("counts", "known"),
    [
        ({}, False),
        ({"5": 10}, False),
        ({"5": 11}, True),
        ({"5": 30, "1": 1}, False),
        ({"5": 30, "1": 0}, True),
        ({"5": 30, "1": 11}, True),
    ],
)
def test_which_counts_are_shown(counts, known):
    assert shown(counts) == (counts if known else None)


def test_a_pack_is_about_its_subject_and_days_alone(administrator):
    organisation, other = make_organisation(), make_organisation()
    course = make_course()
    for place in (organisation, other):
        person = make_person()
        joining.join(person, place)
        completed(person, course)
    old = make_person()
    joining.join(old, organisation)
    then = timezone.now() - timedelta(days=400)
    Enrolment.objects.create(
        person=old,
        course=course,
        version=course.current,
        organisation=organisation,
        enrolled_at=then,
    )
    today = timezone.localdate()
    pack = ask(
        administrator, about="organisation", organisation=organisation, first=today, last=today
    )
    work_off()

    (row,) = rows(pack, "roster.csv")
    assert row["organization then"] == organisation.name
    assert len(rows(pack, "certificates.csv")) == 1


def test_it_is_fetched_for_a_week_by_who_showed_who_they_are(
    client, signed_in_just_now, administrator, person
):
    completed(person, make_course())
    pack = ask(administrator, about="person", person=person)
    url = reverse("insights:fetch", args=[pack.uuid])
    assert signed_in_just_now.get(url).status_code == 404  # not made yet
    work_off()

    answer = signed_in_just_now.get(url)

    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(verb="pack.downloaded", actor=administrator).count() == 1
    other = make_person(may_credit=True)
    other.set_password("a long enough password")
    other.save()
    client.force_login(other)
    assert client.get(url).url.startswith(reverse("account_reauthenticate"))
    pack.refresh_from_db()
    assert packing.empty_expired(pack.expires_at - timedelta(seconds=1))[0] == "0"
    assert packing.empty_expired(pack.expires_at)[0] == "1"
    assert not default_storage.exists(pack.path)
    assert EvidencePack.objects.get().sha256 == pack.sha256


def test_expired_is_gone_before_the_sweep_comes(signed_in_just_now, administrator, person):
    completed(person, make_course())
    pack = ask(administrator, about="person", person=person)
    work_off()
    EvidencePack.objects.update(expires_at=timezone.now())

    assert signed_in_just_now.get(reverse("insights:fetch", args=[pack.uuid])).status_code == 404


def test_neither_leads_nor_others_get_a_pack(client, administrator, person):
    completed(person, make_course())
    pack = ask(administrator, about="person", person=person)
    work_off()
    lead = make_person()
    joining.join(lead, make_organisation(), role="lead")

    for stranger in (lead, person, make_person(is_staff=True), make_person(may_author=True)):
        client.force_login(stranger)
        assert client.get(reverse("insights:packs")).status_code == 404
        assert client.post(reverse("insights:packs")).status_code == 404
        assert client.get(reverse("insights:fetch", args=[pack.uuid])).status_code == 404


def test_certificates_in_a_pack_have_their_logo_and_say_why_they_were_taken_back(
    administrator, person
):
    file = io.BytesIO()
    Image.new("RGB", (60, 30), "#0f4c45").save(file, "PNG")
    look = {"template": "ledger-1", "primary": "#1b3a6b", "accent": "#8a5a12"}
    nobody = {"signatory": "", "signatory_role": {}, "signature": None}
    logo = kept(SimpleUploadedFile("logo.png", file.getvalue()))
    designing.use(
        designing.draw(None, **look, logo=logo, **nobody, by=administrator), by=administrator
    )
    valid, revoked = (completed(person, make_course()) for _ in range(2))
    withdrawing.revoke(revoked, reason="error", by=administrator, why="Issued twice.")
    pack = ask(administrator, about="person", person=person)

    work_off()

    printed = opened(pack).read(f"certificates/{valid.number}.pdf")
    assert printed == pdf_of(valid.snapshot)
    assert len(PdfReader(io.BytesIO(printed)).pages[0].images) == 1
    said = {row["number"]: (row["state"], row["reason"]) for row in rows(pack, "certificates.csv")}
    assert said == {valid.number: ("valid", ""), revoked.number: ("revoked", "error")}


def test_the_form_asks_for_what_it_needs(signed_in_just_now, person):
    url = reverse("insights:packs")
    completed(person, make_course())
    sent = {"key": uuid.uuid4(), "about": "person", "why": "Audit"}

    def post(**changed):
        return signed_in_just_now.post(url, sent | changed)

    assert signed_in_just_now.get(url).status_code == 200
    assert post().status_code == 422
    assert b"Nobody has this address" in post(email="nobody@example.org").content
    assert post(about="organisation", organisation=make_organisation().pk).status_code == 422
    nothing = post(email=make_person().email)
    assert b"nothing on record" in nothing.content
    assert b'value="Audit"' in nothing.content
    assert [post(email=person.email.upper()).status_code for _ in range(2)] == [303, 303]
    assert EvidencePack.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_is_one_pack_and_two_workers_make_one(administrator, person):
    completed(person, make_course())
    key = uuid.uuid4()

    packs = at_once(
        *[lambda: packing.ask(administrator, key=key, about="person", why="Audit", person=person)]
        * 3
    )
    payload = {"pack": packs[0].pk}
    made = at_once(*[lambda: packing._make(payload)] * 2)

    assert {pack.pk for pack in packs} == {EvidencePack.objects.get().pk}
    assert sorted(isinstance(each, str) for each in made) == [False, True]
    assert AuditEntry.objects.filter(verb="pack.made").count() == 1
    assert opened(packs[0]).testzip() is None


def test_a_revoked_certificate_is_listed_and_not_printed(administrator, person):
    certificate = completed(person, make_course())
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong.")
    pack = ask(administrator, about="person", person=person)

    work_off()

    assert [row["state"] for row in rows(pack, "certificates.csv")] == ["revoked"]
    assert not [name for name in opened(pack).namelist() if name.endswith(".pdf")]


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_costs_the_same_for_any_number(
    signed_in_just_now, administrator, django_assert_num_queries, count
):
    for _ in range(count):
        person = make_person()
        completed(person, make_course())
        ask(administrator, about="person", person=person)

    with django_assert_num_queries(5):  # session, person, packs, courses, organisations
        signed_in_just_now.get(reverse("insights:packs"))
