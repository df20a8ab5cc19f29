"""What somebody's own presence comes to while the session is still going on."""

from datetime import datetime

from people.models import User
from webinars import attendance, rules
from webinars.models import Webinar


def so_far(webinar: Webinar, person: User, now: datetime) -> rules.Finding:
    """By the same rule as at the end, as if it ended now. `webinar` comes with its policy."""
    windows = attendance.live_windows(webinar)
    opened = webinar.windows.filter(closed_at__isnull=True).values_list("opened_at", flat=True)
    windows += [rules.Span(attendance.seconds(start), attendance.seconds(now)) for start in opened]
    there = attendance.presence(webinar, person.pk, webinar.policy.sources)
    asked = attendance.prompts(webinar, person.pk)
    return rules.attendance(there, windows, webinar.policy.rule, asked)
