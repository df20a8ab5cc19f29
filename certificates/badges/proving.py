"""What the record checks prove about badges. Reads only; see `lms.records`.

A badge is not stored, so what is proven is what it is made from: that the rows are whole, and that
a badge signed from them now verifies and says what the certificate says.
"""

import json
from collections.abc import Iterator
from itertools import batched

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import Count
from django.utils import timezone

from certificates.badges import addresses, bitstring, credential, keys, multikey, proofs, status
from certificates.models import Achievement, Certificate, StatusEntry

BATCH = 500
SIGNED = 200  # badges signed and verified in one run: another share of them every day


def badges_say_what_was_issued() -> Iterator[str]:
    """What each badge was given for is there as it was frozen; and of a share of them, that the
    signature holds over the name, the title, the hours and the day of the certificate."""
    key = keys.signing_key() if StatusEntry.objects.exists() else None
    step = max(1, StatusEntry.objects.count() // SIGNED)
    today = timezone.localdate().toordinal() % step
    rows = StatusEntry.objects.select_related("certificate").order_by("pk")
    for batch in batched(rows.iterator(chunk_size=BATCH), BATCH):
        hashes = {row.pk: credential.content_of(row.certificate)[1] for row in batch}
        found = {
            row.sha256: row for row in Achievement.objects.filter(sha256__in=set(hashes.values()))
        }
        damaged = {sha for sha, row in found.items() if credential.fingerprint_of(row.body) != sha}
        for row in batch:
            achievement = found.get(hashes[row.pk])
            if achievement is None:
                yield f"certificate {row.certificate_id}: what its badge was given for is gone"
            elif achievement.sha256 in damaged:
                yield f"certificate {row.certificate_id}: its badge would say something else"
            elif key is not None and row.pk % step == today and not _holds(row, achievement, key):
                yield f"certificate {row.certificate_id}: its badge does not verify"


def status_lists_say_the_state() -> Iterator[str]:
    """No two badges share a place, the lists' signatures hold, and each badge's bits are those of
    the state that its certificate's page shows."""
    shared = StatusEntry.objects.values("number", "position").annotate(n=Count("pk"))
    for row in shared.filter(n__gt=1).order_by("number", "position"):
        yield f"status list {row['number']}: {row['n']} badges at place {row['position']}"
    numbers = StatusEntry.objects.order_by("number").values_list("number", flat=True).distinct()
    for number in list(numbers):
        for purpose in status.PURPOSES:
            # Looked at twice: somebody may have acted between reading the list and the rows.
            wrong = _wrong(number, purpose) and _wrong(number, purpose)
            yield from wrong or ()


def _holds(entry: StatusEntry, achievement: Achievement, key: Ed25519PrivateKey) -> bool:
    """Signed and read back as anybody would read it, and compared with the frozen words."""
    snapshot = entry.certificate.snapshot
    document = credential.unsigned(entry.certificate, achievement, entry)
    method = addresses.method(multikey.public_text(key.public_key()))
    try:
        secured = proofs.with_proof(document, key, method=method, created=timezone.now())
        read = json.loads(json.dumps(secured))
        proofs.check(read, keys.believed)
    except ValueError:
        return False
    subject = read["credentialSubject"]
    return bool(
        subject["identifier"][0]["identityHash"] == snapshot["name"]
        and read["name"] == credential.said(snapshot["title"], snapshot["language"])
        and subject["result"][0]["value"] == snapshot["hours"]
        and subject["activityEndDate"] == snapshot["completed_on"]
    )


def _wrong(number: int, purpose: str) -> list[str]:
    text = status.signed_list(number, purpose, timezone.now())
    if text is None:
        return []  # no key, no list
    said = json.loads(text)
    try:
        proofs.check(said, keys.believed)
    except proofs.NotProven as error:
        return [f"status list {number}, {purpose}: {error}"]
    bits = bitstring.positions(said["credentialSubject"]["encodedList"])
    rows = Certificate.objects.filter(status_entry__number=number).with_state()
    rows = rows.select_related("revocation", "superseded_by", "status_entry")
    found, true = [], set()
    for row in rows.defer("snapshot", "superseded_by__snapshot").iterator(chunk_size=BATCH):
        withdrawn = getattr(row, "revocation", None) or getattr(row, "superseded_by", None)
        place = row.status_entry.position
        if withdrawn if purpose == "revocation" else row.open_suspension:
            true.add(place)
        if (place in bits) != (place in true):
            found.append(f"certificate {row.pk}: the {purpose} list says otherwise")
    strange = (
        bits
        - true
        - set(StatusEntry.objects.filter(number=number).values_list("position", flat=True))
    )
    found += [f"status list {number}, {purpose}: place {each} is nobody's" for each in strange]
    return found
