"""A lesson's Markdown file in one language, as blocks. Plain values; no database.

Text stands for itself, other kinds of block between `:::` lines. Inside them:

    accordion   `### Heading` begins a part
    glossary    a line with the term, then `: what it means`
    check       the question; `- [x] right` and `- [ ] wrong`; `> feedback`; `= why it is so`
    scenario    the introduction; `### scene-name`; what happens; `- choice -> scene-name`

Kinds that show a file name it behind the kind. `[[term]]` and `[[form of it|term]]` mark a term of
the glossary, `^[words]` is a footnote, `![what it shows](file)` a picture inside a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from markdown_it.rules_inline import StateInline

from courses.lined import ContentError
from lms.html import markdown, markdown_html

KINDS = {
    "callout": "callout",
    "reflect": "reflection",
    "details": "details",
    "discuss": "discussion",
    "accordion": "accordion",
    "glossary": "glossary",
    "check": "check",
    "scenario": "scenario",
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "file",
}
FILES = {"image", "video", "audio", "file"}
END = "end"  # where a choice of a scenario leads when the story ends
_FENCE = re.compile(r"^:::\s*(?P<kind>[a-z]*)\s*(?P<title>.*?)\s*$")
_PICTURE = re.compile(r"!\[[^\]]*\]\((?P<file>[^)\s]+)\)")
_HEADING = re.compile(r"^###\s+(?P<title>.+?)\s*$")
_OPTION = re.compile(r"^- \[(?P<right>[ xX])\]\s+(?P<text>.+?)\s*$")
_CHOICE = re.compile(r"^- (?P<text>.+?)\s*->\s*(?P<to>[a-z0-9-]{1,40})\s*$")

type Lines = list[tuple[int, str]]
type Pictures = Mapping[str, str]  # file name: the uuid of it in the library


@dataclass
class Part:
    """One block in one language. `parts` hold localisable texts under the names of `settings`."""

    kind: str
    line: int
    title: str = ""
    body: str = ""  # cleaned HTML
    file: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    explanation: str = ""
    scenes: list[dict[str, Any]] = field(default_factory=list)


def parts_of(path: Path, pictures: Pictures) -> list[Part]:
    if not path.exists():
        raise ContentError(path, 1, "the file is missing")
    try:
        source = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ContentError(path, 1, "it is not UTF-8") from error
    return [
        _part(path, kind, title, lines, first, pictures)
        for kind, title, lines, first in _fences(path, source)
    ]


def _fences(path: Path, source: str) -> Iterator[tuple[str, str, Lines, int]]:
    kind, title, first = "text", "", 1
    lines: Lines = []
    for number, line in enumerate(source.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence is None:
            lines.append((number, line))
            continue
        if kind != "text" and fence["kind"]:
            raise ContentError(path, number, f"the «:::» block of line {first} is not closed")
        if kind != "text" or any(words.strip() for _n, words in lines):
            yield kind, title, lines, first
        if kind != "text":
            kind, title = "text", ""
        elif fence["kind"] in KINDS:
            kind, title = KINDS[fence["kind"]], fence["title"]
        else:
            raise ContentError(path, number, f"«{line}» opens no block known here")
        first, lines = number, []
    if kind != "text":
        raise ContentError(path, first, "this «:::» block is not closed")
    if any(words.strip() for _n, words in lines):
        yield kind, title, lines, first


def _part(path: Path, kind: str, title: str, lines: Lines, first: int, pictures: Pictures) -> Part:
    part = Part(kind, first, title)
    if kind in FILES:
        part.file, _space, part.title = title.partition(" ")
        if not part.file:
            raise ContentError(path, first, f"say which file the {kind} shows")

    def html(some: Lines) -> str:
        return _html(path, some, pictures)

    match kind:
        case "accordion":
            intro, parts = _sections(lines)
            _nothing(path, intro)
            part.items = [
                {"id": str(n), "title": title, "body": html(inside)}
                for n, (_line, title, inside) in enumerate(parts, 1)
            ]
        case "glossary":
            part.items = _terms(path, lines)
        case "check":
            part.body = html(_check(path, lines, part))
        case "scenario":
            intro, parts = _sections(lines)
            part.body = html(intro)
            part.scenes = [_scene(path, *each) for each in parts]
            _leads(path, part.scenes, parts)
        case _text:
            part.body = html(lines)
    return part


def _html(path: Path, lines: Lines, pictures: Pictures) -> str:
    """The lines as HTML, their pictures by the names that the library has for them."""

    def named(number: int) -> Callable[[re.Match[str]], str]:
        def one(found: re.Match[str]) -> str:
            if found["file"] not in pictures:
                told = f"the picture «{found['file']}» is not in media/media.yaml"
                raise ContentError(path, number, told)
            return found[0].replace(f"({found['file']})", f"({pictures[found['file']]})")

        return one

    text = "\n".join(_PICTURE.sub(named(number), words) for number, words in lines)
    return markdown_html(text.strip(), pictures=True, reader=_reader)


def _sections(lines: Lines) -> tuple[Lines, list[tuple[int, str, Lines]]]:
    """What stands before the first `###` line, and what stands under each."""
    intro: Lines = []
    found: list[tuple[int, str, Lines]] = []
    for number, line in lines:
        if heading := _HEADING.match(line):
            found.append((number, heading["title"], []))
        else:
            (found[-1][2] if found else intro).append((number, line))
    return intro, found


def _nothing(path: Path, lines: Lines) -> None:
    for number, line in lines:
        if line.strip():
            raise ContentError(path, number, "a part begins with a «###» line")


def _terms(path: Path, lines: Lines) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for number, line in lines:
        words = line.strip()
        if words.startswith(": "):
            if not items or items[-1]["body"]:
                raise ContentError(path, number, "a meaning stands under its term")
            items[-1]["body"] = words[2:].strip()
        elif words and items and items[-1]["body"] and line.startswith(" "):
            items[-1]["body"] += f" {words}"
        elif words:
            if items and not items[-1]["body"]:
                raise ContentError(path, number, "the term above has no «: meaning» line")
            items.append({"id": str(len(items) + 1), "title": words, "body": ""})
    if items and not items[-1]["body"]:
        raise ContentError(path, lines[-1][0], "the last term has no «: meaning» line")
    return items


def _check(path: Path, lines: Lines, part: Part) -> Lines:
    """Fills in the answers, and returns what stands above them: the question."""
    question: Lines = []
    for number, line in lines:
        words = line.strip()
        if option := _OPTION.match(line):
            part.options.append(
                {
                    "id": ascii_lowercase[len(part.options)],
                    "right": option["right"] != " ",
                    "text": option["text"],
                    "feedback": "",
                }
            )
        elif not part.options:
            question.append((number, line))
        elif words.startswith("> "):
            told = part.options[-1]["feedback"]
            part.options[-1]["feedback"] = f"{told} {words[2:].strip()}".strip()
        elif words.startswith("= "):
            part.explanation = f"{part.explanation} {words[2:].strip()}".strip()
        elif words:
            told = "after the first answer come «- [ ]», «>» and «=» lines only"
            raise ContentError(path, number, told)
    return question


def _scene(path: Path, first: int, name: str, lines: Lines) -> dict[str, Any]:
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        raise ContentError(path, first, f"«{name}» is no name of a scene: a-z, 0-9 and «-»")
    words: list[str] = []
    choices: list[dict[str, str]] = []
    for number, line in lines:
        if choice := _CHOICE.match(line):
            id = ascii_lowercase[len(choices)]
            to = "" if choice["to"] == END else choice["to"]
            choices.append({"id": id, "text": choice["text"], "to": to})
        elif line.startswith("- "):
            told = "a choice says where it leads: «- words -> scene», or «-> end»"
            raise ContentError(path, number, told)
        else:
            words.append(line)
    # One paragraph may stand on many lines; an empty line begins another.
    paragraphs = "\n".join(words).strip().split("\n\n")
    return {
        "id": name,
        "text": "\n\n".join(" ".join(one.split()) for one in paragraphs),
        "choices": choices,
    }


def _leads(path: Path, scenes: list[dict[str, Any]], parts: list[tuple[int, str, Lines]]) -> None:
    names = [scene["id"] for scene in scenes]
    for scene, (first, name, _lines) in zip(scenes, parts, strict=True):
        if names.count(name) > 1:
            raise ContentError(path, first, f"two scenes are named «{name}»")
        for choice in scene["choices"]:
            if choice["to"] and choice["to"] not in names:
                told = f"a choice of «{name}» leads to «{choice['to']}», which is not there"
                raise ContentError(path, first, told)


# --- Terms and footnotes


def _term(state: StateInline, silent: bool) -> bool:
    """`[[form|term]]`: the form stands in the text."""
    if not state.src.startswith("[[", state.pos):
        return False
    end = state.src.find("]]", state.pos + 2)
    if end < 0 or end >= state.posMax:
        return False
    form, _bar, term = state.src[state.pos + 2 : end].partition("|")
    if not silent:
        token = state.push("dfn_open", "dfn", 1)
        if term:
            token.attrSet("title", term)
        state.push("text", "", 0).content = form
        state.push("dfn_close", "dfn", -1)
    state.pos = end + 2
    return True


def _note(state: StateInline, silent: bool) -> bool:
    """`^[words]`, with links and emphasis in it."""
    if not state.src.startswith("^[", state.pos):
        return False
    end = _closing(state.src, state.pos + 1, state.posMax)
    if end < 0:
        return False
    if not silent:
        whole = state.posMax
        state.push("small_open", "small", 1)
        state.pos, state.posMax = state.pos + 2, end
        state.md.inline.tokenize(state)
        state.push("small_close", "small", -1)
        state.posMax = whole
    state.pos = end + 1
    return True


def _closing(source: str, start: int, most: int) -> int:
    depth = 0
    for place in range(start, most):
        depth += {"[": 1, "]": -1}.get(source[place], 0)
        if depth == 0:
            return place
    return -1


_reader = markdown()
_reader.inline.ruler.before("link", "glossary_term", _term)
_reader.inline.ruler.before("link", "footnote", _note)
