"""Where the addresses in a message are, and which may be pressed. No Django, no fetching."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"https?://[^\s<>\"'`|{}\\^]+", re.IGNORECASE)
_ENDS = ".,;:!?…)]"  # belong to the sentence around it
_OPENS = {")": "(", "]": "["}
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs"}  # could make an address look like another one


def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """The text in parts: (words, address to go to, or nothing). The words of an address are the
    address, whole; all words together are the text."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    for found in _ADDRESS.finditer(text):
        address = _without_ends(found[0])
        if not _is_plain(address):
            continue
        if found.start() > at:
            yield text[at : found.start()], ""
        yield address, address
        at = found.start() + len(address)
    if at < len(text):
        yield text[at:], ""


def _without_ends(address: str) -> str:
    """«(see https://example.org/a_(b)).» has a bracket of its own and others around it."""
    while address[-1] in _ENDS:
        last = address[-1]
        if last in _OPENS and address.count(_OPENS[last]) >= address.count(last):
            break
        address = address[:-1]
    return address


def _is_plain(address: str) -> bool:
    """Its host is what it seems to be: Latin letters, nobody's name before it, nothing unseen."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        "." in host.strip(".")
        and host.isascii()
        and "@" not in parts.netloc
        and not any(unicodedata.category(letter) in _UNSEEN for letter in address)
    )
