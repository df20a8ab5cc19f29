"""The invariants of the chain of record, proven over all of it. Reads only.

Each check yields one sentence for each row that breaks it. Rows stream in batches, so memory does
not grow with the number of records.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import NamedTuple

from django.db.models import Count, F, Q

from certificates.badges.proving import badges_say_what_was_issued, status_lists_say_the_state
from certificates.canonical import fingerprint as certificate_fingerprint
from certificates.models import Certificate
from courses import credit_rules, rules
from courses.models import Completion, CourseVersion, CreditAward, Enrolment, Evidence
from courses.models.course import document_of
from courses.publishing import fingerprint as document_fingerprint
from webinars.models import Determination

BATCH = 500

type Check = Callable[[], Iterator[str]]


def versions_match_their_hash() -> Iterator[str]:
    for version in CourseVersion.objects.order_by("pk").iterator(chunk_size=20):
        if document_fingerprint(version.document) != version.sha256:
            yield f"version {version.pk}: its document is not the one that was published"


def completions_rest_on_their_evidence() -> Iterator[str]:
    """What each completion names exists, is its own, falls into its cycle, and satisfies the rule
    it copied, which is its version's."""
    for version in _versions():
        rule = document_of(version).rule
        rows = Completion.objects.filter(version=version).order_by("pk")
        wanted = rows.values_list(
            "pk", "enrolment", "enrolment__counts_from", "rule", "evidence_ids"
        )
        for batch in batched(wanted.iterator(chunk_size=BATCH), BATCH):
            evidence = _evidence(pk for *_, ids in batch for pk in ids)
            for pk, enrolment, since, copied, ids in batch:
                own = [evidence[each] for each in ids if each in evidence]
                if len(own) < len(ids):
                    yield f"completion {pk}: evidence it names is gone"
                elif any(row.enrolment != enrolment for row in own):
                    yield f"completion {pk}: it names another enrolment's evidence"
                elif since is not None and any(row.fact.occurred_at < since for row in own):
                    yield f"completion {pk}: it counts evidence from before its cycle"
                elif not rules.status(copied, [row.fact for row in own]).complete:
                    yield f"completion {pk}: its evidence does not satisfy its rule"
                elif copied != rule:
                    yield f"completion {pk}: its rule is not that of its version"


def met_rules_are_completed() -> Iterator[str]:
    """Nobody has met the pinned rule and waits for the completion."""
    for version in _versions():
        rule = document_of(version).rule
        under_way = Enrolment.objects.under_way().filter(version=version).order_by("pk")
        wanted = under_way.values_list("pk", "counts_from")
        for batch in batched(wanted.iterator(chunk_size=BATCH), BATCH):
            facts: dict[int, list[rules.Fact]] = {}
            rows = Evidence.objects.filter(enrolment__in=[pk for pk, _since in batch])
            for pk, kind, item, at in rows.values_list("enrolment", "kind", "item", "occurred_at"):
                facts.setdefault(pk, []).append(rules.Fact(kind, item, at))
            for pk, since in batch:
                counted = [f for f in facts.get(pk, []) if since is None or f.occurred_at >= since]
                if rules.status(rule, counted).complete:
                    yield f"enrolment {pk}: complete by its rule, without a completion"


def credit_matches_its_rule() -> Iterator[str]:
    """Every award was on record when it was earned and is cut down to the step; what was claimed
    is no more; and the completion says the same hours."""
    awards = CreditAward.objects.order_by("pk").values_list(
        "pk", "hours", "terms", "credit_type__slug", "claim__hours",
        "completion__hours", "completion__completed_at",
    )  # fmt: skip
    for pk, hours, terms, slug, claimed, said, completed_at in awards.iterator(chunk_size=BATCH):
        step = Decimal(terms["step"])
        counts = said.get(slug)
        if hours != credit_rules.truncated(Decimal(terms["hours"]), step):
            yield f"award {pk}: its hours are not those that were approved"
        elif datetime.fromisoformat(terms["recorded_at"]) > completed_at:
            yield f"award {pk}: it was approved only after the completion"
        elif claimed and not credit_rules.claimable(claimed, most=hours, step=step):
            yield f"award {pk}: more was claimed than may be"
        elif terms["claimed"] != (counts is None) or (counts and Decimal(counts) != hours):
            yield f"award {pk}: its completion says other hours"


def lines_of_corrections_are_whole() -> Iterator[str]:
    """A certificate that supersedes another is the next one of the same person."""
    newer = Certificate.objects.filter(supersedes__isnull=False)
    strange = newer.exclude(supersedes__holder=F("holder")) | newer.filter(
        completion=F("supersedes__completion")
    ).exclude(sequence=F("supersedes__sequence") + 1)
    for pk in strange.order_by("pk").values_list("pk", flat=True).iterator():
        yield f"certificate {pk}: it supersedes what is not its predecessor"


def certificates_match_their_hash() -> Iterator[str]:
    rows = Certificate.objects.order_by("pk").values_list("pk", "snapshot", "sha256")
    for pk, snapshot, sha256 in rows.iterator(chunk_size=BATCH):
        if certificate_fingerprint(snapshot) != sha256:
            yield f"certificate {pk}: its snapshot is not the one that was issued"


def completions_have_one_standing_certificate() -> Iterator[str]:
    """Each completion that stands has one; one without is issued by the next sweep."""
    standing = Count("certificates", filter=Q(certificates__superseded_by=None))
    rows = Completion.objects.filter(superseded_by=None).annotate(standing=standing)
    for pk, count in rows.exclude(standing=1).values_list("pk", "standing").iterator():
        yield f"completion {pk}: {count} standing certificates"


def certificates_name_their_holder() -> Iterator[str]:
    named = Q(holder=F("completion__enrolment__person")) | Q(holder=F("series_award__person"))
    strangers = Certificate.objects.exclude(pk__in=Certificate.objects.filter(named).values("pk"))
    for pk in strangers.values_list("pk", flat=True).iterator():
        yield f"certificate {pk}: its holder is not the person who completed"


def credited_attendance_is_evidence() -> Iterator[str]:
    """Every determination that gave credit reached the course."""
    credited = Determination.objects.filter(credited=True).order_by("pk")
    for batch in batched(credited.values_list("pk", flat=True).iterator(), BATCH):
        references = {f"determination {pk}": pk for pk in batch}
        known = set(
            Evidence.objects.filter(reference__in=references).values_list("reference", flat=True)
        )
        for reference in references.keys() - known:
            yield f"{reference}: its credit did not reach the course"


class _Row(NamedTuple):
    enrolment: int
    fact: rules.Fact


def _evidence(wanted: Iterable[int]) -> dict[int, _Row]:
    rows = Evidence.objects.filter(pk__in=set(wanted))
    values = rows.values_list("pk", "enrolment", "kind", "item", "occurred_at")
    return {
        pk: _Row(enrolment, rules.Fact(kind, item, at)) for pk, enrolment, kind, item, at in values
    }


def _versions() -> list[int]:
    """One version after the other, so that one document at a time is held and no row is sorted."""
    return list(CourseVersion.objects.order_by("pk").values_list("pk", flat=True))


CHECKS: tuple[Check, ...] = (
    versions_match_their_hash,
    completions_rest_on_their_evidence,
    met_rules_are_completed,
    credit_matches_its_rule,
    certificates_match_their_hash,
    lines_of_corrections_are_whole,
    completions_have_one_standing_certificate,
    certificates_name_their_holder,
    badges_say_what_was_issued,
    status_lists_say_the_state,
    credited_attendance_is_evidence,
)
