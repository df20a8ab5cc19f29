"""One lesson: its settings, its blocks in order, and the editor of a block."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import reswap, retarget

from courses.blocks import lacks, texts
from courses.models import Bank, Block, CommentThread, Draft, Lesson, Question
from courses.questions import problems_of
from courses.reading import Piece, pieces
from courses.studio import editing, removing
from courses.studio.block_forms import BlockForm, shifted
from courses.studio.finding import (
    block_or_404,
    draft_or_404,
    just_removed,
    lesson_or_404,
    posted,
    question_or_404,
)
from courses.studio.forms import LessonForm, NewBlockForm
from courses.studio.question_forms import KIND_WORDS, AskForm
from courses.studio.refusing import base_of, conflict_with, refused, rows_wanted
from lms.http import render_page, see_other
from lms.text import LANGUAGES
from people.access import SignedIn, author, only

type Threads = Mapping[uuid.UUID, CommentThread]


@dataclass(frozen=True)
class Row:
    """A block or a question in its list. `up` and `down` are moves; empty where there is none."""

    number: int
    part: Any
    up: str
    down: str
    missing: tuple[str, ...] = ()  # languages without words
    piece: Piece | None = None
    kind: str = ""
    problems: tuple[str, ...] = ()
    open: bool = False  # its editor stands in the page and stays
    thread: CommentThread | None = None


@require_GET
@only(author)
def lesson(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    return _page(request, lesson_or_404(draft, lesson))


@require_http_methods(["GET", "POST"])
@only(author)
def settings(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    form = LessonForm(found, request.POST or None)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            editing.save_lesson(found, by=request.user, base=base_of(request), values=form.values)
        except ValidationError as refusal:
            context = refused(form, refusal, LessonForm)
        else:
            messages.success(request, _("Saved."))
            return see_other(address(found))
    context |= {**_around(found), "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "studio/lesson_settings.html", context, status=status)


@posted
def arrange(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    """Move a block or a question: `move` is «block:what:before» or «question:what:before»."""
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    kind, what, before = _parsed(request.POST.get("move", ""))
    try:
        if kind == "block":
            block = block_or_404(found, what)
            stop = block_or_404(found, before) if before else None
            editing.move_block(block, by=request.user, before=stop)
        else:
            question = question_or_404(found, what)
            behind = question_or_404(found, before) if before else None
            editing.move_question(question, by=request.user, before=behind)
    except ValidationError as refusal:
        return _page(request, found, problem=refusal.messages[0], status=422)
    rows = found.blocks if kind == "block" else found.questions
    order = list(rows.order_by("position", "pk").values_list("uuid", flat=True))
    told = _("Moved. It is now number %(place)s of %(total)s.") % {
        "place": order.index(what) + 1,
        "total": len(order),
    }
    if request.htmx:
        return _page(request, found, told=told)
    messages.success(request, told)
    return see_other(f"{address(found)}#{kind}-{what}")


@posted
def add_block(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    form = NewBlockForm(request.POST)
    if form.is_valid():
        try:
            made = editing.add_block(
                found,
                by=request.user,
                key=form.cleaned_data["key"],
                kind=form.cleaned_data["kind"],
            )
        except ValidationError as refusal:
            return _page(request, found, problem=refusal.messages[0], new_block=form, status=422)
        else:
            if request.htmx:
                made.lesson = found
                context = {**_editor(made, BlockForm(made)), "new_block": NewBlockForm()}
                return render(request, "studio/block.html#added", context)
            return see_other(block_address(made))
    return _page(request, found, new_block=form, status=422)


@require_http_methods(["GET", "POST"])
@only(author)
def block(request: SignedIn, slug: str, lesson: uuid.UUID, block: uuid.UUID) -> HttpResponse:
    """The editor of one block: in the list of its lesson for htmx, else a page of its own.

    A POST without `done` is the editor saving by itself: it is answered with one line and leaves
    what stands in the editor alone, whatever the outcome.
    """
    draft = draft_or_404(request, slug)
    found = block_or_404(lesson_or_404(draft, lesson), block)
    if request.method == "GET":
        context = _editor(found, BlockForm(found, auto_id=_auto_id(found)))
        return render_page(request, "studio/block.html", context, part="editor")
    rows = rows_wanted(request, more=0)
    data, moved = _moved_parts(request, rows)
    form = BlockForm(found, data, rows=rows, auto_id=_auto_id(found))
    context = _editor(found, form)
    if "more" in request.POST:
        return _other_rows(request, found, form, rows + 1, {"grown": True})
    if moved:
        return _other_rows(request, found, form, rows, {"moved": moved})
    if form.is_valid():
        try:
            saved = editing.save_block(
                found, by=request.user, base=base_of(request), values=form.values
            )
        except editing.Stale as stale:
            if stale.current is None:
                raise Http404 from None
            context |= _both_texts(form, stale.current)
        else:
            return _block_saved(request, found, saved)
    if not request.htmx or "done" in request.POST or "replace" in request.POST:
        return _whole_editor(request, found, context, status=422)
    return render(request, "studio/block.html#kept", context, status=422)


@require_http_methods(["GET", "POST"])
@only(author)
def delete_block(request: SignedIn, slug: str, lesson: uuid.UUID, block: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    within = lesson_or_404(draft, lesson)
    if request.method == "POST" and not Block.objects.filter(uuid=block).exists():
        return see_other(address(within))  # it is gone already: a form sent twice
    found = block_or_404(within, block)
    if request.method == "POST":
        kept = removing.delete(draft, found, by=request.user)
        return see_other(address(within) + (f"?removed={kept.pk}" if kept else ""))
    context = {
        **_around(within),
        "name": found.get_kind_display(),
        "piece": pieces([found], {}, {}, course=slug)[0],  # type: ignore[list-item]
        "back": address(within),
    }
    return render(request, "studio/delete.html", context)


def address(lesson: Lesson) -> str:
    return reverse("studio:lesson", args=[lesson.module.draft.course.slug, lesson.uuid])


def block_address(block: Block) -> str:
    lesson = block.lesson
    args = [lesson.module.draft.course.slug, lesson.uuid, block.uuid]
    return reverse("studio:block", args=args)


def _block_saved(request: SignedIn, found: Block, saved: Block) -> HttpResponse:
    lesson = found.lesson
    saved.lesson = lesson
    closes = "done" in request.POST or "replace" in request.POST
    if not request.htmx:
        messages.success(request, _("Saved."))
        return see_other(f"{address(lesson)}#block-{saved.uuid}")
    if closes:
        slug = lesson.module.draft.course.slug
        rows = _block_rows(lesson.blocks.order_by("position", "pk"), (), slug, threads_of(lesson))
        row = next(row for row in rows if row.part.pk == saved.pk)
        context = {**_around(lesson), "row": row, "back_to": True}
        shown = render(request, "studio/lesson.html#block", context)
        return reswap(retarget(shown, f"#block-{saved.uuid}"), "outerHTML")
    context = {"part": saved, "base": editing.mark_of(saved), "saved_at": timezone.now()}
    return render(request, "studio/block.html#kept", context)


def _moved_parts(request: SignedIn, rows: int) -> tuple[QueryDict, tuple[str, str] | None]:
    """What was sent with its parts in the order that was asked for: `shift` is «place:up».

    And which part moved: its name, and the way it went.
    """
    place, _colon, way = request.POST.get("shift", "").partition(":")
    if way not in {"up", "down"} or not (place.isascii() and place.isdigit()):
        return request.POST, None
    n = int(place[:4])
    m = n + (1 if way == "down" else -1)
    moved = request.POST.get(f"id_{n}", ""), way
    if not (0 <= n < rows and 0 <= m < rows):
        return request.POST, moved
    return shifted(request.POST, n, m), moved


def _other_rows(
    request: SignedIn, found: Block, form: BlockForm, rows: int, about: dict[str, Any]
) -> HttpResponse:
    """The editor with a further row, or in another order. What was typed is saved on the way where
    it can be."""
    if form.is_valid():
        try:
            found = editing.save_block(
                found, by=request.user, base=base_of(request), values=form.values
            )
        except editing.Stale as stale:
            if stale.current is None:
                raise Http404 from None
            context = _editor(found, form)
            context |= _both_texts(form, stale.current)
            return _whole_editor(request, found, context, status=422)
        found.lesson = form.block.lesson
        form = BlockForm(found, rows=rows, auto_id=_auto_id(found))
    else:
        data = QueryDict.copy(form.data)  # type: ignore[arg-type]
        data["rows"] = str(rows)
        form = BlockForm(found, data, rows=rows, auto_id=_auto_id(found)).unchecked()
    return _whole_editor(request, found, {**_editor(found, form), **about})


def _whole_editor(
    request: SignedIn, found: Block, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    if not request.htmx:
        return render(request, "studio/block.html", context, status=status)
    whole = render(request, "studio/block.html#editor", context, status=status)
    return reswap(retarget(whole, f"#block-{found.uuid}"), "outerHTML")


def _both_texts(form: BlockForm, current: editing.Part) -> dict[str, Any]:
    return conflict_with(form, current, lambda now: BlockForm(now, rows=form.rows))


def _editor(block: Block, form: BlockForm) -> dict[str, Any]:
    return {
        **_around(block.lesson),
        "part": block,
        "form": form,
        "thread": lambda: threads_of(block.lesson).get(block.uuid),  # not for each autosave
    }


def _auto_id(block: Block) -> str:
    return f"id_{block.uuid}_%s"


def _around(lesson: Lesson) -> dict[str, Any]:
    draft: Draft = lesson.module.draft
    return {"draft": draft, "course": draft.course, "lesson": lesson}


def _page(
    request: SignedIn,
    lesson: Lesson,
    *,
    told: str = "",
    problem: str = "",
    new_block: NewBlockForm | None = None,
    status: int = 200,
) -> HttpResponse:
    asks = lesson.kind in {Lesson.Kind.QUIZ, Lesson.Kind.EVALUATION}
    threads = threads_of(lesson)
    context: dict[str, Any] = {
        **_around(lesson),
        "thread": threads.get(lesson.uuid),
        "asks": asks,
        "told": told,
        "problem": problem,
        "removed": just_removed(request, lesson.module.draft),
    }
    if asks:
        context["rows"] = _question_rows(list(lesson.questions.order_by("position", "pk")), threads)
        context["ask_form"] = AskForm(lesson.kind)
        context["draws"] = _draws(lesson)
        context["pass_percent"] = lesson.settings.get("pass_percent", 80)
    else:
        blocks = list(lesson.blocks.order_by("position", "pk"))
        context["rows"] = _block_rows(
            blocks, request.POST.getlist("open"), lesson.module.draft.course.slug, threads
        )
        context["new_block"] = new_block or NewBlockForm()
    return render_page(request, "studio/lesson.html", context, part="parts", status=status)


def _draws(lesson: Lesson) -> list[dict[str, Any]]:
    """What the quiz draws, with the names of the banks."""
    draws = lesson.settings.get("draws") or []
    titles = dict(
        Bank.objects.filter(uuid__in=[draw["bank"] for draw in draws]).values_list("uuid", "title")
    )
    names = {str(key): title for key, title in titles.items()}
    return [{**draw, "bank": names.get(draw["bank"], _("a bank that is gone"))} for draw in draws]


def threads_of(lesson: Lesson) -> Threads:
    """What is said about the lesson and its parts, by part."""
    threads = CommentThread.objects.filter(draft=lesson.module.draft, lesson=lesson.uuid)
    return {thread.part: thread for thread in threads.counted().planned()}


def _block_rows(
    blocks: Iterable[Block], open_ones: Sequence[str], course: str, threads: Threads
) -> list[Row]:
    blocks = list(blocks)
    shown = pieces(blocks, {}, {}, course=course)  # type: ignore[arg-type]
    return [
        Row(
            number=place + 1,
            part=block,
            **_moves("block", blocks, place),
            missing=_missing(block),
            piece=shown[place],
            open=str(block.uuid) in open_ones,
            thread=threads.get(block.uuid),
        )
        for place, block in enumerate(blocks)
    ]


def _question_rows(questions: Sequence[Question], threads: Threads) -> list[Row]:
    return [
        Row(
            number=place + 1,
            part=question,
            **_moves("question", questions, place),
            missing=tuple(
                language for language in LANGUAGES if not question.body["prompt"].get(language)
            ),
            kind=str(KIND_WORDS[question.kind]),
            problems=tuple(problems_of(question.kind, question.body)),
            thread=threads.get(question.uuid),
        )
        for place, question in enumerate(questions)
    ]


def _moves(kind: str, parts: Sequence[Block | Question], place: int) -> dict[str, Any]:
    me = f"{kind}:{parts[place].uuid}"
    up = f"{me}:{parts[place - 1].uuid}" if place else ""
    down = ""
    if place + 1 < len(parts):
        behind = parts[place + 2].uuid if place + 2 < len(parts) else ""
        down = f"{me}:{behind}"
    return {"up": up, "down": down}


def _missing(block: Block) -> tuple[str, ...]:
    if not any(any(text.words.values()) for text in texts(block)):
        return LANGUAGES
    return tuple(language for language in LANGUAGES if lacks(block, language))


def _parsed(move: str) -> tuple[str, uuid.UUID, uuid.UUID | None]:
    try:
        kind, what, before = move.split(":")
        if kind not in {"block", "question"}:
            raise ValueError
        return kind, uuid.UUID(what), uuid.UUID(before) if before else None
    except ValueError:
        raise Http404 from None
