"""The class of a course, for its trainers: a page and the same table as a file."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.analysis import FEWEST
from courses.seeing import EVERYBODY, Class, Part, Step, see
from courses.studio.finding import draft_or_404
from lms.sheets import as_csv
from lms.text import LANGUAGE_NAMES, said
from people.access import SignedIn, author, only


@require_GET
@only(author)
def seen(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found = see(draft.course, request.GET.get("part", ""))
    context = {
        "draft": draft,
        "course": draft.course,
        "seen": found,
        "parts": [(part.key, name_of(part)) for part in found.parts],
        "part_name": name_of(found.part),
        "head": _head(found),
        "rows": [(step, _cells(step, found)[1:]) for step in found.steps],
        "any": any(step.people for step in found.steps),
        "fewest": FEWEST,
    }
    return render(request, "studio/class.html", context)


@require_GET
@only(author)
def as_file(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    found = see(draft.course, request.GET.get("part", ""))
    rows = [_cells(step, found) for step in found.steps]
    body = as_csv(_head(found), rows)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    name = f"{slug}-class{'-' if found.part.key else ''}{found.part.key}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def name_of(part: Part) -> str:
    if part.language:
        name = LANGUAGE_NAMES.get(part.language, part.language)
        return _("People who use the site in %(language)s") % {"language": name}
    if not part.versions:
        return _("Everybody")
    first, last = part.versions[0], part.versions[-1]
    if first == last:
        return _("Version %(number)s") % {"number": first}
    return _("Versions %(first)s to %(last)s") % {"first": first, "last": last}


def _head(found: Class) -> list[str]:
    head = [_("Lesson"), _("People"), _("Done"), _("Done, percent"), _("Planned minutes")]
    head.append(_("Minutes taken"))
    return [*head, _("Questions asked")] if found.part == EVERYBODY else head


def _cells(step: Step, found: Class) -> list[str]:
    """What stands on the page and in the file, word for word."""
    return list(_told(step, found))


def _told(step: Step, found: Class) -> Iterator[str]:
    hidden = _("not shown")
    yield f"{step.lesson.number}. {said(step.lesson.title)}"
    yield hidden if step.people is None else str(step.people)
    yield hidden if step.done is None else str(step.done)
    yield hidden if step.percent is None else str(step.percent)
    yield str(step.lesson.minutes)
    yield hidden if step.minutes is None else str(step.minutes)
    if found.part == EVERYBODY:
        yield hidden if step.asked and step.questions is None else _number(step)


def _number(step: Step) -> str:
    return "–" if step.questions is None else str(step.questions)
