"""The audit trail. The only writer of AuditEntry."""

from django.db import models

from people.models import AuditEntry, User


def note(actor: User | None, verb: str, about: models.Model, **details: object) -> None:
    """Write down one act, in the transaction of the act. `details` are plain JSON values."""
    AuditEntry.objects.create(
        actor=actor, verb=verb, about=f"{about._meta.label_lower} {about.pk}", details=details
    )
