"""A sheet to print and a sound to try speakers with, for the course about live sessions.

The sheet is tagged PDF/UA-1 by Typst, one page for each language, in the fonts of certificates.
The sound is made of three notes; it needs ffmpeg and stays as it is without.
"""

from __future__ import annotations

import array
import math
import shutil
import subprocess
import sys
import tempfile
import wave
from itertools import product
from pathlib import Path

from pictures.camera import CONTENT

TARGET = CONTENT / "your-first-live-session" / "media"
FONTS = CONTENT.parent.parent / "certificates" / "press" / "fonts"

RATE, NOTE = 16_000, 0.8  # samples and seconds of one note, its silence included
NOTES = (523.25, 659.25, 783.99)  # C, E, G
SIDES = ((1, 0), (0, 1), (1, 1))  # left, right, both
SPOKEN = {
    "en": (
        "[Three rising notes on the left side]",
        "[Three rising notes on the right side]",
        "[Three rising notes on both sides]",
    ),
    "es": (
        "[Tres notas ascendentes a la izquierda]",
        "[Tres notas ascendentes a la derecha]",
        "[Tres notas ascendentes en ambos lados]",
    ),
}
PART = 4  # seconds from the first note of one side to that of the next

SHEETS = {
    "en": (
        "Get ready for your session",
        (
            (
                "A week before",
                (
                    "I found the mail with my link and the calendar entry.",
                    "I asked for captions, an interpreter or other help, if I need it.",
                    "I blocked the time and found a quiet spot or headphones.",
                ),
            ),
            (
                "Five minutes before",
                (
                    "I opened the page of the session: «Check sound and connection».",
                    "I hear the notes, or I chose captions instead.",
                    "I wrote down the question that I want to ask.",
                ),
            ),
            (
                "While it is live",
                (
                    "I stay on the page. If the line breaks, it comes back by itself.",
                    "When asked «Are you still here?», I press the button.",
                ),
            ),
            (
                "Afterwards",
                (
                    "I looked at my minutes on the page of the session.",
                    "I took the quiz and sent the evaluation, if there are any.",
                ),
            ),
        ),
        "My question:",
    ),
    "es": (
        "Prepárese para su sesión",
        (
            (
                "Una semana antes",
                (
                    "Encontré el correo con mi enlace y la entrada del calendario.",
                    "Pedí subtítulos, intérprete u otra ayuda, si la necesito.",
                    "Reservé el tiempo y busqué un lugar tranquilo o audífonos.",
                ),
            ),
            (
                "Cinco minutos antes",
                (
                    "Abrí la página de la sesión: «Comprobar el sonido y la conexión».",
                    "Oigo las notas, o elegí subtítulos.",
                    "Escribí la pregunta que quiero hacer.",
                ),
            ),
            (
                "Durante la sesión",
                (
                    "Me quedo en la página. Si se corta la conexión, vuelve sola.",
                    "Cuando aparece «¿Sigue aquí?», presiono el botón.",
                ),
            ),
            (
                "Después",
                (
                    "Miré mis minutos en la página de la sesión.",
                    "Respondí el cuestionario y envié la evaluación, si los hay.",
                ),
            ),
        ),
        "Mi pregunta:",
    ),
}

HEAD = """\
#set document(title: "Get ready for your session · Prepárese para su sesión", date: none)
#set page(paper: "us-letter", margin: 25mm)
#set text(font: "Noto Sans", size: 13pt)
#set par(leading: 0.8em)
#set list(spacing: 1em, body-indent: 0.8em)
#set list(marker: box(width: 11pt, height: 11pt, stroke: 1pt, baseline: 1pt))
#show heading.where(level: 1): it => block(below: 1.4em, text(font: "Noto Serif", 26pt, it.body))
#show heading.where(level: 2): it => block(above: 1.6em, below: 1em, text(16pt, it.body))
"""


def make() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    _print(TARGET / "get-ready.pdf")
    _sound(TARGET / "left-right-both.m4a")
    for language, told in SPOKEN.items():
        cues = [
            f"00:{number * PART:02}.000 --> 00:{number * PART + 3:02}.500\n{words}\n"
            for number, words in enumerate(told)
        ]
        text = "WEBVTT\n\n" + "\n".join(cues)
        (TARGET / f"left-right-both.{language}.vtt").write_text(text, encoding="utf-8")


def _print(target: Path) -> None:
    import typst

    pages = []
    for language, (title, parts, line) in SHEETS.items():
        body = [f'#set text(lang: "{language}")', f"= {title}"]
        for heading, boxes in parts:
            body += [f"== {heading}", *(f"- {words}" for words in boxes)]
        body += ["#v(1.2em)", line, "#v(1.6em)", "#line(length: 100%)", "#v(1.6em)"]
        pages.append("\n".join([*body, "#line(length: 100%)"]))
    source = HEAD + "\n#pagebreak()\n".join(pages)
    made = typst.compile(
        source.encode(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[FONTS]),
        pdf_standards="ua-1",
        timestamp=0,
    )
    target.write_bytes(made)
    print(f"{target.relative_to(CONTENT)}: {len(made) // 1000} kB")


def _sound(target: Path) -> None:
    if shutil.which("ffmpeg") is None:
        print("No ffmpeg here: the sound stays as it is.")
        return
    both = array.array("h")
    for (left, right), pitch in product(SIDES, NOTES):
        for sample in range(int(RATE * NOTE)):
            time = sample / RATE
            loud = min(1.0, time * 40) * math.exp(-5 * time)
            tone = int(12_000 * loud * math.sin(2 * math.pi * pitch * time))
            both.extend((tone * left, tone * right))
        if pitch == NOTES[-1]:
            both.extend([0] * 2 * round(RATE * (PART - NOTE * len(NOTES))))
    if sys.byteorder == "big":
        both.byteswap()
    with tempfile.NamedTemporaryFile(suffix=".wav") as scratch:
        with wave.open(scratch.name, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(both.tobytes())
        how = ["-c:a", "aac", "-b:a", "24k", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", scratch.name, *how]
        command += ["-map_metadata", "-1", "-brand", "M4A ", "-movflags", "+faststart"]
        subprocess.run([*command, "-f", "ipod", str(target)], check=True)
    print(f"{target.relative_to(CONTENT)}: {target.stat().st_size // 1000} kB")
