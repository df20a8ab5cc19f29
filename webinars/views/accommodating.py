"""What people need to take part: the worklist of those who arrange it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.http import see_other
from people.access import SignedIn, host, only
from webinars import accommodating
from webinars.models import Accommodation, Webinar

State = Accommodation.State


class AnswerForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("How it stands"), choices=State, widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label=gettext_lazy("What the person should know"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("They get it by e-mail, and it stands on the page of the session."),
        widget=forms.Textarea({"rows": 3}),
    )
    provider_note = forms.CharField(
        label=gettext_lazy("Note for staff only"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("For example whom you booked. The person does not see it."),
        widget=forms.Textarea({"rows": 3}),
    )


@only(host)
def needs(request: SignedIn) -> HttpResponse:
    """All open requests of the sessions that this person hosts, the most pressing first."""
    mine = Webinar.objects.hosted_by(request.user).values("pk")
    rows = Accommodation.objects.open().filter(registration__webinar__in=mine).for_worklist()
    context = {"needs": sorted(rows, key=lambda need: (need.book_by, need.pk))}
    return render(request, "webinars/needs.html", context)


@only(host)
def need(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.hosted_by(request.user), slug=slug)
    rows = Accommodation.objects.filter(registration__webinar=webinar).for_worklist()
    found, posted = get_object_or_404(rows, pk=pk), request.method == "POST"
    form = AnswerForm(
        request.POST if posted else None,
        initial={
            "state": found.state,
            "answer": found.answer,
            "provider_note": found.provider_note,
        },
    )
    if posted and form.is_valid():
        try:
            accommodating.answer(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. If it changes something for the person, we write."))
            return see_other(reverse("webinars:needs"))
    context = {"webinar": webinar, "need": found, "form": form}
    return render(request, "webinars/need.html", context, status=422 if posted else 200)
