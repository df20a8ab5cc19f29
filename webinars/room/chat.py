"""What people say to the whole room. The only writer of ChatMessage and Silence."""

import re
import uuid
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people import audit
from people.models import User
from webinars.models import ChatMessage, RoomHelper, RoomSetup, Silence, Webinar
from webinars.room import log

MOST, WITHIN = 8, timedelta(seconds=30)  # messages of one person
SHOWN = 100  # the last so many; what was said before is off the screen
# What reads as an address on the web, with or without «https»: example.org/x, www.example.org.
_LINK = re.compile(r"(?i)\b(?:https?:|www\.)\S|\b[\w-]+\.(?:[a-z]{2,12})/|\b[\w-]+\.(?:com|org|net|gov|edu|io|co|us|info|ly|gle|app|dev)\b")  # fmt: skip # noqa: E501


@transaction.atomic
def say(
    webinar: Webinar,
    author: User,
    text: str,
    *,
    key: uuid.UUID,
    freely: bool = False,
    now: datetime | None = None,
) -> ChatMessage:
    """Say it to everybody. The same `key` again is the same message; `freely` is for hosts."""
    now = now or timezone.now()
    room = log.locked(webinar.pk)
    if said := ChatMessage.objects.filter(webinar=room, author=author, key=key).first():
        return said
    if room.state == Webinar.State.ENDED or room.cancelled_at is not None:
        raise ValidationError(_("This session is over, and so is its chat."), code="over")
    if not freely:
        _check(room, author, text, now)
    message = ChatMessage.objects.create(
        webinar=room, author=author, key=key, text=text, sent_at=now
    )
    log.append(room, "message", message.pk)
    return message


def _check(room: Webinar, author: User, text: str, now: datetime) -> None:
    """What people who do not host are held to, under the room's lock."""
    if room.state == Webinar.State.SCHEDULED:
        raise ValidationError(_("The chat opens when the session starts."), code="early")
    if Silence.objects.filter(webinar=room, person=author, lifted_at=None).exists():
        raise ValidationError(
            _("A moderator asked you to stop writing here. You can still ask questions."),
            code="silenced",
        )
    setup = RoomSetup.of(room)
    if not setup.links and _LINK.search(text):
        raise ValidationError(
            _("Links are switched off in this chat. Ask the host to share yours."), code="link"
        )
    mine = ChatMessage.objects.filter(webinar=room, author=author)
    if setup.slow_seconds:
        last = mine.order_by("-sent_at").values_list("sent_at", flat=True).first()
        wait = timedelta(seconds=setup.slow_seconds) - (now - last) if last else timedelta(0)
        if (seconds := -(-wait // timedelta(seconds=1))) > 0:
            raise ValidationError(
                ngettext(
                    "The chat is in slow mode. You can write again in %(n)s second.",
                    "The chat is in slow mode. You can write again in %(n)s seconds.",
                    seconds,
                )
                % {"n": seconds},
                code="slow",
            )
    if mine.filter(sent_at__gt=now - WITHIN).count() >= MOST:
        raise ValidationError(
            _("That was a lot in a short time. Please wait half a minute."), code="slow"
        )


@transaction.atomic
def remove(message: ChatMessage, by: User, now: datetime | None = None) -> None:
    """Take it off every screen. The row stays for the audit. Safe to repeat."""
    room = log.locked(message.webinar_id)
    removed = ChatMessage.objects.filter(pk=message.pk, removed_at__isnull=True).update(
        removed_at=now or timezone.now()
    )
    if removed:
        log.append(room, "message", message.pk, by=by.pk)
        audit.note(by, "room.message-removed", message, webinar=room.pk, text=message.text)


@transaction.atomic
def silence(webinar: Webinar, person: User, by: User) -> Silence:
    """This person may write no more messages here. Safe to repeat."""
    room = log.locked(webinar.pk)
    moderates = RoomHelper.objects.filter(
        webinar=room, person=person, role=RoomHelper.Role.MODERATOR
    )
    if by.pk == person.pk or room.hosts.filter(pk=person.pk).exists() or moderates.exists():
        raise ValidationError(_("Hosts and moderators cannot be silenced."), code="host")
    held, is_new = Silence.objects.get_or_create(webinar=room, person=person, lifted_at=None)
    if is_new:
        audit.note(by, "room.person-silenced", held, webinar=room.pk, person=person.pk)
    return held


@transaction.atomic
def hear(held: Silence, by: User) -> None:
    """They may write again. Safe to repeat."""
    log.locked(held.webinar_id)
    standing = Silence.objects.filter(pk=held.pk, lifted_at__isnull=True)
    if standing.update(lifted_at=timezone.now()):
        audit.note(by, "room.person-heard", held, webinar=held.webinar_id, person=held.person_id)
