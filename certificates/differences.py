"""What two certificates of one line say differently: plain snapshots in, words out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.text import LANGUAGE_NAMES

SHOWN: Mapping[str, Promise] = {
    "name": _("Name"),
    "completed_on": _("Completed"),
    "expires_on": _("Valid until"),
    "hours": _("Training hours"),
}


class Difference(NamedTuple):
    what: str
    before: str
    after: str


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """In the order in which people look for them."""
    found = []
    for key, label in SHOWN.items():
        found.append(Difference(str(label), _plain(before.get(key)), _plain(after.get(key))))
    titles = before["title"], after["title"]
    for language, called in LANGUAGE_NAMES.items():
        what = _("Title (%(language)s)") % {"language": called}
        found.append(Difference(what, *(title.get(language, "") for title in titles)))
    found.append(Difference(str(_("Credit")), *(_credit(each) for each in (before, after))))
    return [each for each in found if each.before != each.after]


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _credit(snapshot: Mapping[str, Any]) -> str:
    return ", ".join(f"{line['type']} {line['hours']}" for line in snapshot.get("credit") or [])
