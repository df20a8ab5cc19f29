"""What people type in the room and at its console."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lms.text import Localised
from webinars.models import Poll, RoomSetup
from webinars.room.polls import LETTERS
from webinars.room.setup import STREAMS, address, stream


class _Keyed(forms.Form):
    """With a key from the page: sent twice, by a double press or a retry, it counts once."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    mark_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{self.name}-%s")
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4

    name = "form"

    @property
    def given_key(self) -> uuid.UUID:
        return self.cleaned_data["key"] or uuid.uuid4()


class QuestionForm(_Keyed):
    name = "ask"

    text = forms.CharField(
        label=_("Your question"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Write your question first.")},
    )
    anonymous = forms.BooleanField(
        label=_("Do not show my name to others"),
        required=False,
        help_text=_("Moderators can see it."),
    )

    def __init__(self, *args: Any, names_known: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not names_known:
            self.fields["anonymous"].help_text = _("Moderators cannot see it either.")


class MessageForm(_Keyed):
    name = "say"

    text = forms.CharField(
        label=_("Your message"),
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Write a message first.")},
    )


class AnswerForm(forms.Form):
    text = forms.CharField(max_length=1000, required=False)


class PollForm(_Keyed):
    """One choice per line; in Spanish as many lines, or none at all."""

    name = "poll"

    kind = forms.ChoiceField(
        label=_("Kind of poll"), choices=Poll.Kind, initial=Poll.Kind.SINGLE, required=False
    )
    question_en = forms.CharField(label=_("Question in English"), max_length=200)
    options_en = forms.CharField(
        label=_("Answers in English"),
        max_length=1000,
        required=False,
        help_text=_(
            "Two to eight, each on its own line. For a scale, two lines: what 1 means and what 5 "
            "means. For words that people type, leave it empty."
        ),
        widget=forms.Textarea({"rows": 4}),
    )
    question_es = forms.CharField(label=_("Question in Spanish"), max_length=200, required=False)
    options_es = forms.CharField(
        label=_("Answers in Spanish"),
        max_length=1000,
        required=False,
        help_text=_("In the same order."),
        widget=forms.Textarea({"rows": 4}),
    )
    right = forms.CharField(
        label=_("Right answers"),
        max_length=30,
        required=False,
        help_text=_(
            "To check what people know: the numbers of the right answers, such as 2 or 1, 3. They "
            "show after the poll is closed. Leave it empty when there is no right or wrong."
        ),
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Poll.Kind.SINGLE

    def clean_options_en(self) -> list[str]:
        lines = _lines(self.cleaned_data["options_en"])
        kind = self.cleaned_data.get("kind")
        if kind == Poll.Kind.WORDS:
            return []
        if kind == Poll.Kind.SCALE and len(lines) != 2:
            raise ValidationError(_("Give two lines: what 1 means and what 5 means."))
        if not 2 <= len(lines) <= len(LETTERS):
            raise ValidationError(_("Give two to eight answers, each on its own line."))
        if any(len(line) > 120 for line in lines):
            raise ValidationError(_("An answer can have 120 letters at most."))
        return lines

    def clean_options_es(self) -> list[str]:
        lines = _lines(self.cleaned_data["options_es"])
        given = self.cleaned_data.get("options_en", [])
        if lines and given and len(lines) != len(given):
            raise ValidationError(_("Give as many answers as in English, in the same order."))
        return lines if given else []

    def clean_right(self) -> list[int]:
        numbers = self.cleaned_data["right"].replace(",", " ").split()
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise ValidationError(_("Write numbers, such as 2 or 1, 3."))
        return [int(number) for number in numbers]

    @property
    def question(self) -> Localised:
        return _localised(self.cleaned_data["question_en"], self.cleaned_data["question_es"])

    @property
    def options(self) -> list[Localised]:
        english = self.cleaned_data["options_en"]
        spanish = self.cleaned_data["options_es"] or [""] * len(english)
        return [_localised(en, es) for en, es in zip(english, spanish, strict=True)]


class NoteForm(forms.Form):
    """To whoever presents, while they do."""

    text = forms.CharField(
        label=_("Note to the presenter"),
        max_length=1000,
        required=False,
        help_text=_("Only presenters and moderators see it. Send it empty to clear it."),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="note-%s")


class SetupForm(forms.Form):
    """How the room is; empty streams are none."""

    notice = forms.CharField(
        label=_("Notice to everybody"),
        max_length=300,
        required=False,
        help_text=_("It stands above the video until you clear it."),
        widget=forms.Textarea({"rows": 2}),
    )
    materials = forms.CharField(
        label=_("Materials"),
        max_length=4000,
        required=False,
        help_text=_("One on each line: the title, a space and the address."),
        widget=forms.Textarea({"rows": 4}),
    )
    presenter_notes = forms.CharField(
        label=_("Notes to the presenter"),
        max_length=1000,
        required=False,
        help_text=_("Only presenters and moderators see them."),
        widget=forms.Textarea({"rows": 2}),
    )
    backup = forms.CharField(
        label=_("Backup stream"),
        max_length=300,
        required=False,
        help_text=_("If the video fails, one press at the console moves everybody here."),
    )
    asl = forms.CharField(
        label=_("Stream with American Sign Language"), max_length=300, required=False
    )
    es = forms.CharField(
        label=_("Stream with a Spanish interpreter"), max_length=300, required=False
    )
    slow_seconds = forms.TypedChoiceField(
        label=_("Slow mode of the chat"),
        coerce=int,
        choices=[
            (0, _("off")),
            (10, _("one message in 10 seconds")),
            (30, _("one message in 30 seconds")),
            (60, _("one message a minute")),
        ],
    )
    links = forms.BooleanField(label=_("People may write links in the chat"), required=False)
    names_known = forms.BooleanField(
        label=_("Moderators see who asks without a name"),
        required=False,
        help_text=_("The form tells people so. A change is for questions asked from then on."),
    )

    def __init__(self, data: Any, *, setup: RoomSetup) -> None:
        self.setup = setup
        initial = {
            name: getattr(setup, name)
            for name in ("notice", "presenter_notes", "slow_seconds", "links", "names_known")
        }
        initial |= {name: address(setup.streams.get(name, {})) for name in STREAMS}
        initial["materials"] = "\n".join(f"{m['title']} {m['url']}" for m in setup.materials)
        super().__init__(data, initial=initial, auto_id="setup-%s")

    def clean_materials(self) -> list[dict[str, str]]:
        found = []
        for line in self.cleaned_data["materials"].splitlines():
            title, _space, url = " ".join(line.split()).rpartition(" ")
            if not line.strip():
                continue
            if not title or not _is_address(url):
                raise ValidationError(
                    _("Each line needs a title, a space and an address with https://.")
                )
            found.append({"title": title[:120], "url": url})
        return found

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in STREAMS:
            if said.get(name) and not _is_address(said[name]):
                self.add_error(name, _("Enter an address that begins with https://."))
        return said

    @property
    def wanted(self) -> dict[str, Any]:
        said = self.cleaned_data
        kept = (
            "notice", "presenter_notes", "materials", "slow_seconds", "links", "names_known",
        )  # fmt: skip
        streams = {name: stream(said[name]) for name in STREAMS if said[name]}
        return {name: said[name] for name in kept} | {"streams": streams}


def _is_address(text: str) -> bool:
    """On this site, or elsewhere over https."""
    return bool(re.fullmatch(r"https://[^\s/]+\.[^\s]+|/(?![/\\])\S*", text))


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _localised(english: str, spanish: str) -> Localised:
    return {"en": english, "es": spanish} if spanish else {"en": english}
