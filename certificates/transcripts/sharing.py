"""The link to a transcript. The only writer of TranscriptShare."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.models import TranscriptShare
from people.models import User


def open_link(person: User) -> TranscriptShare | None:
    return TranscriptShare.objects.filter(person=person, withdrawn_at=None).first()


def share(person: User) -> TranscriptShare:
    """This person's open link, made now if there is none. Of two at once the constraint lets one
    through."""
    if known := open_link(person):
        return known
    try:
        with transaction.atomic():
            return TranscriptShare.objects.create(person=person)
    except IntegrityError:
        return TranscriptShare.objects.get(person=person, withdrawn_at=None)


def withdraw(person: User) -> bool:
    """Whoever follows the link from now on finds nothing; a later link is another one."""
    links = TranscriptShare.objects.filter(person=person, withdrawn_at=None)
    return bool(links.update(withdrawn_at=timezone.now()))


def person_behind(secret: str) -> User | None:
    link = (
        TranscriptShare.objects.filter(secret=secret, withdrawn_at=None)
        .select_related("person")
        .first()
    )
    return link.person if link else None
