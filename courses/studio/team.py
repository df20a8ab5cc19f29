"""Who authors, reviews and publishes this course, and whether a review is needed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses import crediting, duties
from courses.studio.finding import draft_or_404
from courses.studio.review_forms import TeamForm
from lms.http import see_other
from people.access import SignedIn, author, only
from people.models import User


@require_http_methods(["GET", "POST"])
@only(author)
def team(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug, acts_as="publisher")
    course, named = draft.course, duties.named(draft.course)
    everyone = {pk for people in named.values() for pk in people}
    people = list((duties.trainers() | User.objects.filter(pk__in=everyone)).order_by("name"))
    keys = {person.pk: str(person.uuid) for person in people}
    stored = {
        "review_needed": course.review_needed,
        "base": duties.mark_of(course, named),
        **{duty: [keys[pk] for pk in them] for duty, them in named.items()},
    }
    form = TeamForm(people, request.POST or None, initial=stored)
    credit = crediting.earns_credit(course)
    if form.is_valid():
        try:
            duties.arrange(
                course,
                form.named,
                review_needed=form.cleaned_data["review_needed"] or credit,
                by=request.user,
                base=form.cleaned_data["base"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Saved."))
            return see_other(reverse("studio:team", args=[slug]))
    context = {
        "draft": draft,
        "course": course,
        "reader_acts": True,
        "form": form,
        "named": named,
        "credit": credit,
        "may_relax": duties.may_relax(course, request.user),
        "holders": [
            (label, list(duties.holders(course, duty)) if named[duty] else [])
            for duty, label in duties.Duty.choices
        ],
    }
    return render(request, "studio/team.html", context, status=422 if form.is_bound else 200)
