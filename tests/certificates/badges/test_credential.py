"""What a badge says, in each of its forms."""

import io
import json
import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from certificates import issuing, withdrawing
from certificates.badges import addresses, baking, credential, jwt, keys, making, proofs
from certificates.models import Achievement, StatusEntry
from certificates.press import print_certificate
from tests.certificates.badges.making import HOSTILE, again, badge_of, certified, unsigned
from tests.factories import both, make_person

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def test_a_badge_says_what_the_certificate_says_and_nothing_else(person):
    certificate = certified(person)

    said = unsigned(certificate)

    entry, achievement = StatusEntry.objects.get(), Achievement.objects.get()
    about = f"{SITE}/badges/achievements/{achievement.uuid}/"
    issuer = {
        "id": "did:web:127.0.0.1%3A8000",
        "type": ["Profile"],
        "name": "Groundwork Demonstration Health Department",
        "url": f"{SITE}/badges/issuer/",
    }
    assert said == {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"{SITE}/certificates/{certificate.code}/badge.json",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Data for equity",
        "issuer": issuer,
        "validFrom": certificate.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "identityHash": "Ana Ruiz",
                    "hashed": False,
                }
            ],
            "activityEndDate": certificate.snapshot["completed_on"],
            "achievement": {
                "id": about,
                "type": ["Achievement"],
                "achievementType": "Course",
                "creator": issuer,
                "name": "Data for equity",
                "description": "Training «Data for equity», completed with "
                "Groundwork Demonstration Health Department.",
                "criteria": {
                    "narrative": "Complete all that «Data for equity» requires. "
                    "The record of it is kept."
                },
                "image": {
                    "id": f"{SITE}/badges/achievements/{achievement.uuid}.png",
                    "type": "Image",
                    "caption": "Data for equity",
                },
                "inLanguage": "en",
                "related": [
                    {
                        "id": f"{SITE}/es/badges/achievements/{achievement.uuid}/",
                        "type": ["Related"],
                        "inLanguage": "es",
                    }
                ],
                "resultDescription": [
                    {
                        "id": f"{about}#hours",
                        "type": ["ResultDescription"],
                        "name": "Training hours",
                        "resultType": "ext:TrainingHours",
                    }
                ],
                "version": "1",
            },
            "result": [{"type": ["Result"], "resultDescription": f"{about}#hours", "value": "1.5"}],
        },
        "credentialStatus": [
            {
                "id": f"{SITE}/badges/status/1/{purpose}/#{entry.position}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": str(entry.position),
                "statusListCredential": f"{SITE}/badges/status/1/{purpose}/",
            }
            for purpose in ("revocation", "suspension")
        ],
    }
    assert person.email not in json.dumps(said)


def test_a_badge_speaks_the_language_of_its_certificate():
    certificate = certified(make_person(name="Luz", language="es"))

    said = unsigned(certificate)

    assert said["name"] == "Data for equity (es)"
    achievement = said["credentialSubject"]["achievement"]
    assert achievement["id"].startswith(f"{SITE}/es/badges/achievements/")
    assert achievement["inLanguage"] == "es"


def test_certificates_of_the_same_content_share_an_achievement_and_later_ones_do_not():
    first = certified(make_person(), title=both("Data"))
    correction = issuing.reissue(first, name="Ana", by=make_person(may_credit=True), why="Typo.")
    other = certified(make_person(), title=both("Housing"))

    achieved = [credential.achievement_of(each).pk for each in (first, again(correction), other)]

    assert achieved[0] == achieved[1] != achieved[2]


def test_every_form_carries_the_same_signed_words(person):
    certificate = certified(person)
    plain = making.made(certificate, "json").decode()

    png = making.made(certificate, "png")
    svg = making.made(certificate, "svg")
    method, payload = jwt.check(making.made(certificate, "jwt").decode(), keys.believed)

    secured = json.loads(plain)
    assert proofs.check(secured, keys.believed) == secured["proof"]["verificationMethod"]
    assert baking.read_png(png) == plain
    assert json.loads(baking.read_svg(svg)) == secured
    claims = {"iss": addresses.did(), "jti": secured["id"], "nbf": payload["nbf"]}
    assert payload == {**claims, **unsigned(certificate)}
    assert method == secured["proof"]["verificationMethod"] + "-jwk"


def test_the_picture_is_one_that_programs_open(person):
    certificate = certified(person)

    png = Image.open(io.BytesIO(making.made(certificate, "png")))
    png.load()
    svg = _tree(making.made(certificate, "svg"))

    assert png.size == (1024, 1024)
    assert png.text["openbadgecredential"] == making.made(certificate, "json").decode()
    names = [child.tag for child in svg][:2]
    assert names == [
        "{https://purl.imsglobal.org/ob/v3p0}credential",
        "{http://www.w3.org/2000/svg}title",
    ]
    assert svg.get("role") == "img"


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_and_titles_are_data(client, words):
    certificate = certified(make_person(name=words), title={"en": words, "es": words})

    badge = badge_of(certificate)

    assert badge["credentialSubject"]["identifier"][0]["identityHash"] == words
    assert badge["credentialSubject"]["achievement"]["name"] == words
    assert proofs.check(badge, keys.believed)
    baked = making.made(certificate, "svg")
    assert json.loads(baking.read_svg(baked)) == badge
    elements = {each.tag.partition("}")[2] for each in _tree(baked).iter()}
    assert elements.isdisjoint({"script", "foreignObject", "a", "image"})
    assert not any(name.startswith("on") for each in _tree(baked).iter() for name in each.attrib)
    assert json.loads(baking.read_png(making.made(certificate, "png"))) == badge
    page = client.get(badge["credentialSubject"]["achievement"]["id"], headers=BROWSER)
    assert page.status_code == 200
    assert b"<script>alert" not in page.content
    assert b"<svg onload" not in page.content


def _tree(svg):
    return ET.fromstring(svg)  # noqa: S314 -- made here


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("form", "media"),
    [
        ("json", "application/vc"),
        ("jwt", "application/vc+jwt"),
        ("png", "image/png"),
        ("svg", "image/svg+xml"),
    ],
)
def test_anyone_with_the_number_gets_the_badge(client, person, form, media):
    certificate = certified(person)

    answer = client.get(reverse("badges:badge", args=[certificate.code, form]))

    assert (answer.status_code, answer["Content-Type"]) == (200, media)
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("form", ["json", "jwt", "png", "svg"])
def test_unknown_numbers_get_one_answer_and_guessing_is_slowed(client, db, form):
    from certificates import codes

    answers = [
        client.get(reverse("badges:badge", args=[codes.fresh(), form])) for _guess in range(31)
    ]

    assert [each.status_code for each in answers] == [404] * 30 + [429]
    assert {each.content for each in answers[:30]} == {answers[0].content}


def test_a_revoked_one_is_given_and_its_list_says_so(client, person):
    certificate = certified(person)
    badge = badge_of(certificate)
    withdrawing.revoke(certificate, reason="error", by=make_person(), why="A test.")

    answer = client.get(reverse("badges:badge", args=[certificate.code, "json"]))

    assert answer.status_code == 200
    assert json.loads(answer.content) == badge


def test_machines_and_people_find_the_achievement_in_both_languages(client, person):
    certificate = certified(person)
    said = badge_of(certificate)["credentialSubject"]["achievement"]

    english = client.get(said["id"])
    spanish = client.get(said["related"][0]["id"])
    page = client.get(said["id"], headers=BROWSER)
    picture = client.get(said["image"]["id"])

    assert english.json() == {"@context": credential.CONTEXTS, **said}
    assert spanish.json()["name"] == "Data for equity (es)"
    assert page["Content-Type"].startswith("text/html")
    assert "Accept" in page["Vary"]
    assert b"Data for equity" in page.content
    assert picture.content.startswith(baking.PNG)
    with pytest.raises(baking.NotBaked):
        baking.read_png(picture.content)


@pytest.mark.parametrize(
    "address",
    [
        "/badges/achievements/7f9c3e6e-5c9b-4a51-9c6e-1c7a4b1c0d2f/",
        "/badges/achievements/7f9c3e6e-5c9b-4a51-9c6e-1c7a4b1c0d2f.png",
        "/badges/achievements/------------------------------------.svg",
        "/badges/status/2/revocation/",
    ],
)
def test_what_there_is_not_is_not_found(client, db, address):
    assert client.get(address).status_code == 404


def test_the_holder_finds_the_downloads_on_the_certificate_and_others_do_not(
    signed_in, client, person, settings
):
    certificate = certified(person)
    address = certificate.get_absolute_url()
    links = [reverse("badges:badge", args=[certificate.code, form]) for form in making.FORMS]

    page = signed_in.get(address).content.decode()
    client.logout()
    stranger = client.get(address).content.decode()

    assert all(f'href="{link}"' in page for link in links)
    assert not any(link in stranger for link in links)


def test_the_pdf_still_comes_from_the_same_press(person):
    certificate = certified(person)
    making.made(certificate, "png")

    pages = PdfReader(io.BytesIO(print_certificate(certificate.snapshot))).pages

    assert "Ana Ruiz" in pages[0].extract_text()
