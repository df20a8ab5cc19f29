"""What moderators do to what people ask and say, and who did what."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.http import see_other
from people.access import SignedIn, host, only
from people.models import AuditEntry
from webinars.models import (
    ChatMessage,
    CreditPolicy,
    Hand,
    Prompt,
    PromptEase,
    RoomQuestion,
    Silence,
    Webinar,
)
from webinars.room import chat, hands, prompts, questions, setup, shown
from webinars.room.acts import told
from webinars.room.forms import AnswerForm, NoteForm
from webinars.views import console
from webinars.views.console import address, done, hosted, moderated, moderators, refused

ON_A_PAGE = 100


@moderators
@require_POST
def moderate(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = moderated(request, slug)
    question = get_object_or_404(RoomQuestion, webinar=webinar, pk=pk)
    act = request.POST.get("act")
    try:
        if act == "approve":
            questions.approve(question, request.user)
        elif act == "dismiss":
            questions.dismiss(question, request.user)
        elif act == "live":
            questions.answered_live(question, request.user)
        elif act in {"pin", "unpin"}:
            questions.pin(question, request.user, wanted=act == "pin")
        elif act == "answer":
            form = AnswerForm({"text": request.POST.get(f"text-{pk}", "")})
            if not form.is_valid():
                raise ValidationError(list(form.errors["text"]))
            questions.answer(question, request.user, form.cleaned_data["text"])
        else:
            return HttpResponseBadRequest()
    except ValidationError as error:
        typed = {pk: request.POST.get(f"text-{pk}", "")}
        return refused(request, webinar, error, typed=typed)
    return done(request, webinar, "queue" if act in {"approve", "dismiss"} else "questions")


@moderators
def merge(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Choose the question that asks the same; it gets the votes of both."""
    webinar = moderated(request, slug)
    question = get_object_or_404(
        RoomQuestion.objects.select_related("author"), webinar=webinar, pk=pk
    )
    others = (
        RoomQuestion.objects.filter(webinar=webinar)
        .filter(state__in=[questions.State.WAITING, *questions.PUBLIC])
        .exclude(pk=pk)
        .annotate(vote_count=Count("votes"))
        .order_by("-vote_count", "pk")
        .planned()
    )
    reason = ""
    if request.method == "POST":
        chosen = request.POST.get("into", "")
        into = others.filter(pk=chosen).first() if chosen.isascii() and chosen.isdigit() else None
        try:
            if into is None:
                raise ValidationError(_("Choose the question that stays."))
            questions.merge(question, into, request.user)
        except ValidationError as error:
            reason = error.messages[0]
        else:
            return see_other(f"{address(webinar)}#question-{into.pk}")
    context = {"webinar": webinar, "question": question, "others": others, "reason": reason}
    return render(request, "webinars/room_merge.html", context, status=422 if reason else 200)


@moderators
@require_POST
def remove_message(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = moderated(request, slug)
    chat.remove(get_object_or_404(ChatMessage, webinar=webinar, pk=pk), request.user)
    return done(request, webinar, "chat")


@moderators
@require_POST
def silence(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """The author of this message."""
    webinar = moderated(request, slug)
    said = get_object_or_404(ChatMessage.objects.select_related("author"), webinar=webinar, pk=pk)
    try:
        chat.silence(webinar, said.author, request.user)
    except ValidationError as error:
        return refused(request, webinar, error)
    return done(request, webinar, "chat")


@moderators
@require_POST
def hear(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = moderated(request, slug)
    chat.hear(get_object_or_404(Silence, webinar=webinar, pk=pk), request.user)
    return see_other(_log(webinar))


@moderators
@require_POST
def lower_hand(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    webinar = moderated(request, slug)
    hands.lower(get_object_or_404(Hand, webinar=webinar, pk=pk), request.user)
    return done(request, webinar, "hands")


@moderators
@require_POST
def lower_hands(request: SignedIn, slug: str) -> HttpResponse:
    webinar = moderated(request, slug)
    hands.lower_all(webinar, request.user)
    return done(request, webinar, "hands")


@moderators
@require_POST
def chat_rules(request: SignedIn, slug: str) -> HttpResponse:
    """Slow mode and links, in one press each."""
    webinar = moderated(request, slug)
    slow, links = request.POST.get("slow", ""), request.POST.get("links", "")
    if slow in {"0", "10", "30", "60"}:
        setup.change(webinar, request.user, slow_seconds=int(slow))
    elif links in {"0", "1"}:
        setup.change(webinar, request.user, links=links == "1")
    else:
        return HttpResponseBadRequest()
    return done(request, webinar, "chat")


@moderators
@require_POST
def note(request: SignedIn, slug: str) -> HttpResponse:
    """What the presenter reads on their screen."""
    webinar = moderated(request, slug)
    form = NoteForm(request.POST)
    if not form.is_valid():
        if request.htmx:
            return refused(request, webinar, form.errors.as_data()["text"][0])
        return console.page(request, webinar, note=form, status=422)
    setup.change(webinar, request.user, presenter_notes=form.cleaned_data["text"])
    return done(request, webinar, "notes")


@only(host)
def prompts_page(request: SignedIn, slug: str) -> HttpResponse:
    """How attention is asked for, and who is spared it."""
    webinar = hosted(request, slug)
    places = webinar.registrations.standing().filter(accommodations__isnull=False).distinct()
    rows = places.select_related("person").order_by("person__name", "pk")
    if request.method == "POST":
        chosen, kind = request.POST.get("place", ""), request.POST.get("kind", "")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() else 0
        place = get_object_or_404(rows, pk=number)
        if kind not in {"", *PromptEase.Kind.values}:
            return HttpResponseBadRequest()
        prompts.ease(webinar, place.person, kind, request.user)
        return see_other(reverse("webinars:prompts", args=[slug]))
    granted = dict(PromptEase.objects.filter(webinar=webinar).values_list("person", "kind"))
    asked = Prompt.objects.filter(webinar=webinar).annotate(answered=Count("answers"))
    context = {
        "webinar": webinar,
        "policy": CreditPolicy.objects.get(pk=webinar.policy_id),
        "asked": asked.order_by("-number"),
        "rows": [
            (place, granted.get(place.person_id, ""), place.accommodations.all())
            for place in rows.prefetch_related("accommodations")
        ],
        "kinds": [("", _("As everybody else")), *PromptEase.Kind.choices],
    }
    return render(request, "webinars/room_prompts.html", context)


@moderators
def acts(request: SignedIn, slug: str) -> HttpResponse:
    """Every act of hosts and moderators in this room, and who is silenced."""
    webinar = moderated(request, slug)
    mine = Q(details__webinar=webinar.pk) | Q(about=f"webinars.webinar {webinar.pk}")
    noted = AuditEntry.objects.filter(mine, verb__startswith="room.").select_related("actor")
    page = Paginator(noted.order_by("-at", "-pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    silenced = Silence.objects.filter(webinar=webinar, lifted_at__isnull=True)
    context = {
        "webinar": webinar,
        "page": page,
        "rows": told(page),
        "silenced": [
            (each.pk, shown.name(each.person), each.at)
            for each in silenced.select_related("person").order_by("pk").planned()
        ],
    }
    return render(request, "webinars/room_acts.html", context)


def _log(webinar: Webinar) -> str:
    return reverse("webinars:acts", args=[webinar.slug])
