"""A training lead registers members of their organisation: a look first, then for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.http import see_other
from people.access import SignedIn, lead, only
from people.models import Organisation, User, led_by
from webinars import pasted, registering, registering_others
from webinars.models import Registration, Webinar
from webinars.registering_others import INVITE, MOST, REGISTER, Row


class TeamForm(forms.Form):
    members = forms.MultipleChoiceField(
        label=gettext_lazy("People of your organization"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    addresses = forms.CharField(
        label=gettext_lazy("Or paste e-mail addresses"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy(
            "From your mail program or one a line, with names or without. Members are registered; "
            "everybody else gets a letter from us that invites them to register."
        ),
        widget=forms.Textarea({"rows": 6}),
    )

    def __init__(self, *args: Any, people: list[User], states: dict[int, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["members"]
        field.choices = [(str(one.pk), _choice(one, states.get(one.pk))) for one in people]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        people = pasted.entries(data.get("addresses", ""))
        if len(people) > MOST:
            self.add_error("addresses", _("Paste %(n)s addresses at most.") % {"n": MOST})
        elif not people and not data.get("members") and not self.errors:
            self.add_error(None, _("Tick somebody, or paste an address."))
        return data


@only(lead)
def register_team(request: SignedIn, slug: str) -> HttpResponse:
    webinar = get_object_or_404(Webinar.objects.visible_to(request.user), slug=slug)
    organisation = led_by(request.user, timezone.now())
    assert organisation is not None  # noqa: S101 -- the gate asked the same
    people = registering_others.members_of(organisation)
    posted = request.method == "POST"
    form = TeamForm(
        request.POST if posted else None, people=people, states=_states(webinar, people)
    )
    rows: list[Row] | None = None
    if posted and form.is_valid():
        ticked = [int(pk) for pk in form.cleaned_data["members"]]
        text = form.cleaned_data["addresses"]
        if "sure" not in request.POST:
            rows = registering_others.look(webinar, organisation, ticked, text)
        else:
            try:
                done = registering_others.take(webinar, organisation, ticked, text, by=request.user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                _say(request, done)
                return see_other(request.path)
    return _page(request, webinar, organisation, form, rows)


def _page(
    request: SignedIn,
    webinar: Webinar,
    organisation: Organisation,
    form: TeamForm,
    rows: list[Row] | None,
) -> HttpResponse:
    context = {
        "webinar": webinar,
        "organisation": organisation,
        "form": form,
        "rows": rows,
        "todo": rows is not None and any(row.outcome in {REGISTER, INVITE} for row in rows),
        "closed": registering.why_closed(webinar),
    }
    status = 422 if request.method == "POST" and rows is None else 200
    return render(request, "webinars/register-team.html", context, status=status)


def _states(webinar: Webinar, people: list[User]) -> dict[int, str]:
    rows = Registration.objects.filter(webinar=webinar, person__in=people)
    return dict(rows.values_list("person", "state"))


def _choice(person: User, state: str | None) -> str:
    words = f"{person.name}, {person.email}"
    if state is None:
        return words
    return f"{words} ({Registration.STANDINGS[Registration.State(state)]})"


def _say(request: SignedIn, rows: list[Row]) -> None:
    registered = sum(row.outcome == REGISTER for row in rows)
    invited = sum(row.outcome == INVITE for row in rows)
    told = ngettext(
        "%(n)s person is registered. They get a letter of their own.",
        "%(n)s people are registered. Each gets a letter of their own.",
        registered,
    )
    messages.success(request, told % {"n": registered})
    if invited:
        told = ngettext(
            "We invite %(n)s address by letter.", "We invite %(n)s addresses by letter.", invited
        )
        messages.success(request, told % {"n": invited})
