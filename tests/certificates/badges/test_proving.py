"""The record checks see what is wrong with badges, and nothing where nothing is."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from certificates import issuing, withdrawing
from certificates.badges import credential, keys, multikey, proving, status
from certificates.models import StatusEntry
from tests.certificates.badges.making import badge_of, certified
from tests.factories import make_person
from tests.lms.test_records import past_the_guard

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    """Badges of a valid, a revoked, a suspended and a replaced certificate, and its newer one."""
    by = make_person(may_credit=True)
    valid, revoked, suspended, replaced = (certified(make_person(name="Ana")) for _ in range(4))
    withdrawing.revoke(revoked, reason="error", by=by, why="-")
    withdrawing.suspend(suspended, reason="inquiry", by=by, why="-")
    newer = issuing.reissue(replaced, name="Anna", by=by, why="-")
    every = [valid, revoked, suspended, replaced, newer]
    for each in every:
        badge_of(each)
    cache.clear()
    return every


def found():
    return [*proving.badges_say_what_was_issued(), *proving.status_lists_say_the_state()]


def test_sound_badges_in_every_state_pass(held):
    certified()  # nobody asked for its badge yet: it has no place, and misses none

    assert StatusEntry.objects.count() == len(held)
    assert found() == []


def test_without_a_badge_nothing_is_looked_at_and_no_key_is_made(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    certified()

    assert found() == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM certificates_achievement", "what its badge was given for is gone"),
        (
            "UPDATE certificates_achievement SET body = REPLACE(CAST(body AS TEXT), 'equity', 'X')",
            "its badge would say something else",
        ),
    ],
)
def test_a_damaged_achievement_is_named(held, sql, words):
    if connection.vendor == "postgresql":
        sql = sql.replace("'X')", "'X')::jsonb")
    past_the_guard("certificates_achievement", sql)

    assert found() == [f"certificate {row.pk}: {words}" for row in held]


@pytest.mark.parametrize("said", ["name", "hours", "title"])
def test_a_badge_that_says_something_else_is_named(held, monkeypatch, said):
    plain = credential.unsigned

    def unsigned(certificate, achievement, entry):
        document = plain(certificate, achievement, entry)
        subject = document["credentialSubject"]
        match said:
            case "name":
                subject["identifier"][0]["identityHash"] = "Mallory"
            case "hours":
                subject["result"][0]["value"] = "99"
            case _:
                document["name"] = "Another title"
        return document

    monkeypatch.setattr(credential, "unsigned", unsigned)

    assert found() == [f"certificate {row.pk}: its badge does not verify" for row in held]


def test_a_signature_that_nobody_believes_is_named(held, monkeypatch):
    monkeypatch.setattr(keys, "believed", lambda method: None)

    sentences = found()

    assert sentences[:5] == [f"certificate {row.pk}: its badge does not verify" for row in held]
    assert sentences[5:] == [
        f"status list 1, {purpose}: the key is not known" for purpose in status.PURPOSES
    ]


@pytest.mark.parametrize("shown", [[], "all", "strange"])
def test_a_list_that_does_not_say_the_state_is_named(held, monkeypatch, shown):
    places = list(StatusEntry.objects.order_by("certificate").values_list("position", flat=True))
    strange = next(place for place in range(10) if place not in places)
    plain = status._positions

    def positions(number, purpose):
        match shown:
            case "all":
                return sorted(places)
            case "strange":
                return sorted([*plain(number, purpose), strange])
            case _:
                return []

    monkeypatch.setattr(status, "_positions", positions)
    valid, revoked, suspended, replaced, newer = (row.pk for row in held)
    wrong = {
        "": {"revocation": [revoked, replaced], "suspension": [suspended]},
        "all": {
            "revocation": [valid, suspended, newer],
            "suspension": [valid, revoked, replaced, newer],
        },
        "strange": {"revocation": [], "suspension": []},
    }["".join(shown)]
    expected = [
        f"certificate {pk}: the {purpose} list says otherwise"
        for purpose, pks in wrong.items()
        for pk in pks
    ]
    if shown == "strange":
        expected = [
            f"status list 1, {purpose}: place {strange} is nobody's" for purpose in status.PURPOSES
        ]

    assert sorted(found()) == sorted(expected)


def test_no_key_no_lists_and_no_alarm(held):
    keys.withdraw(multikey.public_text(keys.signing_key().public_key()))

    assert found() == []


def test_large_numbers_are_signed_by_turns(held, monkeypatch):
    """A share of them on each day, all of them in a few."""
    monkeypatch.setattr(proving, "SIGNED", 2)
    signed = []
    monkeypatch.setattr(proving, "_holds", lambda row, *_: signed.append(row.pk) or True)
    today = timezone.localdate()
    for days in range(2):
        day = today + timedelta(days=days)
        monkeypatch.setattr(timezone, "localdate", lambda day=day: day)
        assert list(proving.badges_say_what_was_issued()) == []

    assert sorted(signed) == sorted(StatusEntry.objects.values_list("pk", flat=True))
