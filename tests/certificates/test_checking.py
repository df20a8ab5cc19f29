"""What strangers learn about a certificate: by number, by file, hidden or shared, by guessing."""

import io
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from certificates import codes, issuing, withdrawing
from certificates import sharing as wishes
from certificates.canonical import fingerprint
from certificates.models import Certificate
from certificates.printing import pdf_of
from certificates.views import public
from courses.models import Completion
from tests.factories import enrolled, finish, make_course, make_person

pytestmark = pytest.mark.django_db
VERIFY = "/verify/file/"


def upload(client, data, name="certificate.pdf"):
    return client.post(VERIFY, {"file": SimpleUploadedFile(name, data)})


def said(client, answer):
    return " ".join(client.get(answer.url).content.decode().split())


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("language", ["", "/es"])
def test_the_pdf_leads_to_its_certificate(client, certificate, paper, language):
    data = SimpleUploadedFile("x.pdf", pdf_of(certificate.snapshot, paper))
    path = certificate.get_absolute_url()
    answer = client.post(language + VERIFY, {"file": data})

    assert answer.status_code == 303
    assert answer.url == language + path
    if not language:
        assert "exactly the document that we print" in said(client, answer)


def test_a_changed_pdf_is_told_apart_and_its_words_are_not_believed(client, certificate):
    ours = pdf_of(certificate.snapshot)
    forged = pdf_of(certificate.snapshot | {"name": "Mallory Forger", "hours": "999"})

    answer = upload(client, forged)

    page = said(client, answer)
    assert "not exactly the document that we print" in page
    assert "Mallory" not in page
    assert "999" not in page
    assert "Ana Ruiz" in page
    assert "not exactly" in said(client, upload(client, ours + b"\n"))


def test_a_pdf_that_another_program_saved_still_leads_there(client, certificate):
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf_of(certificate.snapshot))))
    writer.add_metadata({"/Subject": f"Nº {certificate.number}"})
    again = io.BytesIO()
    writer.write(again)

    answer = upload(client, again.getvalue())

    assert answer.url == certificate.get_absolute_url()
    assert "not exactly" in said(client, answer)


@pytest.mark.parametrize("act", ["revoke", "suspend"])
def test_the_file_of_one_that_no_longer_counts_says_so(client, certificate, administrator, act):
    data = pdf_of(certificate.snapshot)
    reason = {"revoke": "error", "suspend": "inquiry"}[act]
    getattr(withdrawing, act)(certificate, reason=reason, by=administrator, why="-")

    page = said(client, upload(client, data))

    state = {"revoke": "This certificate was revoked", "suspend": "This certificate is suspended"}
    assert state[act] in page


@pytest.mark.parametrize(
    "link",
    [
        "https://learn.example.org/certificates/{}/",
        "http://localhost:8000/es/certificates/{}/",
        "learn.example.org/certificates/{}.pdf?paper=a4",
        "https://learn.example.org/certificates/{}/badge.json",
    ],
)
def test_a_link_that_is_pasted_for_the_number_leads_there(client, certificate, link):
    for number in (certificate.code, certificate.number):
        answer = client.get("/verify/", {"code": link.format(number)})
        assert answer.url == certificate.get_absolute_url()
    assert codes.linked(link.format("nothing")) is None
    assert codes.linked("https://learn.example.org/" + certificate.code) is None


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 nothing of ours",
        b"%PDF-1.7 AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"{}",
        b"%PDF-" + b"A" * 2_000_000,
    ],
    ids=["no number", "unknown number", "gif", "broken png", "json", "long run"],
)
def test_a_file_that_leads_nowhere_is_refused_beside_the_field(client, db, data):
    answer = upload(client, data)

    assert answer.status_code == 422
    assert b"leads to no certificate of ours" in answer.content


def test_no_file_and_too_many_files_are_refused(client, db):
    assert client.post(VERIFY).status_code == 422
    statuses = [upload(client, b"GIF89a").status_code for _ in range(10)]
    assert statuses[-1] == 429
    cache.clear()


# --- Hidden and shared


def sharing(certificate):
    return reverse("certificates:sharing", args=[certificate.code])


def test_the_holder_hides_and_shares(client, certificate, person):
    client.force_login(person)
    full = client.get(reverse("certificates:json", args=[certificate.code])).json()
    hidden = client.post(sharing(certificate), {"share": "no"})
    client.post(sharing(certificate), {"share": "no"})
    assert hidden.status_code == 303
    mine = client.get(certificate.get_absolute_url()).content.decode()
    assert "Ana Ruiz" in mine
    assert "Share it again" in mine

    client.logout()
    page = client.get(certificate.get_absolute_url())
    data = client.get(reverse("certificates:json", args=[certificate.code])).json()

    assert page.status_code == 200
    for secret in ("Ana Ruiz", "Data for equity", full["completed_on"] + '"'):
        assert secret not in page.content.decode().replace(full["issued_on"], "")
    assert data.keys() == full.keys()
    assert (data["state"], data["shared"], data["number"]) == ("valid", False, full["number"])
    assert data["name"] is data["title"] is data["hours"] is data["completed_on"] is None
    pdf = client.get(reverse("certificates:pdf", args=[certificate.code]))
    assert pdf.status_code == 303
    badge = f"/certificates/{certificate.code}/badge.json"
    assert client.get(badge).status_code == 404
    assert upload(client, pdf_of(certificate.snapshot)).status_code == 303

    client.force_login(person)
    assert client.get(badge).status_code == 200
    client.post(sharing(certificate), {"share": "yes"})
    client.logout()
    assert client.get(reverse("certificates:json", args=[certificate.code])).json() == full


def test_a_hidden_one_still_says_that_it_was_revoked(client, certificate, person, administrator):
    client.force_login(person)
    client.post(sharing(certificate), {"share": "no"})
    client.logout()
    withdrawing.revoke(certificate, reason="error", by=administrator, why="-")

    data = client.get(reverse("certificates:json", args=[certificate.code])).json()

    assert (data["state"], data["reason"], data["name"]) == ("revoked", "error", None)


def test_a_hidden_one_that_expired_says_so_and_not_when(client, certificate, person):
    day = timezone.localdate() - timedelta(days=40)
    said = certificate.snapshot | {"expires_on": day.isoformat()}
    expired = Certificate.objects.create(
        completion_id=certificate.completion_id, sequence=2, supersedes=certificate,
        holder=person, snapshot=said, sha256=fingerprint(said), issued_at=certificate.issued_at,
    )  # fmt: skip
    shared = client.get(expired.get_absolute_url()).content.decode()
    wishes.hide(expired)

    page = client.get(expired.get_absolute_url()).content.decode()

    assert "This certificate was valid until" in shared
    assert day.isoformat() in shared
    assert "This certificate has expired." in page
    assert "valid until" not in page
    assert day.isoformat() not in page


def test_a_correction_stays_hidden(client, certificate, person, administrator):
    client.force_login(person)
    client.post(sharing(certificate), {"share": "no"})

    newer = issuing.reissue(certificate, name="Ana", by=administrator, why="-")

    assert not newer.shared
    assert not Certificate.objects.with_state().get(pk=newer.pk).shared


def test_nobody_else_hides_it(client, certificate):
    client.force_login(make_person())

    assert client.post(sharing(certificate), {"share": "no"}).status_code == 404
    client.logout()
    assert client.post(sharing(certificate), {"share": "no"}).status_code == 302
    assert certificate.shared


# --- Guessing


@pytest.mark.parametrize("form", ["certificate", "pdf", "json"])
def test_numbers_that_are_none_of_ours_get_one_answer(client, certificate, form):
    """Whatever is wrong with a number, nothing in the answer tells near from far."""
    last = certificate.code[-1]
    near = certificate.code[:-1] + ("0" if last != "0" else "1")
    answers = []
    for code in (near, codes.fresh(), "0" * 26, "A" * 12, "Z" * 48):
        answer = client.get(reverse(f"certificates:{form}", args=[code]))
        text = answer.content.decode().replace(code, "CODE")
        headers = {k: v for k, v in answer.headers.items() if k not in {"Server-Timing"}}
        headers.pop("Content-Length", None)
        policy = headers.get("Content-Security-Policy", "")
        headers["Content-Security-Policy"] = re.sub(r"nonce-[^']+", "", policy)
        answers.append((answer.status_code, text, headers))

    assert len({status for status, _, _ in answers}) == 1
    assert answers[0][0] == 404
    assert len({tuple(sorted(headers.items())) for _, _, headers in answers}) == 1
    chance = r'[A-Za-z0-9]{64}|nonce="[^"]*"'  # tokens of the form and the page
    plain = {re.sub(chance, "", text) for _, text, _ in answers}
    assert len(plain) == 1


@pytest.mark.parametrize("form", ["certificate", "pdf", "json"])
def test_every_number_costs_the_database_the_same_statement(
    client, person, administrator, form, monkeypatch
):
    """Time cannot be held in a test; the work behind it can: one look-up by the index, the same
    for a number that is ours in whatever state, one that is not, and what cannot be one. What
    the database runs, up to the number itself, is equal to the letter."""
    monkeypatch.setattr(public, "pdf_of", lambda *_: b"%PDF-")  # the press asks for no number
    made = []
    for _ in range(4):
        finish(enrolled(person, make_course()))
        made.append(issuing.issue_for(Completion.objects.latest("pk").pk))
    hidden, revoked, replaced = made[1:]
    wishes.hide(hidden)
    withdrawing.revoke(revoked, reason="error", by=administrator, why="-")
    issuing.reissue(replaced, name="Ana", by=administrator, why="-")
    numbers = [row.code for row in made] + [codes.fresh(), "0" * 26, "Z" * 48, "I" * 10]

    ran = {}
    for code in numbers:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(f"certificates:{form}", args=[code]))
        meant = codes.typed(code) or ""
        ran[code] = [query["sql"].replace(f"'{meant}'", "NUMBER") for query in captured]

    assert {len(statements) for statements in ran.values()} == {1}
    assert len({statements[0] for statements in ran.values()}) == 1
    cache.clear()


def test_a_number_is_found_by_its_index(db):
    """Not by looking through the table: that would tell a long table from a short one."""
    with CaptureQueriesContext(connection) as captured:
        public.find(codes.fresh())
    with connection.cursor() as cursor:
        asks = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(asks + captured[0]["sql"])
        plan = " ".join(str(row) for row in cursor.fetchall())

    assert re.search(r"(SEARCH|Index Scan).*certificates_certificate.*code", plan)
