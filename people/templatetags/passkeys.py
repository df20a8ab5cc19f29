"""Whether this page can offer passkeys."""

import ipaddress
from urllib.parse import urlsplit

from django import template
from django.template import RequestContext

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_work(context: RequestContext) -> bool:
    """A passkey belongs to a host name. At a number (127.0.0.1) browsers refuse to make one."""
    host = urlsplit(f"//{context['request'].get_host()}").hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False
