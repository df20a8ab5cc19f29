"""The form about a block of any kind. Its parts are rows; an empty row is left out.

Nothing but the line of a details block and the address of a video is required: an editor that saves
by itself must take half-written work. What is missing stands in the advice before publishing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from string import ascii_lowercase
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.conf import settings
from django.db.models import Q
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.media.placing import placed
from courses.models import Block, Media
from courses.studio.bilingual import illustrated_text, line, lines
from courses.studio.editing import mark_of
from courses.studio.forms import MarkedForm
from lms.text import said

YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "youtu.be", "youtube-nocookie.com"}
YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")
PART_ID = re.compile(r"[a-z0-9-]{1,40}")
FEWEST_PARTS = {"accordion": 2, "glossary": 3, "check": 3, "scenario": 3}
MOST_PARTS = {"accordion": 20, "glossary": 60, "check": 10, "scenario": 20}
CHOICES = 3  # of a scene
_OF_A_PART = re.compile(r"(id|item|text|right|choice|to)_(\d{1,2})((?:_.*)?)")


@dataclass(frozen=True)
class PartRow:
    """One part as the template shows it: pairs of fields, and single ones between them."""

    legend: str
    id: BoundField
    pairs: list[list[BoundField]]
    right: BoundField | None = None
    choices: tuple[tuple[list[BoundField], BoundField], ...] = ()


class BlockForm(MarkedForm):
    """What a block says. A details block needs the line it opens by; a video has an address."""

    def __init__(self, block: Block, *args: Any, rows: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.block = block
        self.rows = 0
        self.fields["base"].initial = mark_of(block)
        match block.kind:
            case Block.Kind.VIDEO:
                self.both("title", _("Title of the video"), line(), block.title, required=True)
                self._from_library(block, Media.Kind.VIDEO, _("A video of the library"))
                self._film(block)
            case Block.Kind.IMAGE:
                self._from_library(block, Media.Kind.IMAGE, _("Picture"))
                self.fields["decorative"] = forms.BooleanField(
                    label=_("It only decorates: screen readers may leave it out"),
                    required=False,
                    initial=bool(block.settings.get("decorative")),
                )
                self.both("body", _("Caption under it"), illustrated_text, block.body)
            case Block.Kind.AUDIO:
                self.both("title", _("Title of the sound"), line(), block.title)
                self._from_library(block, Media.Kind.AUDIO, _("Sound"))
            case Block.Kind.FILE:
                self.both("title", _("Words of the link"), line(), block.title)
                self._from_library(block, Media.Kind.FILE, _("File"))
                self.both("body", _("What is in it"), illustrated_text, block.body)
            case Block.Kind.DETAILS:
                self.both("title", _("The line it opens by"), line(), block.title, required=True)
                self.both("body", _("Text"), illustrated_text, block.body)
            case Block.Kind.CALLOUT:
                self.both("title", _("Title"), line(), block.title)
                self.both("body", _("Text"), illustrated_text, block.body)
            case Block.Kind.ACCORDION | Block.Kind.GLOSSARY:
                self.both("title", _("Title"), line(), block.title)
                self._rows(rows, block.settings.get("items", []), self._item)
            case Block.Kind.CHECK:
                self.both("body", _("Question"), illustrated_text, block.body)
                self._rows(rows, block.settings.get("options", []), self._option)
                stored = block.settings.get("explanation")
                self.both("explanation", _("Why it is so"), lines(3), stored)
            case Block.Kind.SCENARIO:
                self.both("title", _("Title"), line(), block.title)
                self.both("body", _("Introduction"), illustrated_text, block.body)
                self._rows(rows, block.settings.get("scenes", []), self._scene)
            case Block.Kind.DISCUSSION:
                self.both("body", _("What to talk about"), illustrated_text, block.body)
            case Block.Kind.REFLECTION:
                self.both("body", _("Question to think about"), illustrated_text, block.body)
            case _text:
                self.both("body", _("Text"), illustrated_text, block.body)

    def _rows(
        self,
        wanted: int,
        stored: Sequence[Mapping[str, Any]],
        add: Callable[[int, Mapping[str, Any]], None],
    ) -> None:
        kind = self.block.kind
        self.rows = min(max(len(stored), FEWEST_PARTS[kind], wanted), MOST_PARTS[kind])
        names = [part["id"] for part in stored]
        # A new row has its name before it is saved: choices of a scenario lead to it.
        free = (name for name in map(str, count(1)) if name not in names)
        names += [next(free) for _n in range(len(stored), self.rows)]
        for n in range(self.rows if self.is_bound else 0):
            # In the order that was sent: a part may have changed places.
            if PART_ID.fullmatch(sent := self.data.get(f"id_{n}", "")):
                names[n] = sent
        self._names = names
        self.fields["rows"] = forms.IntegerField(
            widget=forms.HiddenInput, min_value=0, max_value=MOST_PARTS[kind], initial=self.rows
        )
        for n in range(self.rows):
            self.fields[f"id_{n}"] = forms.RegexField(
                PART_ID, required=False, widget=forms.HiddenInput, initial=names[n]
            )
            add(n, stored[n] if n < len(stored) else {})

    def _item(self, n: int, stored: Mapping[str, Any]) -> None:
        if self.block.kind == Block.Kind.GLOSSARY:
            self.both(f"item_{n}", _("Term"), line(), stored.get("title"))
            self.both(f"text_{n}", _("What it means"), lines(2, 1000), stored.get("body"))
        else:
            self.both(f"item_{n}", _("Heading"), line(), stored.get("title"))
            self.both(f"text_{n}", _("Text"), illustrated_text, stored.get("body"))

    def _option(self, n: int, stored: Mapping[str, Any]) -> None:
        self.both(f"item_{n}", _("Answer"), line(500), stored.get("text"))
        self.fields[f"right_{n}"] = forms.BooleanField(
            label=_("This is right"), required=False, initial=bool(stored.get("right"))
        )
        self.both(f"text_{n}", _("Feedback"), lines(2, 1000), stored.get("feedback"))

    def _scene(self, n: int, stored: Mapping[str, Any]) -> None:
        self.both(f"item_{n}", _("What happens"), lines(3, 2000), stored.get("text"))
        choices = stored.get("choices", [])
        leads: list[tuple[str, Any]] = [("", _("The story ends"))]
        leads += [
            (name, gettext("Scene %(number)s") % {"number": m})
            for m, name in enumerate(self._names, 1)
            if m != n + 1
        ]
        for m in range(max(CHOICES, len(choices))):
            choice = choices[m] if m < len(choices) else {}
            label = gettext("Choice %(number)s") % {"number": m + 1}
            self.both(f"choice_{n}_{m}", label, line(300), choice.get("text"))
            self.fields[f"to_{n}_{m}"] = forms.ChoiceField(
                label=gettext("Choice %(number)s leads to") % {"number": m + 1},
                choices=leads,
                required=False,
                initial=choice.get("to", ""),
            )

    @property
    def head(self) -> list[list[BoundField]]:
        """The pairs above the rows."""
        return [self.pair(name) for name in self._pairs if name in {"title", "body", "captions"}]

    @property
    def foot(self) -> list[list[BoundField]]:
        return [self.pair(name) for name in self._pairs if name == "explanation"]

    @property
    def parts(self) -> list[PartRow]:
        return [self._part(n) for n in range(self.rows)]

    @property
    def may_grow(self) -> bool:
        return 0 < self.rows < MOST_PARTS[self.block.kind]

    def _part(self, n: int) -> PartRow:
        kind, number = self.block.kind, {"number": n + 1}
        legend = {
            Block.Kind.GLOSSARY: gettext("Term %(number)s"),
            Block.Kind.CHECK: gettext("Answer %(number)s"),
            Block.Kind.SCENARIO: gettext("Scene %(number)s"),
        }.get(Block.Kind(kind), gettext("Part %(number)s")) % number
        if kind == Block.Kind.SCENARIO:
            choices = tuple(
                (self.pair(f"choice_{n}_{m}"), self[f"to_{n}_{m}"])
                for m in takewhile(lambda m: f"to_{n}_{m}" in self.fields, count())
            )
            return PartRow(legend, self[f"id_{n}"], [self.pair(f"item_{n}")], None, choices)
        right = self[f"right_{n}"] if f"right_{n}" in self.fields else None
        pairs = [self.pair(f"item_{n}"), self.pair(f"text_{n}")]
        return PartRow(legend, self[f"id_{n}"], pairs, right)

    def _from_library(self, block: Block, kind: str, label: Any) -> None:
        """Choose a file of the course; one that has left the library since may stay."""
        course = block.lesson.module.draft.course
        chosen = str(block.settings.get("media", ""))
        files = Media.objects.filter(course=course, kind=kind)
        self.fields["media"] = forms.ModelChoiceField(
            files.filter(Q(removed_at=None) | Q(uuid=chosen or None)),
            to_field_name="uuid",
            label=label,
            required=False,
            initial=chosen,
            empty_label=_("None chosen"),
            help_text=_("Add files under «Media» of this course."),
        )

    def _film(self, block: Block) -> None:
        stored = block.settings
        address = (
            f"https://youtu.be/{stored['id']}"
            if stored.get("provider") == "youtube"
            else said(block.body, "en")
        )
        self.fields["address"] = forms.CharField(
            label=_("Or the address of a video"),
            max_length=500,
            required=False,
            initial=address,
            help_text=_("A YouTube link, or the path of a video file on this site."),
        )
        self.both(
            "captions",
            _("Captions file"),
            lambda: forms.CharField(max_length=500, validators=[_path_here]),
            stored.get("captions"),
        )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().removeprefix(settings.SITE_URL)
        if not address and self.cleaned_data.get("media"):
            return ""
        if youtube_id(address) or (address.startswith("/") and not address.startswith("//")):
            return address
        raise forms.ValidationError(
            gettext("Paste a YouTube link, or a path on this site that starts with «/».")
        )

    @property
    def values(self) -> dict[str, Any]:
        kept = dict(self.block.settings)
        title = self.said("title") if "title_en" in self.fields else self.block.title
        if "media" in self.fields:
            kept = placed(kept, self.cleaned_data["media"])
        if self.block.kind == Block.Kind.IMAGE:
            kept.pop("decorative", None)
            if self.cleaned_data["decorative"]:
                kept["decorative"] = True
        if self.block.kind != Block.Kind.VIDEO:
            body = self.said("body") if "body_en" in self.fields else self.block.body
            return {"title": title, "body": body, "settings": kept | self._sent_parts()}
        address = self.cleaned_data["address"]
        for name in ("provider", "id", "captions"):
            kept.pop(name, None)
        body = {}
        if film := youtube_id(address):
            kept |= {"provider": "youtube", "id": film}
        elif address:
            body = {"en": address}
        if captions := self.said("captions"):
            kept["captions"] = captions
        return {"title": title, "body": body, "settings": kept}

    def _sent_parts(self) -> dict[str, Any]:
        match self.block.kind:
            case Block.Kind.ACCORDION | Block.Kind.GLOSSARY:
                return {"items": self._items()}
            case Block.Kind.CHECK:
                return {"options": self._options(), "explanation": self.said("explanation")}
            case Block.Kind.SCENARIO:
                return {"scenes": self._scenes()}
            case _no_parts:
                return {}

    def _items(self) -> list[dict[str, Any]]:
        rows = [
            {"id": name, "title": self.said(f"item_{n}"), "body": self.said(f"text_{n}")}
            for n, name in self._sent_names()
        ]
        return [row for row in rows if row["title"] or row["body"]]

    def _options(self) -> list[dict[str, Any]]:
        rows = [
            {
                "id": name,
                "text": self.said(f"item_{n}"),
                "right": self.cleaned_data[f"right_{n}"],
                "feedback": self.said(f"text_{n}"),
            }
            for n, name in self._sent_names()
        ]
        return [row for row in rows if row["text"]]

    def _scenes(self) -> list[dict[str, Any]]:
        scenes = []
        for n, name in self._sent_names():
            choices = [
                {
                    "id": ascii_lowercase[m],
                    "text": self.said(f"choice_{n}_{m}"),
                    "to": self.cleaned_data[f"to_{n}_{m}"],
                }
                for m in takewhile(lambda m, n=n: f"to_{n}_{m}" in self.fields, count())  # type: ignore[misc]
            ]
            choices = [choice for choice in choices if choice["text"]]
            if choices or self.said(f"item_{n}"):
                scenes.append({"id": name, "text": self.said(f"item_{n}"), "choices": choices})
        return scenes

    def _sent_names(self) -> list[tuple[int, str]]:
        """The rows with their names; one that stands there twice gets a new one."""
        taken: set[str] = set()
        names = []
        for n in range(self.rows):
            name = self.cleaned_data[f"id_{n}"] or self._names[n]
            if name in taken:
                name = next(free for free in map(str, count(1)) if free not in taken)
            taken.add(name)
            names.append((n, name))
        return names


def shifted(data: Mapping[str, Any], n: int, m: int) -> QueryDict:
    """What was sent, with the parts n and m in each other's place."""
    places = {n: m, m: n}
    moved = QueryDict(mutable=True)
    for name, values in QueryDict.copy(data).lists():  # type: ignore[arg-type]
        if found := _OF_A_PART.fullmatch(name):
            place = int(found[2])
            name = f"{found[1]}_{places.get(place, place)}{found[3]}"
        moved.setlist(name, values)
    return moved


def youtube_id(address: str) -> str:
    """The video's id in any of the forms that a YouTube link has; empty when it is none."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme != "https" or host not in YOUTUBE_HOSTS:
        return ""
    if host == "youtu.be":
        found = parts.path.strip("/")
    elif parts.path == "/watch":
        found = parse_qs(parts.query).get("v", [""])[0]
    else:
        found = parts.path.removeprefix("/embed/").removeprefix("/shorts/").strip("/")
    return found if YOUTUBE_ID.fullmatch(found) else ""


def _path_here(value: str) -> None:
    if not value.startswith("/") or value.startswith("//"):
        raise forms.ValidationError(gettext("Give a path on this site that starts with «/»."))
