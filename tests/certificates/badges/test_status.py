import base64
import gzip
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates import issuing, withdrawing
from certificates.badges import addresses, bitstring, credential, keys, proofs, status
from certificates.models import Achievement, StatusEntry
from tests.certificates.badges.making import again, badge_of, certified
from tests.factories import make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return make_person(may_credit=True)


def bits(client, badge):
    """Each purpose of the badge's status entries: is its bit set, by the signed lists?"""
    found = {}
    for entry in badge["credentialStatus"]:
        answer = client.get(entry["statusListCredential"])
        assert answer.status_code == 200
        listed = json.loads(answer.content)
        assert proofs.check(listed, keys.believed)
        assert listed["id"] == entry["statusListCredential"]
        assert listed["issuer"] == badge["issuer"]["id"]
        assert listed["credentialSubject"]["statusPurpose"] == entry["statusPurpose"]
        place = int(entry["statusListIndex"])
        set_ = bitstring.is_set(listed["credentialSubject"]["encodedList"], place)
        found[entry["statusPurpose"]] = set_
    return found


def test_the_lists_follow_what_happens_to_a_certificate_at_once(client, administrator):
    certificate, other = certified(), certified(make_person())
    badge, bystander = badge_of(certificate), badge_of(other)
    acting = {"by": administrator, "why": "A test."}
    told = [bits(client, badge)]

    withdrawing.suspend(certificate, reason="inquiry", **acting)
    told.append(bits(client, badge))
    withdrawing.lift(certificate, **acting)
    told.append(bits(client, badge))
    withdrawing.suspend(certificate, reason="inquiry", **acting)
    withdrawing.revoke(certificate, reason="error", **acting)
    told.append(bits(client, badge))

    assert told == [
        {"revocation": False, "suspension": False},
        {"revocation": False, "suspension": True},
        {"revocation": False, "suspension": False},
        {"revocation": True, "suspension": True},
    ]
    assert bits(client, bystander) == told[0]


def test_a_replaced_certificate_counts_as_revoked_and_the_newer_one_does_not(client, administrator):
    certificate = certified()
    badge = badge_of(certificate)

    newer = again(issuing.reissue(certificate, name="Anna", by=administrator, why="Typo."))

    assert bits(client, badge)["revocation"] is True
    assert bits(client, badge_of(newer))["revocation"] is False


def test_a_list_is_long_enough_to_hide_in_and_says_nothing_by_its_order():
    entries = [status.entry_of(certified(make_person())) for _ in range(6)]
    listed = status.signed_list(1, "revocation", timezone.now())

    assert listed is not None
    packed = bitstring.encoded([])[1:]
    assert len(gzip.decompress(base64.urlsafe_b64decode(packed + "==="))) * 8 == 131_072
    places = [entry.position for entry in entries]
    assert places != sorted(places) or places[-1] - places[0] > 5
    assert max(places) > 5


def test_the_same_list_is_signed_once_until_it_grows_old_or_changes(client, administrator):
    certificate = certified()
    status.entry_of(certificate)
    now = timezone.now().replace(hour=1, minute=0)

    first = status.signed_list(1, "revocation", now)
    same = status.signed_list(1, "revocation", now + timedelta(minutes=5))
    old = status.signed_list(1, "revocation", now + status.SIGNED_ANEW)
    withdrawing.revoke(certificate, reason="error", by=administrator, why="A test.")
    changed = status.signed_list(1, "revocation", now + timedelta(minutes=5))

    assert first == same
    assert len({first, old, changed}) == 3


def test_a_reader_who_has_the_list_is_told_that_nothing_changed(client, administrator):
    certificate = certified()
    address = badge_of(certificate)["credentialStatus"][0]["statusListCredential"]
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    withdrawing.revoke(certificate, reason="error", by=administrator, why="A test.")
    after = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (after.status_code, after["Cache-Control"]) == (200, "public, no-cache")


@pytest.mark.parametrize("count", [1, 5])
def test_a_list_costs_the_same_for_any_number(client, count, django_assert_max_num_queries):
    for _ in range(count):
        status.entry_of(certified(make_person()))
    keys.signing_key()

    with django_assert_max_num_queries(3):  # key, revoked, replaced
        client.get(addresses.status_list(1, "revocation"))


def test_two_never_have_the_same_place():
    entry = status.entry_of(certified())
    other = certified(make_person())

    with pytest.raises(IntegrityError), transaction.atomic():
        StatusEntry.objects.create(certificate=other, number=entry.number, position=entry.position)
    with pytest.raises(IntegrityError), transaction.atomic():
        StatusEntry.objects.create(certificate=other, number=1, position=bitstring.SIZE)
    for change in (StatusEntry.objects.update, StatusEntry.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(**({"position": 1} if change.__name__ == "update" else {}))


@pytest.mark.django_db(transaction=True)
def test_badges_made_at_once_never_share_a_place(monkeypatch):
    """Everybody draws the same few places first, so that they meet."""
    certificates = [certified(make_person()) for _ in range(6)]
    draws = iter([7] * 10 + list(range(100, 200)))
    monkeypatch.setattr(status, "_draw", lambda: next(draws))

    entries = at_once(*(lambda each=each: status.entry_of(each) for each in certificates))

    places = {(entry.number, entry.position) for entry in entries}
    assert len(places) == 6
    assert (1, 7) in places


@pytest.mark.django_db(transaction=True)
def test_the_same_badge_made_at_once_has_one_place_and_one_achievement():
    certificate = certified()

    entries = at_once(*[lambda: status.entry_of(certificate)] * 4)
    achieved = at_once(*[lambda: credential.achievement_of(certificate)] * 4)

    assert {entry.pk for entry in entries} == {StatusEntry.objects.get().pk}
    assert {each.pk for each in achieved} == {Achievement.objects.get().pk}


def test_a_list_that_is_half_full_is_followed_by_another(monkeypatch, client):
    monkeypatch.setattr(status, "FULL", 2)

    entries = [status.entry_of(certified(make_person())) for _ in range(3)]

    assert [entry.number for entry in entries] == [1, 1, 2]
    assert client.get(addresses.status_list(2, "suspension")).status_code == 200
