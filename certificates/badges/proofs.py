"""Data Integrity proofs of the cryptosuite `eddsa-rdfc-2022`: https://www.w3.org/TR/vc-di-eddsa/

The signature covers the SHA-256 of the proof's own canonical form followed by that of the
document's, so neither can be changed without the other.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certificates.badges import multikey, rdf

TYPE, SUITE, PURPOSE = "DataIntegrityProof", "eddsa-rdfc-2022", "assertionMethod"
LONGEST = 8_000  # characters of a proof, which has about 300

type Document = dict[str, Any]
type Contexts = Mapping[str, Any] | None


class NotProven(ValueError):
    """The proof does not hold, and why."""


def with_proof(
    document: Mapping[str, Any],
    key: Ed25519PrivateKey,
    *,
    method: str,
    created: datetime,
    contexts: Contexts = None,
) -> Document:
    """The document and a proof by `key`, which verifiers find at the address `method`."""
    if "proof" in document:
        raise ValueError("the document has a proof")
    proof = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    signature = key.sign(hashes(document, proof, contexts))
    return {**document, "proof": {**proof, "proofValue": "z" + multikey.base58(signature)}}


def check(
    secured: Mapping[str, Any],
    key_of: Callable[[str], Ed25519PublicKey | None],
    *,
    contexts: Contexts = None,
) -> str:
    """The verification method that signed, or NotProven. `key_of` knows whose keys are believed."""
    proof = secured.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, Mapping) or len(str(proof)) > LONGEST:
        raise NotProven("there is no single proof")
    if (proof.get("type"), proof.get("cryptosuite")) != (TYPE, SUITE):
        raise NotProven("the proof is of another kind")
    if proof.get("proofPurpose") != PURPOSE:
        raise NotProven("the proof was made for another purpose")
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise NotProven("the proof is not complete")
    key = key_of(method)
    if key is None:
        raise NotProven("the key is not known")
    document = {name: part for name, part in secured.items() if name != "proof"}
    options = {name: part for name, part in proof.items() if name != "proofValue"}
    try:
        signature = multikey.base58_decoded(value.removeprefix("z"))
        key.verify(signature, hashes(document, options, contexts))
    except InvalidSignature:
        raise NotProven("the signature does not fit the document") from None
    except ValueError as error:
        raise NotProven(str(error)) from error
    return method


def hashes(document: Mapping[str, Any], proof: Mapping[str, Any], contexts: Contexts) -> bytes:
    """What is signed: 64 bytes. A proof has the context of its document."""
    options = {"@context": document.get("@context"), **proof}
    parts = (rdf.canonical(options, contexts), rdf.canonical(document, contexts))
    return b"".join(hashlib.sha256(part.encode()).digest() for part in parts)
