import stat

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from certificates.badges import addresses, identity, keys, making, multikey, proofs, rdf
from certificates.badges.reading import Verdict, read_badge
from certificates.models import BadgeKey
from tests.certificates.badges.making import badge_of, certified
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def new_key(tmp_path):
    key = keys.make(tmp_path / "next-key")
    return multikey.secret_text(key)


def test_what_an_earlier_key_signed_is_verified_after_a_rotation(client, settings, new_key):
    certificate = certified()
    before = {form: making.made(certificate, form) for form in making.FORMS}

    settings.BADGE_KEY = new_key

    after = badge_of(certificate)
    assert [read_badge(data).verdict for data in before.values()] == [Verdict.INTACT] * 4
    assert read_badge(making.made(certificate, "jwt")).verdict == Verdict.INTACT
    public = multikey.public_text(multikey.secret_key(new_key).public_key())
    assert proofs.check(after, keys.believed) == addresses.method(public)
    assert before["json"].decode().count(public) == 0
    document = client.get("/.well-known/did.json").json()
    assert len(document["assertionMethod"]) == 4  # two keys in two shapes


def test_a_withdrawn_key_is_published_and_believed_no_more(client, settings, new_key):
    certificate = certified()
    stolen = making.made(certificate, "json")
    old = BadgeKey.objects.get()

    assert keys.withdraw(old.public) is True
    assert keys.withdraw(old.public) is False

    assert read_badge(stolen).verdict == Verdict.WITHDRAWN
    assert client.get(f"/certificates/{certificate.code}/badge.json").status_code == 404
    document = client.get("/.well-known/did.json").json()
    assert document["assertionMethod"] == []
    assert all("revoked" in method for method in document["verificationMethod"])
    settings.BADGE_KEY = new_key
    assert read_badge(making.made(certificate, "json")).verdict == Verdict.INTACT


def test_the_did_document_names_every_key_in_both_shapes(client):
    certified_key = keys.signing_key().public_key()
    public = multikey.public_text(certified_key)

    answer = client.get("/.well-known/did.json")

    assert answer["Content-Type"] == "application/did+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    did = addresses.did()
    multi, jwk = answer.json()["verificationMethod"]
    assert multi == {
        "id": f"{did}#{public}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": public,
    }
    assert jwk["publicKeyJwk"]["crv"] == "Ed25519"
    assert "d" not in jwk["publicKeyJwk"]
    assert answer.json()["assertionMethod"] == [multi["id"], jwk["id"]]


def test_the_issuer_has_a_page_for_people_and_a_profile_for_machines(client):
    keys.signing_key()

    profile = client.get("/badges/issuer/")
    page = client.get("/badges/issuer/", headers={"Accept": "text/html,*/*;q=0.8"})

    assert profile.json() == identity.profile()
    assert rdf.canonical(profile.json())
    assert BadgeKey.objects.get().public in page.content.decode()


def test_production_gives_no_badges_without_a_key(client, settings):
    certificate = certified()
    settings.PRODUCTION = True

    assert client.get(f"/certificates/{certificate.code}/badge.json").status_code == 404
    assert client.get("/badges/status/1/revocation/").status_code == 404
    assert not BadgeKey.objects.exists()


def test_no_private_key_is_in_the_database():
    keys.signing_key()
    secret = (keys.settings.VAR_DIR / "badge-key").read_text().strip()

    row = BadgeKey.objects.values().get()

    assert secret not in str(row)
    assert multikey.public_text(multikey.secret_key(secret).public_key()) == row["public"]


def test_public_keys_are_never_lost_or_changed():
    keys.signing_key()

    with pytest.raises(IntegrityError), transaction.atomic():
        BadgeKey.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        BadgeKey.objects.update(public="z6Mk")


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_at_once_use_one_key(settings, tmp_path):
    settings.VAR_DIR = tmp_path

    made = at_once(*[keys.signing_key] * 5)

    assert {multikey.secret_text(key) for key in made} == {
        (tmp_path / "badge-key").read_text().strip()
    }
    assert [path.name for path in tmp_path.iterdir()] == ["badge-key"]
    assert BadgeKey.objects.count() == 1


def test_the_ceremony(tmp_path, settings, capsys):
    file = tmp_path / "key"

    call_command("badge_key", "make", str(file))
    with pytest.raises(CommandError, match="not made"):
        call_command("badge_key", "make", str(file))
    call_command("badge_key", "publish", str(file))
    call_command("badge_key", "publish", str(file))
    settings.BADGE_KEY = file.read_text().strip()
    call_command("badge_key", "list")

    said = capsys.readouterr().out
    row = BadgeKey.objects.get()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"Public key:  {row.public}" in said
    assert "signs now" in said
    assert settings.BADGE_KEY not in said
    call_command("badge_key", "withdraw", row.public)
    call_command("badge_key", "withdraw", row.public)
    with pytest.raises(CommandError, match="ever published"):
        call_command("badge_key", "withdraw", "z6Mk")
    said = capsys.readouterr().out
    assert "believed any more" in said
    assert "withdrawn before" in said


def test_the_command_refuses_what_is_no_key(tmp_path):
    file = tmp_path / "key"
    file.write_text("not a key")

    with pytest.raises(CommandError, match="no key"):
        call_command("badge_key", "publish", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("badge_key", "publish", str(tmp_path / "nothing"))
    assert not BadgeKey.objects.exists()
