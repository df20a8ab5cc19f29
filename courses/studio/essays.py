"""Essays that wait for a reader. Who wrote them is not shown: an answer is judged by its words."""

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from courses import assessment, reviewing
from courses.document import Question
from courses.models import Attempt, AttemptReview, Course
from lms.http import see_other
from people.access import SignedIn, author, only

PER_PAGE = 40


@dataclass(frozen=True)
class Essay:
    question: Question
    answer: str
    words: int
    points: BoundField
    comment: BoundField


class MarksForm(forms.Form):
    """Points and a comment for each essay of one attempt."""

    mark_optional = False

    def __init__(self, essays: dict[str, Question], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, question in essays.items():
            self.fields[f"points-{key}"] = forms.DecimalField(
                label=_("Points, from 0 to %(most)s") % {"most": question.points},
                min_value=0,
                max_value=question.points,
                max_digits=6,
                decimal_places=2,
            )
            self.fields[f"comment-{key}"] = forms.CharField(
                label=gettext_lazy("A word to the learner"),
                required=False,
                max_length=reviewing.LONGEST_COMMENT,
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    def marks(self, essays: dict[str, Question]) -> dict[str, reviewing.Mark]:
        data = self.cleaned_data
        return {
            key: reviewing.Mark(data[f"points-{key}"], data[f"comment-{key}"]) for key in essays
        }


@require_GET
@only(author)
def essays(request: SignedIn) -> HttpResponse:
    """What waits, longest waiting first."""
    waiting = _mine_to_read(request).order_by("awaits_review_since", "pk")
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = []
    for attempt in page:
        held = attempt.held_by_id is not None and (attempt.held_until or now) > now
        elsewhere = held and attempt.held_by_id != request.user.pk
        rows.append((attempt, assessment.lesson_of(attempt), elsewhere))
    return render(request, "studio/essays.html", {"page": page, "rows": rows})


@require_POST
@only(author)
def take(request: SignedIn, attempt: uuid.UUID) -> HttpResponse:
    found = _readable(request, attempt)
    if found.awaits_review_since is not None and not reviewing.take(found, request.user):
        messages.info(request, _("Somebody else took this answer a moment ago."))
        return see_other(reverse("studio:essays"))
    return see_other(reverse("studio:essay", args=[found.uuid]))


@require_POST
@only(author)
def give_back(request: SignedIn, attempt: uuid.UUID) -> HttpResponse:
    reviewing.give_back(_readable(request, attempt), request.user)
    return see_other(reverse("studio:essays"))


@require_http_methods(["GET", "POST"])
@only(author)
def essay(request: SignedIn, attempt: uuid.UUID) -> HttpResponse:
    """Read one attempt and give points. Opening it holds nothing: that is a button."""
    found = _readable(request, attempt)
    asked = assessment.essays_of(found)
    form = MarksForm(asked, request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.review(found, request.user, form.marks(asked))
        except ValidationError as refused:
            refusal = refused.messages[0]
        else:
            messages.success(request, _("Thank you. The learner sees the result now."))
            return see_other(reverse("studio:essays"))
    return _page(request, found, form, refusal)


def _page(request: SignedIn, attempt: Attempt, form: MarksForm, refusal: str) -> HttpResponse:
    answers, now = assessment.answers_of(attempt), timezone.now()
    held = attempt.held_by_id is not None and (attempt.held_until or now) > now
    context = {
        "attempt": attempt,
        "lesson": assessment.lesson_of(attempt),
        "essays": [
            Essay(
                question,
                str(answers[key].value),
                len(str(answers[key].value).split()),
                form[f"points-{key}"],
                form[f"comment-{key}"],
            )
            for key, question in assessment.essays_of(attempt).items()
        ],
        "form": form,
        "refusal": refusal,
        "mine": held and attempt.held_by_id == request.user.pk,
        "elsewhere": held and attempt.held_by_id != request.user.pk,
        "review": AttemptReview.objects.filter(attempt=attempt).first(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "studio/essay.html", context, status=status)


def _mine_to_read(request: SignedIn) -> QuerySet[Attempt]:
    return _of_my_courses(Attempt.objects.awaiting_review_by(request.user), request)


def _of_my_courses(attempts: QuerySet[Attempt], request: SignedIn) -> QuerySet[Attempt]:
    courses = Course.objects.editable_by(request.user)
    shown = attempts.filter(enrolment__course__in=courses)
    return shown.select_related("enrolment__course", "held_by").defer("enrolment__course__current")


def _readable(request: SignedIn, key: uuid.UUID) -> Attempt:
    """One that waits, or was read: the address stays good after the review. Never one's own."""
    waiting = Attempt.objects.filter(awaits_review_since__isnull=False)
    either = (waiting | Attempt.objects.filter(review__isnull=False)).exclude(
        enrolment__person=request.user
    )
    return get_object_or_404(_of_my_courses(either, request), uuid=key)
