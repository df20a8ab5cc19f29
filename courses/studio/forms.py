"""The forms about courses, modules, lessons and blocks. Questions have their own file."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.clock_rules import LONGEST
from courses.models import Block, Course, CourseVersion, Draft, Lesson, Module
from courses.studio.bilingual import (
    LANGUAGE_NAMES,
    BilingualForm,
    RichTextField,
    line,
    lines,
    unix_lines,
)
from courses.studio.editing import mark_of
from library.models import CompetencyDomain, Practice
from lms.forms import ChosenRows
from lms.html import trusted
from lms.text import said
from lms.zones import zone_name

FEWEST_OUTCOMES, MOST_OUTCOMES = 3, 12


class Titles(ChosenRows):
    def label_from_instance(self, obj: Any) -> str:
        return said(obj.title)


class KeyedForm(BilingualForm):
    """Carries the uuid of the row it will make: sending it twice makes one row."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4


class MarkedForm(BilingualForm):
    """Carries the mark of what its author began from."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=20)


class NewCourseForm(KeyedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.both("title", _("Title"), line(), required=True)
        self.fields["slug"] = forms.SlugField(
            label=_("Address"),
            max_length=80,
            required=False,
            help_text=_(
                "The last part of the course's web address. It cannot be changed later. "
                "Leave it empty to make it from the English title."
            ),
        )
        self.fields["format"] = _format_field()
        self.fields["hours"] = _hours_field()


class DetailsForm(MarkedForm):
    """The head of a course. Learning outcomes are rows; an empty one is left out."""

    def __init__(self, draft: Draft, *args: Any, rows: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = mark_of(draft)
        self.both("title", _("Title"), line(), draft.title, required=True)
        self.both("summary", _("Summary"), lines(3, 600), draft.summary)
        self.both("about", _("About this course"), RichTextField, draft.about)
        self.rows = min(max(len(draft.outcomes), FEWEST_OUTCOMES, rows), MOST_OUTCOMES)
        for n in range(self.rows):
            stored = draft.outcomes[n] if n < len(draft.outcomes) else {}
            label = gettext("Learning outcome %(number)s") % {"number": n + 1}
            self.both(f"outcome_{n}", label, line(300), stored)
        self.fields["rows"] = forms.IntegerField(
            widget=forms.HiddenInput, min_value=0, max_value=MOST_OUTCOMES, initial=self.rows
        )
        self.fields["format"] = _format_field(draft.format)
        self.fields["hours"] = _hours_field(draft.hours)
        self.fields["languages"] = forms.MultipleChoiceField(
            label=_("Languages"),
            choices=list(LANGUAGE_NAMES.items()),
            initial=draft.languages,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one language.")},
        )
        self.fields["working_title"] = forms.BooleanField(
            label=_("This is a working title"), required=False, initial=draft.working_title
        )
        self.fields["practices"] = Titles(
            Practice.objects.order_by("number"),
            label=_("Strategic practices"),
            required=False,
            initial=list(draft.practices.values_list("pk", flat=True)),
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["competencies"] = Titles(
            CompetencyDomain.objects.order_by("number"),
            label=_("Core competency domains"),
            required=False,
            initial=list(draft.competencies.values_list("pk", flat=True)),
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def outcome_pairs(self) -> list[list[BoundField]]:
        return [self.pair(f"outcome_{n}") for n in range(self.rows)]

    @property
    def may_grow(self) -> bool:
        return self.rows < MOST_OUTCOMES

    @property
    def values(self) -> dict[str, Any]:
        outcomes = [self.said(f"outcome_{n}") for n in range(self.rows)]
        plain = ("format", "hours", "languages", "working_title")
        return {
            "title": self.said("title"),
            "summary": self.said("summary"),
            "about": self.said("about"),
            "outcomes": [outcome for outcome in outcomes if outcome],
            **{name: self.cleaned_data[name] for name in plain},
        }


class NewModuleForm(KeyedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.both("title", _("Title"), line(), required=True)


class NewLessonForm(NewModuleForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=Lesson.Kind.choices)


class NewBlockForm(KeyedForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=Block.Kind.choices)


class RenameForm(MarkedForm):
    """A lesson's title alone, where it stands in the outline."""

    def __init__(self, lesson: Lesson, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = mark_of(lesson)
        self.both("title", _("Title"), line(), lesson.title, required=True)


class ModuleForm(MarkedForm):
    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = mark_of(module)
        self.both("title", _("Title"), line(), module.title, required=True)
        self.both("summary", _("Summary"), lines(3, 600), module.summary)

    @property
    def values(self) -> dict[str, Any]:
        return {"title": self.said("title"), "summary": self.said("summary")}


class LessonForm(MarkedForm):
    """What is around a lesson: its name, address and length, and the rules of a quiz."""

    def __init__(self, lesson: Lesson, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lesson = lesson
        self.fields["base"].initial = mark_of(lesson)
        self.both("title", _("Title"), line(), lesson.title, required=True)
        self.fields["slug"] = forms.SlugField(
            label=_("Address"),
            max_length=80,
            initial=lesson.slug,
            help_text=_(
                "The last part of the lesson's web address. Bookmarks to it end when you change it."
            ),
        )
        self.fields["minutes"] = forms.IntegerField(
            label=_("Minutes it takes"), min_value=1, max_value=1000, initial=lesson.minutes
        )
        self.fields["required"] = forms.BooleanField(
            label=_("Required to complete the course"), required=False, initial=lesson.required
        )
        if lesson.kind in {Lesson.Kind.QUIZ, Lesson.Kind.EVALUATION}:
            self.both("intro", _("Introduction"), lines(4, 3000), lesson.settings.get("intro"))
        if lesson.kind == Lesson.Kind.QUIZ:
            self._rules_of_a_quiz(lesson.settings)

    def _rules_of_a_quiz(self, stored: Mapping[str, Any]) -> None:
        self.fields["pass_percent"] = forms.IntegerField(
            label=_("Percent needed to pass"),
            min_value=0,
            max_value=100,
            initial=stored.get("pass_percent", 80),
        )
        self.fields["attempts"] = forms.IntegerField(
            label=_("How often a learner may try"),
            min_value=0,
            max_value=20,
            initial=stored.get("attempts", 0),
            help_text=_("0 means as often as they like."),
        )
        self.fields["time_limit"] = forms.IntegerField(
            label=_("Minutes for one try"),
            required=False,
            min_value=0,
            max_value=LONGEST,
            initial=stored.get("time_limit", 0),
            help_text=_("0 means as long as they like. People who need more time can get it."),
        )
        self.fields["shuffle"] = forms.BooleanField(
            label=_("Mix the order of the answers"),
            required=False,
            initial=stored.get("shuffle", False),
        )
        self.fields["shuffle_questions"] = forms.BooleanField(
            label=_("Mix the order of the questions"),
            required=False,
            initial=stored.get("shuffle_questions", False),
        )

    @property
    def values(self) -> dict[str, Any]:
        kept = dict(self.lesson.settings)
        for name in ("pass_percent", "attempts", "time_limit", "shuffle", "shuffle_questions"):
            if name not in self.fields:
                continue
            # What stands nowhere is not written down as long as it is what it would be anyway.
            typed = self.cleaned_data[name]
            typed = 0 if typed is None else typed  # left empty
            if name in kept or typed != self.fields[name].initial:
                kept[name] = typed
        if "intro_en" in self.fields:
            if intro := self.said("intro"):
                kept["intro"] = intro
            else:
                kept.pop("intro", None)
        return {
            "title": self.said("title"),
            "slug": self.cleaned_data["slug"],
            "minutes": self.cleaned_data["minutes"],
            "required": self.cleaned_data["required"],
            "settings": kept,
        }


class SiteTimeField(forms.DateTimeField):
    """A moment in the zone of the site, whoever types it."""

    def clean(self, value: Any) -> Any:
        with timezone.override(timezone.get_default_timezone()):
            return super().clean(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(timezone.get_default_timezone()):
            return super().prepare_value(value)


class PublishForm(forms.Form):
    """How a new version reaches people. The policy is asked for when there is a version before."""

    policy = forms.ChoiceField(
        label=_("What about people who have this course?"), choices=CourseVersion.Policy.choices
    )
    due_on = forms.DateField(
        label=_("Done by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for a required version: by when people should do what is new."),
    )
    at = SiteTimeField(
        label=_("Publish at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    note = forms.CharField(
        label=_("Note for the history"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What changed and why, for your colleagues."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, first: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first:  # nobody can be under way yet
            del self.fields["policy"], self.fields["due_on"]
        self.fields["at"].help_text = gettext(
            "Leave it empty to publish now. The time is in %(zone)s."
        ) % {"zone": zone_name(timezone.get_default_timezone_name())}

    def clean_due_on(self) -> date | None:
        due: date | None = self.cleaned_data["due_on"]
        if due is not None and due < timezone.localdate():
            raise forms.ValidationError(gettext("Choose a day that is still to come."))
        return due


@dataclass(frozen=True)
class Difference:
    """A field whose stored words are not the ones in the form."""

    label: str
    stored: str
    language: str
    rich: bool  # author HTML; everything else is shown as it was typed

    @property
    def html(self) -> str:
        return trusted(self.stored)


def differences(mine: forms.Form, theirs: forms.Form) -> list[Difference]:
    """What someone else saved meanwhile, where it is not what this form says."""
    found = []
    for name, field in theirs.fields.items():
        if name not in mine.fields or isinstance(field.widget, forms.HiddenInput):
            continue
        if isinstance(field, forms.FileField):
            continue
        stored, ours = field.initial, mine.cleaned_data.get(name)
        if isinstance(field, Titles):
            stored = set(stored or [])
            ours = {row.pk for row in ours or []}
        if isinstance(stored, str) and isinstance(ours, str):
            stored, ours = stored.strip(), unix_lines(ours)
        if (stored or "") != (ours or ""):
            found.append(
                Difference(
                    label=str(field.label),
                    stored=_in_words(field, field.initial),
                    language=str(field.widget.attrs.get("lang", "")),
                    rich=isinstance(field, RichTextField),
                )
            )
    return found


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(field, forms.ChoiceField | forms.ModelMultipleChoiceField):
        chosen = {str(one) for one in (value if isinstance(value, list) else [value])}
        labels: Any = field.choices
        return ", ".join(str(label) for key, label in labels if str(key) in chosen)
    return str(value if value is not None else "")


def _format_field(stored: str = Course.Format.SELF_PACED) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Kind of course"), choices=Course.Format.choices, initial=stored
    )


def _hours_field(stored: Any = None) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Hours it counts for"),
        min_value=0,
        max_value=500,
        max_digits=5,
        decimal_places=2,
        initial=stored,
        help_text=_("This is what the certificate says."),
    )
