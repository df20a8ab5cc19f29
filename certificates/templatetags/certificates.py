from django import template
from django.template import Context

from certificates.models import Certificate
from courses.models import Completion, Series

register = template.Library()


@register.simple_tag(takes_context=True)
def certificate_of(context: Context, completion: Completion | None) -> Certificate | None:
    """The signed-in person's certificate for this completion: one query a page for any number."""
    request = context["request"]
    if completion is None or not request.user.is_authenticated:
        return None
    if not hasattr(request, "_certificates"):
        mine = Certificate.objects.of(request.user).standing().with_state()
        request._certificates = {row.completion_id: row for row in mine}
    found: Certificate | None = request._certificates.get(completion.pk)
    return found


@register.simple_tag(takes_context=True)
def series_certificate(context: Context, series: Series) -> Certificate | None:
    """The signed-in person's newest certificate for this series."""
    request = context["request"]
    if not request.user.is_authenticated:
        return None
    mine = Certificate.objects.of(request.user).filter(series_award__series=series)
    return mine.standing().with_state().order_by("-series_award__cycle").first()
