"""The page of one question, of a quiz or of a bank: a new one, more rows, refused, saved.

What differs is where the question stands, and who writes it: an `Owner`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from courses.models import BankQuestion, Question
from courses.questions import problems_of
from courses.studio.question_forms import KIND_WORDS, QuestionForm
from courses.studio.refusing import refused, rows_wanted
from lms.http import see_other
from people.access import SignedIn

type Asked = Question | BankQuestion


@dataclass(frozen=True)
class Owner:
    """`back` is where «Save» and «Cancel» lead, `base` the page's frame, which shows `context`.

    `write` makes or changes the row from a valid form; what it refuses it raises.
    """

    form: type[QuestionForm]
    base: str
    back: str
    context: dict[str, Any]
    write: Callable[[Any], Asked]

    def saved_at(self, row: Asked) -> str:
        return f"{self.back}#question-{row.uuid}"


def edit(request: SignedIn, owner: Owner, kind: str, row: Asked | None = None) -> HttpResponse:
    """Show the form and take it; without a row it makes a new one."""
    if request.method == "GET":
        return _page(request, owner, owner.form(kind, row), row)
    data = request.POST.copy()
    rows = rows_wanted(request, more=int("more" in request.POST))
    data["rows"] = str(rows)
    form = owner.form(kind, row, data, rows=rows)
    if "more" in request.POST:
        return _page(request, owner, form.unchecked(), row)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            saved = owner.write(form)
        except ValidationError as refusal:
            context = refused(form, refusal, lambda now: owner.form(now.kind, now))
        else:
            return _saved(request, owner, saved)
    return _page(request, owner, form, row, status=422, **context)


def _saved(request: SignedIn, owner: Owner, row: Asked) -> HttpResponse:
    """Back to the list. What keeps the question from being asked stands beside it there."""
    if problems_of(row.kind, row.body):
        messages.warning(request, _("Saved, but the question is not ready. See what is missing."))
    else:
        messages.success(request, _("Saved."))
    return see_other(owner.saved_at(row))


def _page(
    request: SignedIn,
    owner: Owner,
    form: QuestionForm,
    row: Asked | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        **owner.context,
        "base": owner.base,
        "back": owner.back,
        "question": row,
        "form": form,
        "kind": form.kind,
        "kind_words": KIND_WORDS[form.kind],
        "problems": problems_of(row.kind, row.body) if row else [],
        **more,
    }
    return render(request, "studio/question.html", context, status=status)
