"""Is a badge still good? Two Bitstring Status Lists answer: revocation and suspension.

A list is a signed credential with one bit for each certificate that took a place in it. It is
built from the rows whenever it is asked for, and signed anew only when a bit has changed or its
signature has grown old: so it is never older than the last act that was committed.
https://www.w3.org/TR/vc-bitstring-status-list/
"""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction

from certificates.badges import addresses, bitstring, keys, multikey, proofs, rdf
from certificates.models import Certificate, Revocation, StatusEntry, Suspension

PURPOSES = ("revocation", "suspension")
FULL = bitstring.SIZE // 2  # half empty, so that a random place is soon a free one
SIGNED_FOR = timedelta(hours=24)
SIGNED_ANEW = timedelta(hours=6)
TTL = 5_000  # milliseconds for which a verifier may keep a list


def entry_of(certificate: Certificate) -> StatusEntry:
    """The certificate's place, taken now if it has none. Safe to repeat and at once.

    Two that draw the same place meet the constraint, and the later one draws again.
    """
    entry = StatusEntry.objects.filter(certificate=certificate).first()
    while entry is None:
        number = _open_list()
        try:
            with transaction.atomic():
                entry, _made = StatusEntry.objects.get_or_create(
                    certificate=certificate,
                    defaults={"number": number, "position": _draw()},
                )
        except IntegrityError:
            continue
    return entry


def of_entry(entry: StatusEntry) -> list[dict[str, str]]:
    """What a credential says about where its state is found."""
    return [
        {
            "id": f"{address}#{entry.position}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(entry.position),
            "statusListCredential": address,
        }
        for purpose in PURPOSES
        for address in [addresses.status_list(entry.number, purpose)]
    ]


def is_open(number: int) -> bool:
    """Is there a list of this number? The first is there from the start."""
    return number == 1 or StatusEntry.objects.filter(number=number).exists()


def signed_list(number: int, purpose: str, now: datetime) -> str | None:
    """The list as signed JSON, or None without a key. Current: a committed act is in it."""
    key = keys.signing_key()
    if key is None:
        return None
    positions = _positions(number, purpose)
    method = addresses.method(multikey.public_text(key.public_key()))
    span = int(now.timestamp() // SIGNED_ANEW.total_seconds())
    said = json.dumps([number, purpose, positions, method, span])
    place = f"badges:status:{hashlib.sha256(said.encode()).hexdigest()}"
    text: str | None = cache.get(place)
    if text is None:
        document = _unsigned(number, purpose, positions, now)
        text = json.dumps(proofs.with_proof(document, key, method=method, created=now))
        cache.set(place, text, timeout=int(SIGNED_ANEW.total_seconds()))
    return text


def _unsigned(number: int, purpose: str, positions: list[int], now: datetime) -> dict[str, Any]:
    address = addresses.status_list(number, purpose)
    return {
        "@context": [rdf.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": addresses.did(),
        "validFrom": _z(now),
        "validUntil": _z(now + SIGNED_FOR),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": bitstring.encoded(positions),
            "ttl": TTL,
        },
    }


def _positions(number: int, purpose: str) -> list[int]:
    """The bits that are set. A replaced certificate counts as revoked: the newer has its own.

    Asked from the few that were withdrawn, never from the many in the list.
    """
    if purpose == "revocation":
        revoked = Revocation.objects.filter(certificate__status_entry__number=number)
        newer = Certificate.objects.filter(supersedes__status_entry__number=number)
        found = {
            *revoked.values_list("certificate__status_entry__position", flat=True),
            *newer.values_list("supersedes__status_entry__position", flat=True),
        }
    else:
        held = Suspension.objects.filter(certificate__status_entry__number=number, lifting=None)
        found = {*held.values_list("certificate__status_entry__position", flat=True)}
    return sorted(found)


def _open_list() -> int:
    newest = StatusEntry.objects.order_by("-number").values_list("number", flat=True).first()
    if newest is None:
        return 1
    return newest + (StatusEntry.objects.filter(number=newest).count() >= FULL)


def _draw() -> int:
    return secrets.randbelow(bitstring.SIZE)


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
