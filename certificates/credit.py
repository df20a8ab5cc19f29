"""Credit on certificates: what a snapshot copies of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from courses.models import CreditAward
from lms.text import LANGUAGES, Localised, said


def lines_of(completion_id: int) -> list[dict[str, Any]]:
    """The credit of a completion as a snapshot states it: only what counts, never a maximum."""
    return lines_of_each([completion_id])[completion_id]


def lines_of_each(completion_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """The same for many, in one query."""
    found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in completion_ids}
    for award in CreditAward.objects.filter(completion__in=list(found)).for_statement():
        if award.counted:
            found[award.completion_id].append(_line(award))
    return found


def _line(award: CreditAward) -> dict[str, Any]:
    terms = award.terms
    return {
        "type": terms["type"],
        "hours": plain(award.counted),
        "label": {
            language: f"{said(terms['unit'], language)}: {said(terms['name'], language)}"
            for language in LANGUAGES
        },
        "statement": _statement(terms),
        "provider_number": terms["provider_number"],
        "event_number": terms["event_number"],
    }


def _statement(terms: Mapping[str, Any]) -> Localised:
    """The board's statement, then who provides it and under which numbers."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            parts = [str(said(terms["statement"], language))]
            parts.append(_("Provider: %(name)s.") % {"name": terms["provider_name"]})
            if terms["provider_number"]:
                parts.append(_("Provider number: %(n)s.") % {"n": terms["provider_number"]})
            if terms["event_number"]:
                parts.append(_("Event number: %(n)s.") % {"n": terms["event_number"]})
            if terms["category"]:
                parts.append(_("Category: %(name)s.") % {"name": terms["category"]})
            found[language] = " ".join(part for part in parts if part)
    return found


def plain(hours: Decimal | str) -> str:
    """5.00 is said as 5, 1.50 as 1.5."""
    text = str(hours)
    return text.rstrip("0").rstrip(".") if "." in text else text
