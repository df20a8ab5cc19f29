"""How every form looks: `{{ form }}`, `{{ form.field.as_field_group }}`, allauth's forms too.

The markup is in templates/django/forms; this adds what only Python can: the class of each control.
A form may set `mark_optional = False` where «(optional)» on every label would only be noise.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Input

_LONGEST_KEY = 18  # digits; one more does not fit a 64-bit number
_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "usa-checkbox__input"),
    (forms.CheckboxSelectMultiple, "usa-checkbox__input"),
    (forms.RadioSelect, "usa-radio__input"),
    (forms.Select, "usa-select"),
    (forms.Textarea, "usa-textarea"),
    (forms.FileInput, ""),
    (forms.MultiWidget, "usa-input"),
    (Input, "usa-input"),
)


class UswdsField(forms.BoundField):
    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        if not widget.is_hidden:
            ours = next((name for kind, name in _CLASSES if isinstance(widget, kind)), "")
            if self.errors and ours == "usa-input":
                ours += " usa-input--error"
            given = attrs.get("class", widget.attrs.get("class", ""))
            if classes := f"{ours} {given}".strip():
                attrs["class"] = classes
            if widget.attrs.get("placeholder") == self.label:
                attrs["placeholder"] = False  # a placeholder that repeats the label says nothing
        return attrs

    @property
    def single_checkbox(self) -> bool:
        """A lone tick box has its label behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)


class UswdsRenderer(TemplatesSetting):
    bound_field_class = UswdsField


class ChosenRows(forms.ModelMultipleChoiceField):
    """Several rows by their keys. A number that no database can hold chooses nothing."""

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if len(str(key)) > _LONGEST_KEY:
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(key)[:_LONGEST_KEY]},
                )
        return super()._check_values(value)  # type: ignore[misc]
