"""Certificates that could not be issued: what went wrong, and another try.

The promise that came with the completion knows both. It is kept again and again by itself; after
the last try it waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from courses.models import Completion
from lms import outbox
from lms.models import OutboxEntry, OutboxQuerySet
from people.audit import note
from people.models import User

ALIVE = (OutboxEntry.State.WAITING, OutboxEntry.State.DEAD)


@dataclass(frozen=True)
class Failure:
    completion: Completion
    what: str
    tries: int
    next_try: datetime | None  # none: a person has to say so


def entries() -> OutboxQuerySet:
    """Promises that were tried in vain, and whose completion still has no certificate."""
    key = Cast(KeyTextTransform("completion", "payload"), BigIntegerField())
    uncertified = Completion.objects.filter(
        pk=OuterRef("completion"), certificates=None, superseded_by=None
    )
    tried = OutboxEntry.objects.filter(kind="courses.completed", state__in=ALIVE)
    return (
        tried.exclude(outcome="")
        .annotate(completion=key)
        .filter(Exists(uncertified))
        .order_by("pk")
    )


def failures(most: int) -> list[Failure]:
    """The oldest first. Two queries for any number."""
    rows = list(entries()[:most])
    completions = Completion.objects.select_related("enrolment__person", "enrolment__course")
    by_key = completions.in_bulk([row.payload["completion"] for row in rows]) if rows else {}
    return [
        Failure(
            by_key[row.payload["completion"]],
            row.outcome,
            row.attempts,
            row.due_at if row.state == OutboxEntry.State.WAITING else None,
        )
        for row in rows
    ]


@transaction.atomic
def try_again(by: User) -> int:
    """Those that were given up get another full set of tries. Safe to repeat."""
    given_up = entries().filter(state=OutboxEntry.State.DEAD)
    again = [entry for entry in given_up if outbox.retry(entry)]
    for entry in again:
        note(by, "outbox.retried", entry, kind=entry.kind, key=entry.key)
    return len(again)
