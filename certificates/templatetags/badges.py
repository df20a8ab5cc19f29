from django import template

from certificates.badges import keys

register = template.Library()


@register.simple_tag
def badges_offered() -> bool:
    """Does this site give badges? Asks no database."""
    return keys.offered()
