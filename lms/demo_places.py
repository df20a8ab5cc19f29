"""Places at sessions in the demo, as they are before the day: asked for, waited for, kept, taken by
a training lead, with everything that people need to take part.

Safe to repeat: what has passed is made anew, and nobody's own doing is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from courses.models import Course
from courses.models.course import document_of
from lms.text import Localised
from people.models import Organisation, User
from webinars import accommodating, approving, asking, registering, registering_others, scheduling
from webinars.models import Accommodation, FormQuestion, Webinar

type People = Mapping[str, User]
LENGTH = timedelta(minutes=60)
Kind, Need, State = FormQuestion.Kind, Accommodation.Kind, Accommodation.State

CHOSEN: Localised = {
    "en": "Question hour: places on request",
    "es": "Hora de preguntas: lugares por solicitud",
}
SMALL: Localised = {
    "en": "Small group: two seats, and people who wait",
    "es": "Grupo pequeño: dos lugares y lista de espera",
}
TEAM: Localised = {
    "en": "Team session: registered by a training lead",
    "es": "Sesión de equipo: inscripción por la persona responsable",
}


def load(course: Course, organisation: Organisation, people: People, day: datetime) -> int:
    """How many sessions it scheduled, from `day` on."""
    made = 0
    for title, days, fill, face in (
        (CHOSEN, 0, _chosen, {"needs_approval": True, "capacity": 12, "format": "office_hours"}),
        (SMALL, 2, _small, {"capacity": 2, "format": "workshop"}),
        (TEAM, 4, _team(organisation), {}),
    ):
        webinar = _upcoming(title)
        if webinar is None:
            webinar = _schedule(course, title, people["host"], day + timedelta(days=days), **face)
            made += 1
        fill(webinar, people)
    return made + _copies(people["host"])


def _upcoming(title: Localised) -> Webinar | None:
    shown = Webinar.objects.upcoming().filter(title=title, published_at__isnull=False)
    return shown.filter(starts_at__gt=timezone.now()).first()


def _schedule(
    course: Course, title: Localised, host: User, start: datetime, **face: Any
) -> Webinar:
    assert course.current_id is not None  # noqa: S101 -- the loader published it
    item = next(one for one in document_of(course.current_id).lessons if one.kind == "live")
    return scheduling.schedule(
        course,
        item.uuid,
        slug=scheduling.free_slug(title["en"], start, settings.TIME_ZONE),
        title=title,
        summary=course.summary,
        starts_at=start,
        ends_at=start + LENGTH,
        hosts=[host],
        by=host,
        languages=["en", "es"],
        caption_plan=Webinar.Captions.CART,
        interpretation_plan=Webinar.Interpretation.BOTH,
        **face,
    )


def _chosen(webinar: Webinar, people: People) -> None:
    """The host asks three things and decides: one person has a place, another one waits."""
    topics = [
        {"en": "Working with partners", "es": "El trabajo con otras organizaciones"},
        {"en": "Using data", "es": "El uso de los datos"},
        {"en": "Changing how we work inside", "es": "Los cambios en la forma de trabajar"},
    ]
    brings = _ask(
        webinar,
        people["host"],
        Kind.LONG,
        {"en": "Which question do you bring?", "es": "¿Qué pregunta trae?"},
    )
    about = _ask(
        webinar,
        people["host"],
        Kind.SEVERAL,
        {"en": "What is it about?", "es": "¿De qué trata?"},
        topics,
        required=False,
    )
    agrees = _ask(
        webinar,
        people["host"],
        Kind.CONSENT,
        {
            "en": "The host may read my question aloud.",
            "es": "El equipo anfitrión puede leer mi pregunta en voz alta.",
        },
    )
    for key, words, topic in (
        ("attendee", "How do we begin with a partner whom we do not know yet?", topics[0]),
        ("learner", "Our counts are small. How do we show them without naming anybody?", topics[1]),
    ):
        if not webinar.registrations.filter(person=people[key]).exists():
            answers: asking.Answers = {
                brings.pk: {"text": words},
                about.pk: {"chosen": [topic]},
                agrees.pk: {"yes": True},
            }
            place = registering.register(people[key], webinar, answers=answers)
            if key == "attendee":
                approving.approve(webinar, [place.pk], by=people["host"])


def _ask(
    webinar: Webinar,
    host: User,
    kind: str,
    words: Localised,
    options: list[Localised] | None = None,
    *,
    required: bool = True,
) -> FormQuestion:
    return asking.add(
        webinar, by=host, kind=kind, words=words, options=options or [], required=required
    )


def _small(webinar: Webinar, people: People) -> None:
    """Both seats were taken and two people waited; now one seat is kept for the first of them."""
    if webinar.registrations.filter(state="offered").exists():
        return
    if webinar.registrations.seated().exclude(person=people["lead"]).exists():
        return  # an offer was taken
    for key in ("lead", "trainer", "learner", "attendee"):
        registering.register(people[key], webinar)
    registering.cancel(people["trainer"], webinar)


def _team(organisation: Organisation) -> Callable[[Webinar, People], None]:
    def fill(webinar: Webinar, people: People) -> None:
        """The lead registered two people. What they need is in each state that it can be in."""
        members = [people[key] for key in ("attendee", "learner")]
        if webinar.registrations.filter(person__in=members).exists():
            return
        ticked = [one.pk for one in members]
        registering_others.take(webinar, organisation, ticked, "", by=people["lead"])
        needs: dict[str, dict[str, str]] = {
            "attendee": {Need.CART: "", Need.ASL: ""},
            "learner": {Need.INTERPRETER: "Spanish", Need.LARGE_PRINT: ""},
        }
        for key, asked in needs.items():
            registering.register(people[key], webinar, needs=asked)
        for kind, state, answer, note in (
            (Need.CART, State.ARRANGED, "A person writes the captions from the start.", "Booked."),
            (Need.INTERPRETER, State.ARRANGING, "We have asked two interpreters.", ""),
            (Need.LARGE_PRINT, State.DECLINED,
             "The slides come too late to print. You get them as a file that can be enlarged.", ""),
        ):  # fmt: skip
            need = Accommodation.objects.get(registration__webinar=webinar, kind=kind)
            accommodating.answer(
                need, state=state, answer=answer, provider_note=note, by=people["host"]
            )

    return fill


def _copies(host: User) -> int:
    """The question hour again a week and two weeks later, as drafts."""
    first = _upcoming(CHOSEN)
    drafts = Webinar.objects.upcoming().filter(title=CHOSEN, published_at=None, rehearsal=False)
    if first is None or drafts.exists():
        return 0
    starts = [first.starts_at + timedelta(weeks=n) for n in (1, 2)]
    return len(scheduling.copy(first, starts, by=host))
