"""The poster of a session: what it says, whom it is for, and that everybody can read it."""

import io

import pytest
from django.conf import settings
from django.urls import reverse
from pypdf import PdfReader

from tests.certificates.pdf_ua import violations
from tests.factories import both, make_person
from tests.webinars.factories import make_webinar

pytestmark = pytest.mark.django_db


def url(webinar, language="en", paper="letter"):
    return reverse("certificates:poster", args=[webinar.slug, language, paper])


@pytest.fixture
def host(client):
    host = make_person(may_host=True)
    client.force_login(host)
    return host


@pytest.mark.parametrize(
    ("language", "paper", "size", "words"),
    [
        ("en", "letter", (612, 792), "Register in a minute"),
        ("es", "a4", (595, 841), "/es/webinars/"),
    ],
)
def test_it_is_one_page_that_everybody_can_read(client, host, language, paper, size, words):
    webinar = make_webinar(hosts=[host], title=both("Trust & data"), summary=both("Four practices"))

    response = client.get(url(webinar, language, paper))

    assert response["Content-Type"] == "application/pdf"
    assert violations(response.content) == []
    (page,) = PdfReader(io.BytesIO(response.content)).pages
    assert (int(page.mediabox.width), int(page.mediabox.height)) == size
    text = " ".join(page.extract_text().split())
    assert "Trust & data" in text
    assert words in text
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    prefix = "/es" if language == "es" else ""
    assert set(links) == {f"{settings.SITE_URL}{prefix}/webinars/{webinar.slug}/"}


def test_a_very_long_title_stays_on_one_page(client, host):
    title = both(" ".join(["Strategies"] * 18))
    webinar = make_webinar(hosts=[host], title=title, summary=both("Much to say. " * 70))

    pdf = client.get(url(webinar)).content

    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert violations(pdf) == []


def test_only_its_hosts_get_it_and_only_once_strangers_may_come(client, host):
    own = make_webinar(hosts=[host])
    draft = make_webinar(hosts=[host], published=False)
    others = make_webinar(hosts=[make_person(may_host=True)])

    assert [client.get(url(each)).status_code for each in (own, draft, others)] == [200, 404, 404]
    assert url(own) in client.get(own.get_absolute_url()).content.decode()
