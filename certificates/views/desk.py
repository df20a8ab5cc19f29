"""The credit administrator's desk: how far issuing is, what could not be printed whole, designs."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import codes, failing, issuing
from certificates.models import Certificate, PrintGap
from courses.models import Completion, Course
from lms.http import render_page, see_other
from lms.models import OutboxEntry
from people.access import SignedIn, credit_administrator, only

SHOWN = 20
LOOK_BACK = timedelta(days=1)
LATEST = 50_000  # completions that the page looks through: rows are only ever added


@only(credit_administrator)
def desk(request: SignedIn) -> HttpResponse:
    """With `?q=` the certificates of that name; a whole number leads to its certificate."""
    words = " ".join(request.GET.get("q", "")[:200].split())
    if (code := codes.typed(words)) and Certificate.objects.filter(code=code).exists():
        return redirect("certificates:manage", code)
    found = Certificate.objects.manageable_by(request.user).filter(snapshot__name__icontains=words)
    progress, letters = _progress(), _waiting("certificates.letter")
    tried = failing.entries().aggregate(
        all=Count("pk"), given_up=Count("pk", filter=Q(state=OutboxEntry.State.DEAD))
    )
    context = {
        "words": words,
        "found": found.with_state().order_by("-pk")[:SHOWN] if words else [],
        "progress": progress,
        "letters": letters,
        # What was given up waits for a person, so the page need not look again for it.
        "under_way": letters or sum(row.waiting for row in progress) > tried["given_up"],
        "failures": failing.failures(SHOWN) if tried["all"] else [],
        "failure_count": tried["all"],
        "given_up": tried["given_up"],
        "gaps": PrintGap.objects.select_related("certificate").order_by("-pk")[:SHOWN],
        "gap_count": PrintGap.objects.count(),
    }
    return render_page(request, "certificates/desk.html", context, part="progress")


@require_POST
@only(credit_administrator)
def issue(request: SignedIn) -> HttpResponse:
    issuing.promise_sweep(timezone.now())
    messages.success(request, _("Everything that is due is being issued now."))
    return see_other(reverse("certificates:desk"))


@require_POST
@only(credit_administrator)
def try_again(request: SignedIn) -> HttpResponse:
    if failing.try_again(request.user):
        messages.success(request, _("They are tried again now."))
    else:
        messages.info(request, _("Nothing waits for another try."))
    return see_other(reverse("certificates:desk"))


@dataclass(frozen=True)
class Progress:
    course: Course
    done: int
    certified: int

    @property
    def waiting(self) -> int:
        return self.done - self.certified


def _progress() -> list[Progress]:
    """Each course completed since yesterday: how many times, and how many are certified."""
    latest = Completion.objects.aggregate(pk=Max("pk"))["pk"] or 0
    recent = Completion.objects.filter(
        pk__gt=latest - LATEST, recorded_at__gte=timezone.now() - LOOK_BACK, superseded_by=None
    )
    certified = Count("pk", filter=Q(certificates__sequence=1))
    rows = recent.values("enrolment__course").annotate(
        done=Count("pk", distinct=True), certified=certified
    )
    courses = Course.objects.in_bulk([row["enrolment__course"] for row in rows])
    return [
        Progress(courses[row["enrolment__course"]], row["done"], row["certified"])
        for row in sorted(rows, key=lambda row: -row["done"])
    ]


def _waiting(kind: str) -> int:
    return OutboxEntry.objects.filter(kind=kind, state=OutboxEntry.State.WAITING).count()
