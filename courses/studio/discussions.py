"""What learners said in the discussions of a course, and what a trainer takes out."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses import discussing
from courses.models import Block, Post
from courses.studio.finding import draft_or_404
from lms.http import see_other
from people.access import SignedIn, author, only

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@only(author)
def discussions(request: SignedIn, slug: str) -> HttpResponse:
    """The newest first. A POST takes one out (`out`) or puts it back (`back`)."""
    draft = draft_or_404(request, slug, acts_as="")  # what learners say is every trainer's care
    posts = Post.objects.within(draft.course).filter(withdrawn_at__isnull=True)
    if request.method == "POST":
        back = "back" in request.POST
        found = get_object_or_404(
            posts, uuid=_sent(request.POST.get("back" if back else "out", ""))
        )
        if back:
            discussing.put_back(found, by=request.user)
            messages.success(request, _("Learners see it again."))
        else:
            discussing.take_out(found, by=request.user)
            messages.success(request, _("Learners do not see it any more."))
        page = request.GET.get("page", "")
        tail = f"?page={page}" if page.isdigit() else ""
        return see_other(f"{reverse('studio:discussions', args=[slug])}{tail}#post-{found.uuid}")
    shown = posts.select_related("removed_by").for_page()
    page_of = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    blocks = {str(b.uuid): b for b in _blocks([post.block for post in page_of])}
    context = {
        "draft": draft,
        "reader_acts": True,
        "course": draft.course,
        "page": page_of,
        "rows": [(post, blocks.get(post.block)) for post in page_of],
    }
    return render(request, "studio/discussions.html", context)


def _blocks(uuids: list[str]) -> list[Block]:
    """Where they were said, as far as the draft still holds it."""
    return list(Block.objects.filter(uuid__in=set(uuids)).select_related("lesson"))


def _sent(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None
