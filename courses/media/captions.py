"""Captions: WebVTT read line by line, with every mistake by its line. Plain values.

https://www.w3.org/TR/webvtt1/ -- strict where players are: timings, order, the header. Styles and
regions are left out, since a caption must be readable in each person's own settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONGEST = 1_000_000  # characters of one file: about twenty hours of speech
_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"^{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?$")
# https://www.matroska.org/technical/subtitles.html#srt-subtitles; what some programs write behind
# the times is a place on the screen, which each reader's own settings decide here.
_SRT_TIMING = re.compile(
    r"^(\d{2,}:[0-5]\d:[0-5]\d),(\d{3})[ \t]*-->[ \t]*(\d{2,}:[0-5]\d:[0-5]\d),(\d{3}).*$",
    re.MULTILINE,
)
_TAG = re.compile(r"</?(?:[cibuv]|ruby|rt|lang)(?:[.\s][^>]*)?>|<\d\d[\d:.]*>")
_ENTITY = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": ""}
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
PAUSE = 4_000  # milliseconds of silence after which a transcript begins a new paragraph


@dataclass(frozen=True)
class Cue:
    start: int  # milliseconds
    end: int
    text: str  # as said: no tags
    voice: str = ""


@dataclass(frozen=True)
class Mistake:
    line: int
    sentence: str


def read(source: str) -> tuple[list[Cue], list[Mistake]]:
    """Cues in their order, and what is wrong. A file with a mistake is not taken."""
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mistakes: list[Mistake] = []
    if len(source) > LONGEST:
        return [], [Mistake(1, _("The file is too long."))]
    if not re.match(r"^WEBVTT(?:[ \t]|$)", lines[0]):
        mistakes.append(Mistake(1, _("The first line must say WEBVTT.")))
    cues: list[Cue] = []
    for first, block in _blocks(lines):
        _take(first, block, cues, mistakes)
    if not cues and not mistakes:
        mistakes.append(Mistake(1, _("There is no caption in it.")))
    return cues, mistakes


def as_webvtt(source: str) -> str:
    """SRT, as video sites and meeting programs give it, as WebVTT. Anything else as it is."""
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if text.startswith("WEBVTT") or not _SRT_TIMING.search(text):
        return source
    return "WEBVTT\n\n" + _SRT_TIMING.sub(r"\1.\2 --> \3.\4", text)


def tidy(source: str) -> str:
    """As it is kept: one kind of line end, one at the end."""
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\n") + "\n"


def transcript(cues: list[Cue]) -> list[str]:
    """The words as paragraphs: a new one after a pause, and when somebody else speaks."""
    paragraphs: list[list[str]] = []
    last: Cue | None = None
    for cue in cues:
        if last is None or cue.start - last.end > PAUSE or cue.voice != last.voice:
            paragraphs.append([f"{cue.voice}:"] if cue.voice else [])
        if last is None or cue.text != last.text:
            paragraphs[-1].append(cue.text)
        last = cue
    return [" ".join(parts) for parts in paragraphs if parts]


def clock(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds // 60}:{seconds % 60:02}"


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Runs of lines between empty ones, with the number of the first; the header is not one."""
    found: list[tuple[int, list[str]]] = []
    header = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            header = False
            found.append((number + 1, []))
        elif not header:
            found[-1][1].append(line)
        elif "-->" in line:
            header = False
            found.append((number, [line]))
    return [(first, block) for first, block in found if block]


def _take(first: int, block: list[str], cues: list[Cue], mistakes: list[Mistake]) -> None:
    if re.match(r"^NOTE(?:[ \t]|$)", block[0]):
        return
    if block[0].rstrip() in {"STYLE", "REGION"}:
        mistakes.append(Mistake(first, _("Leave styles and regions out.")))
        return
    at = 0 if "-->" in block[0] else 1
    if at >= len(block) or "-->" not in block[at]:
        mistakes.append(
            Mistake(
                first, _("A caption needs a line with its times, as in 00:01.000 --> 00:04.000.")
            )
        )
        return
    timing = _TIMING.match(block[at].strip())
    if timing is None:
        mistakes.append(
            Mistake(first + at, _("These times cannot be read. Write 00:01.000 --> 00:04.000."))
        )
        return
    start, end = _milliseconds(timing.groups()[:4]), _milliseconds(timing.groups()[4:8])
    if end <= start:
        mistakes.append(Mistake(first + at, _("It ends before it begins.")))
    elif cues and start < cues[-1].start:
        mistakes.append(Mistake(first + at, _("It begins before the caption above it.")))
    text = "\n".join(block[at + 1 :])
    if "-->" in text:
        mistakes.append(
            Mistake(first + at + 1, _("An empty line is missing between two captions."))
        )
    if not text.strip():
        mistakes.append(Mistake(first + at, _("It has no words.")))
    voice = _VOICE.search(text)
    cues.append(Cue(start, end, _said(text), voice.group(1).strip() if voice else ""))


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _said(text: str) -> str:
    plain = _TAG.sub("", text)
    for entity, character in _ENTITY.items():
        plain = plain.replace(entity, character)
    return " ".join(plain.split())
