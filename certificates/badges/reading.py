"""A file that somebody was given: is it a badge of this site, and is it as it was signed?

    reading = read_badge(data)   # bytes of a JSON, JWT, PNG or SVG file; asks no network
    reading.verdict              # a Verdict
    reading.code                 # the certificate it speaks of, when it names one of ours

An intact proof says that we signed these words. Whether the certificate still stands is on its
page: the verdict never says «valid».
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates import codes
from certificates.badges import addresses, baking, credential, jwt, keys, proofs
from certificates.models import BadgeKey

LARGEST = 1 << 20  # bytes of a file
LONGEST = 1 << 16  # characters of a credential; ours have about 4,000
MOST_NAMELESS = 12  # objects without an id; ours have 7
MOST_ALIKE = 4  # of them in one list

_TOKEN = re.compile(rb"[\w-]+\.[\w-]+\.[\w-]+")
_ADDRESS = re.compile(r"/certificates/([0-9A-Z]{26})/badge\.json")


class Verdict(models.TextChoices):
    INTACT = "intact", _("This badge was signed by us and nothing in it was changed.")
    CHANGED = "changed", _("This badge was changed after it was signed, or was never signed by us.")
    WITHDRAWN = "withdrawn", _("This badge was signed with a key that we no longer trust.")
    FOREIGN = "foreign", _("This badge is not one of ours.")
    UNREADABLE = "unreadable", _("We could not find a badge in this file.")


@dataclass(frozen=True)
class Reading:
    verdict: Verdict
    code: str | None = None


class _NotABadge(ValueError):
    pass


def read_badge(data: bytes) -> Reading:
    """Never raises: whatever the file is, the reading says so."""
    try:
        text = _credential_in(data)
        if len(text) > LONGEST:
            raise _NotABadge
        token = text if _TOKEN.fullmatch(text.encode()) else None
        document = json.loads(jwt.unchecked(token) if token else text)
        if not isinstance(document, dict) or not _looks_like_one(document):
            raise _NotABadge
    except (ValueError, RecursionError):  # what is no badge, no JSON, no text
        return Reading(Verdict.UNREADABLE)
    code = _code(document.get("id"))
    method = _method(document, token)
    issuer, _hash, public = method.removesuffix(addresses.JWK).partition("#")
    if code is None or issuer != addresses.did() or _issuer(document) != addresses.did():
        return Reading(Verdict.FOREIGN)
    if BadgeKey.objects.filter(public=public, withdrawn_at__isnull=False).exists():
        return Reading(Verdict.WITHDRAWN, code)
    try:
        if token:
            jwt.check(token, keys.believed)
        else:
            _refuse_what_costs(document)
            proofs.check(document, keys.believed)
    except (proofs.NotProven, _NotABadge):
        return Reading(Verdict.CHANGED, code)
    return Reading(Verdict.INTACT, code)


def _credential_in(data: bytes) -> str:
    if len(data) > LARGEST:
        raise _NotABadge
    if data.startswith(baking.PNG):
        return baking.read_png(data).strip()
    stripped = data.removeprefix(b"\xef\xbb\xbf").strip()
    if stripped.startswith(b"<"):
        return baking.read_svg(stripped)
    return stripped.decode()


def _looks_like_one(document: Mapping[str, Any]) -> bool:
    types = document.get("type")
    return isinstance(types, list) and "OpenBadgeCredential" in types


def _code(address: object) -> str | None:
    if not isinstance(address, str) or not address.startswith(settings.SITE_URL):
        return None
    found = _ADDRESS.fullmatch(address.removeprefix(settings.SITE_URL))
    return codes.typed(found[1]) if found else None


def _issuer(document: Mapping[str, Any]) -> object:
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, Mapping) else issuer


def _method(document: Mapping[str, Any], token: str | None) -> str:
    if token:
        return jwt.method_of(token)
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    return str(proof.get("verificationMethod")) if isinstance(proof, Mapping) else ""


def _refuse_what_costs(document: Mapping[str, Any]) -> None:
    """Canonical forms of hostile graphs can take exponential time; none of ours looks like one.

    Many nameless objects that are alike, objects that refer to each other by blank names, and
    contexts or JSON-LD keywords inside are what such graphs are made of.
    """
    if document.get("@context") != credential.CONTEXTS:
        raise _NotABadge
    nameless = 0
    inside = {name: part for name, part in document.items() if name != "@context"}
    for part in _parts(inside):
        if isinstance(part, list):
            alike = sum(isinstance(item, Mapping) and "id" not in item for item in part)
            if alike > MOST_ALIKE:
                raise _NotABadge
        elif isinstance(part, Mapping):
            nameless += "id" not in part
            if nameless > MOST_NAMELESS or any(name.startswith("@") for name in part):
                raise _NotABadge
        elif isinstance(part, str) and part.startswith("_:"):
            raise _NotABadge


def _parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part)
