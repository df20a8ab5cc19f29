"""Presence over HTTP, for networks that break sockets: a signed token instead of a heartbeat.

The token holds a registration and a moment of the server's clock. Whoever comes back with it
within a minute was there since; the slice is named after the token, so that it counts once
however often it is sent. The time of the reader's clock plays no part.
"""

from datetime import UTC, datetime, timedelta

from django.core import signing

from webinars.attendance import Slice, record_slices
from webinars.models import PresenceSpan, Registration

SALT = "webinars.room.beat"
SHORTEST = timedelta(seconds=20)  # a poll every few seconds must not write a row each
LONGEST = timedelta(seconds=60)


def beat(place: Registration, token: str, now: datetime) -> str:
    """Count the time since `token` was given, and give the token for next time."""
    since = _read(place, token)
    if since is not None and timedelta(0) <= now - since < SHORTEST:
        return token
    if since is not None and SHORTEST <= now - since <= LONGEST:
        record_slices(
            [
                Slice(
                    place.webinar_id,
                    place.person_id,
                    f"{place.pk}:{since.timestamp():.3f}",
                    since,
                    now,
                    PresenceSpan.Source.POLL,
                )
            ]
        )
    return signing.dumps([place.pk, round(now.timestamp() * 1000)], salt=SALT)


def _read(place: Registration, token: str) -> datetime | None:
    """The moment in it; None for anything that was not given for this place."""
    try:
        registration, milliseconds = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    if registration != place.pk:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
