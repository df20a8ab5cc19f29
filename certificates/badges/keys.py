"""The keys that sign badges. The only writer of BadgeKey rows.

The private key comes from the setting BADGE_KEY and is in no table and no backup of the database;
a demo makes one for itself in VAR_DIR. Public keys are rows, published in the issuer's DID
document for as long as the site stands, so what an earlier key signed is verified by it still.
The ceremony of a new key is in DEPLOY.md; the command is `manage.py badge_key`.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone

from certificates.badges import addresses, multikey
from certificates.models import BadgeKey


def offered() -> bool:
    """Does this site give badges? In production that needs a key."""
    return bool(settings.BADGE_KEY) or not settings.PRODUCTION


def signing_key() -> Ed25519PrivateKey | None:
    """The key that signs now; its public half is published before it signs anything.

    None when the site has no key, or when its key was withdrawn.
    """
    if not offered():
        return None
    key = _loaded(settings.BADGE_KEY or _demo_key())
    row = publish(key.public_key())
    return None if row.withdrawn_at else key


def publish(key: Ed25519PublicKey) -> BadgeKey:
    """Safe to repeat. A new key may be published long before it signs."""
    return BadgeKey.objects.get_or_create(public=multikey.public_text(key))[0]


def withdraw(public: str) -> bool:
    """For a key that others may have: nothing it signed is believed any more, from now on.

    False when it was withdrawn before. Raises BadgeKey.DoesNotExist.
    """
    row = BadgeKey.objects.get(public=public)
    rows = BadgeKey.objects.filter(pk=row.pk, withdrawn_at=None)
    return bool(rows.update(withdrawn_at=timezone.now()))


def believed(method: str) -> Ed25519PublicKey | None:
    """The key behind a verification method, when it is one of ours and was not withdrawn."""
    issuer, _, public = method.removesuffix(addresses.JWK).partition("#")
    if issuer != addresses.did():
        return None
    known = BadgeKey.objects.filter(public=public, withdrawn_at=None).exists()
    return multikey.public_key(public) if known else None


def make(path: Path) -> Ed25519PrivateKey:
    """A new key in a new file that only its owner may read. Raises FileExistsError."""
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(multikey.secret_text(key) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _demo_key() -> str:
    path = Path(settings.VAR_DIR) / "badge-key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        # Several may start at once: each writes one of its own, and the first of them stays.
        own = path.with_name(f"badge-key.{secrets.token_hex(8)}")
        make(own)
        try:
            os.link(own, path)
        except FileExistsError:
            pass
        finally:
            own.unlink()
        return path.read_text().strip()


@lru_cache(maxsize=4)
def _loaded(text: str) -> Ed25519PrivateKey:
    return multikey.secret_key(text)
