"""What credit administrators and learners type about credit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from courses.models import CreditAward, CreditType, Evidence
from lms.text import said

LONGEST_RANGE = 366  # days of one report
LOCALISED = ("name", "unit", "number_name", "note")
_KIND = Evidence.Kind
NEEDED = (_KIND.FINISHED, _KIND.PASSED, _KIND.ATTENDED, _KIND.EVALUATED)


class _ByName(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{said(obj.name)} ({obj.body})"


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ApprovalForm(forms.Form):
    """An approval that a board has given. There is no field for one that was only asked for."""

    credit_type = _ByName(
        CreditType.objects.none(), label=_("Kind of credit"), empty_label=_("Choose one")
    )
    hours = forms.DecimalField(
        label=_("How much the board approved"),
        max_digits=6,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("In the board's own unit. It is cut down to the board's smallest step."),
    )
    category = forms.CharField(
        label=_("Category"),
        max_length=60,
        required=False,
        help_text=_("As the board says it, for example “Category I” or “advanced level”."),
    )
    provider_name = forms.CharField(label=_("Provider's name"), max_length=200)
    provider_number = forms.CharField(label=_("Provider number"), max_length=60, required=False)
    event_number = forms.CharField(label=_("Event number"), max_length=60, required=False)
    statement_en = forms.CharField(
        label=_("Statement in English"),
        max_length=600,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The words that the board asks for on certificates."),
    )
    statement_es = forms.CharField(
        label=_("Statement in Spanish"),
        max_length=600,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    valid_from = forms.DateField(label=_("Approved from"), widget=_Day())
    valid_to = forms.DateField(
        label=_("Approved until"),
        widget=_Day(),
        required=False,
        help_text=_("The last day on which a completion earns this credit."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credit_type"].queryset = CreditType.objects.all()  # type: ignore[attr-defined]
        self.fields["provider_name"].initial = settings.PROVIDER_NAME
        self.fields["valid_from"].initial = timezone.localdate()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("valid_from"), given.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", gettext("This day is before the first one."))
        kind = given.get("credit_type")
        if kind is not None and kind.reporting == CreditType.Reporting.PROVIDER:
            for name in ("provider_number", "event_number"):
                if not given.get(name):
                    self.add_error(name, gettext("This board wants the number on certificates."))
        if given.get("statement_es") and not given.get("statement_en"):
            self.add_error("statement_en", gettext("Write it in English too."))
        return given

    @property
    def terms(self) -> dict[str, Any]:
        """As `crediting.approve` takes them."""
        given = dict(self.cleaned_data)
        given.pop("credit_type")
        words = {"en": given.pop("statement_en"), "es": given.pop("statement_es")}
        return {**given, "statement": {k: v for k, v in words.items() if v}}


class RulesForm(forms.Form):
    """A kind of credit and what its board asks for."""

    base = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=20,
        help_text=_("Small letters, digits and hyphens, such as “ches”. It stays as it is."),
    )
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    name_es = forms.CharField(label=_("Name in Spanish"), max_length=120)
    unit_en = forms.CharField(
        label=_("Unit in English"), max_length=120, help_text=_("As in “2 contact hours”.")
    )
    unit_es = forms.CharField(label=_("Unit in Spanish"), max_length=120)
    body = forms.CharField(label=_("Board"), max_length=120)
    step = forms.DecimalField(
        label=_("Smallest step"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Credit is always cut down to whole steps."),
    )
    minutes_per_unit = forms.IntegerField(
        label=_("Minutes in one unit"), min_value=1, max_value=600, initial=60
    )
    needs = forms.MultipleChoiceField(
        label=_("What a course must have asked for"),
        choices=[(kind.value, kind.label) for kind in NEEDED],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked: completion alone."),
    )
    claimed = forms.BooleanField(
        label=_("People say themselves how much they claim"), required=False
    )
    reporting = forms.ChoiceField(
        label=_("Who reports it"),
        choices=CreditType.Reporting.choices,
        initial=CreditType.Reporting.LEARNER,
    )
    number_name_en = forms.CharField(
        label=_("What people's own number is called, in English"),
        max_length=80,
        required=False,
        help_text=_("Such as “CHES number”. Empty: they have none."),
    )
    number_name_es = forms.CharField(
        label=_("What people's own number is called, in Spanish"), max_length=80, required=False
    )
    cycle_years = forms.IntegerField(
        label=_("Years of a cycle"), min_value=1, max_value=20, required=False
    )
    retention_years = forms.IntegerField(
        label=_("Years for which records are kept"), min_value=1, max_value=50, initial=7
    )
    note_en = forms.CharField(
        label=_("What administrators should know, in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    note_es = forms.CharField(
        label=_("What administrators should know, in Spanish"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    source = forms.CharField(
        label=_("Where these rules were read"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data: Any, *, kind: CreditType | None) -> None:
        super().__init__(data, initial=_as_typed(kind) if kind else None)
        if kind is not None:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        if CreditType.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a kind of credit with this short name."))
        return slug

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("number_name", "note"):
            for language, other in (("en", "es"), ("es", "en")):
                if given.get(f"{name}_{language}") and not given.get(f"{name}_{other}"):
                    self.add_error(
                        f"{name}_{other}", gettext("Write it in both languages, or in neither.")
                    )
        return given

    @property
    def rules(self) -> dict[str, Any]:
        """As `crediting.keep_type` takes them."""
        given = dict(self.cleaned_data)
        for name in LOCALISED:
            words = {language: given.pop(f"{name}_{language}") for language in ("en", "es")}
            given[name] = {language: text for language, text in words.items() if text}
        return given


def _as_typed(kind: CreditType) -> dict[str, Any]:
    plain = ("body", "step", "minutes_per_unit", "needs", "claimed", "reporting", "cycle_years")
    typed = {name: getattr(kind, name) for name in (*plain, "retention_years", "source")}
    for name in LOCALISED:
        for language in ("en", "es"):
            typed[f"{name}_{language}"] = getattr(kind, name).get(language, "")
    return typed | {"base": kind.changed_at.isoformat() if kind.changed_at else ""}


class RenewalForm(forms.Form):
    """How long a completion holds. 0 months: for good."""

    mark_optional = False
    months = forms.IntegerField(
        label=_("Months until it has to be renewed"),
        min_value=0,
        max_value=120,
        help_text=_("0 means that it holds for good."),
    )
    window_days = forms.IntegerField(
        label=_("Days before that day from which people can renew"), min_value=0, max_value=365
    )
    grace_days = forms.IntegerField(
        label=_("Days after that day until it lapses"), min_value=0, max_value=365
    )
    remind_days = forms.CharField(
        label=_("Remind people so many days before"),
        max_length=60,
        required=False,
        help_text=_("Numbers with commas between them, such as 60, 30, 7."),
    )
    earlier_too = forms.BooleanField(
        label=_("Also for people who completed it before"),
        required=False,
        help_text=_("Their first cycle begins today."),
    )

    def clean_remind_days(self) -> list[int]:
        given = self.cleaned_data["remind_days"].replace(",", " ").split()
        if not all(each.isascii() and each.isdigit() and int(each) <= 365 for each in given):
            raise forms.ValidationError(_("Write whole numbers of days, such as 60, 30, 7."))
        return sorted({int(each) for each in given}, reverse=True)


class WithdrawForm(forms.Form):
    why = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("For our own records."),
    )


class ClaimForm(forms.Form):
    hours = forms.DecimalField(max_digits=6, decimal_places=2)

    def __init__(self, *args: Any, award: CreditAward, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        step = Decimal(award.terms["step"])
        field = self.fields["hours"]
        field.label = gettext("How many do you claim?")
        field.help_text = gettext("Up to %(most)s, in steps of %(step)s.") % {
            "most": award.hours,
            "step": step,
        }
        field.widget.attrs |= {"min": step, "max": award.hours, "step": step}


class NumbersForm(forms.Form):
    """A person's own numbers, one for each board that gives one."""

    mark_optional = False

    def __init__(self, *args: Any, numbers: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in CreditType.objects.exclude(number_name={}):
            self.fields[f"number-{kind.pk}"] = forms.CharField(
                label=said(kind.number_name),
                max_length=40,
                required=False,
                initial=numbers.get(kind.pk, ""),
                widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
            )

    @property
    def numbers(self) -> dict[int, str]:
        return {
            int(name.partition("-")[2]): " ".join(value.split())
            for name, value in self.cleaned_data.items()
        }


class RangeForm(forms.Form):
    """From one day to another, both included."""

    mark_optional = False
    first = forms.DateField(label=_("From"), widget=_Day())
    last = forms.DateField(label=_("Until"), widget=_Day())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST_RANGE:
            self.add_error(
                "last",
                ngettext(
                    "Choose a day after the first one, at most %(n)s day later.",
                    "Choose a day after the first one, at most %(n)s days later.",
                    LONGEST_RANGE - 1,
                )
                % {"n": LONGEST_RANGE - 1},
            )
        return given


def last_quarter(today: date) -> tuple[date, date]:
    """The calendar quarter before the one of `today`."""
    start = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    last = date.fromordinal(start.toordinal() - 1)
    return date(last.year, 3 * ((last.month - 1) // 3) + 1, 1), last
