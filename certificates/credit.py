"""Credit on certificates: what a snapshot copies of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from courses.models import CreditAward
from lms.text import LANGUAGES, Localised, said


def lines_of(completion_id: int) -> list[dict[str, Any]]:
    """The credit of a completion as a snapshot states it: only what counts, never a maximum."""
    awards = CreditAward.objects.filter(completion=completion_id).for_statement()
    return [_line(award) for award in awards if award.counted]


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
