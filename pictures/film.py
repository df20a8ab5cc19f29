"""A short silent film of the studio, from photographs: a lesson is moved with the keyboard.

It is in English; its captions tell it in both languages. Needs ffmpeg; without it the film stays.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pictures.camera import keep

NAME = "move-a-lesson"
WIDTH, HEIGHT = 800, 450
SECONDS = 4  # each step stands
TOLD = {
    "en": (
        "The outline of a course shows its modules and lessons.",
        "The Tab key goes to the down arrow of the first lesson.",
        "Enter presses it: the lesson is now the second one.",
        "The button is still in focus. Enter again, and it is the third.",
    ),
    "es": (
        "El esquema de un curso muestra sus módulos y lecciones.",
        "La tecla Tab lleva a la flecha hacia abajo de la primera lección.",
        "Enter la presiona: la lección es ahora la segunda.",
        "El botón sigue enfocado. Enter otra vez, y es la tercera.",
    ),
}


def fill_gaps(target: Path, blank: bytes) -> None:
    if not (target / f"{NAME}.webm").exists():
        (target / f"{NAME}.webm").write_bytes(b"\x1aE\xdf\xa3webm")
        keep(blank, target / f"{NAME}.poster.webp")


def take(page: Any, outline: str, target: Path) -> None:
    if shutil.which("ffmpeg") is None:
        print("No ffmpeg here: the film stays as it is.")
        return
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(outline)
    page.wait_for_load_state("networkidle")
    page.locator("#modules").evaluate("list => list.scrollIntoView()")
    row = page.locator("#modules ol [data-item]").first.get_attribute("id")
    frames = [page.screenshot(scale="css")]
    page.locator(f"#{row} [data-step=down]").focus()
    frames.append(page.screenshot(scale="css"))
    for place in (2, 3):
        page.keyboard.press("Enter")
        page.locator(f"#modules ol:first-of-type > #{row}:nth-child({place})").wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(800)  # the rows glide to their places
        frames.append(page.screenshot(scale="css"))
    _encode(frames, target / f"{NAME}.webm")
    _poster(frames[1], target / f"{NAME}.poster.webp")
    for language, told in TOLD.items():
        (target / f"{NAME}.{language}.vtt").write_text(_captions(told), encoding="utf-8")


def _encode(frames: list[bytes], target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(frames):
            (Path(folder) / f"{number}.png").write_bytes(frame)
        how = ["-framerate", f"1/{SECONDS}", "-i", f"{folder}/%d.png", "-r", "5"]
        how += ["-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-pix_fmt", "yuv420p"]
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *how, "-fflags", "+bitexact"]
        subprocess.run([*command, "-map_metadata", "-1", str(target)], check=True)


def _poster(frame: bytes, target: Path) -> None:
    from PIL import Image

    made = io.BytesIO()
    Image.open(io.BytesIO(frame)).convert("RGB").save(made, "PNG")
    keep(made.getvalue(), target)
    target.with_suffix(".640.webp").unlink(missing_ok=True)


def _captions(told: tuple[str, ...]) -> str:
    cues = [
        f"00:{number * SECONDS:02}.200 --> 00:{(number + 1) * SECONDS - 1:02}.900\n{words}\n"
        for number, words in enumerate(told)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)
