"""More time in timed quizzes for people who need it: who has it, and giving it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from courses import clock
from courses.clock_rules import MOST_MINUTES, MOST_PERCENT
from courses.models import Attempt, Course, ExtraTime
from courses.studio.finding import draft_or_404
from lms.http import see_other
from people.access import SignedIn, author, only
from people.models import User


class ExtraTimeForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address of the person"),
        help_text=gettext_lazy("Of somebody who takes this course."),
    )
    percent = forms.IntegerField(
        label=gettext_lazy("Percent more"),
        min_value=0,
        max_value=MOST_PERCENT,
        initial=50,
        help_text=gettext_lazy("50 means one and a half times as long. 0 and 0 takes it back."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes more"), min_value=0, max_value=MOST_MINUTES, initial=0
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("No diagnosis: «agreed accommodation» is enough."),
    )

    def __init__(self, course: Course, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.course = course

    def clean_email(self) -> User:
        address = self.cleaned_data["email"].lower()
        person = User.objects.filter(email=address, enrolments__course=self.course).first()
        if person is None:
            raise ValidationError(_("Nobody with this address takes the course."))
        return person


@require_http_methods(["GET", "POST"])
@only(author)
def extra_time(request: SignedIn, slug: str) -> HttpResponse:
    draft = draft_or_404(request, slug)
    form = ExtraTimeForm(draft.course, request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            done = clock.grant(
                draft.course,
                given["email"],
                by=request.user,
                percent=given["percent"],
                minutes=given["minutes"],
                reason=given["reason"],
            )
        except ValidationError as refusal:
            form.add_error("email", refusal)
        else:
            messages.success(request, _told(done))
            return see_other(reverse("studio:extra-time", args=[slug]))
    mine = ExtraTime.objects.filter(course=draft.course).standing()
    running = Attempt.objects.open().filter(enrolment__course=draft.course, closes_at__isnull=False)
    context = {
        "draft": draft,
        "course": draft.course,
        "form": form,
        "granted": mine.select_related("person", "granted_by").order_by("-granted_at").planned(),
        "running": running.select_related("enrolment__person").order_by("closes_at").planned(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "studio/extra_time.html", context, status=status)


def _told(done: clock.Granted) -> str:
    words = _("%(name)s has %(percent)s%% and %(minutes)s minutes more from now on.") % {
        "name": done.row.person.name,
        "percent": done.row.percent,
        "minutes": done.row.minutes,
    }
    if not done.moved:
        return words
    moved = ngettext(
        "The try that is running ends later, too.",
        "%(count)s tries that are running end later, too.",
        done.moved,
    )
    return f"{words} {moved % {'count': done.moved}}"
