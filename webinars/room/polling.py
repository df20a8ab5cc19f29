"""For networks that break sockets: presence by polls, and counts that many polls share.

Instead of a heartbeat there is a signed token that holds a registration and a moment of the
server's clock. Whoever comes back with it within a minute was there since; the slice is named
after the token, so that it counts once however often it is sent. The reader's clock plays no part.
"""

import time
from datetime import UTC, datetime, timedelta

from django.core import signing

from webinars.attendance import Slice, record_slices
from webinars.models import PresenceSpan, Registration
from webinars.room import captions, counts, heads

SALT = "webinars.room.beat"
SHORTEST = timedelta(seconds=20)  # a poll every few seconds must not write a row each
LONGEST = timedelta(seconds=60)
FRESH = 1.0  # seconds that counts are good for

_passing: dict[tuple[int, str], tuple[float, dict[str, object]]] = {}


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


def passing(webinar_id: int, audience: str, now: datetime) -> dict[str, object]:
    """What is not in the log: all counts of a room and its last captions, read once a second by
    this process however many ask."""
    known, moment = _passing.get((webinar_id, audience)), time.monotonic()
    if known is not None and moment - known[0] < FRESH:
        return known[1]
    here = heads.here([webinar_id], now)[webinar_id]
    tally = counts.tallies([webinar_id])[webinar_id]
    found: dict[str, object] = {"tick": {"here": here, **tally.tick(audience)}}
    if lines := captions.recent(webinar_id, now):
        found["cc"] = lines
    for key, (read, _) in list(_passing.items()):
        if moment - read > FRESH:
            _passing.pop(key, None)
    _passing[webinar_id, audience] = moment, found
    return found


def forget_counts() -> None:
    """For tests, which use the same ids again."""
    _passing.clear()
