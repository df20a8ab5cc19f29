"""How the questions of a quiz work: difficulty, discrimination, and which answers are chosen."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from courses.analysis import FEWEST, analyse
from courses.models import Lesson
from courses.models.course import document_of
from courses.studio.finding import draft_or_404, lesson_or_404
from people.access import SignedIn, author, only

VERDICTS = {
    "very good": _("very good"),
    "good": _("good"),
    "marginal": _("could be better"),
    "poor": _("weak: look at it again"),
    "reversed": _("the wrong way round: is the right answer marked?"),
}
NEARLY = {
    "all right": _("Nearly everybody got it right."),
    "none right": _("Hardly anybody got it right."),
}


@require_GET
@only(author)
def items(request: SignedIn, slug: str, lesson: uuid.UUID) -> HttpResponse:
    """Of the quiz as it is published: learners never answered a draft."""
    draft = draft_or_404(request, slug)
    found = lesson_or_404(draft, lesson)
    if found.kind != Lesson.Kind.QUIZ:
        raise Http404
    version = draft.course.current_id
    shown = document_of(version).item(str(found.uuid)) if version else None
    rows = [
        (item, VERDICTS.get(item.verdict, ""), NEARLY.get(item.nearly, ""))
        for item in (analyse(draft.course, shown) if shown else [])
    ]
    context = {
        "draft": draft,
        "course": draft.course,
        "lesson": found,
        "rows": rows,
        "any": any(item.tries is not None for item, _verdict, _nearly in rows),
        "fewest": FEWEST,
    }
    return render(request, "studio/items.html", context)
