"""What the form about a question asks for each kind, and the body it gives.

An editor adds its fields to the form and reads the body's part from them. `courses.apps` refuses to
start the site when a kind of `courses.questions` has none, or no piece of a page that takes its
answer.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.forms.boundfield import BoundField, BoundWidget
from django.template.loader import get_template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.paper import template_of
from courses.questions import KINDS
from courses.studio.bilingual import line, lines

if TYPE_CHECKING:
    from courses.studio.question_forms import QuestionForm

FEWEST_ROWS, NEW_ROWS = 2, 4
OPTION_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")

type Words = str | Any  # a string, or a lazy one
type Values = dict[str, Any]  # what is empty leaves the body


@dataclass(frozen=True)
class Row:
    """One of the rows that a trainer can add to: an answer, a pair, a thing to put in order."""

    number: int
    legend: str
    pairs: list[list[BoundField]] = field(default_factory=list)
    fields: list[BoundField] = field(default_factory=list)
    hidden: BoundField | None = None
    mark: BoundWidget | None = None


class Editor(ABC):
    words: ClassVar[Words]
    plain: ClassVar[tuple[str, ...]] = ()  # single fields and pairs, in their order on the page
    most_rows: ClassVar[int] = 0  # 0: it has no rows
    heading: ClassVar[Words] = ""
    hint: ClassVar[Words] = ""
    legend: ClassVar[Words] = ""
    more: ClassVar[Words] = _("Add another answer")

    @abstractmethod
    def add(self, form: QuestionForm) -> None:
        """Put the fields into the form, filled from `form.stored`."""

    @abstractmethod
    def body(self, form: QuestionForm) -> Values:
        """What the fields say, for the body."""

    def count(self, form: QuestionForm) -> int:
        """How many rows are stored."""
        return 0

    def row(self, form: QuestionForm, n: int) -> Row:
        return Row(n + 1, "")

    def check(self, form: QuestionForm) -> None:  # noqa: B027 -- most have nothing to check
        """Refuse rows that are half filled in."""

    def named(self, n: int) -> str:
        return str(self.legend) % {"number": n + 1}


class _Options(Editor):
    most_rows = 12
    heading = _("Answers")
    legend = _("Answer %(number)s")

    def count(self, form: QuestionForm) -> int:
        return len(form.stored.get("options", []))

    def add(self, form: QuestionForm) -> None:
        stored = form.stored.get("options", [])
        places = [(str(n), gettext("Answer %(number)s is right") % {"number": n + 1})
                  for n in range(form.rows)]  # fmt: skip
        self.mark(form, places, [str(n) for n, option in enumerate(stored) if option.get("right")])
        for n in range(form.rows):
            option = stored[n] if n < len(stored) else {}
            number = {"number": n + 1}
            form.both(
                f"text_{n}", gettext("Answer %(number)s") % number, line(500), option.get("text")
            )
            form.both(
                f"feedback_{n}",
                gettext("Feedback on answer %(number)s") % number,
                lines(2, 1000),
                option.get("feedback"),
            )
            form.fields[f"share_{n}"] = _share(
                gettext("Percent for answer %(number)s") % number, option.get("share")
            )
            form.fields[f"id_{n}"] = forms.RegexField(
                OPTION_ID, required=False, widget=forms.HiddenInput, initial=option.get("id", "")
            )
        form.fields["keep_order"] = forms.BooleanField(
            label=_("Always show the answers in this order"),
            required=False,
            initial=bool(form.stored.get("keep_order")),
        )

    @abstractmethod
    def mark(self, form: QuestionForm, places: list[tuple[str, str]], right: list[str]) -> None:
        """Add the field `right`."""

    @abstractmethod
    def is_right(self, form: QuestionForm, n: int) -> bool:
        """Whether row n was marked."""

    def row(self, form: QuestionForm, n: int) -> Row:
        return Row(
            n + 1,
            self.named(n),
            pairs=[form.pair(f"text_{n}"), form.pair(f"feedback_{n}")],
            fields=[form[f"share_{n}"]],
            hidden=form[f"id_{n}"],
            mark=list(form["right"])[n],
        )

    def check(self, form: QuestionForm) -> None:
        for n in range(form.rows):
            rest = [f"text_{n}_es", f"feedback_{n}_en", f"feedback_{n}_es"]
            used = self.is_right(form, n) or any(form.cleaned_data.get(name) for name in rest)
            if used and not form.cleaned_data.get(f"text_{n}_en"):
                form.add_error(f"text_{n}_en", gettext("Write this answer in English."))

    def body(self, form: QuestionForm) -> Values:
        options: list[dict[str, Any]] = []
        known = {option["id"]: option for option in form.stored.get("options", [])}
        sent = [form.cleaned_data[f"id_{n}"] for n in range(form.rows)]
        taken = {*known, *sent}
        for n in range(form.rows):
            text = form.said(f"text_{n}")
            if not text:
                continue
            name = sent[n] if sent[n] and sent[n] not in {o["id"] for o in options} else ""
            if not name:
                name = free_id(taken)
                taken.add(name)
            option = {
                **known.get(name, {}),
                "id": name,
                "text": text,
                "right": self.is_right(form, n),
                "feedback": form.said(f"feedback_{n}"),
                "share": _digits(form.cleaned_data[f"share_{n}"]),
            }
            options.append({key: kept for key, kept in option.items() if kept not in ("", {})})
        return {"options": options, "keep_order": form.cleaned_data["keep_order"]}


class Single(_Options):
    words = _("One right answer")
    hint = _("Mark the one that is right. Empty answers are left out.")

    def mark(self, form: QuestionForm, places: list[tuple[str, str]], right: list[str]) -> None:
        form.fields["right"] = forms.ChoiceField(
            choices=places,
            required=False,
            initial=right[0] if right else "",
            widget=forms.RadioSelect,
            label=_("Right answer"),
        )

    def is_right(self, form: QuestionForm, n: int) -> bool:
        return form.cleaned_data.get("right") == str(n)


class Multiple(_Options):
    words = _("Several right answers")
    hint = _("Mark all that are right. Empty answers are left out.")

    def mark(self, form: QuestionForm, places: list[tuple[str, str]], right: list[str]) -> None:
        form.fields["right"] = forms.MultipleChoiceField(
            choices=places,
            required=False,
            initial=right,
            widget=forms.CheckboxSelectMultiple,
            label=_("Right answers"),
        )

    def is_right(self, form: QuestionForm, n: int) -> bool:
        return str(n) in (form.cleaned_data.get("right") or [])


class TrueFalse(Editor):
    words = _("True or false")
    plain = ("answer",)

    def add(self, form: QuestionForm) -> None:
        answer = form.stored.get("answer")
        form.fields["answer"] = forms.ChoiceField(
            label=_("Right answer"),
            choices=[("true", _("True")), ("false", _("False"))],
            initial=str(answer).lower() if isinstance(answer, bool) else "",
            widget=forms.RadioSelect,
        )

    def body(self, form: QuestionForm) -> Values:
        return {"answer": form.cleaned_data["answer"] == "true"}


class Ordering(Editor):
    words = _("Put in order")
    most_rows = 20
    heading = _("In the right order")
    hint = _("Write them in the right order. Learners see them mixed. Empty ones are left out.")
    legend = _("Number %(number)s")
    more = _("Add another one")

    def count(self, form: QuestionForm) -> int:
        return len(form.stored.get("items", []))

    def add(self, form: QuestionForm) -> None:
        stored = form.stored.get("items", [])
        for n in range(form.rows):
            label = gettext("Number %(number)s") % {"number": n + 1}
            form.both(f"item_{n}", label, line(500), stored[n] if n < len(stored) else {})

    def row(self, form: QuestionForm, n: int) -> Row:
        return Row(n + 1, self.named(n), pairs=[form.pair(f"item_{n}")])

    def check(self, form: QuestionForm) -> None:
        _english_where_spanish(form, *(f"item_{n}" for n in range(form.rows)))

    def body(self, form: QuestionForm) -> Values:
        items = [form.said(f"item_{n}") for n in range(form.rows)]
        return {"items": [item for item in items if item]}


class Matching(Editor):
    words = _("Match the pairs")
    most_rows = 20
    heading = _("Pairs")
    hint = _(
        "Each line with what belongs to it. For a match that belongs to nothing, "
        "leave the line empty."
    )
    legend = _("Pair %(number)s")
    more = _("Add another pair")

    def count(self, form: QuestionForm) -> int:
        return len(form.stored.get("pairs", [])) + len(form.stored.get("extras", []))

    def add(self, form: QuestionForm) -> None:
        extras = [{"text": {}, "match": extra} for extra in form.stored.get("extras", [])]
        stored = [*form.stored.get("pairs", []), *extras]
        for n in range(form.rows):
            pair, number = stored[n] if n < len(stored) else {}, {"number": n + 1}
            form.both(f"text_{n}", gettext("Line %(number)s") % number, line(500), pair.get("text"))
            form.both(
                f"match_{n}", gettext("Match %(number)s") % number, line(300), pair.get("match")
            )

    def row(self, form: QuestionForm, n: int) -> Row:
        sides = [form.pair(f"text_{n}"), form.pair(f"match_{n}")]
        return Row(n + 1, self.named(n), pairs=sides)

    def check(self, form: QuestionForm) -> None:
        names = [f"{side}_{n}" for n in range(form.rows) for side in ("text", "match")]
        _english_where_spanish(form, *names)
        for n in range(form.rows):
            if form.cleaned_data.get(f"text_{n}_en") and not form.cleaned_data.get(f"match_{n}_en"):
                form.add_error(f"match_{n}_en", gettext("Write what belongs to this line."))

    def body(self, form: QuestionForm) -> Values:
        rows = [(form.said(f"text_{n}"), form.said(f"match_{n}")) for n in range(form.rows)]
        return {
            "pairs": [{"text": text, "match": match} for text, match in rows if text],
            "extras": [match for text, match in rows if match and not text],
        }


class FillIn(Editor):
    words = _("Fill in the gaps")
    plain = ("text", "exact")

    def add(self, form: QuestionForm) -> None:
        form.both("text", _("Text with gaps"), lines(5, 5000), form.stored.get("text"))
        form.fields["text_en"].help_text = _(
            "Put the answer in brackets where the gap is: Wash for [20|twenty] seconds. "
            "A stroke parts the answers that are right. A star stands for any letters."
        )
        form.fields["exact"] = _exact(form)

    def body(self, form: QuestionForm) -> Values:
        return {"text": form.said("text"), "exact": form.cleaned_data["exact"]}


class Numeric(Editor):
    words = _("A number")
    plain = ("value", "tolerance", "unit", "near_tolerance", "near_share")

    def add(self, form: QuestionForm) -> None:
        answer: Mapping[str, Any] = form.stored.get("answer") or {}
        near: Mapping[str, Any] = form.stored.get("near") or {}
        form.fields["value"] = _number(_("Right number"), answer.get("value"), required=True)
        form.fields["tolerance"] = _number(
            _("How far off is still right"), answer.get("tolerance") or 0, min_value=0
        )
        form.fields["tolerance"].help_text = _("0 means the number itself and nothing else.")
        form.both("unit", _("Unit, such as % or hours"), line(40), answer.get("unit"))
        form.fields["near_tolerance"] = _number(
            _("How far off is partly right"), near.get("tolerance"), min_value=0
        )
        form.fields["near_share"] = _share(
            _("Percent for a partly right number"), near.get("share")
        )

    def check(self, form: QuestionForm) -> None:
        far, share = (form.cleaned_data.get(f"near_{name}") for name in ("tolerance", "share"))
        if (far is None) != (share is None):
            empty = "near_tolerance" if far is None else "near_share"
            form.add_error(empty, gettext("Fill in both, or leave both empty."))

    def body(self, form: QuestionForm) -> Values:
        data = form.cleaned_data
        answer: Values = {
            "value": plain(data["value"]),
            "tolerance": plain(data["tolerance"] or Decimal(0)),
        }
        if unit := form.said("unit"):
            answer["unit"] = unit
        near = {}
        if data["near_tolerance"] is not None:
            near = {
                "tolerance": plain(data["near_tolerance"]),
                "share": _digits(data["near_share"]),
            }
        return {"answer": answer, "near": near}


class Text(Editor):
    words = _("Short text")
    most_rows = 12
    heading = _("Accepted answers")
    hint = _(
        "The first one that fits counts. A star stands for any words. "
        "Leave all of them empty to ask for an opinion: then there is no right or wrong."
    )
    legend = _("Answer %(number)s")

    def count(self, form: QuestionForm) -> int:
        return len(form.stored.get("accepted") or [])

    def add(self, form: QuestionForm) -> None:
        stored = form.stored.get("accepted") or []
        for n in range(form.rows):
            one, number = stored[n] if n < len(stored) else {}, {"number": n + 1}
            form.fields[f"accepted_{n}"] = forms.CharField(
                label=gettext("Answer %(number)s") % number,
                required=False,
                max_length=500,
                initial=one.get("text", ""),
            )
            form.fields[f"share_{n}"] = _share(
                gettext("Percent for answer %(number)s") % number, one.get("share")
            )
            form.both(
                f"feedback_{n}",
                gettext("Feedback on answer %(number)s") % number,
                lines(2, 1000),
                one.get("feedback"),
            )
        form.fields["exact"] = _exact(form)

    plain = ("exact",)

    def row(self, form: QuestionForm, n: int) -> Row:
        fields = [form[f"accepted_{n}"], form[f"share_{n}"]]
        return Row(n + 1, self.named(n), fields=fields, pairs=[form.pair(f"feedback_{n}")])

    def check(self, form: QuestionForm) -> None:
        for n in range(form.rows):
            if form.cleaned_data.get(f"accepted_{n}"):
                continue
            share = form.cleaned_data.get(f"share_{n}") is not None
            if share or any(form.cleaned_data.get(f"feedback_{n}_{code}") for code in ("en", "es")):
                form.add_error(f"accepted_{n}", gettext("Write the answer that this belongs to."))

    def body(self, form: QuestionForm) -> Values:
        accepted = []
        for n in range(form.rows):
            if not form.cleaned_data[f"accepted_{n}"]:
                continue
            one: dict[str, Any] = {"text": form.cleaned_data[f"accepted_{n}"]}
            if share := _digits(form.cleaned_data[f"share_{n}"]):
                one["share"] = share
            if feedback := form.said(f"feedback_{n}"):
                one["feedback"] = feedback
            accepted.append(one)
        return {"accepted": accepted, "exact": form.cleaned_data["exact"]}


class Scale(Editor):
    words = _("Scale (opinion)")
    plain = ("low", "high", "steps")

    def add(self, form: QuestionForm) -> None:
        form.both("low", _("Words at the low end"), line(100), form.stored.get("low"))
        form.both("high", _("Words at the high end"), line(100), form.stored.get("high"))
        form.fields["steps"] = forms.IntegerField(
            label=_("Steps"), min_value=2, max_value=11, initial=form.stored.get("steps", 5)
        )

    def body(self, form: QuestionForm) -> Values:
        return {
            "low": form.said("low"),
            "high": form.said("high"),
            "steps": form.cleaned_data["steps"],
        }


class Essay(Editor):
    words = _("Longer text that a trainer reads")
    plain = ("least", "most", "guide")

    def add(self, form: QuestionForm) -> None:
        for name, label in (("least", _("Fewest words")), ("most", _("Most words"))):
            form.fields[name] = forms.IntegerField(
                label=label,
                required=False,
                min_value=1,
                max_value=5000,
                initial=form.stored.get(name),
            )
        form.both("guide", _("For the reader: what a good answer holds"), lines(4, 5000),
                  form.stored.get("guide"))  # fmt: skip

    def check(self, form: QuestionForm) -> None:
        least, most = form.cleaned_data.get("least"), form.cleaned_data.get("most")
        if least and most and least > most:
            form.add_error("most", gettext("This is less than the fewest words."))

    def body(self, form: QuestionForm) -> Values:
        return {
            "least": form.cleaned_data["least"],
            "most": form.cleaned_data["most"],
            "guide": form.said("guide"),
        }


EDITORS: Mapping[str, Editor] = {
    "single": Single(),
    "multiple": Multiple(),
    "true_false": TrueFalse(),
    "ordering": Ordering(),
    "matching": Matching(),
    "fill_in": FillIn(),
    "numeric": Numeric(),
    "text": Text(),
    "scale": Scale(),
    "essay": Essay(),
}


def require_every_kind() -> None:
    """Every kind has an editor and a piece of a page that takes its answer, or nothing starts."""
    if EDITORS.keys() != KINDS.keys():
        odd = ", ".join(sorted(EDITORS.keys() ^ KINDS.keys()))
        raise ImproperlyConfigured(f"kinds of question and their editors differ: {odd}")
    for kind in KINDS.values():
        get_template(template_of(kind.control))


def free_id(taken: set[str]) -> str:
    letters = [*ascii_lowercase, *(f"{a}{b}" for a in ascii_lowercase for b in ascii_lowercase)]
    return next(letter for letter in letters if letter not in taken)


def plain(number: Decimal) -> int | float | str:
    """As JSON writes it: a number where that is exact, else the digits."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(str(float(number))) == number else str(number)


def _digits(number: Decimal | None) -> str:
    """«33.5» for a percent; nothing when the field was left empty."""
    return "" if number is None else f"{number.normalize():f}"


def _number(
    label: Words, stored: Any, *, required: bool = False, min_value: int | None = None
) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=min_value,
        max_digits=15,
        decimal_places=6,
        initial=stored,
    )


def _share(label: Words, stored: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=-100,
        max_value=100,
        max_digits=10,
        decimal_places=5,
        initial=stored,
    )


def _exact(form: QuestionForm) -> forms.BooleanField:
    return forms.BooleanField(
        label=_("Capitals and accents must be right too"),
        required=False,
        initial=bool(form.stored.get("exact")),
    )


def _english_where_spanish(form: QuestionForm, *names: str) -> None:
    for name in names:
        if form.cleaned_data.get(f"{name}_es") and not form.cleaned_data.get(f"{name}_en"):
            form.add_error(f"{name}_en", gettext("Write it in English too."))
