"""The room's log. The only writer of RoomEvent and of `Webinar.room_seq`."""

from functools import partial

from django.db import transaction

from webinars.models import RoomEvent, Webinar
from webinars.room import doorbell

Audience = RoomEvent.Audience


def locked(webinar_id: int) -> Webinar:
    """The session's row, locked until the transaction ends: a room changes one step at a time.

    The lock is what makes the numbers gapless and in the order of the commits: a reader that saw
    number 7 will never find a 6 later. It lets rows that only point here be written meanwhile.
    """
    return Webinar.objects.select_for_update(no_key=True).get(pk=webinar_id)


def append(
    room: Webinar,
    kind: str,
    about: int | None = None,
    *,
    audience: str = Audience.ALL,
    **facts: object,
) -> int:
    """Write down that something changed; `room` is what `locked` gave. Returns the number.

    `facts` are for an audit and are shown to nobody.
    """
    if not transaction.get_connection().in_atomic_block:
        raise ValueError("the log is written in the transaction of the change")
    room.room_seq += 1
    Webinar.objects.filter(pk=room.pk).update(room_seq=room.room_seq)
    RoomEvent.objects.create(
        webinar=room, seq=room.room_seq, kind=kind, about=about, audience=audience, payload=facts
    )
    transaction.on_commit(partial(doorbell.ring, room.pk), robust=True)
    return room.room_seq
