"""Whether a password is enough here for acts that need care."""

from django import template
from django.conf import settings
from django.template import RequestContext

from people.access import has_second_step

register = template.Library()


@register.simple_tag(takes_context=True)
def password_is_enough(context: RequestContext) -> bool:
    """Outside production nobody is made to set up a second step, and demo people have none."""
    person = context["request"].user
    return not settings.SECOND_STEP_FOR_STAFF and person.works_here and not has_second_step(person)
