"""How a room is set up: its chat, its notice, its materials, its streams, notes to who presents.
The only writer of RoomSetup. Whoever is in the room and may see it sees each change at once."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people import audit
from people.models import User
from webinars import rules
from webinars.models import RoomSetup, Webinar
from webinars.room import log
from webinars.room.log import Audience

STREAMS = ("backup", "asl", "es")
# What of the room has to be drawn anew when a setting changes: the kinds of its events.
_EVENTS = {
    "slow_seconds": {"rules"},
    "links": {"rules", "links"},
    "notice": {"notice"},
    "materials": {"materials"},
    "streams": {"state"},
    "on_backup": {"state"},
    "presenter_notes": {"notes"},
}
_YOUTUBE = re.compile(
    r"https://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?v=|live/|embed/)|youtu\.be/)([\w-]{6,20})"
)


@transaction.atomic
def change(webinar: Webinar, by: User, **wanted: Any) -> RoomSetup:
    """Set these fields. What is so already changes nothing, and is not in the log again."""
    room = log.locked(webinar.pk)
    setup = RoomSetup.objects.get_or_create(webinar=room)[0]
    if "streams" in wanted:
        wanted["streams"] = {
            name: rules.with_its_captions(said, setup.streams.get(name, {}))
            for name, said in wanted["streams"].items()
        }
    if wanted.get("on_backup") and not {**setup.streams, **wanted.get("streams", {})}.get("backup"):
        raise ValidationError(_("There is no backup stream. Enter its address first."))
    changed = {name: value for name, value in wanted.items() if getattr(setup, name) != value}
    if not changed:
        return setup
    for name, value in changed.items():
        setattr(setup, name, value)
    if not setup.streams.get("backup"):
        setup.on_backup = False
    setup.save()
    for kind in sorted(set[str]().union(*(_EVENTS.get(name, set()) for name in changed))):
        seen = Audience.PRESENTER if kind == "notes" else Audience.ALL
        log.append(room, kind, audience=seen, by=by.pk)
    audit.note(by, "room.set-up", room, changed=changed)
    return setup


def stream(address: str) -> dict[str, str]:
    """A stage for this address: a video here, one on YouTube, or a meeting elsewhere."""
    if found := _YOUTUBE.match(address):
        return {"kind": "youtube", "id": found[1]}
    if address.startswith("/"):
        return {"kind": "file", "url": address}
    return {"kind": "link", "url": address}


def address(stage: dict[str, str]) -> str:
    """What `stream` was given, for the form."""
    if stage.get("kind") == "youtube":
        return f"https://www.youtube.com/watch?v={stage.get('id', '')}"
    return str(stage.get("url", ""))
