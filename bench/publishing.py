"""A course of 300 lessons with many people under way is published, once with each policy.

How long learners and authors wait (one transaction holds the course), what the worker does
afterwards, and the longest it holds a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from courses.models import CourseVersion, Draft

DONE = 100  # one of so many has completed the course, the others are under way
FINISHED = 8  # lessons that each person has done
MOST_TO_PUBLISH, MOST_AT_A_TIME = 5.0, 2.0  # seconds


def run(people: int) -> Iterator[tuple[str, str, str, str]]:
    from django.utils import timezone

    from bench.outline import long_course
    from courses.models import Block, Enrolment
    from courses.publishing import publish
    from courses.studio import editing
    from lms import outbox
    from people.models import User

    trainer = User.objects.get(email="trainer@demo.test")
    draft: Draft = long_course(trainer, "bench-publishing")  # type: ignore[assignment]
    first = publish(draft, by=trainer, policy="update")
    _enrol(first, people)
    due = timezone.localdate() + timedelta(days=30)
    for n, policy in enumerate(("update", "correction", "required")):
        block = Block.objects.filter(lesson__module__draft=draft).order_by("pk")[n]
        values = {"body": {"en": f"<p>Changed {n}</p>"}}
        editing.save_block(block, by=trainer, base=editing.mark_of(block), values=values)
        if policy == "required":  # and something new to do
            module = block.lesson.module
            editing.duplicate_lesson(module.lessons.first(), by=trainer, key=first.course.uuid)
        draft.refresh_from_db()
        begun = time.perf_counter()
        version = publish(draft, by=trainer, policy=policy, due_on=due)
        took = time.perf_counter() - begun
        part = f"{took / MOST_TO_PUBLISH:.0%}"
        yield (f"  {policy}: publish", f"{took:.2f} s", f"≤ {MOST_TO_PUBLISH:.0f} s", part)
        with _longest() as longest:
            begun = time.perf_counter()
            while outbox.work():
                pass
            after = time.perf_counter() - begun
        on_it = Enrolment.objects.filter(version=version).count()
        yield ("    the worker afterwards", f"{after:.1f} s", f"{on_it:,} on it", "")
        part = f"{longest[0] / MOST_AT_A_TIME:.0%}"
        yield ("    held at most", f"{longest[0]:.2f} s", f"≤ {MOST_AT_A_TIME:.0f} s", part)


def _enrol(version: CourseVersion, people: int) -> None:
    from django.utils import timezone

    from courses.models import Enrolment, Evidence
    from courses.models.course import document_of
    from people.models import User

    now = timezone.now()
    User.objects.bulk_create(
        (User(email=f"bench{n}@load.test", name=f"Bench {n}") for n in range(people)),
        batch_size=1000,
    )
    persons = User.objects.filter(email__startswith="bench").order_by("pk")
    Enrolment.objects.bulk_create(
        (
            Enrolment(person=person, course=version.course, version=version, enrolled_at=now)
            for person in persons
        ),
        batch_size=1000,
    )
    items = [lesson.uuid for lesson in document_of(version.pk).lessons]
    enrolments = Enrolment.objects.filter(version=version).order_by("pk")
    Evidence.objects.bulk_create(
        (
            Evidence(
                enrolment=enrolment,
                version=version,
                kind="finished",
                item=item,
                source="bench",
                occurred_at=now,
                recorded_at=now,
            )
            for n, enrolment in enumerate(enrolments)
            for item in (items if n % DONE == 0 else items[:FINISHED])
        ),
        batch_size=2000,
    )
    for enrolment in enrolments[::DONE]:
        enrolment.complete_if_due(now)


@contextmanager
def _longest() -> Iterator[list[float]]:
    """The longest that a transaction of this process was open."""
    from django.db import transaction

    longest, began, depth = [0.0], [0.0], [0]
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__

    def entered(self: transaction.Atomic) -> None:
        enter(self)
        depth[0] += 1
        if depth[0] == 1:
            began[0] = time.perf_counter()

    def left(self: transaction.Atomic, *error: object) -> None:
        try:
            leave(self, *error)  # type: ignore[arg-type]
        finally:
            depth[0] -= 1
            if depth[0] == 0:
                longest[0] = max(longest[0], time.perf_counter() - began[0])

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = entered, left  # type: ignore[method-assign, assignment]
    try:
        yield longest
    finally:
        transaction.Atomic.__enter__, transaction.Atomic.__exit__ = enter, leave  # type: ignore[method-assign]
