"""Certificate numbers: 130 random bits in Crockford's base 32, kind to people who type them.

No I, L, O or U in the alphabet; what was typed with hyphens, spaces, small letters or the usual
mix-ups is read as what was meant (https://www.crockford.com/base32.html).
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
_END = re.compile(r"[/.?#]")
_MIX_UPS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def fresh() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def typed(text: str) -> str | None:
    """The number that was meant, or None when it cannot be one."""
    code = text.strip().upper().translate(_MIX_UPS)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def linked(text: str) -> str | None:
    """The number in an address of ours, of a page, a PDF or a badge, wherever the site was then."""
    _before, found, rest = text.partition("/certificates/")
    return typed(_END.split(rest, maxsplit=1)[0]) if found else None


def printed(code: str) -> str:
    """In groups, as it stands on paper: ABCDE-FGHJK-MNPQR-STVWX-YZ0123."""
    groups = [code[start : start + 5] for start in range(0, 20, 5)]
    return "-".join([*groups, code[20:]])
