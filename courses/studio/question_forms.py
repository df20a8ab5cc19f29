"""The form about a question of any kind. It gives the body that `courses.questions` asks for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from courses.models import BankQuestion, Lesson, Question
from courses.models.bank import LONGEST_TAG, MOST_TAGS
from courses.questions import KINDS
from courses.studio.bilingual import RichTextField, lines
from courses.studio.changes import plain as words_of
from courses.studio.editing import mark_of
from courses.studio.forms import KeyedForm, MarkedForm
from courses.studio.question_editors import EDITORS, FEWEST_ROWS, NEW_ROWS, Row, Words

KIND_WORDS: Mapping[str, Words] = {kind: editor.words for kind, editor in EDITORS.items()}
CREDIT_WORDS: Mapping[str, Words] = {
    "part": _("A part for each right piece"),
    "all": _("All or nothing"),
    "percent": _("By the percent that stands at each answer"),
}
# What is mostly asked comes first. What an evaluation cannot ask is not in its list.
USUAL = {
    Lesson.Kind.QUIZ: [
        *("single", "multiple", "true_false", "ordering", "matching", "fill_in"),
        *("numeric", "text", "essay", "scale"),
    ],
    Lesson.Kind.EVALUATION: ["scale", "text", "single", "multiple", "true_false", "numeric"],
}


class QuestionForm(KeyedForm, MarkedForm):
    """A question of any kind. What the body holds besides the form's fields is kept."""

    def __init__(
        self,
        kind: str,
        question: Question | BankQuestion | None,
        *args: Any,
        rows: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.stored = kind, dict(question.body) if question else {}
        self.editor = EDITORS[kind]
        self.fields["base"].required = False
        self.fields["base"].initial = mark_of(question) if question else ""
        self.fields["key"].required = question is None
        self.formatted = bool(self.stored.get("prompt_html"))
        if self.formatted:
            stored = self.stored["prompt_html"]
            self.both("prompt_html", _("Question"), RichTextField, stored, required=True)
        else:
            stored = self.stored.get("prompt")
            self.both("prompt", _("Question"), lines(3), stored, required=True)
        self.rows = 0
        if self.editor.most_rows:
            wanted = rows or (0 if question else NEW_ROWS)
            self.rows = min(
                max(self.editor.count(self), FEWEST_ROWS, wanted), self.editor.most_rows
            )
            self.fields["rows"] = forms.IntegerField(
                widget=forms.HiddenInput,
                min_value=0,
                max_value=self.editor.most_rows,
                initial=self.rows,
            )
        self.editor.add(self)
        self._credit()
        if kind in {"scale", "text"}:
            self.fields["required"] = forms.BooleanField(
                label=_("Must be answered"),
                required=False,
                initial=bool(self.stored.get("required")),
                help_text=_("Counts in evaluations."),
            )
        if kind != "scale":
            self._reasons(question)

    def _credit(self) -> None:
        rules = KINDS[self.kind].credits
        if len(rules) > 1:
            self.fields["credit"] = forms.ChoiceField(
                label=_("What a partly right answer is worth"),
                required=False,
                choices=[(rule, CREDIT_WORDS[rule]) for rule in rules],
                initial=self.stored.get("credit", rules[0]),
            )
            if self.kind == "multiple":
                self.fields["credit"].help_text = _("A wrong choice takes a part away again.")

    def _reasons(self, question: Question | BankQuestion | None) -> None:
        if not KINDS[self.kind].by_hand:
            for name, label in (
                ("when_right", _("What to say to a right answer")),
                ("when_wrong", _("What to say to any other answer")),
            ):
                self.both(name, label, lines(2, 1000), self.stored.get(name))
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
            required=self.kind != "text",  # an opinion is worth none
            min_value=1,
            max_value=100,
            initial=question.points if question else 1,
        )

    @property
    def prompt_pair(self) -> list[BoundField]:
        return self.pair("prompt_html" if self.formatted else "prompt")

    @property
    def own(self) -> list[dict[str, Any]]:
        """What the kind asks besides its rows: fields, and pairs in both languages."""
        return [
            {"pair": self.pair(name)} if f"{name}_en" in self.fields else {"field": self[name]}
            for name in self.editor.plain
        ]

    @property
    def reasons(self) -> list[list[BoundField]]:
        names = ("when_right", "when_wrong", "explanation")
        return [self.pair(name) for name in names if f"{name}_en" in self.fields]

    @property
    def editable_rows(self) -> list[Row]:
        return [self.editor.row(self, n) for n in range(self.rows)]

    @property
    def may_grow(self) -> bool:
        return 0 < self.rows < self.editor.most_rows

    def clean(self) -> dict[str, Any]:
        self.editor.check(self)
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        """The body and the points. A setting that is empty, or says what is usual, is left out."""
        body = {**self.stored, **self._prompt(), **self.editor.body(self)}
        data = self.cleaned_data
        usual = KINDS[self.kind].credits[:1]
        if "credit" in self.fields:
            body["credit"] = "" if data["credit"] in usual else data["credit"]
        for name in ("when_right", "when_wrong", "explanation"):
            if f"{name}_en" in self.fields:
                body[name] = self.said(name)
        if "source" in self.fields:
            body["source"] = data["source"]
        always = {"prompt", "options", "items", "pairs", "answer", "text", "steps", "required"}
        body = {
            name: value
            for name, value in body.items()
            if name in always or name not in self._asked or value
        }
        if "required" in self.fields:
            body["required"] = data["required"]
        return {
            "body": body,
            **({"points": data["points"] or 1} if "points" in self.fields else {}),
        }

    @property
    def _asked(self) -> set[str]:
        """The names in a body that this form speaks for."""
        return {
            *("credit", "when_right", "when_wrong", "explanation", "source", "keep_order", "exact"),
            *("extras", "near", "accepted", "low", "high", "least", "most", "guide"),
        }

    def _prompt(self) -> dict[str, Any]:
        if not self.formatted:
            return {"prompt": self.said("prompt")}
        html = self.said("prompt_html")
        return {
            "prompt_html": html,
            "prompt": {code: words_of(text) for code, text in html.items()},
        }


class BankQuestionForm(QuestionForm):
    """A question of a bank has tags too."""

    def __init__(self, kind: str, question: BankQuestion | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(kind, question, *args, **kwargs)
        self.fields["tags"] = forms.CharField(
            label=_("Tags"),
            required=False,
            max_length=LONGEST_TAG * MOST_TAGS,
            initial=", ".join(question.tags) if question else "",
            help_text=_("Words that quizzes can draw by, with commas between them."),
        )

    @property
    def tags(self) -> list[str]:
        return self.cleaned_data["tags"].split(",")


class AskForm(forms.Form):
    """Which kind of question to write next."""

    mark_optional = False
    kind = forms.ChoiceField(label=_("Kind of question"))

    def __init__(self, lesson_kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = USUAL[Lesson.Kind(lesson_kind)]
        self.fields["kind"].choices = [(kind, KIND_WORDS[kind]) for kind in kinds]  # type: ignore[attr-defined]
