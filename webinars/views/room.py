"""The room as its guests see it: the page, what they do in it, and the fallback for sockets."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.http import see_other
from people.access import SignedIn
from webinars.models import (
    Poll,
    PollVote,
    Prompt,
    QuestionVote,
    Reaction,
    RoomQuestion,
    RoomSetup,
    Webinar,
)
from webinars.room import (
    captions,
    chat,
    frames,
    hands,
    minutes,
    polling,
    polls,
    prompts,
    questions,
    shown,
)
from webinars.room.door import Guest, audience_of, knock
from webinars.room.forms import MessageForm, QuestionForm
from webinars.room.frames import View
from webinars.room.log import Audience
from webinars.room.pace import paced
from webinars.room.socket import language, number

PUBLIC = Q(state__in=questions.PUBLIC)


@login_required
def room(request: SignedIn, slug: str) -> HttpResponse:
    guest = knock(request.user, slug)
    if guest is None:
        raise Http404
    if not guest.may_enter:
        return render(request, "webinars/room_door.html", {"guest": guest})
    return _page(request, guest)


@login_required
def me(request: SignedIn, slug: str) -> HttpResponse:
    """One's own minutes and questions: what no shared frame may carry."""
    guest = _inside(request, slug)
    now = timezone.now()
    context: dict[str, object] = {"webinar": guest.webinar, "now": now, "up": guest.hand_up}
    context |= _of_mine(_mine(guest))
    if guest.seated:
        finding = minutes.so_far(guest.webinar, guest.person, now)
        context["asked"] = finding.prompts
        context["counted"] = finding.counted_seconds // 60
        context["live"] = finding.live_seconds // 60
    if not request.htmx:
        return see_other(f"{_address(guest)}#me")
    return render(request, "webinars/room.html#me", context)


@login_required
@require_POST
@paced
def ask(request: SignedIn, slug: str) -> HttpResponse:
    guest = _inside(request, slug)
    known = RoomSetup.of(guest.webinar).names_known
    form = QuestionForm(request.POST, names_known=known)
    if form.is_valid():
        said = form.cleaned_data
        try:
            questions.ask(
                guest.webinar,
                guest.person,
                said["text"],
                key=form.given_key,
                anonymous=said["anonymous"],
            )
        except ValidationError as error:
            form.add_error("text", error)
    if form.is_valid():
        if request.htmx:
            context = {
                "webinar": guest.webinar,
                "ask": QuestionForm(names_known=known),
                "asked": True,
            }
            said_aloud = {"words": _("Your question went to the moderators.")}
            tell = {"room:mine": True, "room:said": said_aloud}
            return _part(request, "ask", context, tell=tell)
        messages.success(request, _("Your question went to the moderators."))
        return see_other(f"{_address(guest)}#questions")
    if request.htmx:
        return _part(request, "ask", {"webinar": guest.webinar, "ask": form}, status=422)
    return _page(request, guest, ask=form, status=422)


@login_required
@require_POST
@paced
def vote_question(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    guest = _inside(request, slug)
    question = get_object_or_404(RoomQuestion.objects.public(), webinar=guest.webinar, pk=pk)
    wanted = request.POST.get("wanted", "1") == "1"
    try:
        questions.vote(question, guest.person, wanted=wanted)
    except ValidationError as error:
        return _refused(request, guest, error)
    if request.htmx:
        voted = {"id": pk, "wanted": wanted, "votes": question.votes.count()}
        return _told({"room:voted": voted})
    return see_other(f"{_address(guest)}#question-{pk}")


@login_required
@require_POST
@paced
def withdraw(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    guest = _inside(request, slug)
    mine = RoomQuestion.objects.filter(webinar=guest.webinar, author=guest.person)
    question = get_object_or_404(mine, pk=pk)
    try:
        questions.withdraw(question, guest.person)
    except ValidationError as error:
        return _refused(request, guest, error)
    if request.htmx:
        return _told({"room:mine": True})
    return see_other(f"{_address(guest)}#questions")


@login_required
@require_POST
@paced
def say(request: SignedIn, slug: str) -> HttpResponse:
    guest = _inside(request, slug)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            chat.say(
                guest.webinar,
                guest.person,
                form.cleaned_data["text"],
                key=form.given_key,
                freely=guest.hosting,
            )
        except ValidationError as error:
            form.add_error("text", error)
    if form.is_valid():
        if request.htmx:
            return _composer(request, guest, MessageForm())
        return see_other(f"{_address(guest)}#chat")
    if request.htmx:
        return _composer(request, guest, form, status=422)
    return _page(request, guest, say=form, status=422)


@login_required
@require_POST
@paced
def hand(request: SignedIn, slug: str) -> HttpResponse:
    guest = _inside(request, slug)
    wanted = request.POST.get("wanted") == "1"
    try:
        hands.raise_hand(guest.webinar, guest.person, wanted=wanted)
    except ValidationError as error:
        return _refused(request, guest, error)
    if not request.htmx:
        return see_other(_address(guest))
    context = {"webinar": guest.webinar, "up": wanted, "reactions": Reaction.Kind.choices}
    return render(request, "webinars/room/acts.html", context)


@login_required
@require_POST
@paced
def prompt(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """«I am here.»"""
    guest = _inside(request, slug)
    asked = get_object_or_404(Prompt, webinar=guest.webinar, pk=pk)
    try:
        prompts.answer(asked, guest.person)
    except ValidationError as error:
        if not request.htmx:
            return _refused(request, guest, error)
        late = {"id": pk, "reason": error.messages[0]}
        return render(request, "webinars/room/prompt_answered.html", late, status=422)
    if not request.htmx:
        messages.success(request, _("Thank you. It counts."))
        return see_other(_address(guest))
    said_aloud = {"room:said": {"words": _("Thank you. It counts.")}}
    thanks = render(request, "webinars/room/prompt_answered.html", {"id": pk})
    thanks["HX-Trigger"] = json.dumps(said_aloud)
    return thanks


@login_required
@require_POST
@paced
def react(request: SignedIn, slug: str) -> HttpResponse:
    guest = _inside(request, slug)
    try:
        hands.react(guest.webinar, guest.person, request.POST.get("kind", ""))
    except ValidationError as error:
        return _refused(request, guest, error)
    return HttpResponse(status=204) if request.htmx else see_other(_address(guest))


@login_required
def poll(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """One poll as this person may see it: with the result once they have voted."""
    guest = _inside(request, slug)
    row = _poll(guest, pk)
    if not request.htmx:
        return see_other(f"{_address(guest)}#polls")
    return render(request, "webinars/room/poll.html", {"item": _my_poll(guest, row)})


@login_required
@require_POST
@paced
def vote_poll(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    guest = _inside(request, slug)
    row = _poll(guest, pk)
    try:
        polls.vote(row, guest.person, request.POST.getlist(f"poll-{pk}"))
        row.refresh_from_db()
    except ValidationError as error:
        if not request.htmx:
            return _page(request, guest, poll_error=(pk, error.messages[0]), status=422)
        context = {"item": _my_poll(guest, row), "error": error.messages[0]}
        return render(request, "webinars/room/poll.html", context, status=422)
    if not request.htmx:
        return see_other(f"{_address(guest)}#poll-{pk}")
    answer = render(request, "webinars/room/poll.html", {"item": _my_poll(guest, row)})
    answer["HX-Trigger"] = json.dumps({"room:answered": {"id": pk}})
    return answer


@require_GET
@login_required
def events(request: SignedIn, slug: str) -> HttpResponse:
    """What a socket would have told since `after`, as one frame with the counts in it.

    Also presence: see `webinars.room.polling`. This GET writes a row, at most every 20 seconds, and
    only for who holds a token that an earlier answer gave to the same person.
    """
    guest = _inside(request, slug)
    now = timezone.now()
    audience = audience_of(guest, request.GET.get("as", ""))
    if audience is None:
        raise Http404
    view = View(audience, language(request.GET.get("lang", get_language() or "")))
    after = number(request.GET.get("after", ""))
    to, told = frames.news(guest.webinar, {(view, after)})
    frame: dict[str, object] = {"to": to, "ev": []}
    frame |= told[view, after] or {}
    pk = guest.webinar.pk
    frame |= polling.passing(pk, audience, now)
    if guest.seated and guest.place is not None and frames.presence_counts(guest.webinar, now):
        frame["beat"] = polling.beat(guest.place, request.GET.get("beat", ""), now)
    return JsonResponse(frame, json_dumps_params={"ensure_ascii": False})


def _inside(request: SignedIn, slug: str) -> Guest:
    guest = knock(request.user, slug)
    if guest is None or not guest.may_enter:
        raise Http404
    return guest


def _address(guest: Guest) -> str:
    return reverse("webinars:room", args=[guest.webinar.slug])


def _poll(guest: Guest, pk: int) -> Poll:
    asked = Poll.objects.exclude(state=Poll.State.DRAFT)
    return get_object_or_404(asked, webinar=guest.webinar, pk=pk)


def _my_poll(guest: Guest, row: Poll) -> shown.Poll:
    mine = PollVote.objects.filter(poll=row, round=row.round, person=guest.person)
    return shown.poll(
        row, guest.webinar.slug, mine=mine.values_list("choices", flat=True).first() or ()
    )


def _mine(guest: Guest) -> list[RoomQuestion]:
    asked = RoomQuestion.objects.filter(webinar=guest.webinar, author=guest.person)
    asked = asked.exclude(state=RoomQuestion.State.WITHDRAWN).select_related("merged_into")
    return list(asked.order_by("pk"))


def _of_mine(mine: list[RoomQuestion]) -> dict[str, object]:
    """Open for who waits for a moderator; the others are among those that are shown."""
    waits = any(row.state == RoomQuestion.State.WAITING for row in mine)
    return {"mine": mine, "mine_open": waits}


def _page(
    request: SignedIn,
    guest: Guest,
    *,
    ask: QuestionForm | None = None,
    say: MessageForm | None = None,
    poll_error: tuple[int, str] = (0, ""),
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole room for one person: eight queries, however much was said."""
    webinar, person = guest.webinar, guest.person
    voted = QuestionVote.objects.filter(question=OuterRef("pk"), person=person)
    chosen = PollVote.objects.filter(poll=OuterRef("pk"), round=OuterRef("round"), person=person)
    snapshot = frames.snapshot(
        webinar,
        Audience.ALL,
        questions=frames.questions_of(webinar)
        .filter(PUBLIC | Q(author=person))
        .annotate(vote_count=Count("votes"), voted=Exists(voted))
        .select_related("merged_into"),
        polls=frames.polls_of(webinar).annotate(chosen=Subquery(chosen.values("choices"))),
        prompts=prompts.shown_to(webinar, person, timezone.now()),
    )
    rows: Any = snapshot.rows
    by_pk = {row.pk: row for row in rows.questions}
    asked_order = [(item, by_pk[item.id]) for item in snapshot.lists["questions"]]
    by_votes = request.GET.get("order") == "votes"
    asked_order.sort(
        key=lambda pair: (not pair[0].pinned, -pair[1].vote_count if by_votes else 0)  # type: ignore[attr-defined]
    )
    withdrawn = RoomQuestion.State.WITHDRAWN
    context = {
        "webinar": webinar,
        "guest": guest,
        "snapshot": snapshot,
        "stage": shown.stage(webinar, request.GET.get("stream", "")),
        "notice": snapshot.lists["notice"],
        "materials": snapshot.lists["materials"],
        "rules": snapshot.lists["rules"],
        "up": guest.hand_up,
        "reactions": Reaction.Kind.choices,
        "questions": [(item, row.vote_count, row.voted) for item, row in asked_order],
        "order": request.GET.get("order", ""),
        "messages_said": snapshot.lists["chat"],
        "polls": [
            shown.poll(row, webinar.slug, mine=row.chosen or ())
            for row in sorted(rows.polls, key=lambda row: row.state != Poll.State.OPEN)
            if row.state != Poll.State.DRAFT
        ],
        **_of_mine(
            [r for r in rows.questions if r.author_id == person.pk and r.state != withdrawn]
        ),
        "voted": [row.pk for row in rows.questions if row.voted],
        "answered": [row.pk for row in rows.polls if row.chosen],
        "prompts": [shown.StillHere(slug=webinar.slug, id=row.pk) for row in rows.prompts],
        "ease": guest.ease,
        "needs": (
            list(guest.place.accommodations.all())
            if guest.place and webinar.state == Webinar.State.SCHEDULED
            else []
        ),
        "captions": captions.recent(webinar.pk, timezone.now()),
        "captioned": bool(RoomSetup.of(webinar).caption_secret),
        "ask": ask or QuestionForm(names_known=RoomSetup.of(webinar).names_known),
        "say": say or MessageForm(),
        "poll_error": poll_error,
        "refusal": refusal,
    }
    return render(request, "webinars/room.html", context, status=status)


def _composer(
    request: SignedIn, guest: Guest, form: MessageForm, *, status: int = 200
) -> HttpResponse:
    context = {"say": form, "address": reverse("webinars:say", args=[guest.webinar.slug])}
    return render(request, "webinars/room/_composer.html", context, status=status)


def _part(
    request: SignedIn,
    part: str,
    context: dict[str, object],
    *,
    status: int = 200,
    tell: dict[str, object] | None = None,
) -> HttpResponse:
    response = render(request, f"webinars/room.html#{part}", context, status=status)
    if tell:
        response["HX-Trigger"] = json.dumps(tell)
    return response


def _told(events: dict[str, object]) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def _refused(request: SignedIn, guest: Guest, error: ValidationError) -> HttpResponse:
    """A press that came too late: the reason in a toast; without a script, on the page."""
    if not request.htmx:
        return _page(request, guest, refusal=error.messages[0], status=422)
    return refusal_of(error)


def refusal_of(error: ValidationError) -> HttpResponse:
    """For a script: the reason in a toast."""
    told = json.dumps({"room:refused": {"reason": error.messages[0]}})
    return HttpResponse(status=422, headers={"HX-Trigger": told, "HX-Reswap": "none"})
