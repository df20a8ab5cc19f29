"""`{% load courses %}`: lengths, languages and kinds of lesson in words."""

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def minutes_long(minutes: int) -> str:
    """«45 minutes», «2 hours», «1 hour 15 minutes»."""
    hours, rest = divmod(int(minutes), 60)
    words = []
    if hours:
        words.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if rest or not hours:
        words.append(ngettext("%(n)s minute", "%(n)s minutes", rest) % {"n": rest})
    return " ".join(words)


@register.filter
def clock_long(seconds: int) -> str:
    """«3:05», the length of a film."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def hours_long(hours: Decimal) -> str:
    """«1 hour», «1.5 hours», with a point in Spanish too, as Spanish is written in the U.S."""
    plain = hours.normalize() if hours else Decimal(0)
    return ngettext("%(n)s hour", "%(n)s hours", 1 if plain == 1 else 2) % {"n": f"{plain:f}"}


@register.filter
def languages_long(codes: Iterable[str]) -> str:
    names = {"en": _("English"), "es": _("Spanish")}
    return get_text_list([names.get(code, code) for code in codes], _("and"))


@register.filter
def kind_of_lesson(kind: str) -> str:
    kinds = {
        "page": _("Reading"),
        "quiz": _("Quiz"),
        "live": _("Live session"),
        "evaluation": _("Evaluation"),
    }
    return kinds[kind]
