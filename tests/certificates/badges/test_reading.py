import copy
import json
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from certificates.badges import (
    addresses,
    baking,
    credential,
    keys,
    making,
    multikey,
    proofs,
    status,
)
from certificates.badges.reading import LARGEST, Reading, Verdict, read_badge
from tests.certificates.badges.making import badge_of, certified, unsigned
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["json", "jwt", "png", "svg"])
def test_a_badge_of_ours_is_read_in_every_form(form):
    certificate = certified()

    data = making.made(certificate, form)

    assert read_badge(data) == Reading(Verdict.INTACT, certificate.code)


def changed(badge, change):
    badge = copy.deepcopy(badge)
    change(badge)
    return json.dumps(badge).encode()


CHANGES = {
    "the name": lambda b: b["credentialSubject"]["identifier"][0].update(identityHash="Eve"),
    "the hours": lambda b: b["credentialSubject"]["result"][0].update(value="100"),
    "the day": lambda b: b.update(validFrom="2020-01-01T00:00:00Z"),
    "one more claim": lambda b: b["credentialSubject"].update(licenseNumber="1"),
    "a term that no context knows": lambda b: b.update(bonus="x"),
    "another place in the list": lambda b: b["credentialStatus"][0].update(statusListIndex="1"),
    "no status": lambda b: b.pop("credentialStatus"),
    "another context": lambda b: b["@context"].append("https://evil.example/context"),
    "a context inside": lambda b: b["issuer"].update({"@context": {"name": "urn:x"}}),
    "a keyword inside": lambda b: b["credentialSubject"].update({"@included": []}),
    "no signature": lambda b: b["proof"].update(proofValue="z" + "1" * 80),
    "another purpose": lambda b: b["proof"].update(proofPurpose="authentication"),
    "a foreign key of ours": lambda b: b["proof"].update(
        verificationMethod=addresses.method("z6Mk")
    ),
    "blank names": lambda b: b["credentialSubject"].update(id="_:b0"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_is_seen(what):
    certificate = certified()

    data = changed(badge_of(certificate), CHANGES[what])

    assert read_badge(data) == Reading(Verdict.CHANGED, certificate.code)


def test_a_token_that_was_changed_is_seen():
    certificate = certified()
    other = certified(make_person())
    head, _payload, signature = making.made(certificate, "jwt").decode().split(".")
    swapped = making.made(other, "jwt").decode().split(".")[1]

    reading = read_badge(f"{head}.{swapped}.{signature}".encode())

    assert reading == Reading(Verdict.CHANGED, other.code)


def test_a_signature_by_somebody_else_is_not_ours(tmp_path):
    certificate = certified()
    own = keys.make(tmp_path / "evil")
    public = multikey.public_text(own.public_key())
    document = unsigned(certificate)

    def signed(method, **more):
        secured = proofs.with_proof(
            {**document, **more}, own, method=method, created=timezone.now()
        )
        return json.dumps(secured).encode()

    stranger = f"did:web:evil.example#{public}"
    as_us = addresses.method(public)
    issuer = {**document["issuer"], "id": "did:web:evil.example"}
    elsewhere = "https://evil.example/certificates/1/badge.json"
    assert read_badge(signed(stranger)).verdict == Verdict.FOREIGN
    assert read_badge(signed(as_us)) == Reading(Verdict.CHANGED, certificate.code)
    assert read_badge(signed(stranger, issuer=issuer)).verdict == Verdict.FOREIGN
    assert read_badge(signed(as_us, id=elsewhere)) == Reading(Verdict.FOREIGN)


def test_other_things_that_we_sign_are_no_badges():
    status.entry_of(certified())
    listed = status.signed_list(1, "revocation", timezone.now())

    assert read_badge(listed.encode()) == Reading(Verdict.UNREADABLE)


def png(*chunks):
    return baking.PNG + b"".join(baking._chunk(kind, data) for kind, data in chunks)


BAKED = b"openbadgecredential\0"
UNREADABLE = {
    "nothing": b"",
    "words": b"hello",
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deeper": b'{"a":' * 50_000,
    "large": b" " * (LARGEST + 1),
    "much text": b'{"type": "' + b"x" * 70_000 + b'"}',
    "dots": b"a.b.c",
    "a token of nothing": b"e30.e30.e30",
    "a PNG cut off": baking.PNG + b"\0\0",
    "a PNG without": png((b"IHDR", b"x"), (b"IEND", b"")),
    "a PNG that lies": baking.PNG + struct.pack(">I", 1 << 30) + b"iTXt",
    "a compressed PNG": png((b"iTXt", BAKED + b"\1\0\0\0" + zlib.compress(b"{}"))),
    "an empty PNG": png((b"iTXt", BAKED)),
    "an SVG without": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "no XML": b"<svg",
    "many laughs": b'<!DOCTYPE s [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
    "a way out": b'<!DOCTYPE s SYSTEM "file:///etc/passwd"><svg/>',
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_badge_is_read_as_none(what):
    assert read_badge(UNREADABLE[what]) == Reading(Verdict.UNREADABLE)


def test_graphs_that_would_take_for_ever_are_refused_before_they_are_tried():
    """Canonical forms of many objects that look alike take exponential time."""
    certificate = certified()
    badge = badge_of(certificate)
    alike = [{"type": ["Result"], "value": "1"} for _ in range(9)]
    badge["credentialSubject"]["result"] = [
        {"type": ["Result"], "alignment": copy.deepcopy(alike)} for _ in range(9)
    ]

    assert read_badge(json.dumps(badge).encode()) == Reading(Verdict.CHANGED, certificate.code)


def test_ours_is_well_within_what_is_read():
    badge = badge_of(certified())

    assert len(json.dumps(badge)) < 6_000
    assert badge["@context"] == credential.CONTEXTS


@pytest.mark.parametrize("form", making.FORMS)
def test_a_badge_given_to_the_verify_page_leads_to_its_certificate(client, form):
    certificate = certified(make_person(name="Ana Ruiz"))
    badge = making.made(certificate, form)

    pages = [
        client.post(
            reverse("certificates:verify-file"),
            {"file": SimpleUploadedFile(f"badge.{form}", data)},
            follow=True,
        )
        for data in (badge, SPOILT[form](badge))
    ]

    assert [page.redirect_chain[-1] for page in pages] == [
        (certificate.get_absolute_url(), 303)
    ] * 2
    said = [str(Verdict.INTACT.label), str(Verdict.CHANGED.label)]
    for page, words in zip(pages, said, strict=True):
        assert words in page.content.decode()


def _spoilt_png(data):
    text = baking.read_png(data).replace("Ana Ruiz", "Eve Ruiz")
    chunks = [(k, d) for k, d in baking._chunks(data) if k != b"iTXt"]
    return baking.bake_png(png(*chunks), text)


SPOILT = {
    "json": lambda data: data.replace(b"Ana Ruiz", b"Eve Ruiz"),
    "svg": lambda data: data.replace(b"Ana Ruiz", b"Eve Ruiz"),
    "png": _spoilt_png,
    "jwt": lambda data: data[:-6] + (b"AAAAAA" if data[-6:] != b"AAAAAA" else b"BBBBBB"),
}
