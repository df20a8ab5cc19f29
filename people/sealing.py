"""Secrets that must be read again: authenticator keys, the codes in letters that are on their way.

Sealed with a key derived from SECRET_KEY, so that a copy of the database alone opens nothing.
A new SECRET_KEY with the old one in SECRET_KEY_FALLBACKS still opens what was sealed before.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """The text, or None when it was sealed under a key that is gone."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    return urlsafe_b64encode(
        salted_hmac("people.sealing", "", secret=secret, algorithm="sha256").digest()
    )
