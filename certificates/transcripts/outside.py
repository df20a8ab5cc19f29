"""Training elsewhere: stated by the person, recognised or not by a credit administrator.

The only writer of OutsideTraining.
"""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.models import OutsideTraining
from certificates.transcripts import proofs
from people.audit import note
from people.models import User


def state(
    person: User,
    *,
    key: uuid.UUID,
    title: str,
    provider: str,
    completed_on: date,
    hours: Decimal,
    proof: File,
) -> OutsideTraining:
    """Put it on the transcript, marked as the person's own word. A form sent twice is one."""
    if known := OutsideTraining.objects.of(person).filter(key=key).first():
        return known
    kind = proofs.ending(proof)
    if kind is None:
        raise ValueError("the form refuses files of other kinds")
    proof.name = f"proof{kind}"
    row = OutsideTraining(
        person=person,
        key=key,
        title=title,
        provider=provider,
        completed_on=completed_on,
        hours=hours,
        proof=proof,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.proof.delete(save=False)  # the other form of the two has brought its own
        return OutsideTraining.objects.get(person=person, key=key)
    return row


@transaction.atomic
def decide(training: OutsideTraining, *, by: User, recognise: bool, words: str) -> bool:
    """Recognise it or not, once. False when it was decided or withdrawn meanwhile."""
    states = OutsideTraining.State
    chosen = states.RECOGNISED if recognise else states.REFUSED
    decided = OutsideTraining.objects.waiting().filter(pk=training.pk)
    if not decided.update(state=chosen, decided_by=by, decided_at=timezone.now(), decision=words):
        return False
    note(by, f"outside-training.{chosen.value}", training, words=words)
    return True


def withdraw(training: OutsideTraining) -> bool:
    """The person takes it off the transcript, decided or not. The row and its proof stay."""
    rows = OutsideTraining.objects.listed().filter(pk=training.pk)
    return bool(rows.update(withdrawn_at=timezone.now()))
