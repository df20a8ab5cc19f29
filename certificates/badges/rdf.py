"""The canonical form of a JSON-LD document: what a Data Integrity proof signs. No network.

The contexts are files in contexts/, held to their hash. A context that is not here is refused,
and so is everything that JSON-LD would drop without a word: terms that no context defines, types
and ids that are no absolute addresses. What is dropped is not signed, and a reader of the JSON
would believe it.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pyld import jsonld

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

# address: the file as shipped, its SHA-256
CONTEXTS: Mapping[str, tuple[str, str]] = {
    CREDENTIALS: (
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    OPEN_BADGES: (
        "open-badges-3.0.3.jsonld",
        "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
    ),
}
FOLDER = Path(__file__).with_name("contexts")
# Against this relative addresses are resolved, to be found out: left alone, pyld invents a base.
NOWHERE = "https://relative.invalid/"
_turn = threading.Lock()  # pyld's cache of contexts is shared, and made for one thread at a time


class NotCanonical(ValueError):
    """The document cannot be said in RDF without losing something."""


def canonical(document: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> str:
    """RDFC-1.0 N-Quads of the document. `more` are contexts beside ours, for test vectors.

    Raises NotCanonical instead of leaving anything out.
    """
    try:
        with _turn:
            return _canonical(document, {"documentLoader": _Loader(more or {}), "base": NOWHERE})
    except NotCanonical:
        raise
    except (jsonld.JsonLdError, RecursionError, TypeError, AttributeError, ValueError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, NotCanonical) else None
        raise cause or NotCanonical(f"not JSON-LD: {type(error).__name__}") from error


def _canonical(document: Mapping[str, Any], load: Mapping[str, Any]) -> str:
    processor = jsonld.JsonLdProcessor(on_property_dropped=_refuse)
    expanded = processor.expand(document, dict(load))
    for address in _addresses(expanded):
        if ":" not in address or address.startswith(NOWHERE):
            raise NotCanonical(f"not an absolute address: {address[:80]!r}")
    options = {**load, "algorithm": "URDNA2015", "format": "application/n-quads"}
    return str(jsonld.normalize(expanded, options))


def _refuse(name: str | None) -> None:
    raise NotCanonical(f"no context defines the term {name!r}")


def _addresses(expanded: Any) -> Iterator[str]:
    """Every @id and @type: JSON-LD leaves out of RDF the ones that are no absolute addresses."""
    if isinstance(expanded, list):
        for item in expanded:
            yield from _addresses(item)
    elif isinstance(expanded, Mapping):
        for key, value in expanded.items():
            if key == "@id":
                yield str(value)
            elif key == "@type":
                yield from ([value] if isinstance(value, str) else value)
            else:
                yield from _addresses(value)


@cache
def _shipped(address: str) -> Any:
    name, sha256 = CONTEXTS[address]
    data = (FOLDER / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RuntimeError(f"{name} is not the context that was shipped")
    return json.loads(data)


class _Loader:
    """What pyld asks for a context. It never asks the network."""

    def __init__(self, more: Mapping[str, Any]) -> None:
        self._more = more

    def __call__(self, address: str, options: Mapping[str, Any]) -> dict[str, Any]:
        if address not in CONTEXTS and address not in self._more:
            raise NotCanonical(f"a context that is not known here: {address[:120]!r}")
        ours = address in CONTEXTS
        found = {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": address,
            "document": _shipped(address) if ours else self._more[address],
        }
        # Lets pyld keep what it made of the context: a third less work for each document.
        return found | {"tag": "static"} if ours else found
