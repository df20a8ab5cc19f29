from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.models import Course
from insights.models import EvidencePack
from lms.text import said
from people.models import Organisation, User


class _ByTitle(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(said(obj.title))


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PackForm(forms.Form):
    """What a pack is about: one of three, and from which day to which."""

    mark_optional = False  # what has to be filled in depends on the first answer

    key = forms.UUIDField(widget=forms.HiddenInput)
    about = forms.ChoiceField(
        label=_("What it is about"), choices=EvidencePack.About, widget=forms.RadioSelect
    )
    email = forms.EmailField(
        label=_("The person's e-mail address"),
        required=False,
        help_text=_("If it is about one person."),
    )
    course = _ByTitle(
        Course.objects.none(),
        label=_("The course"),
        required=False,
        empty_label=_("Choose one"),
        help_text=_("If it is about one course."),
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("The organization"),
        required=False,
        empty_label=_("Choose one"),
        help_text=_("If it is about one organization. Then we need both days, too."),
    )
    first = forms.DateField(
        label=_("From"),
        required=False,
        widget=_day(),
        help_text=_("For a person or a course, leave the days empty to have everything."),
    )
    last = forms.DateField(label=_("Until"), required=False, widget=_day())
    why = forms.CharField(
        label=_("What it is for"),
        max_length=300,
        help_text=_("For the audit trail and the first page of the pack."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courses = Course.objects.filter(versions__isnull=False).distinct().order_by("slug")
        self.fields["course"].queryset = courses  # type: ignore[attr-defined]
        organisations = Organisation.objects.order_by("name")
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        about = given.get("about")
        field = {"person": "email"}.get(str(about), about)
        if about and field and not given.get(field) and field not in self.errors:
            self.add_error(field, gettext("Say which one."))
        if about == EvidencePack.About.ORGANISATION:
            for name in ("first", "last"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, gettext("Say from which day to which."))
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", gettext("This day is before the first one."))
        if about == EvidencePack.About.PERSON and given.get("email"):
            given["person"] = User.objects.filter(email=given["email"].lower()).first()
            if given["person"] is None:
                self.add_error("email", gettext("Nobody has this address."))
        return given

    @property
    def wanted(self) -> dict[str, Any]:
        """As `packing.ask` takes it: the one subject, and the days."""
        given = self.cleaned_data
        subject = {name: given.get(name) for name in ("person", "course", "organisation")}
        about = given["about"]
        return {
            "key": given["key"],
            "about": about,
            "why": given["why"],
            "first": given["first"],
            "last": given["last"],
            about: subject[about],
        }
