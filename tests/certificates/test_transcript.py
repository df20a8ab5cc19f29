import csv
import io
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape
from pypdf import PdfReader

from certificates import issuing, press, withdrawing
from certificates.models import OutsideTraining, TranscriptShare
from certificates.transcripts import gathering, outside, sharing
from certificates.transcripts.rules import bounds, fiscal_year
from courses import cycles
from courses.models import Completion
from people.models import AuditEntry
from tests.certificates import hostile
from tests.certificates.pdf_ua import violations
from tests.credit.factories import approve, make_type
from tests.factories import both, enrolled, finish, make_course, make_person, shown_again
from tests.races import at_once

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a letter"


@pytest.fixture
def administrator(db):
    return make_person(may_credit=True)


def completed(person, **course):
    enrolment = enrolled(person, make_course(**course))
    finish(enrolment)
    return issuing.issue_for(Completion.objects.get(enrolment=enrolment).pk)


def typed(**changed):
    return {
        "key": str(uuid.uuid4()),
        "title": "First aid",
        "provider": "Red Cross",
        "completed_on": "2026-02-01",
        "hours": "2.5",
        "proof": SimpleUploadedFile("letter.exe", PDF),
    } | changed


def state(person, **changed):
    fields = {
        "key": uuid.uuid4(),
        "title": "First aid",
        "provider": "Red Cross",
        "completed_on": date(2026, 2, 1),
        "hours": Decimal("2.50"),
        "proof": SimpleUploadedFile("a.pdf", PDF),
    }
    return outside.state(person, **fields | changed)


@pytest.mark.parametrize(
    ("day", "first_month", "year"),
    [
        (date(2026, 6, 30), 7, 2025),
        (date(2026, 7, 1), 7, 2026),
        (date(2026, 12, 31), 1, 2026),
        (date(2026, 9, 30), 10, 2025),
    ],
)
def test_the_fiscal_year_of_a_day(day, first_month, year):
    assert fiscal_year(day, first_month) == year
    first, after = bounds(year, first_month)
    assert first <= day < after


def test_the_page_shows_own_recognised_and_stated_training_apart(signed_in, person, administrator):
    certificate = completed(person, title=both("Data for equity"), hours="1.50")
    stated, recognised = state(person), state(person, title="Ethics", hours=Decimal(3))
    outside.decide(recognised, by=administrator, recognise=True, words="Fine.")

    html = signed_in.get(reverse("certificates:transcript")).content.decode()

    assert certificate.number in html
    assert "Elsewhere, recognized" in html
    assert "Elsewhere, as the person states it" in html
    assert "Altogether 4.5 hours" in html
    assert "The fiscal year begins on July 1" in html
    assert stated.title in html


def test_what_a_revoked_certificate_said_is_not_summed(person, administrator):
    certificate = completed(person, hours="1.50")
    withdrawing.revoke(certificate, reason="error", by=administrator, why="Wrong.")

    (entry,) = gathering.gather(person)

    assert (entry.counted, gathering.total([entry])) == (False, 0)


def test_years_and_cycles_group_the_same_entries(person):
    completed(person)
    for day in (date(2024, 6, 30), date(2024, 7, 1)):
        state(person, completed_on=day)
    entries = gathering.gather(person)

    years = gathering.by_fiscal_year(entries)
    courses = gathering.by_cycle(entries)

    assert [g.label for g in years][-2:] == ["Fiscal year 2024–25", "Fiscal year 2023–24"]
    assert sum(len(g.entries) for g in years) == sum(len(g.entries) for g in courses) == 3


def test_a_number_of_wide_letters_stays_on_one_line():
    number = "WWWWW-MMMMM-WWWWW-MMMMM-WWWWWW"
    record = {
        "format": 1,
        "language": "en",
        "made_on": "2026-11-22",
        **dict.fromkeys(("heading", "name", "provider", "made", "total", "page", "empty"), "x"),
        "columns": ["Training", "Completed", "Hours", "Certificate"],
        "notes": [],
        "groups": [{"label": "A", "hours": "1", "rows": [["A", "", "1 May", "1", number]]}],
    }

    pdf = press.print_record(record, paper="a4")

    assert number in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_the_pdf_is_tagged_and_says_the_same(signed_in, person):
    course = make_course(title=both("Data for equity"), hours="1.50")
    approve(course, make_type(name=both("CHES hours")))
    finish(enrolled(person, course))
    certificate = issuing.issue_for(Completion.objects.get().pk)
    state(person, title="#let no " + "x" * 120, provider="مرحبا")

    answer = signed_in.get(reverse("transcripts:pdf") + "?paper=a4")

    assert answer["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    assert violations(answer.content) == []
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    assert "Ana Ruiz" in text
    assert "Data for equity" in text
    assert certificate.number in text
    assert "#let" in text
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_a_long_transcript_has_as_many_pages_as_it_takes(signed_in, person):
    for n in range(80):
        state(person, title=f"Course {n}")

    reader = PdfReader(io.BytesIO(signed_in.get(reverse("transcripts:pdf")).content))

    assert len(reader.pages) > 1
    assert "Course 79" in "".join(page.extract_text() for page in reader.pages)


def test_the_csv_runs_nothing(signed_in, person):
    completed(person, title={"en": "=1+1"})

    answer = signed_in.get(reverse("transcripts:csv"))

    assert "\r\n'=1+1," in answer.content.decode()


def test_an_empty_transcript_prints_too(signed_in):
    answer = signed_in.get("/es" + reverse("transcripts:pdf"))

    assert answer["Content-Type"] == "application/pdf"
    assert signed_in.get(reverse("certificates:transcript")).status_code == 200


def test_training_elsewhere_is_stated_with_proof(signed_in, person):
    url = reverse("transcripts:add")
    assert signed_in.get(url).status_code == 200
    sent = typed()

    first = signed_in.post(url, sent)
    again = signed_in.post(url, sent | {"proof": SimpleUploadedFile("letter.pdf", PDF)})

    assert (first.status_code, again.status_code) == (303, 303)
    row = OutsideTraining.objects.get()
    assert (row.state, row.proof.name.endswith(".pdf"), "letter" in row.proof.name) == (
        "stated",
        True,
        False,
    )
    answer = signed_in.get(reverse("transcripts:proof", args=[row.pk]))
    assert answer.content == PDF
    assert answer["Content-Disposition"] == f'attachment; filename="proof-{row.pk}.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"proof": SimpleUploadedFile("letter.pdf", b"<script>")}, "not a PDF"),
        ({"proof": SimpleUploadedFile("a.pdf", b"%PDF-" + b"0" * 5 * 1024 * 1024)}, "larger than"),
        ({"completed_on": "2999-01-01"}, "still to come"),
        ({"hours": "0"}, "greater than"),
        ({"title": ""}, "required"),
    ],
)
def test_what_cannot_be_proof_is_refused_beside_the_field(signed_in, changed, words):
    answer = signed_in.post(reverse("transcripts:add"), typed(**changed))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert b'value="Red Cross"' in answer.content
    assert not OutsideTraining.objects.exists()


def test_a_credit_administrator_decides_once_and_it_is_on_record(client, person, administrator):
    row = state(person)
    shown_again(client, administrator)
    url = reverse("transcripts:decide", args=[row.pk])
    assert b"First aid" in client.get(reverse("transcripts:waiting")).content
    assert client.get(reverse("transcripts:waiting-proof", args=[row.pk])).content == PDF

    assert client.post(url, {"recognise": "yes", "words": ""}).status_code == 422
    assert client.post(url, {"recognise": "yes", "words": "Fine."}).status_code == 303
    assert client.post(url, {"recognise": "no", "words": "Or not."}).status_code == 303

    row.refresh_from_db()
    assert (row.state, row.decision, row.decided_by) == ("recognised", "Fine.", administrator)
    assert AuditEntry.objects.filter(verb__startswith="outside-training").count() == 1
    assert b"First aid" not in client.get(reverse("transcripts:waiting")).content


def test_strangers_reach_neither_rows_nor_proofs(client, person, administrator):
    row = state(person)
    stranger = make_person()
    client.force_login(stranger)

    assert client.get(reverse("transcripts:proof", args=[row.pk])).status_code == 404
    assert client.post(reverse("transcripts:remove", args=[row.pk])).status_code == 404
    for name in ("waiting-proof", "decide"):
        assert client.post(reverse(f"transcripts:{name}", args=[row.pk])).status_code == 404
    assert client.get(reverse("transcripts:waiting")).status_code == 404
    client.force_login(person)
    assert client.post(reverse("transcripts:remove", args=[row.pk])).status_code == 303
    assert gathering.gather(person) == []
    shown_again(client, administrator)
    assert client.get(reverse("transcripts:waiting-proof", args=[row.pk])).status_code == 404


def test_a_link_shows_the_transcript_until_it_is_withdrawn(client, person, administrator):
    certificate = completed(person, title=both("Data for equity"), lessons=["quiz"])
    refused = state(person, title="Refused one")
    outside.decide(refused, by=administrator, recognise=False, words="A secret reason.")
    client.force_login(person)
    client.post(reverse("transcripts:share"))
    client.post(reverse("transcripts:share"))
    link = TranscriptShare.objects.get()
    url = reverse("transcripts:shared", args=[link.secret])
    assert url in client.get(reverse("certificates:transcript")).content.decode()
    client.logout()

    page = client.get(url)

    html = page.content.decode()
    assert "Data for equity" in html
    assert certificate.number in html
    for hidden in ("Score", "Refused one", "secret reason", person.email):
        assert hidden not in html
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    client.force_login(person)
    client.post(reverse("transcripts:stop-sharing"))
    client.logout()
    assert client.get(url).status_code == 404
    assert client.get(reverse("transcripts:shared", args=["x" * 32])).status_code == 404
    assert sharing.share(person).secret != link.secret


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_are_one(person, administrator):
    row = state(person)

    outcomes = at_once(
        *[
            lambda yes=yes: outside.decide(row, by=administrator, recognise=yes, words=str(yes))
            for yes in (True, False, True)
        ]
    )

    assert sorted(outcomes) == [False, False, True]
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_links_and_two_forms_at_once_are_one(person):
    key = uuid.uuid4()

    links = at_once(*[lambda: sharing.share(person)] * 3)
    rows = at_once(*[lambda: state(person, key=key, title="Same")] * 3)

    assert len({link.pk for link in links}) == len({row.pk for row in rows}) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_the_transcript_costs_the_same_for_any_number(
    signed_in, person, django_assert_num_queries, count
):
    for _ in range(count):
        course = make_course()
        approve(course)
        cycles.set_policy(course, by=person, months=12)
        finish(enrolled(person, course))
        issuing.issue_for(Completion.objects.get(enrolment__course=course).pk)
        state(person)

    # session, person, completions, certificates, training elsewhere, link, policies, completions
    with django_assert_num_queries(8):
        signed_in.get(reverse("certificates:transcript"))
    secret = sharing.share(person).secret
    with django_assert_num_queries(6):
        signed_in.get(reverse("transcripts:shared", args=[secret]))


def test_hostile_names_print_literally_everywhere(signed_in, person):
    person.name = hostile.NAMES[0]
    person.save()
    for name in hostile.NAMES:
        state(person, title=name, provider=name)

    page = signed_in.get(reverse("certificates:transcript")).content.decode()
    cells = list(
        csv.reader(io.StringIO(signed_in.get(reverse("transcripts:csv")).content.decode()))
    )
    document = signed_in.get(reverse("transcripts:pdf"))

    for name in hostile.NAMES:
        assert escape(name) in page
    assert len(cells) == 1 + len(hostile.NAMES)
    assert not [c for row in cells for c in row if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert document["Content-Type"] == "application/pdf"
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(document.content)).pages)
    assert "DROP TABLE Students" in text
    assert "#import" in text
