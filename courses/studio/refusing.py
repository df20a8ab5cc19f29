"""What a form needs that was refused because someone else saved first, or that wants more rows."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404

from courses.studio.editing import Part, Stale, mark_of
from courses.studio.forms import differences
from people.access import SignedIn


def base_of(request: SignedIn) -> str:
    """The mark this save begins from. «Keep mine» sends the mark of what it would write over."""
    return request.POST.get("replace") or request.POST.get("base", "")


def refused(
    form: forms.Form, refusal: ValidationError, again: Callable[[Any], forms.Form]
) -> dict[str, Any]:
    """The context for the page that answers a refused save.

    A stale save shows what is stored now beside what was typed; the form keeps its old mark, so
    that only a press on «Keep mine» writes over the other words. Any other refusal goes into the
    form. What was deleted meanwhile is not there any more: 404.
    """
    if not isinstance(refusal, Stale):
        form.add_error(None, refusal)
        return {}
    if refusal.current is None:
        raise Http404
    return conflict_with(form, refusal.current, again)


def conflict_with(
    form: forms.Form, current: Part, again: Callable[[Any], forms.Form]
) -> dict[str, Any]:
    return {"conflict": both_texts(form, mark_of(current), again(current))}


def both_texts(form: forms.Form, mark: str, now: forms.Form) -> dict[str, Any]:
    """What is stored, as the form `now` shows it, beside what was typed into `form`."""
    return {"mark": mark, "differences": differences(form, now)}


def rows_wanted(request: SignedIn, *, more: int = 1) -> int:
    """How many rows of a growing form were sent, and one more when asked."""
    sent = request.POST.get("rows", "")
    return (int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else 0) + more
