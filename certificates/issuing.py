"""From completion to certificate. The only writer of Certificate rows.

A completion is written together with the promise that it is seen to (`courses.completed`). Who
keeps it first issues: the bell right after the commit, a worker, the sweep, a person's button.
All of them call `certify`, and the keys of the tables let each certificate be issued once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from types import MappingProxyType
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
from lms.text import Localised
from lms.ticks import on_tick
from people.audit import note
from people.models import User

logger = logging.getLogger(__name__)

SWEEP = 5000  # completions, or awards, in one tick
TOGETHER = 20  # certificates in one transaction


def certify(completion_id: int) -> list[Certificate]:
    """All that this completion earns: its certificate, and those of the series it completes."""
    completion = _with_its_rows().get(pk=completion_id)
    awards = series.award(completion.enrolment.person_id, completion.enrolment.course_id)
    return [_issue(completion), *(issue_for_series(award) for award in awards)]


@outbox.handles("courses.completed")
def _certify_promised(payload: Mapping[str, object]) -> str:
    return ", ".join(str(each) for each in certify(int(str(payload["completion"]))))


@outbox.handles_together("courses.completed")
def _certify_promised_together(payloads: Sequence[Mapping[str, object]]) -> str:
    made = certify_all([int(str(payload["completion"])) for payload in payloads])
    return f"{made} certificates, issued together"


def certify_all(completion_ids: Collection[int]) -> int:
    """The same for many, as after a webinar: how many certificates were new.

    Raises when one of them cannot be issued; `certify` each then, to know which.
    """
    people = Completion.objects.filter(pk__in=completion_ids)
    pairs = set(people.values_list("enrolment__person", "enrolment__course"))
    awards = series.award_each(pairs)
    made = issue_all(completion_ids)
    for award in awards:
        issue_for_series(award)
    return made


def issue_all(completion_ids: Collection[int]) -> int:
    """The first certificates of many completions; how many were new. Raises as above."""
    made = _issue_together(completion_ids)
    # Corrected ones: their lines are locked from the oldest on, with no other lock held.
    for left in _with_its_rows().filter(pk__in=completion_ids, certificates=None):
        made += _issue(left).completion_id == left.pk
    return made


@transaction.atomic
def _issue_together(completion_ids: Collection[int]) -> int:
    """Of completions that correct nothing, in a dozen statements for all of them.

    The locks, as in `_issue`, come in the order of the keys: two who meet wait, never for each
    other. Who waited for them sees what the other issued.
    """
    wanted = Completion.objects.filter(pk__in=completion_ids, supersedes=None)
    list(wanted.select_for_update(of=("self",)).order_by("pk").only("pk"))
    due = list(
        _with_its_rows()
        .filter(pk__in=completion_ids, supersedes=None, superseded_by=None, certificates=None)
        .order_by("pk")
    )
    said = snapshot.beside(due)
    made = Certificate.objects.bulk_create(
        Certificate(completion=each, **_fields(each, each.enrolment.person.printed_name, said=said))
        for each in due
    )
    for certificate in made:
        _note_gap(certificate)
    letters.promise_all(made)
    return len(made)


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
    failed = []
    for some in batched(rows, TOGETHER):
        try:
            issue_all(some)
        except Exception:  # which of them it is, the next line finds out
            failed += _each(issue_for, some)
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
    name: str | None = None,
    title: Localised | None = None,
    credit: list[dict[str, Any]] | None = None,
    by: User,
    why: str,
) -> Certificate:
    """Another name or wording of the title, or credit claimed since: a new certificate that
    supersedes this one, which stays as it is.

    Raises ValidationError when this one no longer stands. What the record itself says, the day and
    the hours, is not corrected here: see `certificates.correcting`.
    """
    withdrawing.lock_standing(certificate)
    said: dict[str, Any] = {"name": name or certificate.snapshot["name"]}
    if title is not None:
        said["title"] = title
    if credit is not None:
        said |= {"credit": credit, "statements": snapshot.statements(credit)}
    fresh = _next(certificate, said)
    note(by, "certificate.corrected", fresh, supersedes=certificate.pk, why=why)
    return fresh


@transaction.atomic
def issue_anew(certificate: Certificate, *, by: User, why: str) -> Certificate:
    """The revocation was a mistake: the same certificate under a new number.

    The revoked one stays revoked and leads to this one. Safe to repeat: the one that follows it.
    Raises ValidationError when it was not revoked.
    """
    withdrawing.lock_line(certificate)
    newer = Certificate.objects.filter(supersedes=certificate).first()
    if newer is not None:
        return newer
    withdrawing.refuse_unless_revoked(certificate)
    fresh = _next(certificate, {})
    note(by, "certificate.issued-anew", fresh, supersedes=certificate.pk, why=why)
    return fresh


@transaction.atomic
def restate(
    completion: Completion, *, wording: Mapping[str, Any], by: User, why: str
) -> Certificate:
    """The certificate of a completion that corrects another one, with these words besides."""
    certificate = _issue(completion, wording=wording)
    note(by, "certificate.corrected", certificate, supersedes=certificate.supersedes_id, why=why)
    return certificate


@transaction.atomic
def restate_series(certificate: Certificate, *, by: User, why: str) -> Certificate:
    """A course that it counts was corrected: the same words, other days and sums."""
    withdrawing.lock_standing(certificate)
    award = SeriesAward.objects.select_related("person", "series").get(certificates=certificate)
    facts = _fields(award, certificate.snapshot["name"])["snapshot"]
    fresh = _next(certificate, {key: facts[key] for key in snapshot.SUMS})
    note(by, "certificate.corrected", fresh, supersedes=certificate.pk, why=why)
    return fresh


def _next(certificate: Certificate, said: Mapping[str, Any]) -> Certificate:
    """The next one of this line: as this one says, but for `said`. The line is locked."""
    rests_on: Completion | SeriesAward
    if certificate.completion_id is not None:
        rests_on = _with_its_rows().get(pk=certificate.completion_id)
    else:
        awards = SeriesAward.objects.select_related("person", "series")
        rests_on = awards.get(certificates=certificate)
    wording = certificate.snapshot | dict(said)
    fresh = Certificate.objects.create(
        completion_id=certificate.completion_id,
        series_award_id=certificate.series_award_id,
        sequence=certificate.sequence + 1,
        supersedes=certificate,
        **_fields(rests_on, wording["name"], wording),
    )
    _note_gap(fresh)
    sharing.carry_over(certificate, fresh)
    letters.promise(fresh)
    return fresh


@transaction.atomic
def _issue(
    completion: Completion,
    *,
    letter: bool = True,
    wording: Mapping[str, Any] = MappingProxyType({}),
) -> Certificate:
    """For a completion that corrects another one, the certificate replaces that one's: its words
    stay, its facts are new.

    The lock is for a correction of the completion at the same moment: what was corrected before
    it was certified gets no certificate of its own.
    """
    line = _locked_line(completion)
    newer = _with_its_rows().filter(supersedes=completion).first()
    if newer is not None:
        return _issue(newer, letter=letter, wording=wording)
    present = Certificate.objects.filter(completion=completion, sequence=1).first()
    if present is not None:
        return present
    before = None
    for older in line[1:]:  # one that was corrected twice at once was never certified
        before = Certificate.objects.filter(completion=older).order_by("-sequence").first()
        if before is not None:
            break
    name, words = completion.enrolment.person.printed_name, dict(wording)
    if before is not None:
        words = {k: v for k, v in before.snapshot.items() if k not in snapshot.FACTS} | words
    certificate, made = Certificate.objects.get_or_create(
        completion=completion,
        sequence=1,
        defaults={**_fields(completion, words.get("name", name), words), "supersedes": before},
    )
    if made:
        _note_gap(certificate)
        sharing.carry_over(before, certificate)
    if made and letter:
        letters.promise(certificate)
    return certificate


def _locked_line(completion: Completion) -> list[int]:
    """This completion and those that it corrects, the newest first, all of them locked.

    The oldest is locked first, as by whoever comes from there: two who meet wait, and never for
    each other.
    """
    line, older = [completion.pk], completion.supersedes_id
    while older is not None:
        line.append(older)
        older = Completion.objects.values_list("supersedes", flat=True).get(pk=older)
    list(Completion.objects.select_for_update().filter(pk__in=line).order_by("pk").only("pk"))
    return line


def _fields(
    earned: Completion | SeriesAward,
    name: str,
    wording: Mapping[str, Any] = MappingProxyType({}),
    said: snapshot.Beside | None = None,
) -> dict[str, Any]:
    """A certificate's columns. `wording` says otherwise than the record and the design would."""
    code, now = codes.fresh(), timezone.now()
    if isinstance(earned, Completion):
        person = earned.enrolment.person
        says = snapshot.of_completion(earned, name=name, code=code, now=now, said=said)
    else:
        person, counted = earned.person, series.counted(earned)
        says = snapshot.of_series(earned, counted, name=name, code=code, now=now)
    says |= {key: value for key, value in wording.items() if key not in snapshot.OWN}
    return {
        "holder": person,
        "code": code,
        "snapshot": says,
        "sha256": fingerprint(says),
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
