"""Whether this page can offer passkeys."""

import ipaddress

from django import template
from django.template import RequestContext

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_work(context: RequestContext) -> bool:
    """A passkey belongs to a host name. At a bare number (127.0.0.1) browsers refuse to make one."""
    host = context["request"].get_host().rpartition(":")[0] or context["request"].get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
