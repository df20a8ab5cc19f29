"""The host's console: what is shown on it, and every act at it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Subquery
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.http import see_other
from lms.models import PlannedQuerySet
from lms.sheets import as_csv
from lms.text import said
from people.access import SignedIn, host, only
from webinars.invitations import absolute
from webinars.models import (
    Accommodation,
    LiveWindow,
    Poll,
    Reaction,
    Registration,
    RoomHelper,
    RoomSetup,
    Webinar,
)
from webinars.room import chat, door, frames, heads, polls, setup, shown, stage, team
from webinars.room.forms import MessageForm, NoteForm, PollForm, SetupForm
from webinars.room.log import Audience


class SecondStepFirst(Exception):
    """A moderator who has no role on the site still signs in with two steps, in production."""


def moderators[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Signed in; whose room it is `moderated` looks up, and what else that asks of them."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except SecondStepFirst:
            return see_other(reverse("people:second-step"))

    return login_required(checked)  # type: ignore[type-var, return-value]


@moderators
def console(request: SignedIn, slug: str) -> HttpResponse:
    return page(request, moderated(request, slug))


@only(host)
@require_POST
def change_streams(request: SignedIn, slug: str) -> HttpResponse:
    """To the backup stream, or back."""
    webinar = hosted(request, slug)
    try:
        setup.change(webinar, request.user, on_backup=request.POST.get("backup") == "1")
    except ValidationError as error:
        return refused(request, webinar, error)
    return done(request, webinar)


@only(host)
@require_POST
def change_state(request: SignedIn, slug: str) -> HttpResponse:
    webinar = hosted(request, slug)
    verbs = {Webinar.State.LIVE: stage.go_live, Webinar.State.BREAK: stage.take_break}
    verb = verbs.get(request.POST.get("to", ""))  # type: ignore[call-overload]
    if verb is None:
        return HttpResponseBadRequest()
    try:
        verb(webinar, request.user)
    except ValidationError as error:
        return refused(request, webinar, error)
    return done(request, webinar)


@only(host)
def end(request: SignedIn, slug: str) -> HttpResponse:
    """Asks first: nobody can go live again after it."""
    webinar = hosted(request, slug)
    if request.method != "POST":
        here = heads.here([webinar.pk], timezone.now())[webinar.pk]
        return render(request, "webinars/host_end.html", {"webinar": webinar, "here": here})
    try:
        stage.end(webinar, request.user)
    except ValidationError as error:
        return refused(request, webinar, error)
    messages.success(request, _("The session is over. Attendance is being worked out."))
    return see_other(address(webinar))


@moderators
@require_POST
def say(request: SignedIn, slug: str) -> HttpResponse:
    webinar = moderated(request, slug)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            chat.say(
                webinar,
                request.user,
                form.cleaned_data["text"],
                key=form.given_key,
                freely=True,
            )
        except ValidationError as error:
            form.add_error("text", error)
    if form.is_valid():
        if request.htmx:
            return _composer(request, webinar, MessageForm())
        return see_other(f"{address(webinar)}#chat")
    if request.htmx:
        return _composer(request, webinar, form, status=422)
    return page(request, webinar, say=form, status=422)


@moderators
@require_POST
def write_poll(request: SignedIn, slug: str) -> HttpResponse:
    webinar = moderated(request, slug)
    form = PollForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            polls.draft(
                webinar,
                request.user,
                form.question,
                form.options,
                kind=typed["kind"],
                right=typed["right"],
                key=form.given_key,
            )
        except ValidationError as error:
            form.add_error("right" if error.code == "right" else "options_en", error)
    if form.is_valid():
        if request.htmx:
            return _part(request, "write-poll", {"webinar": webinar, "write": PollForm()})
        return see_other(f"{address(webinar)}#polls")
    if request.htmx:
        return _part(request, "write-poll", {"webinar": webinar, "write": form}, status=422)
    return page(request, webinar, write=form, status=422)


@moderators
@require_POST
def run_poll(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = moderated(request, slug)
    row = get_object_or_404(Poll, webinar=webinar, pk=pk)
    act, _sep, what = request.POST.get("act", "").partition(":")
    try:
        if act == "open":
            polls.open_to_votes(row, request.user)
        elif act == "close":
            polls.close(row, request.user)
        elif act == "over" and what.isascii() and what.isdigit():
            polls.start_over(row, request.user, round_=int(what[:5]))
        elif act == "hide":
            polls.hide_word(row, request.user, what)
        else:
            return HttpResponseBadRequest()
    except ValidationError as error:
        return refused(request, webinar, error)
    return done(request, webinar, "polls")


@only(host)
def polls_csv(request: SignedIn, slug: str) -> HttpResponse:
    """How many chose what, round by round. Nobody's own answer is in it."""
    webinar = hosted(request, slug)
    head = [_("Poll"), _("Kind"), _("Round"), _("People who answered"), _("Answer"), _("Votes"),
            _("Right answer")]  # fmt: skip
    rows = (
        [said(poll.question), poll.get_kind_display(), round_, people, words, votes, mark]
        for poll, round_, people, chosen in polls.by_round(webinar)
        for words, votes, mark in _result(poll, chosen)
    )
    response = HttpResponse(as_csv(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{webinar.slug}-polls.csv"'
    return response


def _result(poll: Poll, chosen: Counter[str]) -> list[tuple[str, int, str]]:
    if poll.kind == Poll.Kind.WORDS:
        return [(word, votes, "") for word, votes in chosen.most_common()]
    return [
        (said(each["text"]), chosen[each["id"]], _("yes") if each["id"] in poll.right else "")
        for each in poll.options
    ]


@only(host)
@require_POST
def add_to_team(request: SignedIn, slug: str) -> HttpResponse:
    """A moderator or a presenter."""
    webinar = hosted(request, slug)
    role = request.POST.get("role", team.Role.MODERATOR)
    if role not in team.Role.values:
        return HttpResponseBadRequest()
    try:
        team.add(webinar, request.POST.get("email", ""), request.user, role)
    except ValidationError as error:
        form = SetupForm(None, setup=RoomSetup.of(webinar))
        return _set_up(request, webinar, form, refusal=error.messages[0])
    return see_other(reverse("webinars:room-setup", args=[slug]) + "#team")


@only(host)
@require_POST
def remove_from_team(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = hosted(request, slug)
    helpers = RoomHelper.objects.select_related("webinar")
    team.remove(get_object_or_404(helpers, webinar=webinar, pk=pk), request.user)
    return see_other(reverse("webinars:room-setup", args=[slug]) + "#team")


@only(host)
def set_up(request: SignedIn, slug: str) -> HttpResponse:
    """How the room is set up: its notice, materials, streams and chat, and who moderates."""
    webinar = hosted(request, slug)
    form = SetupForm(
        request.POST if request.method == "POST" else None, setup=RoomSetup.of(webinar)
    )
    if request.method == "POST" and form.is_valid():
        try:
            setup.change(webinar, request.user, **form.wanted)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The room is set up like that now."))
            return see_other(address(webinar))
    return _set_up(request, webinar, form)


def _set_up(
    request: SignedIn, webinar: Webinar, form: SetupForm, *, refusal: str = ""
) -> HttpResponse:
    secret = RoomSetup.of(webinar).caption_secret
    path = f"{reverse('webinars:caption-line')}?id={secret}" if secret else ""
    helpers = RoomHelper.objects.filter(webinar=webinar).select_related("person")
    context = {
        "webinar": webinar,
        "form": form,
        "helpers": helpers.order_by("role", "person__name", "pk"),
        "roles": team.Role.choices,
        "role": request.POST.get("role", team.Role.MODERATOR),
        "presenter_address": absolute(reverse("webinars:presenter", args=[webinar.slug])),
        "refusal": refusal,
        "caption_address": absolute(path) if path else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "webinars/room_setup.html", context, status=status)


def moderated(request: SignedIn, slug: str) -> Webinar:
    """For hosts and moderators. In production, who has no second step yet is led to it."""
    webinar = _counted(request, slug, team.moderated_by(request.user))
    if door.unproven(request.user):
        raise SecondStepFirst
    return webinar


def hosted(request: SignedIn, slug: str) -> Webinar:
    return _counted(request, slug, Webinar.objects.hosted_by(request.user))


def _counted(request: SignedIn, slug: str, rooms: PlannedQuerySet[Webinar]) -> Webinar:
    """With all that the console counts, in one query."""
    now, here = timezone.now(), OuterRef("pk")
    places = Registration.objects.filter(webinar=here).order_by()
    seated = places.seated().values("webinar")
    waiting = places.filter(state=Registration.State.WAITLISTED).values("webinar")
    opened = LiveWindow.objects.filter(webinar=here, closed_at__isnull=True)
    hosts = Webinar.hosts.through.objects.filter(webinar=here, user=request.user.pk)
    mine = rooms.select_related("room_setup").annotate(
        hosted=Exists(hosts),
        seated_count=Subquery(seated.annotate(n=Count("pk")).values("n")),
        waiting_count=Subquery(waiting.annotate(n=Count("pk")).values("n")),
        live_since=Subquery(opened.values("opened_at")[:1]),
        on_sockets=Subquery(heads.on_sockets(now).filter(webinar=here).values("n")),
        by_polls=Subquery(heads.by_polls(now).filter(webinar=here).values("n")),
    )
    return get_object_or_404(mine.planned(), slug=slug)


def address(webinar: Webinar) -> str:
    return reverse("webinars:host", args=[webinar.slug])


def page(
    request: SignedIn,
    webinar: Webinar,
    *,
    say: MessageForm | None = None,
    write: PollForm | None = None,
    note: NoteForm | None = None,
    refusal: str = "",
    typed: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole console: eight queries, however much was said."""
    counted: Any = webinar
    asked = frames.questions_of(webinar).annotate(vote_count=Count("votes"))
    snapshot = frames.snapshot(webinar, Audience.STAFF, questions=asked)
    rows: Any = snapshot.rows
    votes = {row.pk: row.vote_count for row in rows.questions}
    typed = typed or {}
    places = Registration.objects.filter(webinar=webinar)
    needs = Accommodation.objects.filter(registration__in=places.standing())
    context = {
        "webinar": webinar,
        "runs": request.user.is_superuser or (request.user.may_host and counted.hosted),
        "snapshot": snapshot,
        "controls": snapshot.lists["controls"][0],
        "polls": [shown.host_poll(row, webinar.slug) for row in rows.polls],
        "needs": list(needs.select_related("registration__person").order_by("kind", "pk")),
        "here": (counted.on_sockets or 0) + (counted.by_polls or 0),
        "say": say or MessageForm(),
        "write": write or PollForm(),
        "note": note or NoteForm(),
        "refusal": refusal,
        "hands": snapshot.lists["hands"],
        "reactions": Reaction.Kind.choices,
        **{
            name: [
                (item, votes[item.id], typed.get(item.id, ""))
                for item in sorted(snapshot.lists[name], key=_pinned_first)
            ]
            for name in ("queue", "questions", "dismissed")
        },
    }
    return render(request, "webinars/host.html", context, status=status)


def _composer(
    request: SignedIn, webinar: Webinar, form: MessageForm, *, status: int = 200
) -> HttpResponse:
    context = {"say": form, "address": reverse("webinars:host-say", args=[webinar.slug])}
    return render(request, "webinars/room/_composer.html", context, status=status)


def _pinned_first(item: Any) -> bool:
    return not item.pinned


def _part(
    request: SignedIn, part: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return render(request, f"webinars/host.html#{part}", context, status=status)


def done(request: SignedIn, webinar: Webinar, section: str = "") -> HttpResponse:
    """What changed comes with the next frame; without a script, with the page."""
    if request.htmx:
        return HttpResponse(status=204)
    return see_other(address(webinar) + (f"#{section}" if section else ""))


def refused(
    request: SignedIn,
    webinar: Webinar,
    error: ValidationError,
    *,
    typed: dict[int, str] | None = None,
) -> HttpResponse:
    reason = error.messages[0]
    if not request.htmx:
        webinar = moderated(request, webinar.slug)
        return page(request, webinar, refusal=reason, typed=typed, status=422)
    told = json.dumps({"room:refused": {"reason": reason}})
    return HttpResponse(status=422, headers={"HX-Trigger": told, "HX-Reswap": "none"})
