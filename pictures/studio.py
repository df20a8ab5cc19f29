"""Photographs of the studio for the trainer's guide: a demo of its own, in both languages.

One line of SHOTS is one picture. A change of the studio is photographed anew with one command; an
address or a selector that is gone stops it with the name of the picture.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pictures import film
from pictures.camera import BLANK, CONTENT, browser, keep

TARGET = CONTENT / "trainers-guide" / "media"
ROOT = CONTENT.parent.parent
WIDTH, HEIGHT, SCALE = 800, 900, 1
COLORS = 16
PATIENCE = 90  # seconds until the site answers

type Act = Callable[[Any], None]


class Shot(NamedTuple):
    name: str
    path: str  # in the studio; the names in braces are those of `_addresses`
    thing: str  # a CSS selector: what the picture shows
    most: int = 560  # pixels of height that are shown
    act: Act | None = None
    by: str = "trainer"


def _open_pictures(page: Any) -> None:
    page.locator("[data-do=picture]").first.click()
    page.locator("#gw-picture-dialog input[type=radio]").first.check()


def _see_both(page: Any) -> None:
    page.locator("gw-rich-text .gw-prose").first.wait_for()


def _wait_for_editor(page: Any) -> None:
    page.locator("[role=toolbar]:visible").first.wait_for()


COURSE = "course/{course}/"
TEXT = f"{COURSE}lessons/{{page}}/blocks/{{text}}/"
SHOTS = (
    Shot("new-course", "new/", "main form", 620),
    Shot("outline", COURSE, "#modules", 520),
    Shot("editor", TEXT, ".gw-block", 600, _wait_for_editor),
    Shot("picture", TEXT, "#gw-picture-dialog", 640, _open_pictures),
    Shot("question", f"{COURSE}lessons/{{quiz}}/questions/{{question}}/", "main form", 620),
    Shot("bank", "banks/{bank}/", "main", 640),
    Shot("translate", f"{COURSE}translate/es/{{page}}/", "[id^=text-] >> nth=2", 560, _see_both),
    Shot("publish", "course/{classed}/publish/", "main form:has(fieldset)", 560),
    Shot("review", f"{COURSE}publish/", "section:has(> #review)", 660, by="reviewer"),
    Shot("class", "course/{classed}/class/", "section:has(table)", 620),
    Shot("import", "import/", "main form", 420),
)


def photograph() -> None:
    _fill_gaps()
    scratch = tempfile.TemporaryDirectory(prefix="groundwork-pictures-")
    with scratch as folder, _site(folder) as site, browser() as opened:
        names = _prepared()
        for language, prefix in (("es", "/es"), ("en", "")):  # the film changes the draft: last
            context = opened.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                device_scale_factor=SCALE,
                color_scheme="light",
                reduced_motion="reduce",
                locale=language,
            )
            page = context.new_page()
            for shot in SHOTS:
                context.add_cookies([{**names[shot.by], "url": site}])
                page.goto(f"{site}{prefix}/studio/{shot.path.format(**names)}")
                page.wait_for_load_state("networkidle")
                try:
                    keep(_taken(page, shot), TARGET / f"{shot.name}.{language}.webp", colors=COLORS)
                except Exception as error:
                    raise SystemExit(f"«{shot.name}» cannot be taken: {error}") from error
            context.add_cookies([{**names["trainer"], "url": site}])
            if language == "en":
                film.take(page, f"{site}/studio/{COURSE.format(**names)}", TARGET)
            context.close()


def _fill_gaps() -> None:
    """The guide is in the demo that is photographed: a new picture needs a file to begin with."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        for language in ("en", "es"):
            if not (target := TARGET / f"{shot.name}.{language}.webp").exists():
                keep(BLANK, target)
    film.fill_gaps(TARGET, BLANK)


def _taken(page: Any, shot: Shot) -> bytes:
    if shot.act:
        shot.act(page)
    page.evaluate("document.fonts.ready")
    thing = page.locator(shot.thing).first
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    edge = 12
    clip = {
        "x": max(0, box["x"] - edge),
        "y": max(0, box["y"] - edge),
        "width": min(WIDTH, box["width"] + 2 * edge),
        "height": min(shot.most, box["height"] + 2 * edge),
    }
    fixed = page.locator("dialog[open]").count() > 0
    if not fixed:  # the whole page: what is shown may reach below the window
        clip["y"] += page.evaluate("scrollY")
    picture: bytes = page.screenshot(clip=clip, full_page=not fixed, animations="disabled")
    return picture


@contextlib.contextmanager
def _site(scratch: str) -> Iterator[str]:
    """The demo on a free port. This process reads the same database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    os.environ |= {"VAR_DIR": scratch, "GROUNDWORK_ENV": "demo", "SITE_URL": site}
    os.environ |= {"DATABASE_URL": f"sqlite:///{Path(scratch) / 'pictures.sqlite3'}"}
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread
    for command in ("migrate -v0", "collectstatic --noinput -v0", "compilemessages", "demo"):
        manage = [sys.executable, "manage.py", *command.split()]
        subprocess.run(manage, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    serve = [sys.executable, "-m", "uvicorn", "lms.asgi:application", "--lifespan", "off"]
    served = subprocess.Popen([*serve, "--port", str(port), "--log-level", "error"], cwd=ROOT)
    try:
        _answers(f"{site}/healthz")
        import django

        django.setup()
        yield site
    finally:
        served.terminate()
        served.wait(20)


def _answers(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _prepared() -> dict[str, Any]:
    """What the addresses name, a change that a review is asked for, and who is signed in."""
    from courses import approving
    from courses.models import Bank, Block, Draft, Lesson
    from courses.studio import editing
    from lms import demo, demo_class
    from people.models import User

    trainer, reviewer = (
        User.objects.get(email=f"{key}@demo.test") for key in ("trainer", "reviewer")
    )
    lessons = Lesson.objects.filter(module__draft__course__slug=demo.FOUNDATIONS)
    page = lessons.get(slug="what-the-average-hides")
    quiz = lessons.filter(kind="quiz").order_by("module__position")[0]
    callout = Block.objects.filter(lesson__in=lessons, kind="callout").order_by("pk")[0]
    values = {
        "title": {
            "en": f"{callout.title['en']}, always",
            "es": f"{callout.title['es']}, siempre",
        },
        "body": callout.body,
        "settings": callout.settings,
    }
    editing.save_block(callout, by=trainer, base=editing.mark_of(callout), values=values)
    draft = Draft.objects.get(course__slug=demo.FOUNDATIONS)
    note = "The title of a callout in module 2 is clearer now."
    approving.ask(draft, by=trainer, revision=draft.revision, note=note)
    return {
        "course": demo.FOUNDATIONS,
        "classed": demo_class.COURSE,
        "page": page.uuid,
        "text": page.blocks.filter(kind="text").order_by("position")[0].uuid,
        "quiz": quiz.uuid,
        "question": quiz.questions.order_by("position")[0].uuid,
        "bank": Bank.objects.order_by("pk")[0].slug,
        "trainer": _cookie(trainer),
        "reviewer": _cookie(reviewer),
    }


def _cookie(person: Any) -> dict[str, str]:
    """A session of this person."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}
