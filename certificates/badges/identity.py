"""The issuer, said for machines: its DID document and its Open Badges profile."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.conf import settings

from certificates.badges import addresses, credential, jwt, multikey
from certificates.models import BadgeKey

CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
]


def did_document(keys: Iterable[BadgeKey]) -> dict[str, Any]:
    """Every key, in the two shapes that verifiers know. A withdrawn one asserts nothing more."""
    methods: list[dict[str, Any]] = []
    asserting: list[str] = []
    for key in keys:
        both = (_multikey(key), _jwk(key))
        methods += both
        if key.withdrawn_at is None:
            asserting += [each["id"] for each in both]
    return {
        "@context": CONTEXTS,
        "id": addresses.did(),
        "alsoKnownAs": [addresses.issuer()],
        "verificationMethod": methods,
        "assertionMethod": asserting,
    }


def profile() -> dict[str, Any]:
    return {"@context": credential.CONTEXTS, **credential.profile(settings.PROVIDER_NAME)}


def _multikey(key: BadgeKey) -> dict[str, Any]:
    return {
        "id": addresses.method(key.public),
        "type": "Multikey",
        "controller": addresses.did(),
        **_ended(key),
        "publicKeyMultibase": key.public,
    }


def _jwk(key: BadgeKey) -> dict[str, Any]:
    return {
        "id": addresses.jwk_method(key.public),
        "type": "JsonWebKey",
        "controller": addresses.did(),
        **_ended(key),
        "publicKeyJwk": jwt.public_jwk(multikey.public_key(key.public)),
    }


def _ended(key: BadgeKey) -> dict[str, str]:
    if key.withdrawn_at is None:
        return {}
    return {"revoked": key.withdrawn_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
