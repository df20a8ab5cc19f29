"""A course of 300 lessons in the studio: opening its outline, and each act in it."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpResponse

MODULES, LESSONS, ROUNDS = 10, 30, 15
MOST_BYTES, MOST_TO_OPEN = 5_000, 150_000  # of an answer to one act, and of the page


def run() -> Iterator[tuple[str, str, str, str]]:
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from courses.models import Lesson, Removed
    from courses.studio.editing import mark_of
    from people.models import User

    settings.ALLOWED_HOSTS = ["*"]
    trainer = User.objects.get(email="trainer@demo.test")
    draft = long_course(trainer, "bench-outline")
    client = Client()
    client.force_login(trainer)
    slug = draft.course.slug
    outline = reverse("studio:course", args=[slug])
    lessons = list(Lesson.objects.filter(module__draft=draft).order_by("module__position", "pk"))
    htmx = {"HX-Request": "true"}

    def move(n: int) -> HttpResponse:
        what, before = lessons[0], lessons[1 + n % (LESSONS - 1)]
        sent = f"lesson:{what.uuid}:{what.module.uuid}:{before.uuid}"
        return client.post(reverse("studio:arrange", args=[slug]), {"move": sent}, headers=htmx)

    def rename(n: int) -> HttpResponse:
        lesson = lessons[-1 - n]
        base = mark_of(Lesson.objects.get(pk=lesson.pk))
        sent = {"base": base, "title_en": f"Name {n}", "title_es": f"Nombre {n}"}
        to = reverse("studio:rename-lesson", args=[slug, lesson.uuid])
        return client.post(to, sent, headers=htmx)

    def post(name: str, part: uuid.UUID | None = None, **sent: object) -> HttpResponse:
        to = reverse(f"studio:{name}", args=[slug, part] if part else [slug])
        return client.post(to, sent, headers=htmx)

    def add(n: int) -> HttpResponse:
        sent = {"key": uuid.uuid4(), "title_en": f"New {n}", "title_es": "", "kind": "page"}
        return post("add-lesson", lessons[0].module.uuid, **sent)

    def copy(n: int) -> HttpResponse:
        return post("duplicate-lesson", lessons[n].uuid, key=uuid.uuid4())

    def put_back(n: int) -> HttpResponse:
        return post("removed", back=Removed.objects.latest("pk").pk)

    acts: list[tuple[str, Callable[[int], HttpResponse], int]] = [
        ("open", lambda n: client.get(outline), MOST_TO_OPEN),
        ("move", move, MOST_BYTES),
        ("rename", rename, MOST_BYTES),
        ("add", add, MOST_BYTES),
        ("duplicate", copy, MOST_BYTES),
        ("delete", lambda n: post("delete-lesson", lessons[40 + n].uuid), MOST_BYTES),
        ("undo", put_back, MOST_BYTES),
    ]
    for name, act, most in acts:
        act(0)
        answer = act(1)
        assert answer.status_code == 200, (name, answer.status_code)
        times = []
        for n in range(2, ROUNDS):
            begun = time.perf_counter()
            act(n)
            times.append((time.perf_counter() - begun) * 1000)
        size = len(answer.content)
        words = f"{statistics.median(times):.0f} ms, {_queries(answer)}, {size:,} B"
        yield (f"  {name}", words, f"≤ {most:,} B", f"{size / most:.0%}")


def _queries(answer: HttpResponse) -> str:
    """As every answer outside production says it."""
    return answer["Server-Timing"].split('desc="')[1].split('"')[0]


def long_course(trainer: object, slug: str) -> object:
    from courses.models import Block, Lesson, Module
    from courses.studio import editing

    title = {"en": "Long course", "es": "Curso largo"}
    draft = editing.create_course(
        by=trainer,
        key=uuid.uuid4(),
        slug=slug,
        title=title,
        format="self-paced",
        hours=9,
    )
    for m in range(MODULES):
        name = {"en": f"Module {m}", "es": f"Módulo {m}"}
        module = Module.objects.create(draft=draft, position=m + 1, title=name)
        made = Lesson.objects.bulk_create(
            Lesson(
                module=module,
                slug=f"lesson-{m}-{n}",
                position=n + 1,
                title={"en": f"Lesson {m}.{n}", "es": f"Lección {m}.{n}"},
            )
            for n in range(LESSONS)
        )
        Block.objects.bulk_create(Block(lesson=lesson, body={"en": "<p>x</p>"}) for lesson in made)
    return draft
