import base64
import copy
import gzip
import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.badges import bitstring, multikey, proofs, rdf

VECTORS = [
    json.loads(path.read_text())
    for path in sorted(Path(__file__).with_name("vectors").glob("*.json"))
]
# Appendix B.1 of https://www.w3.org/TR/vc-data-model-2.0/ gives the hash of its context.
PUBLISHED = "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
EXAMPLES = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    }
}


@pytest.fixture(params=VECTORS, ids=["recommendation", "repository"])
def vector(request):
    return request.param


def test_the_published_key_pair_is_one(vector):
    secret = multikey.secret_key(vector["secretKeyMultibase"])

    assert multikey.public_text(secret.public_key()) == vector["publicKeyMultibase"]
    assert multikey.secret_text(secret) == vector["secretKeyMultibase"]


def test_the_published_canonical_forms_and_hashes(vector):
    document, proof = vector["document"], dict(vector["proof"])
    del proof["proofValue"]
    config = {"@context": document["@context"], **proof}

    assert rdf.canonical(document, EXAMPLES).splitlines() == vector["canonicalDocument"]
    assert rdf.canonical(config, EXAMPLES).splitlines() == vector["canonicalProof"]
    both = proofs.hashes(document, proof, EXAMPLES).hex()
    assert both == vector["proofHash"] + vector["documentHash"]


def test_the_published_signature(vector):
    proof = vector["proof"]

    signed = proofs.with_proof(
        vector["document"],
        multikey.secret_key(vector["secretKeyMultibase"]),
        method=proof["verificationMethod"],
        created=datetime.fromisoformat(proof["created"]),
        contexts=EXAMPLES,
    )

    assert signed == {**vector["document"], "proof": proof}
    if "signature" in vector:
        assert multikey.base58_decoded(proof["proofValue"][1:]).hex() == vector["signature"]
    assert verify(signed) == proof["verificationMethod"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["name"], "Another"),
        (["credentialSubject", "alumniOf"], "Another"),
        (["credentialSubject", "degree"], "added"),
        (["issuer"], "https://vc.example/issuers/1"),
        (["@context"], ["https://www.w3.org/ns/credentials/v2"]),
        (["@context"], ["https://www.w3.org/ns/credentials/v2", "https://evil.example/"]),
        (["proof", "created"], "2024-02-24T23:36:38Z"),
        (["proof", "proofPurpose"], "authentication"),
        (["proof", "cryptosuite"], "eddsa-jcs-2022"),
        (["proof", "verificationMethod"], "did:key:z6Mk#z6Mk"),
        (["proof", "proofValue"], "z" + "1" * 88),
        (["proof", "proofValue"], "u0000"),
        (["proof", "expires"], "2030-01-01T00:00:00Z"),
        (["proof"], None),
        (["proof"], []),
    ],
)
def test_whatever_is_changed_the_proof_no_longer_holds(vector, path, value):
    changed = copy.deepcopy({**vector["document"], "proof": vector["proof"]})
    part = changed
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    with pytest.raises(proofs.NotProven):
        verify(changed)


def verify(document):
    known = {each["proof"]["verificationMethod"]: each["publicKeyMultibase"] for each in VECTORS}

    def key_of(method):
        return multikey.public_key(known[method]) if method in known else None

    return proofs.check(document, key_of, contexts=EXAMPLES)


@pytest.mark.parametrize(
    "part",
    [
        {"nonsense": 1},
        {"credentialSubject": {"nonsense": "dropped by JSON-LD without a word"}},
        {"type": ["VerifiableCredential", "Nonsense"]},
        {"issuer": "relative"},
        {"id": "also relative"},
        {"@context": [rdf.CREDENTIALS, "https://somewhere.example/context"]},
    ],
)
def test_what_json_ld_would_drop_is_refused(part):
    document = {"@context": [rdf.CREDENTIALS, rdf.OPEN_BADGES], "type": ["VerifiableCredential"]}

    assert rdf.canonical(document | {"name": "said"})
    with pytest.raises(rdf.NotCanonical):
        rdf.canonical(document | part)


def test_the_contexts_are_as_shipped_and_as_published():
    for name, sha256 in rdf.CONTEXTS.values():
        data = (rdf.FOLDER / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256, name
    assert rdf.CONTEXTS[rdf.CREDENTIALS][1] == PUBLISHED


@given(st.binary(max_size=80))
def test_base58_there_and_back(data):
    assert multikey.base58_decoded(multikey.base58(data)) == data


@pytest.mark.parametrize("text", ["", "z", "z0", "zl", "m123", "z" + "1" * 200, "z6MkrJVnaZkeFzdQ"])
def test_what_is_no_key_is_refused_in_words_that_do_not_repeat_it(text):
    with pytest.raises(ValueError, match=r"."):
        multikey.public_key(text)
    with pytest.raises(ValueError, match=r".") as refused:
        multikey.secret_key(text)
    assert len(text) < 3 or text not in str(refused.value)


@given(st.sets(st.integers(0, bitstring.SIZE - 1), max_size=30), st.integers(0, bitstring.SIZE - 1))
def test_a_bit_is_set_where_it_was_set_and_nowhere_else(positions, other):
    text = bitstring.encoded(positions)

    assert all(bitstring.is_set(text, position) for position in positions)
    assert bitstring.is_set(text, other) == (other in positions)
    assert text == bitstring.encoded(sorted(positions, reverse=True))


def test_the_first_bit_is_the_leftmost_one():
    """Section 3.2 of the recommendation: the first index is the leftmost bit."""
    packed = bitstring.encoded([0, 9])[1:]
    bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))

    assert len(bits) == 16_384
    assert bits[:2] == bytes([0b1000_0000, 0b0100_0000])
    with pytest.raises(ValueError, match="not in the list"):
        bitstring.encoded([bitstring.SIZE])
