"""The evidence of a pack as tables and documents, a piece at a time. Reads only.

What it leaves out on purpose: answers, reflections and what people tell about themselves. Rows are
read in batches, so that a pack of many people takes no more memory than one of few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import batched
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from certificates.credit import plain
from certificates.models import Certificate
from courses.models import (
    Answer,
    Attempt,
    Completion,
    CourseVersion,
    CreditApproval,
    CreditAward,
    Enrolment,
    Evidence,
    RenewalPolicy,
)
from courses.models.course import document_of
from insights.models import EvidencePack
from insights.packs.rules import shown
from lms.text import said
from webinars.models import CreditPolicy, Determination, PresenceSpan, Registration

BATCH = 200

type Row = list[object]


@dataclass(frozen=True)
class Table:
    name: str
    head: Sequence[str]
    rows: Iterable[Row]


def enrolments(pack: EvidencePack) -> QuerySet[Enrolment]:
    """Everything the pack is about. With days: what was begun, done or completed on them."""
    about = {
        EvidencePack.About.PERSON: Q(person=pack.person_id),
        EvidencePack.About.COURSE: Q(course=pack.course_id),
        EvidencePack.About.ORGANISATION: Q(organisation=pack.organisation_id),
    }
    rows = Enrolment.objects.filter(about[EvidencePack.About(pack.about)])
    if pack.first or pack.last:
        begun = _within(pack, "enrolled_at")
        seen = Evidence.objects.filter(_within(pack, "occurred_at")).values("enrolment")
        done = Completion.objects.filter(_within(pack, "completed_at")).values("enrolment")
        rows = rows.filter(begun | Q(pk__in=seen) | Q(pk__in=done))
    return rows.order_by("pk")


def tables(pack: EvidencePack) -> Iterator[Table]:
    yield Table("roster.csv", ROSTER, _roster(pack))
    yield Table("evidence.csv", EVIDENCE, _evidence(pack))
    yield Table("attendance.csv", ATTENDANCE, _attendance(pack))
    yield Table("scores.csv", SCORES, _scores(pack))
    yield Table("evaluations.csv", EVALUATIONS, _evaluations(pack))
    yield Table("certificates.csv", CERTIFICATES, _certificates(pack))
    yield Table("credit.csv", CREDIT, _credit(pack))


ROSTER = (
    "person", "name", "e-mail", "organization then", "course", "version", "cycle", "reason",
    "enrolled", "due", "completed", "recorded", "score percent", "minutes live",
    "training hours", "certificate",
)  # fmt: skip
ROSTER_ON_PAGE = {  # what the first page shows of it
    "person": "person", "name": "name", "course": "course", "completed": "completed",
    "minutes": "minutes live", "hours": "training hours", "certificate": "certificate",
}  # fmt: skip
EVIDENCE = (
    "person", "course", "cycle", "evidence", "kind", "lesson", "lesson id", "version",
    "occurred", "recorded", "source", "reference",
)  # fmt: skip
ATTENDANCE = (
    "person", "session", "decision", "made", "by", "policy", "live seconds", "present seconds",
    "gap seconds added", "credit", "minutes", "reasons", "prompts", "live windows", "present",
)  # fmt: skip
SCORES = (
    "person", "course", "cycle", "quiz", "try", "version", "begun", "sent", "points",
    "points possible", "percent", "passed", "marked anew", "points now", "percent now",
    "passed now", "reason", "questions",
)  # fmt: skip
EVALUATIONS = ("person", "course", "cycle", "evaluation", "sent")
CERTIFICATES = (
    "person", "number", "name", "title", "completed", "issued", "valid until", "state",
    "revoked or suspended", "reason", "sha256", "supersedes", "address",
)  # fmt: skip
CREDIT = (
    "person", "course", "credit", "board", "hours granted", "hours claimed", "category",
    "provider", "provider number", "event number", "statement", "approved from",
    "approved until", "on record since", "granted",
)  # fmt: skip


def versions_of(pack: EvidencePack) -> list[int]:
    ids = set(enrolments(pack).order_by().values_list("version", flat=True).distinct())
    rows = Evidence.objects.filter(enrolment__in=enrolments(pack))
    return sorted(ids | set(rows.values_list("version", flat=True).distinct()))


def version_documents(pack: EvidencePack) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each version as it was published, with its questions: (name, document)."""
    for pk in versions_of(pack):
        version = CourseVersion.objects.select_related("course").get(pk=pk)
        yield (
            f"{version.course.slug}-v{version.number}",
            {
                "course": version.course.slug,
                "number": version.number,
                "published_at": _at(version.published_at),
                "policy": version.policy,
                "note": version.note,
                "sha256": version.sha256,
                "document": version.document,
            },
        )


def policies(pack: EvidencePack) -> dict[str, Any]:
    """The rules that decided, each as it stood: attendance, approvals of boards, renewals."""
    courses = set(enrolments(pack).order_by().values_list("course", flat=True).distinct())
    used = Determination.objects.filter(registration__in=_registrations(pack)).values("policy")
    return {
        "attendance": list(CreditPolicy.objects.filter(pk__in=used).order_by("pk").values()),
        "approvals": [
            {**row.frozen(), "course": row.course.slug, "withdrawn_at": _at(row.withdrawn_at)}
            for row in CreditApproval.objects.filter(course__in=courses).for_list()
        ],
        "renewals": [
            {
                "course": row.course.slug,
                "months": row.months,
                "window_days": row.window_days,
                "grace_days": row.grace_days,
                "set_at": _at(row.set_at),
            }
            for row in RenewalPolicy.objects.filter(course__in=courses).select_related("course")
        ],
    }


def evaluation_summary(pack: EvidencePack) -> list[dict[str, Any]]:
    """How often each step of each scale was chosen. Words that people wrote stay out, and so does
    every question of which a count could point at somebody."""
    found = []
    sent = Answer.objects.filter(
        attempt__enrolment__in=enrolments(pack), attempt__submitted_at__isnull=False
    )
    for pk in versions_of(pack):
        for lesson in document_of(pk).lessons:
            scales = [q for q in lesson.questions if q.kind == "scale"]
            for question in scales if lesson.kind == "evaluation" else []:
                rows = sent.filter(attempt__version=pk, question=question.uuid)
                counts = Counter(str(value) for value in rows.values_list("value", flat=True))
                known = shown(counts)
                found.append(
                    {
                        "version": pk,
                        "evaluation": lesson.title,
                        "question": question.body["prompt"],
                        "counts": known,
                        "note": None if known else "Not shown: a count of 1 to 10 is never shown.",
                    }
                )
    return found


def certificates(pack: EvidencePack) -> Iterator[Certificate]:
    """All of them, also those that were replaced or taken back."""
    rows = Certificate.objects.filter(completion__enrolment__in=enrolments(pack)).with_state()
    if pack.about == EvidencePack.About.PERSON:
        series = Certificate.objects.filter(series_award__person=pack.person_id).values("pk")
        rows = Certificate.objects.filter(
            Q(completion__enrolment__in=enrolments(pack)) | Q(pk__in=series)
        ).with_state()
    yield from rows.select_related("supersedes").order_by("pk").iterator(chunk_size=BATCH)


def _roster(pack: EvidencePack) -> Iterator[Row]:
    rows = enrolments(pack).select_related("person", "course", "organisation", "version")
    for batch in batched(rows.defer("version__document").iterator(chunk_size=BATCH), BATCH):
        done = Completion.objects.filter(enrolment__in=batch, superseded_by=None)
        completions = {row.enrolment_id: row for row in done}
        standing = Certificate.objects.filter(completion__enrolment__in=batch).standing()
        numbers = {row.completion_id: row.number for row in standing}
        for row in batch:
            completion = completions.get(row.pk)
            yield [
                row.person_id,
                row.person.printed_name,
                row.person.email,
                row.organisation.name if row.organisation else "",
                said(document_of(row.version_id).title, "en"),
                row.version.number,
                row.cycle,
                row.reason,
                _at(row.enrolled_at),
                row.due_on or "",
                *(
                    [
                        _at(completion.completed_at),
                        _at(completion.recorded_at),
                        _or_empty(completion.score),
                        _or_empty(completion.minutes),
                        plain(completion.hours["training"]),
                        numbers.get(completion.pk, ""),
                    ]
                    if completion
                    else [""] * 6
                ),
            ]


def _evidence(pack: EvidencePack) -> Iterator[Row]:
    rows = Evidence.objects.filter(enrolment__in=enrolments(pack)).order_by("pk")
    for row in rows.select_related("enrolment__course").iterator(chunk_size=BATCH):
        lesson = document_of(row.version_id).item(row.item)
        yield [
            row.enrolment.person_id,
            row.enrolment.course.slug,
            row.enrolment.cycle,
            row.pk,
            row.kind,
            said(lesson.title, "en") if lesson else "",
            row.item,
            row.version_id,
            _at(row.occurred_at),
            _at(row.recorded_at),
            row.source,
            row.reference,
        ]


def _registrations(pack: EvidencePack) -> QuerySet[Registration]:
    """The places of these people in the sessions of these courses, in the days asked for."""
    about = {
        EvidencePack.About.PERSON: Q(person=pack.person_id),
        EvidencePack.About.COURSE: Q(webinar__course=pack.course_id),
        EvidencePack.About.ORGANISATION: Q(organisation=pack.organisation_id),
    }
    rows = Registration.objects.filter(about[EvidencePack.About(pack.about)])
    return rows.filter(_within(pack, "webinar__starts_at"))


def _attendance(pack: EvidencePack) -> Iterator[Row]:
    rows = Determination.objects.filter(registration__in=_registrations(pack))
    wanted = rows.select_related("registration__webinar", "policy", "by").order_by("pk")
    for batch in batched(wanted.iterator(chunk_size=BATCH), BATCH):
        webinars = {row.registration.webinar_id for row in batch}
        people = {row.registration.person_id for row in batch}
        spans: dict[tuple[int, int | None], list[str]] = {}
        seen = PresenceSpan.objects.filter(webinar__in=webinars, person__in=people)
        for span in seen.order_by("started_at", "pk"):
            spans.setdefault((span.webinar_id, span.person_id), []).append(
                f"{_at(span.started_at)}/{_at(span.ended_at)} {span.source}"
            )
        windows = {
            row.registration.webinar_id: [
                f"{_at(w.opened_at)}/{_at(w.closed_at)} revision {w.revision}"
                for w in row.registration.webinar.windows.all()
            ]
            for row in {row.registration.webinar_id: row for row in batch}.values()
        }
        for row in batch:
            place = row.registration
            yield [
                place.person_id,
                place.webinar.slug,
                row.sequence,
                _at(row.made_at),
                row.by.name if row.by else "rule",
                str(row.policy),
                row.live_seconds,
                row.present_seconds,
                row.bridged_seconds,
                row.credited,
                row.minutes,
                "; ".join(map(str, row.reasons)),
                row.prompts or "",
                "; ".join(windows[place.webinar_id]),
                "; ".join(spans.get((place.webinar_id, place.person_id), [])),
            ]


def _attempts(pack: EvidencePack) -> Iterator[tuple[Attempt, Any]]:
    rows = Attempt.objects.filter(
        enrolment__in=enrolments(pack), submitted_at__isnull=False
    ).select_related("enrolment__course")
    marked = rows.prefetch_related("regrades__correction").order_by("pk")
    for row in marked.iterator(chunk_size=BATCH):
        yield row, document_of(row.version_id).item(row.item)


def _scores(pack: EvidencePack) -> Iterator[Row]:
    for row, lesson in _attempts(pack):
        if lesson is None or lesson.kind != "evaluation":
            yield [
                row.enrolment.person_id,
                row.enrolment.course.slug,
                row.enrolment.cycle,
                said(lesson.title, "en") if lesson else row.item,
                row.number,
                row.version_id,
                _at(row.started_at),
                _at(row.submitted_at),
                _or_empty(row.points),
                _or_empty(row.points_possible),
                _or_empty(row.percent),
                _or_empty(row.passed),
                *_anew(row),
                " ".join(str(each["question"]) for each in row.paper),
            ]


def _anew(row: Attempt) -> Row:
    """What the last correction of a key made of it, beside what it was when it was sent."""
    now = row.standing
    if isinstance(now, Attempt):
        return [""] * 5
    return [_at(now.made_at), now.points, now.percent, now.passed, now.correction.reason]


def _evaluations(pack: EvidencePack) -> Iterator[Row]:
    """That it was sent, never what was answered."""
    for row, lesson in _attempts(pack):
        if lesson is not None and lesson.kind == "evaluation":
            yield [
                row.enrolment.person_id,
                row.enrolment.course.slug,
                row.enrolment.cycle,
                said(lesson.title, "en"),
                _at(row.submitted_at),
            ]


def _certificates(pack: EvidencePack) -> Iterator[Row]:
    for row in certificates(pack):
        snapshot, public = row.snapshot, row.all_fields()
        yield [
            row.holder_id,
            row.number,
            snapshot["name"],
            said(snapshot["title"], "en"),
            snapshot["completed_on"],
            snapshot["issued_on"],
            snapshot.get("expires_on") or "",
            public["state"],
            public["revoked_on"] or public["suspended_on"] or "",
            public["reason"] or "",
            row.sha256,
            row.supersedes.number if row.supersedes else "",
            snapshot["verify_url"],
        ]


def _credit(pack: EvidencePack) -> Iterator[Row]:
    awards = CreditAward.objects.filter(completion__enrolment__in=enrolments(pack))
    rows = awards.select_related("claim", "completion__enrolment__course").order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        terms, claim = row.terms, getattr(row, "claim", None)
        yield [
            row.completion.enrolment.person_id,
            row.completion.enrolment.course.slug,
            said(terms["name"], "en"),
            terms["body"],
            row.hours,
            claim.hours if claim else "",
            terms["category"],
            terms["provider_name"],
            terms["provider_number"],
            terms["event_number"],
            said(terms["statement"], "en"),
            terms["valid_from"],
            terms["valid_to"] or "",
            terms["recorded_at"],
            _at(row.awarded_at),
        ]


def _within(pack: EvidencePack, field: str) -> Q:
    zone, wanted = timezone.get_default_timezone(), Q()
    if pack.first:
        wanted &= Q(**{f"{field}__gte": datetime.combine(pack.first, time(), tzinfo=zone)})
    if pack.last:
        after = pack.last + timedelta(days=1)
        wanted &= Q(**{f"{field}__lt": datetime.combine(after, time(), tzinfo=zone)})
    return wanted


def _at(moment: datetime | None) -> str:
    """In UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _or_empty(value: object) -> object:
    return "" if value is None else value
