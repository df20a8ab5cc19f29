"""Pages for the carer of the site: what the outbox promised and kept, what checks found."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from lms import checking, outbox
from lms.http import render_page, see_other
from lms.models import CheckResult, CheckRun, OutboxEntry
from people.access import SignedIn, carer, only
from people.audit import note

STATES = {
    OutboxEntry.State.DEAD: _("Failed"),
    OutboxEntry.State.WAITING: _("Waiting"),
    OutboxEntry.State.DONE: _("Done"),
    OutboxEntry.State.SKIPPED: _("No longer needed"),
}
PER_PAGE = 50
RUNS = 14


@only(carer)
def outbox_page(request: SignedIn) -> HttpResponse:
    return _page(request)


@require_POST
@only(carer)
def retry(request: SignedIn, pk: int) -> HttpResponse:
    """Try a failed or skipped promise again; one that is alive or done stays as it is."""
    entry = get_object_or_404(OutboxEntry, pk=pk)
    if outbox.retry(entry):
        note(request.user, "outbox.retried", entry, kind=entry.kind, key=entry.key)
        words = _("%(entry)s waits for a worker again.")
    else:
        words = _("%(entry)s is waiting or done already. Nothing was changed.")
    said = words % {"entry": entry}
    if request.htmx:
        return _page(request, said)
    messages.info(request, said)
    return see_other(f"{reverse('staff-outbox')}?{request.GET.urlencode()}")


@only(carer)
def checks(request: SignedIn) -> HttpResponse:
    """What the last looks at the whole record found."""
    runs = list(CheckRun.objects.prefetch_related("results")[:RUNS])
    context = {"runs": [(run, _words(run)) for run in runs]}
    return render(request, "staff/checks.html", context)


@require_POST
@only(carer)
def check_now(request: SignedIn) -> HttpResponse:
    """Look now. Pressed twice within a minute it is one run."""
    if checking.begin(f"by hand {timezone.now():%F %H:%M}"):
        messages.success(request, _("The checks wait for a worker. Reload this page in a while."))
    else:
        messages.info(request, _("The checks were begun a moment ago."))
    return see_other(reverse("staff-checks"))


def _words(run: CheckRun) -> list[tuple[str, CheckResult]]:
    return [(str(checking.WORDS.get(each.name, each.name)), each) for each in run.results.all()]


def _page(request: SignedIn, said: str = "") -> HttpResponse:
    state = request.GET.get("state")
    chosen = state if state in STATES else OutboxEntry.State.DEAD
    counts = dict(OutboxEntry.objects.values_list("state").annotate(Count("pk")))
    rows = OutboxEntry.objects.filter(state=chosen).order_by("-created_at", "-pk").planned()
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "states": [(value, label, counts.get(value, 0)) for value, label in STATES.items()],
        "said": said,
        "late": OutboxEntry.objects.due(timezone.now()).count(),
    }
    return render_page(request, "staff/outbox.html", context, part="entries")
