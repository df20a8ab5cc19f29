"""Who did what in a room, in words: the audit trail as its hosts and moderators read it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from lms.text import said
from people.models import AuditEntry, User
from webinars.models import ChatMessage, Hand, Poll, PromptEase, RoomQuestion
from webinars.room import shown

LONGEST = 120  # letters of what somebody wrote
WORDS = {
    "room.live": _("went live"),
    "room.break": _("began a break"),
    "room.ended": _("ended the session"),
    "room.set-up": _("changed how the room is set up"),
    "room.question-approved": _("showed a question"),
    "room.question-dismissed": _("did not show a question"),
    "room.question-answered": _("answered a question"),
    "room.question-pinned": _("pinned a question"),
    "room.question-unpinned": _("unpinned a question"),
    "room.question-merged": _("joined two questions"),
    "room.message-removed": _("removed a message"),
    "room.person-silenced": _("silenced a person"),
    "room.person-heard": _("let a person write again"),
    "room.hand-lowered": _("took a hand down"),
    "room.hands-lowered": _("took all hands down"),
    "room.moderator-added": _("added a moderator"),
    "room.moderator-removed": _("removed a moderator"),
    "room.presenter-added": _("added a presenter"),
    "room.presenter-removed": _("removed a presenter"),
    "room.prompts-eased": _("changed what a person is asked in between"),
    "room.captions-address": _("made an address for captions"),
    "room.poll-written": _("wrote a poll"),
    "room.poll-opened": _("opened a poll"),
    "room.poll-closed": _("closed a poll"),
    "room.poll-started-over": _("started a poll over"),
    "room.word-hidden": _("took a word out of a poll"),
}
SET = {
    "notice": _("notice to everybody"),
    "materials": _("materials"),
    "presenter_notes": _("notes to the presenter"),
    "streams": _("streams"),
    "slow_seconds": _("slow mode of the chat"),
    "links": _("links in the chat"),
    "names_known": _("whether moderators see who asks without a name"),
}


class Act(NamedTuple):
    entry: AuditEntry
    words: str
    whom: str  # the person it was done to, or who wrote what it was done to
    what: str  # a kind of setting
    quotes: tuple[str, ...]  # what people wrote


def told(entries: Iterable[AuditEntry]) -> list[Act]:
    """Five queries at most, for any number of them."""
    entries = list(entries)
    rows = _Rows(entries)
    return [
        Act(entry, str(WORDS.get(entry.verb, entry.verb)), rows.whom(entry), _what(entry),
            tuple(Truncator(text).chars(LONGEST) for text in rows.quotes(entry) if text))
        for entry in entries
    ]  # fmt: skip


class _Rows:
    """What the entries are about, as it is now."""

    def __init__(self, entries: Iterable[AuditEntry]) -> None:
        asked: dict[str, set[int]] = {}
        for entry in entries:
            label, _space, pk = entry.about.partition(" ")
            if pk.isdigit():
                asked.setdefault(label, set()).add(int(pk))
            for name in ("person", "into"):
                if isinstance(pk := entry.details.get(name), int):
                    asked.setdefault({"person": "person", "into": QUESTION}[name], set()).add(pk)
        self._found: dict[str, Mapping[int, Any]] = {
            label: rows.in_bulk(asked[label]) for label, rows in _KINDS.items() if label in asked
        }

    def _about(self, entry: AuditEntry) -> Any:
        label, _space, pk = entry.about.partition(" ")
        return self._found.get(label, {}).get(int(pk) if pk.isdigit() else 0)

    def whom(self, entry: AuditEntry) -> str:
        row = self._found.get("person", {}).get(entry.details.get("person", 0))
        about = self._about(entry)
        if isinstance(about, Hand):
            row = about.person
        elif isinstance(about, ChatMessage):
            row = about.author
        return shown.name(row) if row is not None else ""

    def quotes(self, entry: AuditEntry) -> list[str]:
        about = self._about(entry)
        found = [str(entry.details.get("text") or entry.details.get("word") or "")]
        if isinstance(about, RoomQuestion):
            into = self._found[QUESTION].get(entry.details.get("into", 0))
            return [about.text, into.text if into else "", *found]
        return [said(about.question), *found] if isinstance(about, Poll) else found


def _what(entry: AuditEntry) -> str:
    changed = entry.details.get("changed", {})
    words = [str(SET[name]) for name in SET if name in changed]
    if "on_backup" in changed:
        to = changed["on_backup"]
        words.append(str(_("to the backup stream") if to else _("back to the main stream")))
    if entry.verb == "room.prompts-eased":
        kind = entry.details.get("kind", "")
        words.append(str(dict(PromptEase.Kind.choices).get(kind, _("As everybody else"))))
    return ", ".join(words)


QUESTION = RoomQuestion._meta.label_lower
_KINDS: dict[str, QuerySet[Any]] = {
    QUESTION: RoomQuestion.objects.all(),
    Poll._meta.label_lower: Poll.objects.all(),
    Hand._meta.label_lower: Hand.objects.select_related("person"),
    ChatMessage._meta.label_lower: ChatMessage.objects.select_related("author"),
    "person": User.objects.all(),
}
