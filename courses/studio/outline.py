"""The outline of a course: modules and lessons, their order, coming and going."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import reswap, retarget

from courses.models import Draft, Lesson, Module, Removed
from courses.studio import editing, removing
from courses.studio.finding import draft_or_404, lesson_or_404, module_or_404, posted
from courses.studio.forms import ModuleForm, NewLessonForm, NewModuleForm, RenameForm
from courses.studio.refusing import base_of, refused
from courses.studio.standing import standing_of
from lms.http import render_page, see_other
from lms.text import said
from people.access import SignedIn, author, only

MOST_REMOVED = 200  # on the page of what was deleted


@dataclass
class LessonRow:
    """`up` and `down` are the moves that the buttons ask for; empty where there is none."""

    lesson: Lesson
    up: str
    down: str


@dataclass
class ModuleRow:
    module: Module
    up: str
    down: str
    lessons: list[LessonRow]
    form: NewLessonForm
    key: uuid.UUID = field(default_factory=uuid.uuid4)  # of the copy that «duplicate» makes

    @property
    def minutes(self) -> int:
        return sum(row.lesson.minutes for row in self.lessons)


@require_GET
@only(author)
def course(request: SignedIn, slug: str) -> HttpResponse:
    return _page(request, draft_or_404(request, slug))


@posted
def add_module(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    form = NewModuleForm(request.POST, auto_id="id_module_%s")
    if form.is_valid():
        try:
            made = editing.add_module(
                draft, by=request.user, key=form.cleaned_data["key"], title=form.said("title")
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _done(request, draft, _("The module «%(title)s» is added."), made)
    return _page(request, draft, new_module=form, status=422)


@posted
def add_lesson(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    into = module_or_404(draft, module)
    form = _new_lesson_form(into, request.POST)
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
            return _done(request, draft, _("The lesson «%(title)s» is added."), made)
    return _page(request, draft, new_lesson=(into, form), status=422)


@require_http_methods(["GET", "POST"])
@only(author)
def module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
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
            return see_other(_address(draft))
    context |= {"draft": draft, "course": draft.course, "module": found, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "studio/module.html", context, status=status)


@posted
def arrange(request: SignedIn, slug: str) -> HttpResponse:
    """Move a module or a lesson: `move` is «module:what::before» or «lesson:what:into:before».

    The place is named by what stands behind it, never counted: repeating the request, or sending
    it when others have moved things, puts the same thing in the same place.
    """
    draft = draft_or_404(request, slug)
    kind, what, into, before = _parsed(request.POST.get("move", ""))
    try:
        if kind == "module":
            undo, told = _move_module(request, draft, what, before)
        else:
            undo, told = _move_lesson(request, draft, what, into, before)
    except ValidationError as refusal:
        return _page(request, draft, problem=refusal.messages[0], status=422)
    if not request.htmx:
        return _done(request, draft, told)
    # The rows have moved in the page already: the answer is the word, and the way back.
    draft.refresh_from_db(fields=["revision", "changed_at", "changed_by"])
    context = {
        "draft": draft,
        "course": draft.course,
        "standing": standing_of(draft),
        "told": told,
        "undo": undo,
    }
    return render(request, "studio/outline.html#moved", context)


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
        context = {"draft": draft, "course": draft.course, "lesson": named}
        return render(request, "studio/lesson_acts.html#renamed", context)
    messages.success(request, _("Saved."))
    return see_other(f"{_address(draft)}#row-{found.uuid}")


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
    part = render_page(request, "studio/lesson_acts.html", context, part="acts", status=status)
    if status == 422 and request.htmx:
        return reswap(retarget(part, f"#acts-{lesson.uuid}"), "innerHTML")
    return part


@posted
def duplicate_module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found, key = module_or_404(draft, module), _key(request)
    try:
        copy = editing.duplicate_module(found, by=request.user, key=key)
    except ValidationError as refusal:
        return _page(request, draft, problem=refusal.messages[0], status=422)
    return _done(request, draft, _("A copy is here: «%(title)s»."), copy)


@posted
def duplicate_lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found, key = lesson_or_404(draft, lesson), _key(request)
    try:
        copy = editing.duplicate_lesson(found, by=request.user, key=key)
    except ValidationError as refusal:
        return _page(request, draft, problem=refusal.messages[0], status=422)
    return _done(request, draft, _("A copy is here: «%(title)s»."), copy)


@require_http_methods(["GET", "POST"])
@only(author)
def delete_module(request: SignedIn, slug: str, module: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "POST" and not Module.objects.filter(uuid=module).exists():
        return see_other(_address(draft))  # it is gone already: a form sent twice
    found = module_or_404(draft, module)
    if request.method == "POST":
        return _gone(request, draft, removing.delete(draft, found, by=request.user))
    count = found.lessons.count()
    holds = ngettext("%(count)s lesson", "%(count)s lessons", count) % {"count": count}
    return _confirm(request, draft, found, holds, _address(draft))


@require_http_methods(["GET", "POST"])
@only(author)
def delete_lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    if request.method == "POST" and not Lesson.objects.filter(uuid=lesson).exists():
        return see_other(_address(draft))
    found = lesson_or_404(draft, lesson)
    if request.method == "POST":
        return _gone(request, draft, removing.delete(draft, found, by=request.user))
    blocks, questions = found.blocks.count(), found.questions.count()
    holds = ", ".join(
        [
            ngettext("%(count)s block", "%(count)s blocks", blocks) % {"count": blocks},
            ngettext("%(count)s question", "%(count)s questions", questions) % {"count": questions},
        ]
    )
    return _confirm(request, draft, found, holds, _address(draft))


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
            return see_other(_address(draft))
        found.draft = draft
        try:
            part = removing.put_back(found, by=request.user)
        except ValidationError as refusal:
            problem = refusal.messages[0]
        else:
            messages.success(request, _("«%(title)s» is back.") % {"title": _name_of(found)})
            return see_other(_place_of(draft, part))
    context = {
        "draft": draft,
        "course": draft.course,
        "rows": rows.planned()[:MOST_REMOVED],
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "studio/removed.html", context, status=status)


def _place_of(draft: Draft, part: editing.Placed) -> str:
    if isinstance(part, Module | Lesson):
        return f"{_address(draft)}#row-{part.uuid}"
    to = reverse("studio:lesson", args=[draft.course.slug, part.lesson.uuid])
    return f"{to}#{part._meta.model_name}-{part.uuid}"


def _name_of(found: Removed) -> str:
    return said(found.title) or _("Without a title")


def _gone(request: SignedIn, draft: Draft, kept: Removed | None) -> HttpResponse:
    to = _address(draft)
    return see_other(f"{to}?removed={kept.pk}" if kept else to)


def just_removed(request: SignedIn, draft: Draft) -> Removed | None:
    """What the act before this page deleted, so that the page can offer to undo it."""
    sent = request.GET.get("removed", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        return None
    return Removed.objects.filter(draft=draft, pk=sent).first()


def _move_module(request: SignedIn, draft: Draft, what: uuid.UUID, before: str) -> tuple[str, str]:
    """The move that undoes this one, and the word that it is done."""
    moving = module_or_404(draft, what)
    undo = f"module:{what}::{_behind(draft.modules.all(), moving)}"
    stop = module_or_404(draft, uuid.UUID(before)) if before else None
    editing.move_module(moving, by=request.user, before=stop)
    order = list(draft.modules.order_by("position", "pk").values_list("pk", flat=True))
    return undo, _("«%(title)s» is now module %(place)s of %(total)s.") % {
        "title": said(moving.title),
        "place": order.index(moving.pk) + 1,
        "total": len(order),
    }


def _move_lesson(
    request: SignedIn, draft: Draft, what: uuid.UUID, into: str, before: str
) -> tuple[str, str]:
    moving = lesson_or_404(draft, what)
    here = moving.module
    undo = f"lesson:{what}:{here.uuid}:{_behind(here.lessons.all(), moving)}"
    home = module_or_404(draft, uuid.UUID(into))
    stop = lesson_or_404(draft, uuid.UUID(before)) if before else None
    editing.move_lesson(moving, by=request.user, into=home, before=stop)
    order = list(home.lessons.order_by("position", "pk").values_list("pk", flat=True))
    return undo, _("«%(title)s» is now lesson %(place)s of %(total)s in «%(module)s».") % {
        "title": said(moving.title),
        "place": order.index(moving.pk) + 1,
        "total": len(order),
        "module": said(home.title),
    }


def _behind(rows: QuerySet[Any], row: Module | Lesson) -> str:
    """The name of what stands behind it; empty when it is last."""
    order = list(rows.order_by("position", "pk").values_list("uuid", flat=True))
    behind = order[order.index(row.uuid) + 1 :]
    return str(behind[0]) if behind else ""


def _parsed(move: str) -> tuple[str, uuid.UUID, str, str]:
    """The parts of a move. What does not read as one names nothing: 404."""
    try:
        kind, what, into, before = move.split(":")
        for name in (into, before):
            if name:
                uuid.UUID(name)
        if kind not in {"module", "lesson"} or (kind == "lesson") != bool(into):
            raise ValueError
        return kind, uuid.UUID(what), into, before
    except ValueError:
        raise Http404 from None


def _key(request: SignedIn) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None


def _done(
    request: SignedIn, draft: Draft, told: str, made: Module | Lesson | None = None
) -> HttpResponse:
    """After a change: the outline alone for htmx, else back to the page with the word on top."""
    if made is not None:
        told %= {"title": said(made.title)}
    if request.htmx:
        draft.refresh_from_db(fields=["revision", "changed_at", "changed_by"])
        return _page(request, draft, told=told, made=made)
    messages.success(request, told)
    return see_other(f"{_address(draft)}#{f'row-{made.uuid}' if made else 'outline'}")


def _page(
    request: SignedIn,
    draft: Draft,
    *,
    told: str = "",
    problem: str = "",
    made: Module | Lesson | None = None,
    new_module: NewModuleForm | None = None,
    new_lesson: tuple[Module, NewLessonForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    modules = list(draft.modules.with_outline())
    context = {
        "draft": draft,
        "course": draft.course,
        "standing": standing_of(draft),
        "rows": _rows(modules, new_lesson),
        "new_module": new_module or NewModuleForm(auto_id="id_module_%s"),
        "told": told,
        "problem": problem,
        "made": made,
        "removed": just_removed(request, draft),
        "any_removed": Removed.objects.filter(draft=draft).exists(),
        "lesson_count": sum(len(module.lessons.all()) for module in modules),
        "minutes": sum(lesson.minutes for module in modules for lesson in module.lessons.all()),
    }
    page = render_page(request, "studio/outline.html", context, part="outline", status=status)
    if request.htmx and not request.htmx.history_restore_request:
        return reswap(retarget(page, "#outline"), "outerHTML")
    return page


def _rows(
    modules: Sequence[Module], new_lesson: tuple[Module, NewLessonForm] | None
) -> list[ModuleRow]:
    rows = []
    for place, module in enumerate(modules):
        before = modules[place - 1] if place else None
        after = modules[place + 1] if place + 1 < len(modules) else None
        after_next = modules[place + 2] if place + 2 < len(modules) else None
        if new_lesson and new_lesson[0].pk == module.pk:
            form = new_lesson[1]
        else:
            form = _new_lesson_form(module)
        rows.append(
            ModuleRow(
                module=module,
                up=f"module:{module.uuid}::{before.uuid}" if before else "",
                down=f"module:{module.uuid}::{_id(after_next)}" if after else "",
                lessons=_lesson_rows(module, before, after),
                form=form,
            )
        )
    return rows


def _lesson_rows(module: Module, before: Module | None, after: Module | None) -> list[LessonRow]:
    """At the ends of its module a lesson goes on into the next one."""
    lessons = list(module.lessons.all())
    rows = []
    for place, lesson in enumerate(lessons):
        up = down = ""
        move = f"lesson:{lesson.uuid}"
        if place:
            up = f"{move}:{module.uuid}:{lessons[place - 1].uuid}"
        elif before:
            up = f"{move}:{before.uuid}:"
        if place + 1 < len(lessons):
            behind = lessons[place + 2] if place + 2 < len(lessons) else None
            down = f"{move}:{module.uuid}:{_id(behind)}"
        elif after:
            down = f"{move}:{after.uuid}:{_id(next(iter(after.lessons.all()), None))}"
        rows.append(LessonRow(lesson, up, down))
    return rows


def _id(part: Module | Lesson | None) -> str:
    return str(part.uuid) if part else ""


def _new_lesson_form(module: Module, data: Any = None) -> NewLessonForm:
    return NewLessonForm(data, auto_id=f"id_{module.uuid}_%s")


def _confirm(
    request: SignedIn, draft: Draft, part: Module | Lesson, holds: str, back: str
) -> HttpResponse:
    context = {
        "draft": draft,
        "course": draft.course,
        "name": said(part.title),
        "holds": holds,
        "back": back,
    }
    return render(request, "studio/delete.html", context)


def _address(draft: Draft) -> str:
    return reverse("studio:course", args=[draft.course.slug])
