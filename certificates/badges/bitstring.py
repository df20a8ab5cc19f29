"""Many yes-or-no answers in one short text: https://www.w3.org/TR/vc-bitstring-status-list/

Bit 0 is the leftmost bit of the first byte. The list is compressed, so its length says nothing
about how many answers are yes, and it is long enough for a herd to hide in.
"""

import base64
import gzip
import io
from collections.abc import Iterable

SIZE = 131_072  # bits: the least that the recommendation allows


def encoded(positions: Iterable[int]) -> str:
    """A list in which these bits, and no others, are set. The same ones give the same text."""
    bits = bytearray(SIZE // 8)
    for position in positions:
        if not 0 <= position < SIZE:
            raise ValueError(f"{position} is not in the list")
        bits[position // 8] |= 128 >> position % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def is_set(text: str, position: int) -> bool:
    """Raises ValueError for what is no list, or for a place that it does not have."""
    bits = _bits(text)
    if not 0 <= position < SIZE:
        raise ValueError("not a place in this list")
    return bool(bits[position // 8] & 128 >> position % 8)


def positions(text: str) -> set[int]:
    """All bits that are set. Raises as above."""
    return {
        place * 8 + bit
        for place, byte in enumerate(_bits(text))
        if byte
        for bit in range(8)
        if byte & 128 >> bit
    }


def _bits(text: str) -> bytes:
    if not text.startswith("u"):
        raise ValueError("not base64url with its multibase mark")
    packed = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        bits = file.read(SIZE // 8 + 1)
    if len(bits) != SIZE // 8:
        raise ValueError("not a list of this length")
    return bits
