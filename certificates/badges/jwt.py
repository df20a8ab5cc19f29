"""The other form of a credential: a JWT (https://www.w3.org/TR/vc-jose-cose/), signed by Ed25519.

The payload is the credential itself, with the registered claims that Open Badges 3.0 asks for
beside it. The algorithm is named by RFC 9864, which ended the older name «EdDSA».
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from certificates.badges.proofs import NotProven

ALGORITHM, TYPE = "Ed25519", "vc+jwt"


def sign(credential: Mapping[str, Any], key: Ed25519PrivateKey, *, method: str) -> str:
    header = {"alg": ALGORITHM, "typ": TYPE, "cty": "vc", "kid": method}
    claims = {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": _seconds(credential["validFrom"]),
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    payload = json.dumps({**claims, **credential}, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact(header, payload, OKPKey.import_key(key), algorithms=[ALGORITHM])


def check(
    token: str, key_of: Callable[[str], Ed25519PublicKey | None]
) -> tuple[str, dict[str, Any]]:
    """The method that signed, and the credential; or NotProven."""
    header = _opened(token).headers()
    method = header.get("kid")
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(method, str):
        raise NotProven("a token of another kind")
    key = key_of(method)
    if key is None:
        raise NotProven("the key is not known")
    try:
        found = jws.deserialize_compact(token, OKPKey.import_key(key), algorithms=[ALGORITHM])
        credential = json.loads(found.payload)
    except (JoseError, ValueError) as error:
        raise NotProven("the signature does not fit the token") from error
    if not isinstance(credential, dict):
        raise NotProven("the token holds no credential")
    return method, credential


def method_of(token: str) -> str:
    """The key that the token names. Raises NotProven, a ValueError, for what is no token."""
    return str(_opened(token).headers().get("kid"))


def unchecked(token: str) -> bytes:
    """What the token says, before anybody has checked that it may. Raises NotProven."""
    return _opened(token).payload


def _opened(token: str) -> jws.CompactSignature:
    try:
        return jws.extract_compact(token.encode())
    except (JoseError, ValueError) as error:
        raise NotProven("not a signed token") from error


def public_jwk(key: Ed25519PublicKey) -> dict[str, Any]:
    return {**OKPKey.import_key(key).as_dict(private=False), "alg": ALGORITHM}


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
