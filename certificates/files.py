"""A file that somebody was given: which certificate does it speak of, and is it ours as it is?

What the file says is never believed. It only leads to our record, which is shown; and it is held
against the document that we print from that record, byte for byte.
"""

import re
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates import codes, printing
from certificates.badges.reading import Verdict, read_badge
from certificates.models import Certificate
from certificates.press import PressError

LARGEST = 10_000_000
MOST = 20  # numbers that one file may name before we stop looking

# The number stands in the metadata, which nobody packs; as plain text, as UTF-16,
# or with the escapes of a PDF string.
_NUMBER = re.compile(rb"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}-[0-9A-Z]{6}|/certificates/[0-9A-Z]{26}/")
_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")
_WIDE = re.compile(rb"(?:\x00[0-9A-Z/a-z-]){26,45}")


class Match(models.TextChoices):
    EXACT = "exact", _("This file is exactly the document that we print for this certificate.")
    OTHER = (
        "other",
        _(
            "This file is not exactly the document that we print: another program may have saved "
            "it anew, or it was changed. Trust what stands on this page, not the file."
        ),
    )


class Found(NamedTuple):
    code: str
    says: str  # about the file, in words
    good: bool


def read(data: bytes) -> Found | None:
    """What a PDF or a badge leads to, or None: it names no certificate of ours."""
    for code in _named(data):
        certificate = Certificate.objects.filter(code=code).first()
        if certificate is not None:
            match = _compared(certificate, data)
            return Found(code, str(match.label), match == Match.EXACT)
    badge = read_badge(data)
    if badge.code and Certificate.objects.filter(code=badge.code).exists():
        return Found(badge.code, str(badge.verdict.label), badge.verdict == Verdict.INTACT)
    return None


def _named(data: bytes) -> list[str]:
    if not data.startswith(b"%PDF-"):
        return []
    plain = _OCTAL.sub(lambda escape: bytes([int(escape[1], 8)]), data)
    texts = [plain, *(wide[0].replace(b"\x00", b"") for wide in _WIDE.finditer(plain))]
    found = (match[0] for text in texts for match in _NUMBER.finditer(text))
    meant = (codes.typed(each.decode().removeprefix("/certificates/").strip("/")) for each in found)
    return list(dict.fromkeys(code for code in meant if code))[:MOST]


def _compared(certificate: Certificate, data: bytes) -> Match:
    for paper in ("letter", "a4"):
        try:
            if printing.pdf_of(certificate.snapshot, paper) == data:
                return Match.EXACT
        except PressError:
            continue
    return Match.OTHER
