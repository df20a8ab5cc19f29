"""Modules and lessons that leave the outline, and whatever was deleted and comes back."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from courses.models import Draft, Lesson, Module, Removed
from courses.studio import editing, moves, removing, restoring
from courses.studio.finding import draft_or_404, lesson_or_404, module_or_404
from courses.studio.outline import address, news, page
from lms.http import see_other
from lms.text import said
from people.access import SignedIn, author, only

MOST_REMOVED = 200  # on the page of what was deleted


@require_http_methods(["GET", "POST"])
@only(author)
def delete_module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "POST" and not Module.objects.filter(uuid=module).exists():
        return _gone(request, draft, module, None)  # a form sent twice
    found = module_or_404(draft, module)
    if request.method == "POST":
        return _gone(request, draft, module, removing.delete(draft, found, by=request.user))
    count = found.lessons.count()
    holds = ngettext("%(count)s lesson", "%(count)s lessons", count) % {"count": count}
    return _confirm(request, draft, found, holds)


@require_http_methods(["GET", "POST"])
@only(author)
def delete_lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "POST" and not Lesson.objects.filter(uuid=lesson).exists():
        return _gone(request, draft, lesson, None)
    found = lesson_or_404(draft, lesson)
    if request.method == "POST":
        return _gone(request, draft, lesson, removing.delete(draft, found, by=request.user))
    blocks, questions = found.blocks.count(), found.questions.count()
    holds = ", ".join(
        [
            ngettext("%(count)s block", "%(count)s blocks", blocks) % {"count": blocks},
            ngettext("%(count)s question", "%(count)s questions", questions) % {"count": questions},
        ]
    )
    return _confirm(request, draft, found, holds)


@require_http_methods(["GET", "POST"])
@only(author)
def removed(request: SignedIn, slug: str) -> HttpResponse:
    """What was deleted from this draft. A POST puts one back, `back` being its number."""
    draft = draft_or_404(request, slug)
    rows = Removed.objects.filter(draft=draft).select_related("removed_by")
    problem = ""
    if request.method == "POST":
        sent = request.POST.get("back", "")
        if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
            raise Http404
        found = rows.filter(pk=sent).first()
        if found is None:  # it is back already: a form sent twice
            return see_other(address(draft))
        found.draft = draft
        if found.kind == "draft":
            restoring.bring_back(found, by=request.user)
            messages.success(request, _("The draft says again what it said before."))
            return see_other(address(draft))
        try:
            part = removing.put_back(found, by=request.user)
        except ValidationError as refusal:
            problem = refusal.messages[0]
            if request.htmx:
                return page(request, draft, problem=problem, status=422)
        else:
            return _back(request, draft, found, part)
    context = {
        "draft": draft,
        "course": draft.course,
        "rows": rows.planned()[:MOST_REMOVED],
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "studio/removed.html", context, status=status)


def _gone(
    request: SignedIn, draft: Draft, part: uuid.UUID, removed: Removed | None
) -> HttpResponse:
    if request.htmx:
        told = ""
        if removed:
            told = _("«%(title)s» is deleted.") % {"title": _name_of(removed)}
        return news(request, draft, told, gone=part, removed=removed)
    to = address(draft)
    return see_other(f"{to}?removed={removed.pk}" if removed else to)


def _back(request: SignedIn, draft: Draft, found: Removed, part: editing.Placed) -> HttpResponse:
    told = _("«%(title)s» is back.") % {"title": _name_of(found)}
    if isinstance(part, Module | Lesson):
        place = _place(part)
        if isinstance(part, Module):
            return news(request, draft, told, module=part, place=place, focus=True)
        return news(request, draft, told, lesson=part, place=place, focus=True)
    messages.success(request, told)
    to = reverse("studio:lesson", args=[draft.course.slug, part.lesson.uuid])
    return see_other(f"{to}#{part._meta.model_name}-{part.uuid}")


def _place(part: Module | Lesson) -> str:
    """Where its row goes: in front of what stands behind it, or at the end of its list."""
    if isinstance(part, Module):
        behind, end = moves.behind(part.draft.modules.all(), part), "#modules"
    else:
        behind = moves.behind(part.module.lessons.all(), part)
        end = f"#list-{part.module.uuid}"
    return f"beforebegin:#row-{behind}" if behind else f"beforeend:{end}"


def _name_of(found: Removed) -> str:
    return said(found.title) or _("Without a title")


def _confirm(request: SignedIn, draft: Draft, part: Module | Lesson, holds: str) -> HttpResponse:
    context = {
        "draft": draft,
        "course": draft.course,
        "name": said(part.title),
        "holds": holds,
        "back": address(draft),
    }
    return render(request, "studio/delete.html", context)
