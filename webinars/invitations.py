"""Our sessions as calendar entries: in letters, as a download, and in a person's private feed."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from lms.text import said
from people import audit
from people.models import AuditEntry, User
from webinars import calendar
from webinars.models import Registration, Webinar

RENEWED = "calendar.link-renewed"
KEPT = timedelta(days=90)  # how long past sessions stay in the feed


def event_of(webinar: Webinar, stamped_at: datetime, turn: int = 0) -> calendar.Event:
    """In the active language. The link leads to our room, whatever shows the stage there.

    `turn` counts the changes of one person's place: a seat that was given back and taken again is
    a later revision of the same event. Calendars drop an invitation that is not newer than the
    cancellation before it.
    """
    room, page = absolute(webinar.room_path), absolute(webinar.get_absolute_url())
    words = [
        str(said(webinar.summary)),
        _("Join here: %(url)s") % {"url": room},
        _("Sign in with the e-mail address that you registered. We send you a code."),
        _("About this session: %(url)s") % {"url": page},
    ]
    return calendar.Event(
        uid=str(webinar.uuid),
        sequence=webinar.revision + turn,
        stamped_at=stamped_at,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=webinar.zone,
        title=str(said(webinar.title)),
        description="\n\n".join(part for part in words if part),
        url=room,
        organizer=parseaddr(settings.DEFAULT_FROM_EMAIL),
        cancelled=webinar.cancelled_at is not None,
    )


def invitation(registration: Registration, *, cancel: bool = False) -> bytes:
    """The calendar part of a letter."""
    event = event_of(registration.webinar, timezone.now(), registration.turn)
    attendee = (registration.person.name, registration.person.email)
    if cancel:
        return calendar.cancellation(event, attendee=attendee)
    return calendar.request(event, attendee=attendee)


def download(webinar: Webinar) -> bytes:
    return calendar.publication([event_of(webinar, timezone.now())])


def feed(person: User) -> bytes:
    """Every session this person has a seat at; those that were called off say so."""
    mine = (
        Registration.objects.of(person)
        .seated()
        .filter(webinar__ends_at__gte=timezone.now() - KEPT, webinar__published_at__isnull=False)
        .select_related("webinar")
        .order_by("webinar__starts_at")
    )
    with translation.override(person.language):
        events = [event_of(row.webinar, row.changed_at, row.turn) for row in mine]
        return calendar.publication(events, name=_("My webinars"))


def feed_url(person: User) -> str:
    return absolute(reverse("webinars:calendar-feed", args=[_secret(person)]))


def person_of(secret: str) -> User | None:
    """Whose feed this is; None for a link that was renewed, mistyped or made up."""
    name, _dot, _signature = secret.partition("-")
    try:
        person = User.objects.get(uuid=UUID(hex=name), is_active=True)
    except (ValueError, User.DoesNotExist):
        return None
    return person if constant_time_compare(secret, _secret(person)) else None


def renew_link(person: User) -> None:
    """Make the present link invalid. The audit trail's count of renewals is part of the secret."""
    audit.note(person, RENEWED, person)


def _secret(person: User) -> str:
    about = f"{person._meta.label_lower} {person.pk}"
    renewals = AuditEntry.objects.filter(about=about, verb=RENEWED).count()
    signature = salted_hmac(
        "webinars.calendar-feed", f"{person.uuid.hex} {renewals}", algorithm="sha256"
    )
    return f"{person.uuid.hex}-{signature.hexdigest()[:40]}"


def absolute(path: str) -> str:
    """For whoever reads it outside of the site."""
    return f"{settings.SITE_URL}{path}"
