"""Badges: how many are signed, verified and baked in a second by one process."""

import time
from collections.abc import Iterator

ROUNDS = 100


def run() -> Iterator[tuple[str, str, str, str]]:
    import json

    from django.utils import timezone

    from certificates.badges import (
        addresses,
        credential,
        jwt,
        keys,
        making,
        multikey,
        proofs,
        reading,
        status,
    )
    from certificates.models import Certificate

    certificate = Certificate.objects.with_state().order_by("pk")[0]
    key = keys.signing_key()
    method = addresses.method(multikey.public_text(key.public_key()))
    achievement = credential.achievement_of(certificate)
    document = credential.unsigned(certificate, achievement, status.entry_of(certificate))
    secured = proofs.with_proof(document, key, method=method, created=timezone.now())
    data = json.dumps(secured).encode()
    token = jwt.sign(document, key, method=method).encode()
    png = making.made(certificate, "png")
    acts = {
        "sign, Data Integrity": lambda: proofs.with_proof(
            document, key, method=method, created=timezone.now()
        ),
        "sign, JWT": lambda: jwt.sign(document, key, method=method),
        "read and verify JSON": lambda: reading.read_badge(data),
        "read and verify JWT": lambda: reading.read_badge(token),
        "read and verify PNG": lambda: reading.read_badge(png),
        "status list, as it stands": lambda: status.signed_list(1, "revocation", timezone.now()),
    }
    for name, act in acts.items():
        act()
        begun = time.process_time()
        for _ in range(ROUNDS):
            act()
        spent = (time.process_time() - begun) / ROUNDS
        yield (f"  {name}", f"{1 / spent:,.0f} in a second ({spent * 1000:.1f} ms CPU)", "", "")
