"""The outline of a course: modules and lessons, added, moved, renamed and copied.

With htmx an act is answered by what changed alone: the word that is said, a row that came, the
totals (`news`). Deleting and putting back are in `deleted.py`.
"""

import uuid
from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import reswap, retarget

from courses.models import CommentThread, Draft, Lesson, Module
from courses.studio import editing, moves
from courses.studio.finding import (
    draft_or_404,
    just_removed,
    lesson_or_404,
    module_or_404,
    posted,
)
from courses.studio.forms import ModuleForm, NewLessonForm, NewModuleForm, RenameForm
from courses.studio.refusing import base_of, refused
from courses.studio.standing import standing_of
from lms.http import render_page, see_other
from lms.text import said
from people.access import SignedIn, author, only


@require_GET
@only(author)
def course(request: SignedIn, slug: str) -> HttpResponse:
    return page(request, draft_or_404(request, slug))


@posted
def add_module(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    form = _new_module_form(request.POST)
    if form.is_valid():
        try:
            made = editing.add_module(
                draft, by=request.user, key=form.cleaned_data["key"], title=form.said("title")
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            told = _("The module «%(title)s» is added.") % {"title": said(made.title)}
            place = "beforeend:#modules"
            again = _ready(_new_module_form())
            return news(request, draft, told, module=made, place=place, new_module=again)
    if not request.htmx:
        return page(request, draft, new_module=form, status=422)
    context = {"draft": draft, "course": draft.course, "new_module": form}
    return _in_place(request, "studio/outline.html#add", context, "#add-module-form")


@require_http_methods(["GET", "POST"])
@only(author)
def add_lesson(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    """The form of a new lesson: in its module on the outline, or a page."""
    draft = draft_or_404(request, slug)
    into = module_or_404(draft, module)
    form = _new_lesson_form(into, request.POST or None)
    if form.is_valid():
        try:
            made = editing.add_lesson(
                into,
                by=request.user,
                key=form.cleaned_data["key"],
                title=form.said("title"),
                kind=form.cleaned_data["kind"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            told = _("The lesson «%(title)s» is added.") % {"title": said(made.title)}
            place = f"beforeend:#list-{into.uuid}"
            again = _ready(_new_lesson_form(into, initial={"kind": made.kind}))
            return news(request, draft, told, lesson=made, place=place, into=into, form=again)
    context = {"draft": draft, "course": draft.course, "into": into, "form": form}
    if not form.is_bound:
        _ready(form)
    elif request.htmx:
        target = f"#new-in-{into.uuid}"
        return _in_place(request, "studio/add_lesson.html#form", context, target)
    status = 422 if form.is_bound else 200
    return render_page(request, "studio/add_lesson.html", context, part="form", status=status)


@require_http_methods(["GET", "POST"])
@only(author)
def module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    """Title and summary, and what else can be done with a module; the latter alone for htmx."""
    draft = draft_or_404(request, slug)
    found = module_or_404(draft, module)
    form = ModuleForm(found, request.POST or None)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            editing.save_module(found, by=request.user, base=base_of(request), values=form.values)
        except ValidationError as refusal:
            context = refused(form, refusal, ModuleForm)
        else:
            messages.success(request, _("Saved."))
            return see_other(address(draft))
    context |= {
        "draft": draft,
        "course": draft.course,
        "module": found,
        "form": form,
        "key": uuid.uuid4(),
    }
    status = 422 if form.is_bound else 200
    if request.htmx and request.method == "GET":
        return render(request, "studio/module.html#acts", context)
    context["row"] = moves.of_module(found)
    return render(request, "studio/module.html", context, status=status)


@posted
def arrange(request: SignedIn, slug: str) -> HttpResponse:
    """Move a module or a lesson: `move` is «module:what::before» or «lesson:what:into:before».

    The place is named by what stands behind it, never counted: repeating the request, or sending
    it when others have moved things, puts the same thing in the same place.
    """
    draft = draft_or_404(request, slug)
    move = moves.parsed(request.POST.get("move", ""))
    try:
        done = moves.make(draft, move, by=request.user)
    except ValidationError as refusal:
        return page(request, draft, problem=refusal.messages[0], status=422)
    # With htmx the rows have moved in the page already: the answer is the word, and the way back.
    return news(request, draft, done.told, undo=done.undo, row=move.what)


@require_GET
@only(author)
def lesson_acts(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    """What can be done with a lesson beside writing it: a part of the outline, or a page."""
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    return _acts(request, found, _rename_form(found))


@require_http_methods(["GET", "POST"])
@only(author)
def rename_lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    form = _rename_form(found, request.POST or None)
    if not form.is_valid():
        return _acts(request, found, form, status=422 if form.is_bound else 200)
    try:
        named = editing.rename_lesson(
            found, by=request.user, base=base_of(request), title=form.said("title")
        )
    except ValidationError as refusal:
        context = refused(form, refusal, _rename_form)
        return _acts(request, found, form, status=422, **context)
    if request.htmx:
        named.module = found.module
        return _acts(request, named, _rename_form(named), renamed=True)
    messages.success(request, _("Saved."))
    return see_other(f"{address(draft)}#row-{found.uuid}")


def _rename_form(lesson: Any, data: Any = None) -> RenameForm:
    return RenameForm(lesson, data, auto_id=f"id_{lesson.uuid}_%s")


def _acts(
    request: SignedIn, lesson: Lesson, form: RenameForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    draft = lesson.module.draft
    context = {
        "draft": draft,
        "course": draft.course,
        "lesson": lesson,
        "form": form,
        "others": draft.modules.exclude(pk=lesson.module_id).order_by("position", "pk"),
        "key": uuid.uuid4(),
        **more,
    }
    if not request.htmx:
        context["row"] = moves.of_lesson(lesson)
    return render_page(request, "studio/lesson_acts.html", context, part="acts", status=status)


@posted
def duplicate_module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found, key = module_or_404(draft, module), _key(request)
    try:
        copy = editing.duplicate_module(found, by=request.user, key=key)
    except ValidationError as refusal:
        return page(request, draft, problem=refusal.messages[0], status=422)
    return _copied(request, draft, found, copy, module=copy)


@posted
def duplicate_lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found, key = lesson_or_404(draft, lesson), _key(request)
    try:
        copy = editing.duplicate_lesson(found, by=request.user, key=key)
    except ValidationError as refusal:
        return page(request, draft, problem=refusal.messages[0], status=422)
    return _copied(request, draft, found, copy, lesson=copy)


def page(
    request: SignedIn,
    draft: Draft,
    *,
    problem: str = "",
    new_module: NewModuleForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole outline, also where an act of htmx was refused: it shows things as they are."""
    modules = list(draft.modules.with_outline())
    lessons = [lesson for module in modules for lesson in module.lessons.all()]
    talked_about = Counter(
        CommentThread.objects.filter(draft=draft).unresolved().values_list("lesson", flat=True)
    )
    for lesson in lessons:
        lesson.open_threads = talked_about[lesson.uuid]
    context = {
        "draft": draft,
        "course": draft.course,
        "standing": standing_of(draft),
        "modules": modules,
        "new_module": new_module or _new_module_form(),
        "problem": problem,
        "removed": just_removed(request, draft),
        "lesson_count": len(lessons),
        "minutes": sum(lesson.minutes for lesson in lessons),
    }
    shown = render_page(request, "studio/outline.html", context, part="outline", status=status)
    if request.htmx and not request.htmx.history_restore_request:
        return reswap(retarget(shown, "#outline"), "outerHTML")
    return shown


def news(
    request: SignedIn,
    draft: Draft,
    told: str,
    *,
    row: uuid.UUID | None = None,
    **changed: Any,
) -> HttpResponse:
    """After an act: what changed and no more, for htmx; else the outline, with the word on top.

    A new `lesson` or `module` is put at its `place`, `gone` is the name of one that left, `undo` or
    `removed` the way back. A form that stays open comes again, for the next one.
    """
    part = changed.get("lesson") or changed.get("module")
    if not request.htmx:
        messages.success(request, told)
        at = part.uuid if part else row
        return see_other(f"{address(draft)}#{f'row-{at}' if at else 'outline'}")
    draft.refresh_from_db(fields=["revision", "changed_at", "changed_by"])
    lessons = Lesson.objects.filter(module__draft=draft)
    context = {
        "draft": draft,
        "course": draft.course,
        "standing": standing_of(draft),
        "told": told,
        **lessons.aggregate(lesson_count=Count("pk"), minutes=Sum("minutes", default=0)),
        **changed,
    }
    if module := changed.get("module"):
        context["module"] = draft.modules.with_outline().get(pk=module.pk)
    return render(request, "studio/outline.html#news", context)


def address(draft: Draft) -> str:
    return reverse("studio:course", args=[draft.course.slug])


def _copied(
    request: SignedIn, draft: Draft, original: Module | Lesson, copy: Module | Lesson, **row: Any
) -> HttpResponse:
    told = _("A copy is here: «%(title)s».") % {"title": said(copy.title)}
    again = {"copy_again": original.uuid, "key": uuid.uuid4()}
    return news(request, draft, told, place=f"afterend:#row-{original.uuid}", **row, **again)


def _ready[F: NewModuleForm](form: F) -> F:
    """To be written in as soon as it stands in the page."""
    form.fields["title_en"].widget.attrs["autofocus"] = True
    return form


def _in_place(
    request: SignedIn, template: str, context: dict[str, Any], target: str
) -> HttpResponse:
    """A form that was refused, where it stands."""
    part = render(request, template, context, status=422)
    return reswap(retarget(part, target), "outerHTML")


def _key(request: SignedIn) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None


def _new_module_form(data: Any = None) -> NewModuleForm:
    return NewModuleForm(data, auto_id="id_module_%s")


def _new_lesson_form(module: Module, data: Any = None, **kwargs: Any) -> NewLessonForm:
    return NewLessonForm(data, auto_id=f"id_{module.uuid}_%s", **kwargs)
