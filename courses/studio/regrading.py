"""Mark sent tries anew after the key of a question was put right: first a look, then the act."""

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from courses import publishing, regrading
from courses.document import Document, Question
from courses.models import Draft, KeyCorrection
from courses.studio.finding import draft_or_404, lesson_or_404
from lms.http import see_other
from people.access import SignedIn, author, only


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What was wrong?"),
        max_length=500,
        help_text=gettext_lazy("People whose result changes read this beside it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
@only(author)
def regrade(request: SignedIn, slug: str, lesson: uuid.UUID, question: uuid.UUID) -> HttpResponse:
    """The question as the draft has it now against what was asked. A POST names what it looked at:
    what changed meanwhile is looked at again first."""
    draft = draft_or_404(request, slug)
    within = lesson_or_404(draft, lesson)
    found = _question_or_404(draft, lesson, question)
    form = ReasonForm(request.POST or None)
    mark = regrading.mark_of(found)
    if form.is_valid():
        if request.POST.get("mark") != mark:
            form.add_error(None, _("The question was changed meanwhile. Look at it again."))
        else:
            try:
                regrading.correct(
                    draft.course,
                    str(lesson),
                    found,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                )
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                messages.success(
                    request, _("Tries are being marked anew. That may take some minutes.")
                )
                return see_other(reverse("studio:regrade", args=[slug, lesson, question]))
    made = KeyCorrection.objects.filter(up_to__course=draft.course, question=found.uuid)
    context = {
        "draft": draft,
        "course": draft.course,
        "lesson": within,
        "question": found,
        "form": form,
        "mark": mark,
        "preview": regrading.preview(draft.course, str(lesson), found),
        "corrections": made.select_related("made_by").order_by("-pk").planned(),
    }
    return render(request, "studio/regrade.html", context, status=422 if form.is_bound else 200)


def _question_or_404(draft: Draft, lesson: uuid.UUID, question: uuid.UUID) -> Question:
    """Of a quiz, as the draft has it, drawn from a bank or not; marked by a key."""
    if draft.course.current_id is None:
        raise Http404
    quiz = Document.read(publishing.freeze(draft)).item(str(lesson))
    asked = quiz.may_ask if quiz is not None and quiz.kind == "quiz" else ()
    found = next((each for each in asked if each.uuid == str(question)), None)
    if found is None or not regrading.can_be_marked_anew(found):
        raise Http404
    return found
