"""Who moderates a room without hosting it. The only writer of RoomHelper."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lms.models import PlannedQuerySet
from people import audit
from people.models import User
from webinars.models import RoomHelper, Webinar


def moderated_by(person: User) -> PlannedQuerySet[Webinar]:
    """Rooms in which this person lets questions through: as a host, or as a moderator."""
    mine = RoomHelper.objects.filter(person=person).values("webinar")
    hosted = Webinar.objects.hosted_by(person).values("pk")
    return Webinar.objects.filter(Q(pk__in=hosted) | Q(pk__in=mine))


@transaction.atomic
def add(webinar: Webinar, email: str, by: User) -> RoomHelper:
    """Whoever has an account here. Safe to repeat."""
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is None:
        raise ValidationError(_("Nobody with this address has an account here."))
    helper, is_new = RoomHelper.objects.get_or_create(webinar=webinar, person=person)
    if is_new:
        audit.note(by, "room.moderator-added", helper, webinar=webinar.pk, person=person.pk)
    return helper


@transaction.atomic
def remove(helper: RoomHelper, by: User) -> None:
    """They are out of the console within five seconds. Safe to repeat."""
    gone, _rows = RoomHelper.objects.filter(pk=helper.pk).delete()
    if gone:
        audit.note(
            by, "room.moderator-removed", helper.webinar, webinar=helper.webinar_id,
            person=helper.person_id,
        )  # fmt: skip
