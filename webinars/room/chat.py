"""What people say to the whole room. The only writer of ChatMessage."""

import uuid
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars.models import ChatMessage, Webinar
from webinars.room import log

MOST, WITHIN = 8, timedelta(seconds=30)  # messages of one person
SHOWN = 100  # the last so many; what was said before is off the screen


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
        if room.state == Webinar.State.SCHEDULED:
            raise ValidationError(_("The chat opens when the session starts."), code="early")
        lately = ChatMessage.objects.filter(webinar=room, author=author, sent_at__gt=now - WITHIN)
        if lately.count() >= MOST:
            raise ValidationError(
                _("That was a lot in a short time. Please wait half a minute."), code="slow"
            )
    message = ChatMessage.objects.create(
        webinar=room, author=author, key=key, text=text, sent_at=now
    )
    log.append(room, "message", message.pk)
    return message


@transaction.atomic
def remove(message: ChatMessage, by: User, now: datetime | None = None) -> None:
    """Take it off every screen. The row stays for the audit. Safe to repeat."""
    room = log.locked(message.webinar_id)
    removed = ChatMessage.objects.filter(pk=message.pk, removed_at__isnull=True).update(
        removed_at=now or timezone.now()
    )
    if removed:
        log.append(room, "message", message.pk, by=by.pk)
        audit.note(by, "room.message-removed", message, webinar=room.pk)
