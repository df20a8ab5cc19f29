"""Question files into a bank and out of it. Looking writes nothing; taking is all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from courses import banks, formats
from courses.formats import Given, Refused, Taken, Written
from courses.formats.base import short
from courses.models import Bank
from courses.models.bank import fingerprint
from lms.text import said
from people.models import User


@dataclass(frozen=True)
class Look:
    """What a file would do to a bank, question by question."""

    new: Sequence[Taken]
    known: Sequence[Taken]  # in the bank already, or earlier in the file
    refused: Sequence[Refused]

    @property
    def noted(self) -> list[Taken]:
        """New ones of which something was left out."""
        return [row for row in self.new if row.notes]


def look(bank: Bank | None, format: str, data: bytes) -> Look:
    """Raises `formats.BadFile` when the file cannot be read at all."""
    there = set(bank.questions.values_list("sha256", flat=True)) if bank else set()
    new: list[Taken] = []
    known: list[Taken] = []
    refused: list[Refused] = []
    for row in formats.read(format, data):
        if isinstance(row, Refused):
            refused.append(row)
            continue
        sha256 = fingerprint(row.kind, row.body)
        (known if sha256 in there else new).append(row)
        there.add(sha256)
    return Look(new, known, refused)


def take(bank: Bank, found: Look, *, by: User | None, leave_out: bool = False) -> int:
    """Add what is new. Refused when something cannot be taken, unless that is to be left out.

    Returns how many were added; the same file again adds none.
    """
    if found.refused and not leave_out:
        raise ValidationError(
            _("Some questions cannot be taken. Say that they may be left out, or change the file."),
            code="refused",
        )
    return banks.add_all(bank, found.new, by=by)


def export(bank: Bank, format: str) -> Written:
    questions = bank.questions.order_by("pk").iterator(chunk_size=500)
    return formats.write(
        format,
        (
            Given(
                short(said(row.body.get("prompt") or {}, "en")),
                row.kind,
                row.body,
                row.points,
                tuple(row.tags),
            )
            for row in questions
            if not formats.problems_of(row.kind, row.body)
        ),
    )
