from datetime import timedelta

from django import template
from django.db.models import Count, Exists, OuterRef, Q
from django.template import Context
from django.utils import timezone

from certificates.credit import plain
from certificates.models import Certificate
from courses.models import Completion, Series
from webinars.models import Determination, Webinar

register = template.Library()
register.filter("plain", plain)  # 1.50 hours are 1.5


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


@register.inclusion_tag("certificates/after.html", takes_context=True)
def certificates_after(context: Context, webinar: Webinar) -> dict[str, object]:
    """How far decisions and certificates are after a session: two queries for any number."""
    decided = Q(Exists(Determination.objects.filter(registration=OuterRef("pk"))))
    counts = webinar.registrations.to_determine().aggregate(
        places=Count("pk"), decided=Count("pk", filter=decided)
    )
    # Of those who had a place: who completed the course, by this session or another.
    completed = Completion.objects.filter(
        enrolment__course=webinar.course_id,
        enrolment__person__registrations__webinar=webinar,
        superseded_by=None,
    ).aggregate(
        done=Count("pk", distinct=True),
        certified=Count("pk", distinct=True, filter=Q(certificates__isnull=False)),
    )
    return {
        **counts,
        **completed,
        "webinar": webinar,
        "here": context["request"].path,
        # What is open after a day waits for a person, so the page need not look again for it.
        "under_way": (webinar.ended_at or timezone.now()) > timezone.now() - timedelta(days=1)
        and (counts["decided"] < counts["places"] or completed["certified"] < completed["done"]),
    }
