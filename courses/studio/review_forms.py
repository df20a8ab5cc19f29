"""Forms about the review of a draft, and about who does what in a course."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.duties import Duty
from people.models import User

LONGEST = 2000


def _words(label: Any, help_text: Any, **more: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3})
    more = {"required": False, "max_length": LONGEST, **more}
    return forms.CharField(label=label, help_text=help_text, widget=area, **more)


def _revision() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class AskForm(forms.Form):
    note = _words(_("Note for the reviewer"), _("What changed, and what to look at most."))
    revision = _revision()

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_ask_%s")


class DecideForm(forms.Form):
    """`decision` is the button that was pressed."""

    answer = _words(_("Your note"), _("Needed when you send it back: say what should change."))
    decision = forms.ChoiceField(choices=[("approve", "approve"), ("return", "return")])
    revision = _revision()

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_review_%s")


class TeamForm(forms.Form):
    """A box for each trainer and duty; `rows` lays them out as a table."""

    review_needed = forms.BooleanField(
        label=_("This course needs a review before it is published"), required=False
    )
    base = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, people: list[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        choices = [(str(person.uuid), person.name) for person in people]
        for duty in Duty.values:
            self.fields[duty] = forms.MultipleChoiceField(choices=choices, required=False)

    @property
    def named(self) -> dict[str, set[int]]:
        keys = {str(person.uuid): person.pk for person in self.people}
        return {duty: {keys[one] for one in self.cleaned_data[duty]} for duty in Duty.values}

    def rows(self) -> list[dict[str, Any]]:
        chosen = {duty: set(self[duty].value() or []) for duty in Duty.values}
        return [
            {
                "person": person,
                "boxes": [
                    (duty, label, str(person.uuid) in chosen[duty]) for duty, label in Duty.choices
                ],
            }
            for person in self.people
        ]
