"""Who may author, host, give credit or care for the site. The only writer of these marks."""

from collections.abc import Mapping

from django.db import transaction

from people.audit import note
from people.models import User

ROLES = ("may_author", "may_host", "may_credit", "is_staff", "is_active")


@transaction.atomic
def change_roles(person: User, roles: Mapping[str, bool], *, by: User) -> bool:
    """Set these marks and write down what changed. False if nothing did."""
    stored = User.objects.select_for_update().get(pk=person.pk)
    changed = {
        role: {"from": getattr(stored, role), "to": value}
        for role, value in roles.items()
        if role in ROLES and getattr(stored, role) != value
    }
    if not changed:
        return False
    for role, change in changed.items():
        setattr(person, role, change["to"])
        setattr(stored, role, change["to"])
    stored.save(update_fields=list(changed))
    note(by, "person.roles-changed", stored, changed=changed)
    return True
