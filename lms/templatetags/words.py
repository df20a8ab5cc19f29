"""Template words that every page has (a builtin library): localised text and stored HTML."""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from lms.html import trusted
from lms.text import Said, said

register = template.Library()


@register.filter(name="said")
def said_filter(value: Mapping[str, str]) -> Said:
    """`{{ course.title|said }}`: plain text, for attributes and titles."""
    return said(value or {})


@register.simple_tag
def say(value: Mapping[str, str]) -> str | SafeString:
    """`{% say course.title %}`: text, marked with its language where it is not the page's."""
    text = said(value or {})
    if text.language != (get_language() or "en")[:2]:
        return format_html('<span lang="{}">{}</span>', text.language, str(text))
    return text


@register.filter(name="trusted")
def trusted_filter(stored: str) -> SafeString:
    """Stored author HTML, cleaned when it was saved."""
    return trusted(stored)


@register.filter
def language_of(value: Mapping[str, str]) -> str:
    """The language that `said` would give: for `lang` attributes of blocks."""
    return said(value or {}).language
