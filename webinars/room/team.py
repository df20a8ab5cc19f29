"""Who moderates a room or presents in it without hosting it. The only writer of RoomHelper."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lms.models import PlannedQuerySet
from people import audit
from people.models import User
from webinars.models import ChatMessage, RoomHelper, Webinar
from webinars.room import chat, log

Role = RoomHelper.Role


def moderated_by(person: User) -> PlannedQuerySet[Webinar]:
    """Rooms in which this person lets questions through: as a host, or as a moderator."""
    mine = RoomHelper.objects.filter(person=person, role=Role.MODERATOR).values("webinar")
    hosted = Webinar.objects.hosted_by(person).values("pk")
    return Webinar.objects.filter(Q(pk__in=hosted) | Q(pk__in=mine))


def role_of(person: User, webinar: Webinar) -> str:
    """Empty: none."""
    mine = RoomHelper.objects.filter(person=person, webinar=webinar)
    return mine.values_list("role", flat=True).first() or ""


@transaction.atomic
def add(webinar: Webinar, email: str, by: User, role: str = Role.MODERATOR) -> RoomHelper:
    """Whoever has an account here. Safe to repeat; another role takes the place of the one before,
    and who was in the console and is no moderator now is out within five seconds."""
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is None:
        raise ValidationError(_("Nobody with this address has an account here."))
    room = log.locked(webinar.pk)
    helper, is_new = RoomHelper.objects.get_or_create(
        webinar=webinar, person=person, defaults={"role": role}
    )
    if is_new or helper.role != role:
        helper.role = role
        helper.save(update_fields=["role"])
        audit.note(by, f"room.{role}-added", helper, webinar=webinar.pk, person=person.pk)
        _draw_anew(room, person.pk)
    return helper


def bring_along(webinar: Webinar, to: Webinar) -> None:
    """The same team in another room, which has none yet: a rehearsal."""
    RoomHelper.objects.bulk_create(
        [RoomHelper(webinar=to, person_id=h.person_id, role=h.role) for h in webinar.helpers.all()]
    )


@transaction.atomic
def remove(helper: RoomHelper, by: User) -> None:
    """They are out of the console within five seconds. Safe to repeat."""
    room = log.locked(helper.webinar_id)
    gone, _rows = RoomHelper.objects.filter(pk=helper.pk).delete()
    if gone:
        _draw_anew(room, helper.person_id)
        audit.note(
            by, f"room.{helper.role}-removed", helper.webinar, webinar=helper.webinar_id,
            person=helper.person_id,
        )  # fmt: skip


def _draw_anew(room: Webinar, person_id: int) -> None:
    """What they said says in which role they are here. `room` is what `log.locked` gave."""
    said = ChatMessage.objects.filter(webinar=room, author=person_id, removed_at__isnull=True)
    for pk in said.order_by("-pk").values_list("pk", flat=True)[: chat.SHOWN]:
        log.append(room, "message", pk)
