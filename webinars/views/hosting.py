"""What hosts have to run: the list of their sessions."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from people.access import SignedIn, host, only
from webinars.models import Registration, Webinar


@only(host)
def hosting(request: SignedIn) -> HttpResponse:
    seated = Count("registrations", Q(registrations__state=Registration.State.SEATED))
    asking = Count("registrations", Q(registrations__state=Registration.State.ASKED))
    sessions = list(
        Webinar.objects.hosted_by(request.user)
        .select_related("course")
        .annotate(seats_taken=seated, asking=asking)
        .order_by("starts_at")
        .planned()
    )
    past = {"over", "cancelled", "missed"}
    context = {
        "ahead": [row for row in sessions if row.phase not in past],
        "past": [row for row in reversed(sessions) if row.phase in past],
    }
    return render(request, "webinars/hosting.html", context)
