"""Where the links of a draft lead: a part of the page before publishing, and a page of its own."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from courses import links as story
from courses import publishing
from courses.document import Document
from courses.links import Row, State, place_of
from courses.studio.finding import draft_or_404
from lms.http import see_other
from lms.outgoing import Why
from people.access import SignedIn, author, only

LOOKS = 40  # how often the page asks for news by itself; then somebody presses a button
_WHY = {
    Why.ADDRESS: gettext_lazy("The address is not one that we can ask."),
    Why.OFF: gettext_lazy("This site does not ask others."),
    Why.UNKNOWN_NAME: gettext_lazy("There is no site with this name."),
    Why.NOT_PUBLIC: gettext_lazy("The address is inside a network that is not public."),
    Why.CERTIFICATE: gettext_lazy("The site cannot prove who it is: its certificate is not valid."),
    Why.NO_ANSWER: gettext_lazy("The site did not answer."),
    Why.NONSENSE: gettext_lazy("The site gave an answer that we do not understand."),
}


@require_http_methods(["GET", "POST"])
@only(author)
def links(request: SignedIn, slug: str) -> HttpResponse:
    """A POST asks a worker to look at all of them; htmx swaps in the part alone."""
    draft = draft_or_404(request, slug, acts_as="")
    document = Document.read(publishing.freeze(draft))
    if request.method == "POST":
        found = story.report(document)
        story.ask(row.link.url for row in found.rows)
        if not request.htmx:
            messages.success(request, _("The links are being checked. Look again in a minute."))
            return see_other(reverse("studio:links", args=[slug]))
    looked = request.GET.get("look", "")
    context = {
        "draft": draft,
        "reader_acts": True,
        "course": draft.course,
        **links_context(document, looked=int(looked) if looked.isdecimal() else 0),
    }
    template = "studio/_links.html" if request.htmx else "studio/links.html"
    return render(request, template, context)


def links_context(document: Document, *, looked: int = 0) -> dict[str, Any]:
    """What `studio/_links.html` shows."""
    found = story.report(document)
    return {
        "links": found,
        "link_rows": [
            (heading, [(row, place_of(row.link), _reason(row)) for row in rows])
            for heading, rows in (
                (_("Lead nowhere"), found.of(State.DEAD)),
                (_("Moved for good"), found.of(State.MOVED)),
                (_("Could not be checked"), found.of(State.UNSURE)),
            )
            if rows
        ],
        "links_on": settings.OUTGOING_HTTP,
        "next_look": looked + 1 if found.waiting and looked < LOOKS else 0,
        "links_summary": _summary(found),
    }


def _summary(found: story.Report) -> str:
    total = len(found.rows)
    if not total:
        return _("Links: the course leads to no other site.")
    if found.waiting:
        return ngettext(
            "Links: %(count)s is being checked.",
            "Links: %(count)s are being checked.",
            found.waiting,
        ) % {"count": found.waiting}
    if found.unasked:
        return ngettext(
            "Links: %(count)s of %(total)s was not checked yet.",
            "Links: %(count)s of %(total)s were not checked yet.",
            found.unasked,
        ) % {"count": found.unasked, "total": total}
    if dead := len(found.of(State.DEAD)):
        return ngettext(
            "Links: %(count)s of %(total)s leads nowhere.",
            "Links: %(count)s of %(total)s lead nowhere.",
            dead,
        ) % {"count": dead, "total": total}
    if others := total - len(found.of(State.ALIVE)):
        return ngettext(
            "Links: %(count)s of %(total)s to look at.",
            "Links: %(count)s of %(total)s to look at.",
            others,
        ) % {"count": others, "total": total}
    return ngettext("Links: the one link works.", "Links: all %(total)s of them work.", total) % {
        "total": total
    }


def _reason(row: Row) -> str:
    """Why it stands here, in words."""
    found = row.found
    if found is None or row.state == State.MOVED:
        return ""
    if found.why:
        return str(_WHY.get(Why(found.why), ""))
    if row.state == State.DEAD:
        return _("The site says that the page is gone (%(status)s).") % {"status": found.status}
    if found.status in {401, 403}:
        return _("The site lets only people in whom it knows (%(status)s).") % {
            "status": found.status
        }
    return _("The site answered %(status)s.") % {"status": found.status}
