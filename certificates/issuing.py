"""From completion to certificate. The only writer of Certificate rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from certificates import codes, letters, withdrawing
from certificates.credit import lines_of
from certificates.models import Certificate, address_of
from courses.models import Completion, Course
from courses.models.course import document_of
from lms.text import LANGUAGES, Localised
from lms.ticks import on_tick
from people.audit import note
from people.models import User

TEMPLATE = "groundwork-1"
STATEMENT = gettext_noop(
    "This certificate records hours of training. It does not grant professional "
    "continuing-education credit."
)


def issue_for(completion_id: int, *, letter: bool = True) -> Certificate:
    """The first certificate of this completion, issued now if there is none.

    Safe to repeat and from several processes at once: `(completion, sequence)` decides. The
    letter is promised in the same transaction.
    """
    completion = Completion.objects.select_related(
        "enrolment__person", "enrolment__course", "version"
    ).get(pk=completion_id)
    with transaction.atomic():
        certificate, made = Certificate.objects.get_or_create(
            completion=completion,
            sequence=1,
            defaults=_fields(completion, completion.enrolment.person.printed_name),
        )
        if made and letter:
            letters.promise(certificate)
    return certificate


@on_tick
def issue_due(now: datetime) -> str:
    """Certify every completion that has no certificate: a lost bell costs only time."""
    due = Completion.objects.filter(certificates=None, superseded_by=None)
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:5000])
    for completion_id in ids:
        issue_for(completion_id)
    return f"{len(ids)} certificates issued late"


@transaction.atomic
def reissue(
    certificate: Certificate,
    *,
    name: str,
    by: User,
    why: str,
    credit: list[dict[str, Any]] | None = None,
) -> Certificate:
    """A corrected name, or credit claimed since: a new certificate that supersedes this one,
    which stays as it is.

    Raises ValidationError when this one no longer stands.
    """
    withdrawing.lock_standing(certificate)
    completion = Completion.objects.select_related(
        "enrolment__person", "enrolment__course", "version"
    ).get(pk=certificate.completion_id)
    fields = _fields(completion, name)
    kept = {
        key: certificate.snapshot[key]
        for key in certificate.snapshot.keys() - {"name", "code", "verify_url", "issued_on"}
    }
    snapshot = {**fields["snapshot"], **kept}
    if credit is not None:
        snapshot |= {"credit": credit, "statements": _statements(credit)}
    fresh = Certificate.objects.create(
        completion=completion,
        sequence=certificate.sequence + 1,
        supersedes=certificate,
        **{**fields, "snapshot": snapshot, "sha256": fingerprint(snapshot)},
    )
    note(by, "certificate.corrected", fresh, supersedes=certificate.pk, why=why)
    letters.promise(fresh)
    return fresh


def fingerprint(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of the snapshot as canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _fields(completion: Completion, name: str) -> dict[str, Any]:
    code, now = codes.fresh(), timezone.now()
    person = completion.enrolment.person
    document = document_of(completion.version_id)
    zone = timezone.get_default_timezone()
    credit = lines_of(completion.pk)
    snapshot = {
        "format": 1,
        "template": TEMPLATE,
        "language": person.language,
        "name": name,
        "title": document.title,
        "zone": str(zone),
        "completed_on": timezone.localdate(completion.completed_at, zone).isoformat(),
        "issued_on": timezone.localdate(now, zone).isoformat(),
        "expires_on": None,
        "hours": _plain(completion.hours["training"]),
        "minutes": completion.minutes,
        "format_words": _in_each_language(Course.Format(document.format).label),
        "provider": {"name": settings.PROVIDER_NAME, "address": "", "url": settings.SITE_URL},
        "signatories": [],
        "statements": _statements(credit),
        "credit": credit,
        "course_version": completion.version.number,
        "code": codes.printed(code),
        "verify_url": address_of(code),
    }
    return {
        "holder": person,
        "code": code,
        "snapshot": snapshot,
        "sha256": fingerprint(snapshot),
        "issued_at": now,
    }


def _statements(credit: list[dict[str, Any]]) -> list[Localised]:
    """That training hours alone are no professional credit, where there is none."""
    return [] if credit else [_in_each_language(STATEMENT)]


def _plain(hours: str) -> str:
    """5.00 is said as 5, 1.50 as 1.5."""
    return hours.rstrip("0").rstrip(".") if "." in hours else hours


def _in_each_language(message: object) -> Localised:
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = _(str(message)) if isinstance(message, str) else str(message)
    return said
