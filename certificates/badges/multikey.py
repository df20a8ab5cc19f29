"""Ed25519 keys as text: Multikey, base58 of the kind that Bitcoin uses.

https://www.w3.org/TR/cid-1.0/#Multikey
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(ALPHABET)}
PUBLIC, SECRET = b"\xed\x01", b"\x80\x26"  # the multicodec that stands before the key
SIZE = 32


def base58(data: bytes) -> str:
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    return ALPHABET[0] * (len(data) - len(data.lstrip(b"\0"))) + digits


def base58_decoded(text: str, *, at_most: int = 128) -> bytes:
    """Raises ValueError for what is no base58, or longer than `at_most` characters."""
    if len(text) > at_most:
        raise ValueError("too long for base58")
    number = 0
    for character in text:
        if character not in _DIGITS:
            raise ValueError("not base58")
        number = number * 58 + _DIGITS[character]
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def public_text(key: Ed25519PublicKey) -> str:
    return "z" + base58(PUBLIC + key.public_bytes_raw())


def secret_text(key: Ed25519PrivateKey) -> str:
    return "z" + base58(SECRET + key.private_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_unwrapped(text, PUBLIC))


def secret_key(text: str) -> Ed25519PrivateKey:
    """Raises ValueError, in words that do not repeat the key."""
    return Ed25519PrivateKey.from_private_bytes(_unwrapped(text, SECRET))


def _unwrapped(text: str, codec: bytes) -> bytes:
    if not text.startswith("z"):
        raise ValueError("not a Multikey in base58")
    data = base58_decoded(text[1:])
    if data[:2] != codec or len(data) != len(codec) + SIZE:
        raise ValueError("not an Ed25519 key")
    return data[2:]
