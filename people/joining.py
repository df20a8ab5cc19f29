"""Joining and leaving an organisation. The only writer of Membership.

A membership is dated, never deleted: a report about last spring uses the memberships of last
spring. A person has at most one that is open (a constraint), and switching closes it the same day.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone

from people.audit import note
from people.models import Membership, Organisation, User


@transaction.atomic
def join(
    person: User,
    organisation: Organisation,
    *,
    role: str = Membership.Role.MEMBER,
    by: User | None = None,
    today: date | None = None,
) -> Membership:
    """Belong to `organisation` from today, and to no other. Safe to repeat.

    `by` is the member of staff who did it for somebody else; that, and every training lead made
    or unmade, goes to the audit trail. Who belongs there already keeps their role: only staff
    change it, so that a training lead does not lose it by a press on «I work here».
    """
    today = today or timezone.localdate()
    present = _locked_present(person)
    belongs = present is not None and present.organisation_id == organisation.pk
    if present and belongs and (by is None or present.role == role):
        return present
    if present:
        _close(present, today, by)
    membership = Membership.objects.create(
        person=person, organisation=organisation, role=role, starts_on=today
    )
    if by or role == Membership.Role.LEAD:
        note(by, "membership.begun", membership, organisation=organisation.slug, role=role)
    return membership


@transaction.atomic
def leave(person: User, *, by: User | None = None, today: date | None = None) -> bool:
    """Belong nowhere from today on. False if that was so already."""
    present = _locked_present(person)
    if present is None:
        return False
    _close(present, today or timezone.localdate(), by)
    return True


def _locked_present(person: User) -> Membership | None:
    # The lock is on the person: two switches at once must not both close and both open.
    User.objects.select_for_update().get(pk=person.pk)
    return Membership.objects.filter(person=person, ends_on=None).first()


def _close(membership: Membership, today: date, by: User | None) -> None:
    # One that was to begin later ends before it began: true on no day at all.
    membership.ends_on = max(today, membership.starts_on)
    membership.save(update_fields=["ends_on"])
    if by or membership.role == Membership.Role.LEAD:
        slug = membership.organisation.slug
        note(by, "membership.ended", membership, organisation=slug, role=membership.role)
