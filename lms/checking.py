"""Checks of the record every night, and what they found. The only writer of CheckRun and
CheckResult; the checks themselves are `lms.records`.

Each check is a promise of its own: a worker that is killed repeats one check, not all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, StatusEntry
from courses.models import Completion, CourseVersion, CreditAward, Enrolment
from lms import mail, outbox
from lms.models import CheckResult, CheckRun
from lms.records import CHECKS, Check
from lms.ticks import on_tick
from people.models import User
from webinars.models import Determination

FROM_HOUR = 2  # of the site's zone: when few people are there
SHOWN = 20  # broken rows named for each check
MOST = 10_000  # broken rows counted for each check: after that many it is known that it is bad
KEPT = timedelta(days=400)
GATHERED = timedelta(minutes=10)  # from the first damage to the letter about all of the run's

WORDS = {
    "versions_match_their_hash": _("Published versions are as they were published"),
    "completions_rest_on_their_evidence": _("Completions rest on their evidence"),
    "met_rules_are_completed": _("Who has done everything is completed"),
    "credit_matches_its_rule": _("Credit is what the boards approved"),
    "certificates_match_their_hash": _("Certificates are as they were issued"),
    "lines_of_corrections_are_whole": _("Corrected certificates follow each other"),
    "completions_have_one_standing_certificate": _("Each completion has one certificate"),
    "certificates_name_their_holder": _("Certificates belong to who completed"),
    "badges_say_what_was_issued": _("Badges say what their certificates say"),
    "status_lists_say_the_state": _("Lists of withdrawn badges are right"),
    "credited_attendance_is_evidence": _("Attendance that earned credit reached the course"),
}

# What a check looks at, one row after the other: how many it says that it looked at.
LOOKED_AT: Mapping[str, type[Model]] = {
    "versions_match_their_hash": CourseVersion,
    "completions_rest_on_their_evidence": Completion,
    "met_rules_are_completed": Enrolment,
    "credit_matches_its_rule": CreditAward,
    "completions_have_one_standing_certificate": Completion,
    "badges_say_what_was_issued": StatusEntry,
    "status_lists_say_the_state": StatusEntry,
    "credited_attendance_is_evidence": Determination,
}


@on_tick
def check_nightly(now: datetime) -> str:
    """Begin the night's run, once, and forget what is older than a year."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    if local.hour < FROM_HOUR:
        return "not yet"
    old, _ = CheckRun.objects.filter(started_at__lt=now - KEPT).delete()
    return f"{begin(f'night {local:%F}', now)} checks promised, {old} old rows deleted"


@transaction.atomic
def begin(key: str, now: datetime | None = None) -> int:
    """Promise all checks under this key; 0 when it was begun before."""
    run, made = CheckRun.objects.get_or_create(
        key=key, defaults={"started_at": now or timezone.now(), "expected": len(CHECKS)}
    )
    if not made:
        return 0
    outbox.promise_all(
        "lms.check",
        {
            f"{run.pk}:{check.__name__}": {"run": run.pk, "check": check.__name__}
            for check in CHECKS
        },
    )
    return len(CHECKS)


@outbox.handles("lms.check")
def _check(payload: Mapping[str, object]) -> str:
    run = CheckRun.objects.filter(pk=int(str(payload["run"]))).first()
    check = next((each for each in CHECKS if each.__name__ == payload["check"]), None)
    if run is None or check is None:
        raise outbox.Stale("this run or this check is gone")
    result = _found(run, check)
    if result.broken:
        _warn(run)
    return str(result)


def _found(run: CheckRun, check: Check) -> CheckResult:
    name, begun = check.__name__, time.monotonic()
    broken = islice(check(), MOST)
    examples = list(islice(broken, SHOWN))
    count = len(examples) + sum(1 for _ in broken)
    rows = LOOKED_AT.get(name, Certificate)._default_manager.count()
    return CheckResult.objects.get_or_create(
        run=run,
        name=name,
        defaults={
            "rows": rows,
            "broken": count,
            "examples": examples,
            "seconds": round(time.monotonic() - begun, 2),
        },
    )[0]


def _warn(run: CheckRun) -> None:
    """Promise one letter about this run to every carer, however many of its checks found damage."""
    carers = User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True)
    outbox.promise_all(
        "lms.damage",
        {f"{run.pk}:{pk}": {"run": run.pk, "person": pk} for pk in carers},
        due_at=timezone.now() + GATHERED,
    )


@outbox.handles("lms.damage")
def _tell(payload: Mapping[str, object]) -> str:
    run = CheckRun.objects.filter(pk=int(str(payload["run"]))).first()
    person = User.objects.filter(pk=int(str(payload["person"])), is_staff=True, is_active=True)
    if run is None or (carer := person.first()) is None:
        raise outbox.Stale("this run is gone, or this person no longer cares for the site")
    with translation.override(carer.language):
        damage = [
            {"check": str(WORDS.get(each.name, each.name)), "count": each.broken}
            for each in run.results.filter(broken__gt=0)
        ]
        url = settings.SITE_URL + reverse("staff-checks")
    return mail.send(
        to=carer.email,
        template="staff/mail/damage.md",
        context={"name": carer.first_name or carer.email, "damage": damage, "url": url},
        language=carer.language,
        key=f"damage {run.pk} {carer.pk}",
    )
