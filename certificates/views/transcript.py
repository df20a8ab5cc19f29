"""The transcript: what a person completed here."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from certificates.models import Certificate
from courses.models import Completion
from people.access import SignedIn


@login_required
def transcript(request: SignedIn) -> HttpResponse:
    """All that this person completed here, newest first, with the certificate that stands."""
    completions = (
        Completion.objects.filter(enrolment__person=request.user, superseded_by=None)
        .select_related("enrolment__course")
        .order_by("-completed_at")
        .planned()
    )
    standing = Certificate.objects.of(request.user).standing().with_state()
    by_completion = {certificate.completion_id: certificate for certificate in standing}
    rows = [(completion, by_completion.get(completion.pk)) for completion in completions]
    return render(request, "certificates/transcript.html", {"rows": rows})
