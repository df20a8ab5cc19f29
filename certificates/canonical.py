"""JSON in one form only, so that a hash of it means something: RFC 8785 (JCS).

Keys are ordered by UTF-16 code units, there is no space, strings are escaped as little as JSON
allows, and the result is UTF-8. Numbers are whole and no larger than every reader of JSON holds
exactly (2**53): the RFC's rules for fractions are not needed here, so fractions are refused
instead of being written in a way that another language would not.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

LARGEST = 2**53 - 1


def canonical(value: object) -> bytes:
    return _written(value).encode()


def fingerprint(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _written(value: object) -> str:
    match value:
        case None | bool() | str():
            # Python escapes exactly what the RFC asks for; a lone surrogate fails in `encode`.
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) <= LARGEST:
            return str(value)
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key that is no text has no canonical form")
            ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
            inner = (f"{_written(key)}:{_written(held)}" for key, held in ordered)
            return "{" + ",".join(inner) + "}"
        case Sequence() if not isinstance(value, bytes | bytearray):
            return "[" + ",".join(map(_written, value)) + "]"
        case _:
            raise ValueError(f"{value!r} has no canonical form here")
