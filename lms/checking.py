"""Checks of the record every night, and what they found. The only writer of CheckRun and
CheckResult; the checks themselves are `lms.records`.

Each check is a promise of its own: a worker that is killed repeats one check, not all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from certificates.models import Certificate
from courses.models import Completion, CourseVersion, CreditAward, Enrolment
from lms import outbox
from lms.models import CheckResult, CheckRun
from lms.records import CHECKS, Check
from lms.ticks import on_tick
from webinars.models import Determination

FROM_HOUR = 2  # of the site's zone: when few people are there
SHOWN = 20  # broken rows named for each check
MOST = 10_000  # broken rows counted for each check: after that many it is known that it is bad
KEPT = timedelta(days=400)

# What a check looks at, one row after the other: how many it says that it looked at.
LOOKED_AT: Mapping[str, type[Model]] = {
    "versions_match_their_hash": CourseVersion,
    "completions_rest_on_their_evidence": Completion,
    "met_rules_are_completed": Enrolment,
    "credit_matches_its_rule": CreditAward,
    "completions_have_one_standing_certificate": Completion,
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
    return str(_found(run, check))


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
