"""The forms of a person's own pages."""

import unicodedata
import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.private import DECLINED, QUESTIONS, Answers

# The zones of the United States, by the names that people use for them.
NEAR = (
    ("America/New_York", _("Eastern (New York, Raleigh)")),
    ("America/Chicago", _("Central (Chicago)")),
    ("America/Denver", _("Mountain (Denver)")),
    ("America/Phoenix", _("Mountain without summer time (Phoenix)")),
    ("America/Los_Angeles", _("Pacific (Los Angeles)")),
    ("America/Anchorage", _("Alaska (Anchorage)")),
    ("Pacific/Honolulu", _("Hawaii (Honolulu)")),
    ("America/Puerto_Rico", _("Atlantic (San Juan)")),
)
_REGIONS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")


def check_name(value: str) -> None:
    """A name of invisible characters alone is none: no certificate can be printed with it."""
    if all(unicodedata.category(character)[0] in "CZ" for character in value):
        raise ValidationError(forms.Field.default_error_messages["required"], code="required")


@cache
def _far() -> list[tuple[str, str]]:
    near = {zone for zone, _label in NEAR}
    zones = sorted(z for z in zoneinfo.available_timezones() if z.startswith(_REGIONS))
    return [(zone, zone.replace("_", " ")) for zone in zones if zone not in near]


def zones(present: str) -> list[tuple[str | Promise, Any]]:
    """What the list offers: near zones first, then all others, and always the one they have."""
    known = {zone for zone, _label in NEAR} | {zone for zone, _label in _far()}
    own = [] if present in known else [(present, present)]
    return [(_("United States"), [*own, *NEAR]), (_("Other places"), _far())]


class ProfileForm(forms.ModelForm):
    mark_optional = True

    class Meta:
        model = User
        fields = ["name", "certificate_name", "job_role", "language", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "language": forms.RadioSelect,
        }
        labels = {
            "name": _("Your name"),
            "certificate_name": _("Name on certificates"),
            "job_role": _("What you do"),
            "language": _("Language of pages and e-mails"),
            "time_zone": _("Your time zone"),
        }
        help_texts = {
            "certificate_name": _(
                "As it should be printed. Leave it empty to use your name. A certificate keeps "
                "the name it was issued with: a change here is for the next one."
            ),
            "time_zone": _("We show the times of webinars in this zone."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "certificate_name"):
            self.fields[name].validators.append(check_name)
        field = self.fields["job_role"]
        field.choices = [("", _("Choose one")), *User.Role.choices]  # type: ignore[attr-defined]
        zone = self.fields["time_zone"]
        self.fields["time_zone"] = forms.ChoiceField(
            label=zone.label,
            help_text=zone.help_text,
            choices=zones(self.instance.time_zone),
            error_messages={"invalid_choice": _("Choose a time zone from the list.")},
        )
        self.fields["language"].widget.choices = settings.LANGUAGES  # type: ignore[attr-defined]

    def save(self, commit: bool = True) -> User:
        """Only these columns: a role given in the meantime must not be written back."""
        self.instance.save(update_fields=self.Meta.fields)
        return self.instance


class AboutYouForm(forms.Form):
    """One question each with as many answers as fit, or none."""

    mark_optional = False

    def __init__(self, *args: Any, answers: Answers | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = answers or {}
        super().__init__(*args, **kwargs)
        for question in QUESTIONS:
            self.fields[question.key] = forms.MultipleChoiceField(
                label=question.words,
                choices=question.all_choices,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        for question, choices in list(answers.items()):
            if DECLINED in choices and len(choices) > 1:
                self.add_error(
                    question,
                    _("You chose an answer and “I prefer not to answer”. Keep one of the two."),
                )
        if "none" in answers.get("disability", []) and len(answers["disability"]) > 1:
            self.add_error("disability", _("You chose “No” and “Yes”. Keep one of the two."))
        return answers

    @property
    def answers(self) -> Answers:
        return {question.key: self.cleaned_data[question.key] for question in QUESTIONS}
