"""From completion to certificate. The only writer of Certificate rows.

A completion is written together with the promise that it is seen to (`courses.completed`). Who
keeps it first issues: the bell right after the commit, a worker, the sweep, a person's button.
All of them call `certify`, and the keys of the tables let each certificate be issued once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from certificates import codes, letters, series, sharing, snapshot, withdrawing
from certificates.canonical import fingerprint
from certificates.models import Certificate, PrintGap, SeriesAward
from certificates.press import missing_glyphs
from courses.models import Completion
from lms import outbox
from lms.ticks import on_tick
from people.audit import note
from people.models import User

logger = logging.getLogger(__name__)

SWEEP = 5000  # completions, or awards, in one tick


def certify(completion_id: int) -> list[Certificate]:
    """All that this completion earns: its certificate, and those of the series it completes."""
    completion = _with_its_rows().get(pk=completion_id)
    awards = series.award(completion.enrolment.person_id, completion.enrolment.course_id)
    return [_issue(completion), *(issue_for_series(award) for award in awards)]


@outbox.handles("courses.completed")
def _certify_promised(payload: Mapping[str, object]) -> str:
    return ", ".join(str(each) for each in certify(int(str(payload["completion"]))))


def issue_for(completion_id: int, *, letter: bool = True) -> Certificate:
    """The first certificate of this completion, issued now if there is none.

    Safe to repeat and from several processes at once: `(completion, sequence)` decides. The
    letter is promised in the same transaction.
    """
    return _issue(_with_its_rows().get(pk=completion_id), letter=letter)


def issue_for_series(award: SeriesAward) -> Certificate:
    """The first certificate of this award. Safe to repeat, as above."""
    present = Certificate.objects.filter(series_award=award, sequence=1).first()
    if present is not None:
        return present
    with transaction.atomic():
        certificate, made = Certificate.objects.get_or_create(
            series_award=award,
            sequence=1,
            defaults=_fields(award, award.person.printed_name),
        )
        if made:
            _note_gap(certificate)
            letters.promise(certificate)
    return certificate


@on_tick
def issue_due(now: datetime) -> str:
    """Certify every completion that has no certificate: a lost bell costs only time.

    One that cannot be issued stands in nobody's way: what went wrong is said by its promise, which
    is written now if there is none, and tried again like any other (`certificates.failing`).
    """
    due = Completion.objects.filter(certificates=None, superseded_by=None).order_by("pk")
    rows = dict(due.values_list("pk", "enrolment__course")[:SWEEP])
    failed = _each(issue_for, rows)
    promises = {str(pk): {"completion": pk, "course": rows[pk]} for pk in failed}
    outbox.promise_all("courses.completed", promises)
    return _counted("certificates", len(rows), len(failed))


@on_tick
def issue_series_due(now: datetime) -> str:
    """The same for series: awards that nobody wrote, and awards without a certificate."""
    series.award_all(SWEEP)
    awards = SeriesAward.objects.filter(certificates=None).select_related("person", "series")
    due = list(awards.order_by("pk")[:SWEEP])
    failed = _each(issue_for_series, due)
    return _counted("series certificates", len(due), len(failed))


def _each[T](issue: Callable[[T], Certificate], due: Iterable[T]) -> list[T]:
    """Issue each for itself; those that failed."""
    failed = []
    for one in due:
        try:
            issue(one)
        except Exception:  # one certificate's trouble is not its neighbours'
            logger.exception("no certificate for %r", one)
            failed.append(one)
    return failed


def _counted(what: str, due: int, failed: int) -> str:
    said = f"{due - failed} {what} issued late"
    return f"{said}, {failed} failed" if failed else said


def promise_sweep(now: datetime) -> None:
    """A person asks that everything due is issued now. Once a minute is often enough."""
    outbox.promise("certificates.sweep", key=f"{now:%F %H:%M}", payload={})


@outbox.handles("certificates.sweep")
def _sweep(payload: Mapping[str, object]) -> str:
    now = timezone.now()
    return f"{issue_due(now)}, {issue_series_due(now)}"


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
    if certificate.completion_id is not None:
        fields = _fields(_with_its_rows().get(pk=certificate.completion_id), name)
    else:
        awards = SeriesAward.objects.select_related("person", "series")
        fields = _fields(awards.get(certificates=certificate), name)
    kept = {
        key: certificate.snapshot[key]
        for key in certificate.snapshot.keys() - {"name", "code", "verify_url", "issued_on"}
    }
    said = {**fields["snapshot"], **kept}
    if credit is not None:
        said |= {"credit": credit, "statements": snapshot.statements(credit)}
    fresh = Certificate.objects.create(
        completion_id=certificate.completion_id,
        series_award_id=certificate.series_award_id,
        sequence=certificate.sequence + 1,
        supersedes=certificate,
        **{**fields, "snapshot": said, "sha256": fingerprint(said)},
    )
    _note_gap(fresh)
    sharing.carry_over(certificate, fresh)
    note(by, "certificate.corrected", fresh, supersedes=certificate.pk, why=why)
    letters.promise(fresh)
    return fresh


@transaction.atomic
def _issue(completion: Completion, *, letter: bool = True) -> Certificate:
    """For a completion that corrects another one, the certificate replaces that one's.

    The lock is for a correction of the completion at the same moment: what was corrected before
    it was certified gets no certificate of its own.
    """
    Completion.objects.select_for_update().get(pk=completion.pk)
    newer = _with_its_rows().filter(supersedes=completion).first()
    if newer is not None:
        return _issue(newer, letter=letter)
    present = Certificate.objects.filter(completion=completion, sequence=1).first()
    if present is not None:
        return present
    before, older = None, completion.supersedes_id
    while older is not None and before is None:  # one corrected twice at once was never certified
        locked = Completion.objects.select_for_update().get(pk=older)
        before = Certificate.objects.filter(completion=locked).order_by("-sequence").first()
        older = locked.supersedes_id
    name = before.snapshot["name"] if before else completion.enrolment.person.printed_name
    certificate, made = Certificate.objects.get_or_create(
        completion=completion,
        sequence=1,
        defaults={**_fields(completion, name), "supersedes": before},
    )
    if made:
        _note_gap(certificate)
        sharing.carry_over(before, certificate)
    if made and letter:
        letters.promise(certificate)
    return certificate


def _fields(earned: Completion | SeriesAward, name: str) -> dict[str, Any]:
    code, now = codes.fresh(), timezone.now()
    if isinstance(earned, Completion):
        person = earned.enrolment.person
        said = snapshot.of_completion(earned, name=name, code=code, now=now)
    else:
        person, rows = earned.person, _with_its_rows().in_bulk(earned.completion_ids)
        counted = [rows[pk] for pk in earned.completion_ids]
        said = snapshot.of_series(earned, counted, name=name, code=code, now=now)
    return {
        "holder": person,
        "code": code,
        "snapshot": said,
        "sha256": fingerprint(said),
        "issued_at": now,
    }


def _note_gap(certificate: Certificate) -> None:
    """A name that no font can print whole is certified all the same; staff see what is missing."""
    said = certificate.snapshot
    texts = [said["name"], *said["title"].values()]
    texts += [title for course in said.get("courses", []) for title in course["title"].values()]
    if all(text.isascii() for text in texts):
        return  # the fonts need not be read
    if missing := missing_glyphs(" ".join(texts)):
        PrintGap.objects.create(certificate=certificate, characters=missing[:400])


def _with_its_rows() -> QuerySet[Completion]:
    return Completion.objects.select_related("enrolment__person", "enrolment__course", "version")
