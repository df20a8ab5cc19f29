"""A thousand people complete a course at once: issue, print and check their certificates."""

import time
from collections.abc import Callable, Iterator

from django.utils import timezone

from bench.server import ask
from certificates import issuing, printing
from certificates.models import Certificate
from courses.models import Completion, Enrolment, Evidence
from lms.populate import BATCH, _completion, _version
from people.models import User

CHECKS = 300


def run(application: Callable, people: int) -> Iterator[tuple[str, str, str, str]]:
    _complete(people)
    begun, processor = time.perf_counter(), time.process_time()
    while Completion.objects.filter(certificates=None).exists():
        issuing.issue_due(timezone.now())
    wall, processor = time.perf_counter() - begun, time.process_time() - processor
    each = f"{wall / people * 1000:.1f} ms each, {processor / people * 1000:.1f} ms CPU"
    yield (f"  issue {people:,}, letters promised", f"{wall:.1f} s, {each}", "", "")

    rows = list(Certificate.objects.order_by("-pk")[:people])
    begun = time.perf_counter()
    for row in rows:
        printing.pdf_of(row.snapshot)
    wall = time.perf_counter() - begun
    yield (f"  print {people:,}", f"{wall:.1f} s, {people / wall:.0f} in a second", "", "")

    for name, end in (("verify page", "/"), ("verify for machines", ".json")):
        paths = [f"/certificates/{row.code}{end}" for row in rows[:CHECKS]]
        ask(application, paths[0])
        begun, processor = time.perf_counter(), time.process_time()
        answers = [ask(application, path) for path in paths]
        wall, processor = time.perf_counter() - begun, time.process_time() - processor
        assert all(answer.status == 200 for answer in answers)
        queries = max(answer.queries for answer in answers)
        each = f"{processor / len(paths) * 1000:.1f} ms CPU"
        measured = f"{len(paths) / wall:.0f} in a second, {each}, {queries} query"
        yield (f"  {name}", measured, "1 query", f"{queries:.0%}")


def _complete(people: int) -> None:
    """The rows of so many people who finished one course, with nothing issued yet."""
    version, now = _version(9999), timezone.now()
    rows = [
        User(email=f"bulk{n:05}@load.test", name=f"Zoë Ångström {n}", password="!")
        for n in range(people)
    ]
    persons = User.objects.bulk_create(rows, batch_size=BATCH)
    enrolments = Enrolment.objects.bulk_create(
        [Enrolment(person=p, course_id=version.course_id, version=version) for p in persons],
        batch_size=BATCH,
    )
    evidence = Evidence.objects.bulk_create(
        [
            Evidence(
                enrolment=enrolment,
                version=version,
                kind=requirement["needs"],
                item=requirement["item"],
                source="bench",
                occurred_at=now,
                recorded_at=now,
            )
            for enrolment in enrolments
            for requirement in enrolment.document.rule["requirements"]
        ],
        batch_size=BATCH,
    )
    of: dict[int, list[Evidence]] = {}
    for row in evidence:
        of.setdefault(row.enrolment_id, []).append(row)
    Completion.objects.bulk_create(
        [_completion(enrolment, of[enrolment.pk], now) for enrolment in enrolments],
        batch_size=BATCH,
    )
