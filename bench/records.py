"""The record checks over a generated record: time for each check, and whether memory grows."""

import resource
import time
from collections.abc import Iterator
from datetime import timedelta

BATCH = 2_000
LESSONS = 6
PER_PERSON = LESSONS + 4  # enrolment, evidence, completion, certificate, its badge's place


def run(rows: int) -> Iterator[tuple[str, str, str, str]]:
    from lms.records import CHECKS

    begun = time.monotonic()
    people = rows // PER_PERSON
    for start in range(0, people, BATCH):
        _write(min(BATCH, people - start))
    yield ("  written", f"{time.monotonic() - begun:.0f} s", "", "")
    total, before = 0.0, _peak()
    for check in CHECKS:
        begun = time.monotonic()
        broken = sum(1 for _ in check())
        took = time.monotonic() - begun
        total += took
        name = check.__name__.replace("_", " ")
        yield (f"    {name}", f"{took:.1f} s, {broken} broken", "0 broken", "")
    yield ("  all checks", f"{total:.0f} s", "≤ 300 s", f"{total / 300:.0%}")
    grown = (_peak() - before) / 1024
    yield ("  memory grew by", f"{grown:.0f} MB", "≤ 100 MB", f"{grown / 100:.0%}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _write(people: int) -> None:
    """So many people who completed one load course and hold its certificate and badge."""
    from django.contrib.auth.hashers import make_password
    from django.db import transaction
    from django.utils import timezone

    from certificates import codes
    from certificates.badges import bitstring, credential, status
    from certificates.issuing import fingerprint
    from certificates.models import Certificate, StatusEntry
    from certificates.snapshot import of_completion
    from courses.models import Completion, CourseVersion, Enrolment, Evidence
    from courses.models.course import document_of
    from people.models import User

    version = CourseVersion.objects.filter(course__slug="load-course-0001").first()
    lessons = document_of(version.pk).lessons
    now = timezone.now()
    first = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    unusable = make_password(None)
    with transaction.atomic():
        persons = User.objects.bulk_create(
            User(email=f"record{first + n}@load.test", name=f"Person {n}", password=unusable)
            for n in range(people)
        )
        enrolments = Enrolment.objects.bulk_create(
            Enrolment(person=person, course_id=version.course_id, version=version)
            for person in persons
        )
        evidence = Evidence.objects.bulk_create(
            Evidence(
                enrolment=enrolment,
                version=version,
                kind=lesson.needs,
                item=lesson.uuid,
                source="load",
                occurred_at=now - timedelta(minutes=LESSONS - place),
                recorded_at=now,
            )
            for enrolment in enrolments
            for place, lesson in enumerate(lessons)
        )
        completions = Completion.objects.bulk_create(
            Completion(
                enrolment=enrolment,
                version=version,
                completed_at=now,
                recorded_at=now,
                rule=document_of(version.pk).rule,
                hours={"training": "1.00"},
                evidence_ids=[row.pk for row in evidence[n * LESSONS : (n + 1) * LESSONS]],
            )
            for n, enrolment in enumerate(enrolments)
        )
        said = of_completion(completions[0], name="Person", code=codes.fresh(), now=now)
        sha256 = fingerprint(said)
        certificates = Certificate.objects.bulk_create(
            Certificate(
                completion=completion,
                holder_id=completion.enrolment.person_id,
                code=codes.fresh(),
                snapshot=said,
                sha256=sha256,
                issued_at=now,
            )
            for completion in completions
        )
        # The places that `status.entry_of` would draw one by one, from the list's end.
        taken = StatusEntry.objects.count()
        credential.achievement_of(certificates[0])
        StatusEntry.objects.bulk_create(
            StatusEntry(
                certificate=certificate,
                number=1 + (taken + n) // status.FULL,
                position=bitstring.SIZE - 1 - (taken + n) % status.FULL,
            )
            for n, certificate in enumerate(certificates)
        )
