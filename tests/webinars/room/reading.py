"""A page that follows a room, without a browser: the same rules as static/webinars/room.js."""

import json

from webinars.models import Webinar
from webinars.room import frames
from webinars.room.frames import LISTS, View
from webinars.room.log import Audience

ATTENDEE, MODERATOR = View(Audience.ALL, "en"), View(Audience.STAFF, "en")
PRESENTER = View(Audience.PRESENTER, "en")


class Page:
    def __init__(self, webinar, view=ATTENDEE):
        self.pk, self.view = webinar.pk, view
        self.lists = {name: {} for name in LISTS[view.audience]}
        self.seen = []
        self.after = 0
        self.load()

    def load(self):
        self.lists, self.after = fresh(self.pk, self.view)

    def take(self, frame):
        if frame.get("reload"):
            self.load()
            return
        for entry in frame.get("ev", []):
            self.seen.append(entry["seq"])
            items = self.lists[entry["list"]]
            if entry["html"] is None:
                items.pop(entry["id"], None)
            else:
                items[entry["id"]] = entry["html"]
        for name, oldest in frame.get("keep", {}).items():
            self.lists[name] = {k: v for k, v in self.lists[name].items() if k >= oldest}
        self.after = max(self.after, frame.get("to", 0))

    def follow(self):
        """Ask for what is new and take it; returns the raw frame."""
        return self.hear(frames.news_as_text(self.pk, {(self.view, self.after)}))

    def hear(self, told):
        """Take what was made for this page; returns the raw frame."""
        text = told.frames[self.view, self.after]
        self.take(json.loads(text) if text else {"to": told.to})
        return text or ""


def fresh(pk, view):
    """What a page that is loaded now shows: list → {id: html}, and the number to follow from."""
    webinar = Webinar.objects.get(pk=pk)
    snapshot = frames.snapshot(webinar, view.audience)
    drawn = {
        name: {item.id: item.html(view.language, webinar.zone) for item in items}
        for name, items in snapshot.lists.items()
    }
    return drawn, snapshot.seq
