"""What people type in the room and at its console."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lms.text import Localised
from webinars.models import Poll
from webinars.room.polls import LETTERS


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


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _localised(english: str, spanish: str) -> Localised:
    return {"en": english, "es": spanish} if spanish else {"en": english}
