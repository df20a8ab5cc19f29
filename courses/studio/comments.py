"""What the people of the studio say about parts of a draft: one thread, and all of a course."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from courses import commenting
from courses.models import Block, Comment, CommentThread, Draft, Lesson, Question
from courses.studio.finding import draft_or_404, sent_uuid
from courses.studio.question_forms import KIND_WORDS
from lms.http import render_page, see_other
from people.access import SignedIn, author, only

PER_PAGE = 20
On = CommentThread.On
_ACTS = {"resolve", "reopen", "take_back"}


class SayForm(forms.Form):
    """How long it may be, `commenting` says: browsers send each end of a line as two characters."""

    mark_optional = False
    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Your comment"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": commenting.LONGEST}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


@dataclass(frozen=True)
class Talk:
    """A thread as the page shows it. `gone` when the draft does not hold its part any more."""

    thread: CommentThread
    kind: str
    gone: bool
    to: str  # where the part is, as far as it or its lesson is there
    form: SayForm
    comments: Sequence[Comment] = ()
    problem: str = ""


@require_GET
@only(author)
def comments(request: SignedIn, slug: str) -> HttpResponse:
    """All threads of the course, open ones first, deleted parts included."""
    draft = draft_or_404(request, slug)
    threads = CommentThread.objects.filter(draft=draft)
    page = Paginator(threads.for_page(), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    there = _there(draft, shown)
    context = {
        "draft": draft,
        "course": draft.course,
        "reader_acts": True,  # to comment is nobody's duty
        "tab": "comments",
        "page": page,
        "talks": [_talk(slug, thread, there) for thread in shown],
    }
    return render(request, "studio/comments.html", context)


@require_http_methods(["GET", "POST"])
@only(author)
def thread(request: SignedIn, slug: str, part: uuid.UUID) -> HttpResponse:
    """One thread, also where it has not begun. `?closed` is the line that opens it, for htmx.

    A POST says something, or resolves (`resolve` is the revision that was read), opens again
    (`reopen`) or takes one's own words back (`take_back` is the comment's uuid). What is typed
    beside one of these buttons is not lost: it has to be posted first.
    """
    draft = draft_or_404(request, slug, acts_as="")
    found = _thread_or_404(draft, part)
    if request.method == "GET":
        return _page(request, draft, found)
    form = SayForm(request.POST, auto_id=_auto_id(found))
    if not form.is_valid() and _ACTS.isdisjoint(request.POST):
        return _page(request, draft, found, form=form, status=422)
    try:
        _act(request, found, form)
    except ValidationError as refusal:
        if not request.POST.get("text"):
            return _page(request, draft, found, problem=refusal.messages[0], status=422)
        form.add_error("text", refusal)
        return _page(request, draft, found, form=form, status=422)
    if not request.htmx:
        return see_other(f"{reverse('studio:thread', args=[slug, part])}#comments-{part}")
    return _page(request, draft, found)


def _act(request: SignedIn, found: CommentThread, form: SayForm) -> None:
    sent = request.POST
    if _ACTS.isdisjoint(sent):
        data = form.cleaned_data
        commenting.say(found, by=request.user, key=data["key"], text=data["text"])
        return
    if found.pk is None:
        raise Http404
    if sent.get("text", "").strip():
        raise ValidationError(_("This is not posted yet. Post it first, or empty the box."))
    if "resolve" in sent:
        commenting.resolve(found, by=request.user, seen=_revision(request))
    elif "reopen" in sent:
        commenting.reopen(found)
    else:
        mine = Comment.objects.filter(thread=found, by=request.user)
        taken = get_object_or_404(mine, uuid=sent_uuid(request, "take_back"))
        commenting.take_back(taken, by=request.user)


def _page(
    request: SignedIn,
    draft: Draft,
    found: CommentThread,
    *,
    form: SayForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    slug = draft.course.slug
    rows = CommentThread.objects.filter(draft=draft, part=found.part)
    if request.htmx and "closed" in request.GET:
        context = {
            "draft": draft,
            "course": draft.course,
            "part": found.part,
            "name": _kind(found),
            "thread": rows.counted().first(),
            "closed": True,
        }
        return render(request, "studio/_comments.html", context)
    now = rows.for_page().first() or found
    talk = _talk(slug, now, _there(draft, [now]), form=form, problem=problem)
    context = {
        "draft": draft,
        "course": draft.course,
        "reader_acts": True,
        "tab": "comments",
        "talk": talk,
        "closes": request.htmx and "/lessons/" in (request.htmx.current_url or ""),
    }
    return render_page(request, "studio/thread.html", context, part="thread", status=status)


def _thread_or_404(draft: Draft, part: uuid.UUID) -> CommentThread:
    """The thread of a part of this draft, or of one that was. Stored only once somebody wrote."""
    lessons = Lesson.objects.filter(module__draft=draft)
    inside = {"lesson__module__draft": draft}
    found = (
        Block.objects.filter(uuid=part, **inside).select_related("lesson").first()
        or lessons.filter(uuid=part).first()
        or Question.objects.filter(uuid=part, **inside).select_related("lesson").first()
    )
    stored = CommentThread.objects.filter(draft=draft, part=part).select_related("draft").first()
    if found is not None:
        begun = commenting.about(draft, found)
        begun.pk = stored.pk if stored else None
        return begun
    if stored is None:
        raise Http404
    return stored


def _there(draft: Draft, threads: Collection[CommentThread]) -> set[uuid.UUID]:
    """Which of these parts, and of their lessons, the draft holds: a query for each kind."""
    parts = {thread.part for thread in threads}
    lessons = {thread.lesson for thread in threads}
    inside = {"uuid__in": parts, "lesson__module__draft": draft}
    held = Lesson.objects.filter(module__draft=draft, uuid__in=lessons)
    return {
        *held.values_list("uuid", flat=True),
        *Block.objects.filter(**inside).values_list("uuid", flat=True),
        *Question.objects.filter(**inside).values_list("uuid", flat=True),
    }


def _talk(
    slug: str,
    thread: CommentThread,
    there: Collection[uuid.UUID],
    *,
    form: SayForm | None = None,
    problem: str = "",
) -> Talk:
    to = ""
    if thread.lesson in there:
        to = reverse("studio:lesson", args=[slug, thread.lesson])
        if thread.on != On.LESSON and thread.part in there:
            to += f"#{thread.on}-{thread.part}"
    return Talk(
        thread=thread,
        kind=_kind(thread),
        gone=thread.part not in there,
        to=to,
        form=form or SayForm(initial={"key": uuid.uuid4()}, auto_id=_auto_id(thread)),
        comments=list(thread.comments.all()) if thread.pk else (),
        problem=problem,
    )


def _kind(thread: CommentThread) -> str:
    if thread.on == On.BLOCK:
        return str(Block.Kind(thread.kind).label)
    if thread.on == On.QUESTION:
        return str(KIND_WORDS[thread.kind])
    return _("Lesson")


def _auto_id(thread: CommentThread) -> str:
    return f"id_{thread.part}_comment_%s"


def _revision(request: SignedIn) -> int:
    sent = request.POST.get("resolve", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 9):
        raise Http404
    return int(sent)
