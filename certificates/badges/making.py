"""The badge of a certificate in each of its forms, made when somebody asks.

Nothing of it is stored: the rows say the same at any time, so a badge that is lost is made again,
and after a change of keys the next download is signed by the new one. The cache only saves work.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.cache import cache
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from certificates.badges import (
    addresses,
    baking,
    credential,
    jwt,
    keys,
    multikey,
    proofs,
    status,
)
from certificates.models import Achievement, Certificate
from certificates.press import draw_badge
from lms.text import LANGUAGES

EDITION = 1  # raise it when the same rows would give other words or another picture
KEPT = 24 * 60 * 60

type Form = Literal["json", "jwt", "png", "svg"]
FORMS: tuple[Form, ...] = ("json", "jwt", "png", "svg")


class NoBadge(Exception):
    """This site has no key that may sign."""


def made(certificate: Certificate, form: Form) -> bytes:
    """Raises NoBadge, and PressError where a picture cannot be drawn."""
    if form == "jwt":
        return _signed(certificate, "jwt").encode()
    text = _signed(certificate, "json")
    if form == "json":
        return text.encode()
    plain = picture(credential.achievement_of(certificate), form)
    if form == "png":
        return baking.bake_png(plain, text)
    return baking.bake_svg(plain.decode(), text).encode()


def picture(achievement: Achievement, form: Literal["png", "svg"]) -> bytes:
    """What every badge of this achievement looks like, without a credential."""

    def draw() -> bytes:
        title, other = (credential.said(achievement.body["title"], each) for each in LANGUAGES)
        words = {
            "eyebrow": " · ".join(dict.fromkeys(_in(each) for each in LANGUAGES)),
            "title": title,
            "other_title": other if other != title else "",
            "issuer": achievement.body["provider"],
        }
        drawn = draw_badge(words, form)
        return drawn if form == "png" else _named(drawn.decode(), title).encode()

    return _kept(f"picture:{form}:{achievement.sha256}", draw)


def _signed(certificate: Certificate, form: Literal["json", "jwt"]) -> str:
    key = keys.signing_key()
    if key is None:
        raise NoBadge
    method = addresses.method(multikey.public_text(key.public_key()))
    place = f"{form}:{certificate.pk}:{certificate.sha256}:{method}"
    return _kept(place, lambda: _sign(certificate, form, key, method))


def _sign(
    certificate: Certificate, form: Literal["json", "jwt"], key: Ed25519PrivateKey, method: str
) -> str:
    achievement = credential.achievement_of(certificate)
    document = credential.unsigned(certificate, achievement, status.entry_of(certificate))
    if form == "jwt":
        kid = addresses.jwk_method(multikey.public_text(key.public_key()))
        return jwt.sign(document, key, method=kid)
    secured = proofs.with_proof(document, key, method=method, created=timezone.now())
    return json.dumps(secured, ensure_ascii=False, indent=2)


def _kept[T](place: str, make: Callable[[], T]) -> T:
    name = f"badges:{EDITION}:{hashlib.sha256(place.encode()).hexdigest()}"
    found: Any = cache.get(name)
    if found is None:
        found = make()
        cache.set(name, found, timeout=KEPT)
    return found  # type: ignore[no-any-return]


def _in(language: str) -> str:
    with translation.override(language):
        return _("Completed")


def _named(svg: str, title: str) -> str:
    """Letters are shapes in this file: its name is for those who hear it."""
    end = svg.index(">", svg.index("<svg"))
    return f'{svg[:end]} role="img"><title>{escape(title)}</title>{svg[end + 1 :]}'
