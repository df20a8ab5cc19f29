"""Approvals, claims and people's own numbers. The only writer of these; awards come with the
completion (`courses.models.record`)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import (
    Course,
    CreditApproval,
    CreditAward,
    CreditClaim,
    CreditNumber,
    CreditType,
)
from courses.models.credit import check_hours
from people.audit import note
from people.models import User

TYPES = Path(__file__).parent / "content" / "credit.yaml"


def load_types(path: Path = TYPES) -> int:
    """The boards' rules from the file: adds and updates, deletes nothing, and leaves alone what a
    credit administrator changed since. Returns how many."""
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        slug = entry.pop("slug")
        _kind, made = CreditType.objects.get_or_create(slug=slug, defaults=entry)
        if not made:
            CreditType.objects.filter(slug=slug, changed_at=None).update(**entry)
    return len(entries)


def earns_credit(course: Course) -> bool:
    """A board's approval stands, today or for a day to come."""
    standing = CreditApproval.objects.filter(course=course).standing()
    today = timezone.localdate()
    return standing.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today)).exists()


@transaction.atomic
def keep_type(
    kind: CreditType | None, *, by: User, base: datetime | None = None, **rules: Any
) -> CreditType:
    """Write down a board's rules, for what is granted from now on.

    `base` is the `changed_at` of what the person saw: when somebody else changed the rules since,
    ValidationError, and nothing is written. A new kind is `rules` with a `slug` that nobody has:
    the same form again is refused beside that field.
    """
    if kind is None:
        kind, before = CreditType(), {}
    else:
        kind = CreditType.objects.select_for_update(no_key=True).get(pk=kind.pk)
        before = {name: getattr(kind, name) for name in rules}
        if before == rules:
            return kind
        if kind.changed_at != base:
            raise ValidationError(
                _("Somebody changed these rules since you opened the page. Open it again to see.")
            )
        standing = CreditApproval.objects.filter(credit_type=kind, hours__lt=rules["step"])
        if standing.standing().exists():
            raise ValidationError(
                {"step": _("A course has an approval for less than that. Withdraw it first.")}
            )
    for name, value in rules.items():
        setattr(kind, name, value)
    kind.changed_at = timezone.now()
    kind.full_clean()
    kind.save()
    changed = sorted(name for name, value in rules.items() if before.get(name) != value)
    was = {name: str(before[name]) for name in changed if name in before}
    note(by, "credit.rules-changed", kind, type=kind.slug, changed=changed, was=was)
    return kind


@transaction.atomic
def approve(course: Course, kind: CreditType, *, by: User, **terms: Any) -> CreditApproval:
    """Write down that a board approved this course. The one that stood before is withdrawn.

    Sending the same form twice is approving once. It counts for what is completed from now on:
    the moment of writing is the server's, not the form's. From now on each publication of the
    course needs a review: what people are credited for is read by two.
    """
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if terms.get("hours", 0) < kind.step:
        raise ValidationError({"hours": _("That is less than the board's smallest step.")})
    now = timezone.now()
    standing = CreditApproval.objects.filter(course=course, credit_type=kind).standing().first()
    if standing is not None:
        if all(getattr(standing, name) == value for name, value in terms.items()):
            return standing
        _withdraw(standing, now)
    approval = CreditApproval(
        course=course, credit_type=kind, recorded_by=by, recorded_at=now, **terms
    )
    approval.full_clean(validate_unique=False, validate_constraints=False)
    approval.save()
    Course.objects.filter(pk=course.pk).update(review_needed=True)
    note(by, "credit.approved", approval, course=course.slug, type=kind.slug)
    return approval


@transaction.atomic
def withdraw(approval: CreditApproval, *, by: User, why: str) -> bool:
    """From now on it grants nothing; what was earned stays. False if it was withdrawn before."""
    Course.objects.select_for_update(no_key=True).get(pk=approval.course_id)
    if not _withdraw(approval, timezone.now()):
        return False
    note(by, "credit.approval-withdrawn", approval, why=why)
    return True


def _withdraw(approval: CreditApproval, now: datetime) -> bool:
    rows = CreditApproval.objects.filter(pk=approval.pk).standing()
    return bool(rows.update(withdrawn_at=now))


@transaction.atomic
def claim(award: CreditAward, hours: Decimal) -> CreditClaim:
    """Claim so many of the granted hours, once. The same claim again changes nothing.

    Raises ValidationError for hours that may not be claimed and for a second, different claim.
    The constraint on the award decides between two claims at the same moment.
    """
    if not award.terms["claimed"]:
        raise ValueError(f"{award!r} needs no claim")
    check_hours(award, hours)
    try:
        with transaction.atomic():
            return CreditClaim.objects.create(award=award, hours=hours)
    except IntegrityError:
        standing = CreditClaim.objects.get(award=award)
        if standing.hours == hours:
            return standing
        raise ValidationError(
            _("You claimed %(hours)s before. A claim is made once."),
            params={"hours": standing.hours},
            code="claimed",
        ) from None


def numbers_of(person: User) -> dict[int, str]:
    """This person's own numbers, by credit type."""
    rows = CreditNumber.objects.filter(person=person).values_list("credit_type_id", "sealed")
    return {kind: opened(sealed) for kind, sealed in rows}


@transaction.atomic
def keep_numbers(person: User, numbers: Mapping[int, str]) -> None:
    """Replace this person's numbers; an empty one is deleted."""
    for kind, number in numbers.items():
        rows = CreditNumber.objects.filter(person=person, credit_type_id=kind)
        if not number:
            rows.delete()
        elif not any(opened(row.sealed) == number for row in rows):
            CreditNumber.objects.update_or_create(
                person=person, credit_type_id=kind, defaults={"sealed": sealed(number)}
            )


def sealed(number: str) -> str:
    return _locks()[0].encrypt(number.encode()).decode()


def opened(text: str) -> str:
    """Under the present SECRET_KEY or a former one that is still listed; else nothing."""
    try:
        return MultiFernet(_locks()).decrypt(text.encode()).decode()
    except InvalidToken:
        return ""


def _locks() -> list[Fernet]:
    return [_lock(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def _lock(secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(b"courses.crediting:" + secret.encode()).digest()))
