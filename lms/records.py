"""The invariants of the chain of record, proven over all of it. Reads only.

Each check yields one sentence for each row that breaks it. Rows stream in primary-key order, so
memory does not grow with the number of records.
"""

from collections.abc import Callable, Iterator
from itertools import batched

from django.db.models import Count, F, Q

from certificates.issuing import fingerprint as certificate_fingerprint
from certificates.models import Certificate
from courses import rules
from courses.models import Completion, CourseVersion, Enrolment, Evidence
from courses.publishing import fingerprint as document_fingerprint
from webinars.models import Determination

BATCH = 500

type Check = Callable[[], Iterator[str]]


def versions_match_their_hash() -> Iterator[str]:
    for version in CourseVersion.objects.order_by("pk").iterator(chunk_size=20):
        if document_fingerprint(version.document) != version.sha256:
            yield f"version {version.pk}: its document is not the one that was published"


def completions_rest_on_their_evidence() -> Iterator[str]:
    """What each completion names exists, is its own, and satisfies the rule it copied."""
    rows = Completion.objects.order_by("pk").only("enrolment_id", "rule", "evidence_ids")
    for batch in batched(rows.iterator(chunk_size=BATCH), BATCH):
        named = {pk for completion in batch for pk in completion.evidence_ids}
        evidence = Evidence.objects.in_bulk(named)
        for completion in batch:
            own = [evidence[pk] for pk in completion.evidence_ids if pk in evidence]
            if len(own) < len(completion.evidence_ids):
                yield f"completion {completion.pk}: evidence it names is gone"
            elif any(row.enrolment_id != completion.enrolment_id for row in own):
                yield f"completion {completion.pk}: it names another enrolment's evidence"
            elif not rules.status(completion.rule, [row.fact for row in own]).complete:
                yield f"completion {completion.pk}: its evidence does not satisfy its rule"


def met_rules_are_completed() -> Iterator[str]:
    """Nobody has met the pinned rule and waits for the completion."""
    under_way = Enrolment.objects.under_way().with_record().order_by("pk")
    for enrolment in under_way.iterator(chunk_size=BATCH):
        if enrolment.status.complete:
            yield f"enrolment {enrolment.pk}: complete by its rule, without a completion"


def certificates_match_their_hash() -> Iterator[str]:
    rows = Certificate.objects.order_by("pk").only("snapshot", "sha256")
    for certificate in rows.iterator(chunk_size=BATCH):
        if certificate_fingerprint(certificate.snapshot) != certificate.sha256:
            yield f"certificate {certificate.pk}: its snapshot is not the one that was issued"


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


CHECKS: tuple[Check, ...] = (
    versions_match_their_hash,
    completions_rest_on_their_evidence,
    met_rules_are_completed,
    certificates_match_their_hash,
    completions_have_one_standing_certificate,
    certificates_name_their_holder,
    credited_attendance_is_evidence,
)
