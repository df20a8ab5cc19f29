"""The form about a question of any kind. It gives the body that `courses.questions` asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_lowercase
from typing import Any

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.models import Lesson, Question
from courses.questions import KINDS
from courses.studio.bilingual import line, lines
from courses.studio.editing import mark_of
from courses.studio.forms import KeyedForm, MarkedForm

FEWEST_OPTIONS, NEW_OPTIONS, MOST_OPTIONS = 2, 4, 12
OPTION_ID = re.compile(r"[a-z0-9-]{1,40}")
KIND_WORDS = {
    "single": _("One right answer"),
    "multiple": _("Several right answers"),
    "true_false": _("True or false"),
    "numeric": _("A number"),
    "scale": _("Scale (opinion)"),
    "text": _("Short text (opinion)"),
}
# What is mostly asked where; every kind may be asked in both.
USUAL = {
    Lesson.Kind.QUIZ: ["single", "multiple", "true_false", "numeric", "scale", "text"],
    Lesson.Kind.EVALUATION: ["scale", "text", "single", "multiple", "true_false", "numeric"],
}


@dataclass(frozen=True)
class OptionRow:
    number: int
    right: BoundWidget
    id: BoundField
    text: list[BoundField]
    feedback: list[BoundField]


class QuestionForm(KeyedForm, MarkedForm):
    """A question of any kind. What the body holds besides the form's fields is kept."""

    def __init__(
        self, lesson: Lesson, kind: str, question: Question | None, *args: Any, **kwargs: Any
    ) -> None:
        rows: int = kwargs.pop("rows", 0)
        super().__init__(*args, **kwargs)
        self.kind, self.stored = kind, dict(question.body) if question else {}
        self.fields["base"].required = False
        self.fields["base"].initial = mark_of(question) if question else ""
        self.fields["key"].required = question is None
        self.both("prompt", _("Question"), lines(3), self.stored.get("prompt"), required=True)
        self.rows = 0
        match kind:
            case "single" | "multiple":
                self._options(rows or (0 if question else NEW_OPTIONS))
            case "true_false":
                self._true_or_false()
            case "numeric":
                self._number()
            case "scale":
                self._scale()
        if KINDS[kind].marked:
            self._reasons(question)
        else:
            self.fields["required"] = forms.BooleanField(
                label=_("Must be answered"),
                required=False,
                initial=bool(self.stored.get("required")),
            )

    def _options(self, rows: int) -> None:
        stored = self.stored.get("options", [])
        self.rows = min(max(len(stored), FEWEST_OPTIONS, rows), MOST_OPTIONS)
        places = [(str(n), gettext("Answer %(number)s is right") % {"number": n + 1})
                  for n in range(self.rows)]  # fmt: skip
        right = [str(n) for n, option in enumerate(stored) if option.get("right")]
        if self.kind == "single":
            self.fields["right"] = forms.ChoiceField(
                choices=places,
                required=False,
                initial=right[0] if right else "",
                widget=forms.RadioSelect,
                label=_("Right answer"),
            )
        else:
            self.fields["right"] = forms.MultipleChoiceField(
                choices=places,
                required=False,
                initial=right,
                widget=forms.CheckboxSelectMultiple,
                label=_("Right answers"),
            )
        self.fields["rows"] = forms.IntegerField(
            widget=forms.HiddenInput, min_value=0, max_value=MOST_OPTIONS, initial=self.rows
        )
        for n in range(self.rows):
            option = stored[n] if n < len(stored) else {}
            number = {"number": n + 1}
            self.both(
                f"text_{n}", gettext("Answer %(number)s") % number, line(500), option.get("text")
            )
            self.both(
                f"feedback_{n}",
                gettext("Feedback on answer %(number)s") % number,
                lines(2, 1000),
                option.get("feedback"),
            )
            self.fields[f"id_{n}"] = forms.RegexField(
                OPTION_ID, required=False, widget=forms.HiddenInput, initial=option.get("id", "")
            )

    def _true_or_false(self) -> None:
        answer = self.stored.get("answer")
        self.fields["answer"] = forms.ChoiceField(
            label=_("Right answer"),
            choices=[("true", _("True")), ("false", _("False"))],
            initial=str(answer).lower() if isinstance(answer, bool) else "",
            widget=forms.RadioSelect,
        )

    def _number(self) -> None:
        answer: Mapping[str, Any] = self.stored.get("answer") or {}
        self.fields["value"] = forms.DecimalField(
            label=_("Right number"), max_digits=15, decimal_places=6, initial=answer.get("value")
        )
        self.fields["tolerance"] = forms.DecimalField(
            label=_("How far off is still right"),
            required=False,
            min_value=0,
            max_digits=15,
            decimal_places=6,
            initial=answer.get("tolerance") or 0,
            help_text=_("0 means the number itself and nothing else."),
        )
        self.both("unit", _("Unit, such as % or hours"), line(40), answer.get("unit"))

    def _scale(self) -> None:
        self.both("low", _("Words at the low end"), line(100), self.stored.get("low"))
        self.both("high", _("Words at the high end"), line(100), self.stored.get("high"))
        self.fields["steps"] = forms.IntegerField(
            label=_("Steps"), min_value=2, max_value=11, initial=self.stored.get("steps", 5)
        )

    def _reasons(self, question: Question | None) -> None:
        self.both("explanation", _("Why it is so"), lines(3), self.stored.get("explanation"))
        self.fields["source"] = forms.URLField(
            label=_("Source"),
            required=False,
            max_length=500,
            initial=self.stored.get("source", ""),
            help_text=_("Where the fact comes from, as a web address."),
        )
        self.fields["points"] = forms.IntegerField(
            label=_("Points"),
            min_value=1,
            max_value=100,
            initial=question.points if question else 1,
        )

    @property
    def option_rows(self) -> list[OptionRow]:
        if not self.rows:
            return []
        marks = list(self["right"])
        return [
            OptionRow(
                n + 1,
                marks[n],
                self[f"id_{n}"],
                self.pair(f"text_{n}"),
                self.pair(f"feedback_{n}"),
            )
            for n in range(self.rows)
        ]

    @property
    def may_grow(self) -> bool:
        return 0 < self.rows < MOST_OPTIONS

    def clean(self) -> dict[str, Any]:
        for n in range(self.rows):
            empty = not self.cleaned_data.get(f"text_{n}_en")
            right = self.cleaned_data.get("right") or []
            chosen = str(n) == right if isinstance(right, str) else str(n) in right
            rest = [f"text_{n}_es", f"feedback_{n}_en", f"feedback_{n}_es"]
            if empty and (chosen or any(self.cleaned_data.get(name) for name in rest)):
                self.add_error(f"text_{n}_en", gettext("Write this answer in English."))
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        body = {**self.stored, "prompt": self.said("prompt")}
        match self.kind:
            case "single" | "multiple":
                body["options"] = self._chosen_options()
            case "true_false":
                body["answer"] = self.cleaned_data["answer"] == "true"
            case "numeric":
                body["answer"] = self._right_number()
            case "scale":
                self._keep(body, "low", self.said("low"))
                self._keep(body, "high", self.said("high"))
                body["steps"] = self.cleaned_data["steps"]
        if not KINDS[self.kind].marked:
            body["required"] = self.cleaned_data["required"]
            return {"body": body}
        self._keep(body, "explanation", self.said("explanation"))
        self._keep(body, "source", self.cleaned_data["source"])
        return {"body": body, "points": self.cleaned_data["points"]}

    @staticmethod
    def _keep(body: dict[str, Any], name: str, value: Any) -> None:
        if value:
            body[name] = value
        else:
            body.pop(name, None)

    def _chosen_options(self) -> list[dict[str, Any]]:
        options: list[dict[str, Any]] = []
        known = {option["id"]: option for option in self.stored.get("options", [])}
        sent = [self.cleaned_data[f"id_{n}"] for n in range(self.rows)]
        taken = {*known, *sent}
        right = self.cleaned_data["right"]
        for n in range(self.rows):
            text = self.said(f"text_{n}")
            if not text:
                continue
            name = sent[n] if sent[n] and sent[n] not in {o["id"] for o in options} else ""
            if not name:
                name = _free_id(taken)
                taken.add(name)
            option = {
                **known.get(name, {}),
                "id": name,
                "text": text,
                "right": right == str(n) if isinstance(right, str) else str(n) in right,
            }
            self._keep(option, "feedback", self.said(f"feedback_{n}"))
            options.append(option)
        return options

    def _right_number(self) -> dict[str, Any]:
        answer = {
            "value": _plain(self.cleaned_data["value"]),
            "tolerance": _plain(self.cleaned_data["tolerance"] or Decimal(0)),
        }
        self._keep(answer, "unit", self.said("unit"))
        return answer


class AskForm(forms.Form):
    """Which kind of question to write next."""

    mark_optional = False
    kind = forms.ChoiceField(label=_("Kind of question"))

    def __init__(self, lesson: Lesson, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = USUAL[Lesson.Kind(lesson.kind)]
        self.fields["kind"].choices = [(kind, KIND_WORDS[kind]) for kind in kinds]  # type: ignore[attr-defined]


def _free_id(taken: set[str]) -> str:
    letters = [*ascii_lowercase, *(f"{a}{b}" for a in ascii_lowercase for b in ascii_lowercase)]
    return next(letter for letter in letters if letter not in taken)


def _plain(number: Decimal) -> int | float | str:
    """As JSON writes it: a number where that is exact, else the digits."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(str(float(number))) == number else str(number)
