from functools import cache

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.catalogue import LENGTHS
from courses.models import Course
from library.models import CompetencyDomain, Practice
from lms.text import said

LENGTH_WORDS = {
    "short": _("Up to 30 minutes"),
    "medium": _("30 minutes to 2 hours"),
    "long": _("More than 2 hours"),
}


class CatalogueFilter(forms.Form):
    """What a visitor looks for. A wish that makes no sense is left out, never an error page."""

    mark_optional = False

    q = forms.CharField(
        label=_("Search by topic or word"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    practice = forms.ChoiceField(label=_("Practice"), required=False)
    competency = forms.ChoiceField(label=_("Skill area"), required=False)
    format = forms.ChoiceField(label=_("Kind"), required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Any language")), ("en", "English"), ("es", "Español")],
    )
    length = forms.ChoiceField(
        label=_("Length"),
        required=False,
        choices=[("", _("Any length")), *((name, LENGTH_WORDS[name]) for name in LENGTHS)],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        # Read when first shown or needed, and once: a select looks at its choices several times.
        self.fields["practice"].choices = cache(_practices)  # type: ignore[attr-defined]
        self.fields["competency"].choices = cache(_competencies)  # type: ignore[attr-defined]
        self.fields["format"].choices = [("", _("Any kind")), *Course.Format.choices]  # type: ignore[attr-defined]

    @property
    def wishes(self) -> dict[str, str]:
        self.is_valid()
        return self.cleaned_data


def _practices() -> list[tuple[str, object]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for practice in Practice.objects.for_index():
        groups.setdefault(said(practice.group.title), []).append(
            (practice.slug, said(practice.title))
        )
    return [("", _("Any practice")), *groups.items()]


def _competencies() -> list[tuple[str, object]]:
    domains = CompetencyDomain.objects.order_by("number")
    return [("", _("Any skill area")), *((str(d.number), said(d.title)) for d in domains)]
