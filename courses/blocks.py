"""What each kind of block holds, and what it must have so that everybody can use it. Plain values.

Every block has a title and a body by language. Kinds made of parts keep them in `settings`:

    accordion  {"items": [{"id", "title", "body"}, …]}    headings that open; `body` is HTML
    glossary   {"items": [{"id", "title", "body"}, …]}    terms and what they mean; plain text
    check      {"options": [{"id", "text", "right", "feedback"}, …], "explanation"}
    scenario   {"scenes": [{"id", "text", "choices": [{"id", "text", "to"}, …]}, …]}
               the first scene opens it; `to` names a scene, and where it is empty the story ends

Texts that are HTML may show pictures of the course, as `<picture title="uuid">its words</picture>`.
What the library says of each stands in `settings["pictures"]`, a list: a version stands by itself.

    image, audio, file, video
               {"media", "sha256", "type", "name", "bytes", …}: what `courses.media.library` says of
               a file of the course; a picture also {"alt": by language, "decorative": bool}

An id is a name within its block and stays from version to version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from lms.html import clean_html
from lms.text import Localised

PLAIN_BODIES = {"video"}  # kinds whose body is no HTML
WITH_FILES = {"image", "audio", "file", "video"}  # kinds that show a file of the library
PICTURE = re.compile(r'<picture title="([0-9a-f-]{36})">(.*?)</picture>', re.DOTALL)
_HEADING = re.compile(r"<h([2-4])\b")
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_EMPTY_HEADER = re.compile(r"<th\b[^>]*>(?:\s|&nbsp;|</?p>|<br\s*/?>)*</th>")
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_SAYS_NOTHING = {
    "here", "click here", "this", "this link", "link", "more", "read more", "learn more",
    "aquí", "haga clic aquí", "este enlace", "enlace", "más", "leer más", "ver más",
}  # fmt: skip


class Held(Protocol):
    """A block of a document or of a draft."""

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Mapping[str, str]: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


class Text(NamedTuple):
    """One text of a block: `place` finds it again in another version of the block."""

    place: tuple[str, ...]
    label: str  # for people; empty for the block's own title and body
    words: Mapping[str, str]
    html: bool


def texts(block: Held) -> Iterator[Text]:
    """Everything in the block that is written in a language, in reading order."""
    yield Text(("title",), "", block.title, False)
    if block.kind not in PLAIN_BODIES:
        yield Text(("body",), "", block.body, True)
    settings = block.settings
    if block.kind == "image" and not settings.get("decorative"):
        yield Text(("alt",), _("what the picture shows"), settings.get("alt") or {}, False)
    for n, item in enumerate(settings.get("items", []), 1):
        number = {"number": n}
        part = ("items", item["id"])
        yield Text((*part, "title"), _("part %(number)s") % number, item["title"], False)
        label = _("part %(number)s, text") % number
        yield Text((*part, "body"), label, item["body"], block.kind == "accordion")
    for n, option in enumerate(settings.get("options", []), 1):
        number = {"number": n}
        part = ("options", option["id"])
        yield Text((*part, "text"), _("answer %(number)s") % number, option["text"], False)
        label = _("answer %(number)s, feedback") % number
        yield Text((*part, "feedback"), label, option.get("feedback") or {}, False)
    if explanation := settings.get("explanation"):
        yield Text(("explanation",), _("why it is so"), explanation, False)
    for n, scene in enumerate(settings.get("scenes", []), 1):
        part = ("scenes", scene["id"])
        yield Text((*part, "text"), _("scene %(number)s") % {"number": n}, scene["text"], False)
        for m, choice in enumerate(scene["choices"], 1):
            label = _("scene %(number)s, choice %(choice)s") % {"number": n, "choice": m}
            yield Text((*part, "choices", choice["id"]), label, choice["text"], False)


def lacks(block: Held, language: str) -> bool:
    """Something in the block is written in another language and not in this one."""
    return any(any(text.words.values()) and not text.words.get(language) for text in texts(block))


def filled(block: Held) -> bool:
    if block.kind in WITH_FILES and block.settings.get("sha256"):
        return True
    if block.kind == "video":
        return any(block.body.values()) or bool(block.settings.get("id"))
    return any(any(text.words.values()) for text in texts(block) if text.place != ("title",))


def clean_settings(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings with their HTML cleaned."""
    if kind != "accordion":
        return dict(settings)
    items = [
        {**item, "body": clean_words(item["body"], pictures=True)}
        for item in settings.get("items", [])
    ]
    return {**settings, "items": items} if items else dict(settings)


def clean_words(html: Mapping[str, str], *, pictures: bool = False) -> Localised:
    """Only texts of blocks have pictures in them."""
    return {language: clean_html(text, pictures=pictures) for language, text in html.items()}


def pictures_in(block: Held) -> list[str]:
    """The uuids of the library's pictures inside its texts, each once, in reading order."""
    html = [words for text in texts(block) if text.html for words in text.words.values()]
    return list(dict.fromkeys(name for one in html for name, _words in PICTURE.findall(one)))


def barriers(block: Held) -> list[str]:
    """What in this block keeps somebody from using it, in words for the trainer."""
    found: list[str] = []
    for text in texts(block):
        if text.html:
            for html in text.words.values():
                found += _in_html(html)
    if rule := _RULES.get(block.kind):
        found += rule(block)
    return list(dict.fromkeys(found))


def _in_html(html: str) -> Iterator[str]:
    level = 1
    for heading in _HEADING.finditer(html):
        if int(heading[1]) > level + 1:
            yield _("a heading skips a level")
        level = int(heading[1])
    if any("<th" not in table for table in _TABLE.findall(html)):
        yield _("a table has no header cells")
    if _EMPTY_HEADER.search(html):
        yield _("a header cell of a table is empty")
    for link in _LINK.findall(html):
        if strip_tags(link).strip().rstrip(".:»›>").casefold() in _SAYS_NOTHING:
            yield _("the words of a link do not say where it leads")
    if any(not words.strip() for _name, words in PICTURE.findall(html)):
        yield _("a picture in the text has no words for people who do not see it")


def _of_video(block: Held) -> Iterator[str]:
    # Whether a provider's film has captions, the provider alone knows.
    ours = any(block.body.values()) or block.settings.get("sha256")
    elsewhere = any((block.settings.get("captions") or {}).values())
    if ours and not elsewhere and not block.settings.get("tracks"):
        yield _("the video has no captions")
    if not any(block.title.values()):
        yield _("the video has no title")


def _of_image(block: Held) -> Iterator[str]:
    settings = block.settings
    if not settings.get("sha256"):
        yield _("no picture is chosen")
    elif not settings.get("decorative") and not any((settings.get("alt") or {}).values()):
        yield _("the picture has no words for people who do not see it")


def _of_audio(block: Held) -> Iterator[str]:
    if not block.settings.get("sha256"):
        yield _("no sound is chosen")
    elif not block.settings.get("tracks"):
        yield _("what is said in the sound stands nowhere in writing")


def _of_file(block: Held) -> Iterator[str]:
    if not block.settings.get("sha256"):
        yield _("no file is chosen")


def _of_items(block: Held) -> Iterator[str]:
    items = block.settings.get("items", [])
    if not items:
        yield _("it has no parts yet")
    if any(not any(item["title"].values()) for item in items):
        yield _("a part has no heading")
    if any(not any(item["body"].values()) for item in items):
        yield _("a part has no text")


def _of_check(block: Held) -> Iterator[str]:
    options = block.settings.get("options", [])
    if not any(block.body.values()):
        yield _("it asks no question")
    if len(options) < 2:
        yield _("it needs two answers at least")
    elif not any(option["right"] for option in options):
        yield _("no answer is marked as right")


def _of_scenario(block: Held) -> Iterator[str]:
    scenes = {scene["id"]: scene for scene in block.settings.get("scenes", [])}
    if not scenes:
        yield _("it has no scene yet")
        return
    if any(not any(scene["text"].values()) for scene in scenes.values()):
        yield _("a scene says nothing")
    leads = {
        name: {choice["to"] for choice in scene["choices"] if choice["to"]}
        for name, scene in scenes.items()
    }
    if any(to not in scenes for ones in leads.values() for to in ones):
        yield _("a choice leads to a scene that is not there")
    reached, waiting = set[str](), [next(iter(scenes))]
    while waiting:
        if (name := waiting.pop()) in scenes and name not in reached:
            reached.add(name)
            waiting += leads[name]
    if reached != scenes.keys():
        yield _("no choice leads to one of its scenes")
    if all(leads[name] and all(c["to"] for c in scenes[name]["choices"]) for name in reached):
        yield _("its story never ends")


def _of_question(block: Held) -> Iterator[str]:
    if not any(block.body.values()):
        yield _("it asks no question")


_RULES: Mapping[str, Callable[[Held], Iterable[str]]] = {
    "video": _of_video,
    "image": _of_image,
    "audio": _of_audio,
    "file": _of_file,
    "accordion": _of_items,
    "glossary": _of_items,
    "check": _of_check,
    "scenario": _of_scenario,
    "reflection": _of_question,
    "discussion": _of_question,
}
