"""Whether strangers with the number see more of a certificate than its state. The holder says.

The only writer of Hidden rows. A correction takes the wish along: see `carry_over`.
"""

from django.db import transaction

from certificates.models import Certificate, Hidden


def hide(certificate: Certificate) -> None:
    """Safe to repeat."""
    Hidden.objects.get_or_create(certificate=certificate)


def share(certificate: Certificate) -> None:
    """Safe to repeat."""
    Hidden.objects.filter(certificate=certificate).delete()


@transaction.atomic
def carry_over(before: Certificate | None, fresh: Certificate) -> None:
    """In the transaction that issues the newer one: there is no moment at which it is open."""
    if before is not None and Hidden.objects.filter(certificate=before).exists():
        hide(fresh)
