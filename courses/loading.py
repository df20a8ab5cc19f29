"""Courses from readable files into drafts, and from there into versions.

The files' format is described in `courses/content/README.md`. Loading again after an edit
publishes a new version of what changed and of nothing else: items keep their uuids, which come
from their names, and people's records are not touched. A draft that was edited in the studio
since the last load is left alone.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from courses.crediting import TYPES, load_types
from courses.models import (
    Block,
    Course,
    Draft,
    Lesson,
    Module,
    Question,
    Series,
    SeriesCourse,
)
from courses.publishing import fingerprint, freeze, publish
from library.models import CompetencyDomain, Practice
from lms.html import markdown_html
from lms.text import LANGUAGES, Localised

CONTENT = Path(__file__).parent / "content"
NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "groundwork/content")
FENCE = re.compile(r"^:::\s*(?P<kind>callout|reflect|details)?\s*(?P<title>.*?)\s*$")
KINDS = {"callout": "callout", "reflect": "reflection", "details": "details"}


class ContentError(ValueError):
    """A content file cannot be used; the sentence names the file and the reason."""


@dataclass
class Report:
    """What a load did, in numbers."""

    published: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    series: int = 0

    def __str__(self) -> str:
        said = [
            f"{len(self.published)} courses published",
            f"{len(self.unchanged)} unchanged",
            f"{self.series} series",
        ]
        if self.left_alone:
            said.append(
                f"{len(self.left_alone)} left alone because they were edited in the studio: "
                + ", ".join(self.left_alone)
            )
        return ", ".join(said)


class Part(NamedTuple):
    """One block of a Markdown file in one language."""

    kind: str
    title: str
    body: str  # cleaned HTML


def load_all(root: Path = CONTENT, *, force: bool = False) -> Report:
    """Load every course below `root` and the series. One course is loaded whole or not at all."""
    report = Report()
    if (root / TYPES.name).exists():
        load_types(root / TYPES.name)
    for folder in sorted(path.parent for path in root.glob("*/course.yaml")):
        load_course(folder, report, force=force)
    if (root / "series.yaml").exists():
        for entry in _yaml(root / "series.yaml"):
            _load_series(entry)
            report.series += 1
    return report


@transaction.atomic
def load_course(folder: Path, report: Report, *, force: bool = False) -> Course:
    head = _yaml(folder / "course.yaml")
    slug = head["slug"]
    course, _made = Course.objects.get_or_create(
        slug=slug, defaults={"uuid": _name(slug), "title": head["title"]}
    )
    # The course before its draft, as `publish` does: in another order they block each other.
    Course.objects.select_for_update().get(pk=course.pk)
    draft, new = Draft.objects.select_for_update().get_or_create(course=course)
    if not new and not force and fingerprint(freeze(draft)) != draft.loaded_sha256:
        report.left_alone.append(slug)
        return course
    before = transaction.savepoint_create()
    _fill(draft, folder, head)
    if not new and fingerprint(freeze(draft)) == draft.loaded_sha256:
        transaction.savepoint_rollback(before)  # nobody's open draft becomes stale for nothing
        report.unchanged.append(slug)
        return course
    try:
        version = publish(
            draft, by=None, policy=head.get("policy", "update"), note="Loaded from the files."
        )
    except ValidationError as error:
        raise ContentError(f"{folder.name}: {' '.join(error.messages)}") from error
    Draft.objects.filter(pk=draft.pk).update(loaded_sha256=version.sha256)
    report.published.append(slug)
    return course


def _fill(draft: Draft, folder: Path, head: Mapping[str, Any]) -> None:
    draft.title, draft.summary = head["title"], head.get("summary", {})
    draft.about = {lang: markdown_html(text) for lang, text in head.get("about", {}).items()}
    draft.outcomes = head.get("outcomes", [])
    draft.format, draft.hours = head["format"], head["hours"]
    draft.languages = list(LANGUAGES)
    draft.working_title = bool(head.get("working_title"))
    draft.changed_at, draft.changed_by = timezone.now(), None  # the files did it, nobody
    draft.revision += 1
    draft.save()
    draft.practices.set(_tags(folder, Practice, "slug", head.get("practices", [])))
    draft.competencies.set(_tags(folder, CompetencyDomain, "number", head.get("competencies", [])))
    slug = head["slug"]
    modules = []
    for position, name in enumerate(head["modules"], 1):
        data = _yaml(folder / name / "module.yaml")
        module, _made = Module.objects.update_or_create(
            uuid=_name(slug, "module", name),
            defaults={
                "draft": draft,
                "position": position,
                "title": data["title"],
                "summary": data.get("summary", {}),
            },
        )
        modules.append(module.pk)
        _fill_module(module, folder / name, data["lessons"], slug)
    draft.modules.exclude(pk__in=modules).delete()


def _fill_module(
    module: Module, folder: Path, lessons: list[Mapping[str, Any]], course: str
) -> None:
    kept = []
    for position, entry in enumerate(lessons, 1):
        extra = folder / f"{entry['slug']}.yaml"
        settings = _yaml(extra) if entry["kind"] in {"quiz", "evaluation"} else {}
        questions = settings.pop("questions", [])
        lesson, _made = Lesson.objects.update_or_create(
            uuid=_name(course, "lesson", entry["slug"]),
            defaults={
                "module": module,
                "position": position,
                "slug": entry["slug"],
                "kind": entry["kind"],
                "title": entry["title"],
                "minutes": entry.get("minutes", 10),
                "required": entry.get("required", True),
                "settings": settings,
            },
        )
        kept.append(lesson.pk)
        if entry["kind"] in {"page", "live"}:
            _fill_blocks(lesson, folder, course)
        _fill_questions(lesson, questions, course)
    module.lessons.exclude(pk__in=kept).delete()


def _fill_blocks(lesson: Lesson, folder: Path, course: str) -> None:
    files = {lang: folder / f"{lesson.slug}.{lang}.md" for lang in LANGUAGES}
    parts = {lang: list(_parts(path)) for lang, path in files.items()}
    kinds = [[part.kind for part in one] for one in parts.values()]
    if any(kind != kinds[0] for kind in kinds):
        raise ContentError(f"{folder / lesson.slug}: the languages have different blocks {kinds}")
    counts: Counter[str] = Counter()
    kept = []
    for position, same in enumerate(zip(*parts.values(), strict=True), 1):
        kind = same[0].kind
        counts[kind] += 1
        block, _made = Block.objects.update_or_create(
            uuid=_name(course, "block", lesson.slug, kind, str(counts[kind])),
            defaults={
                "lesson": lesson,
                "position": position,
                "kind": kind,
                "title": _localised(LANGUAGES, [part.title for part in same]),
                "body": _localised(LANGUAGES, [part.body for part in same]),
            },
        )
        kept.append(block.pk)
    lesson.blocks.exclude(pk__in=kept).delete()


def _fill_questions(lesson: Lesson, questions: list[dict[str, Any]], course: str) -> None:
    kept = []
    for position, entry in enumerate(questions, 1):
        body = {key: value for key, value in entry.items() if key not in {"id", "kind", "points"}}
        question, _made = Question.objects.update_or_create(
            uuid=_name(course, "question", lesson.slug, entry["id"]),
            defaults={
                "lesson": lesson,
                "position": position,
                "kind": entry["kind"],
                "points": entry.get("points", 1),
                "body": body,
            },
        )
        kept.append(question.pk)
    lesson.questions.exclude(pk__in=kept).delete()


def _parts(path: Path) -> Iterator[Part]:
    """The blocks of one Markdown file: fenced ones by their kind, the text between as text."""
    if not path.exists():
        raise ContentError(f"{path} is missing")
    kind, title, lines = "text", "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        fence = FENCE.match(line)
        if fence is None:
            lines.append(line)
            continue
        if any(words.strip() for words in lines) or kind != "text":
            yield _part(kind, title, lines)
        opens = fence["kind"] if kind == "text" else None
        if kind == "text" and opens is None:
            raise ContentError(f"{path}: «{line}» opens no block known here")
        kind, title, lines = KINDS[opens] if opens else "text", fence["title"] if opens else "", []
    if kind != "text":
        raise ContentError(f"{path}: a «:::» block is not closed")
    if any(words.strip() for words in lines):
        yield _part(kind, title, lines)


def _part(kind: str, title: str, lines: list[str]) -> Part:
    return Part(kind, title, markdown_html("\n".join(lines).strip()))


def _load_series(entry: Mapping[str, Any]) -> None:
    series, _made = Series.objects.update_or_create(
        slug=entry["slug"],
        defaults={
            "title": entry["title"],
            "summary": entry.get("summary", {}),
            "about": {lang: markdown_html(text) for lang, text in entry.get("about", {}).items()},
            "needed": entry["needed"],
        },
    )
    courses = {course.slug: course for course in Course.objects.filter(slug__in=entry["courses"])}
    if missing := [slug for slug in entry["courses"] if slug not in courses]:
        raise ContentError(f"series {entry['slug']}: no course {', '.join(missing)}")
    for position, slug in enumerate(entry["courses"], 1):
        SeriesCourse.objects.update_or_create(
            series=series, course=courses[slug], defaults={"position": position}
        )
    series.members.exclude(course__slug__in=entry["courses"]).delete()


def _tags(folder: Path, model: type[Any], name: str, values: list[Any]) -> list[Any]:
    found = {getattr(row, name): row for row in model.objects.filter(**{f"{name}__in": values})}
    if missing := [str(value) for value in values if value not in found]:
        raise ContentError(f"{folder.name}: no {model.__name__} {', '.join(missing)}")
    return list(found.values())


def _localised(languages: tuple[str, ...], texts: list[str]) -> Localised:
    return {lang: text for lang, text in zip(languages, texts, strict=True) if text}


def _name(*parts: str) -> uuid.UUID:
    return uuid.uuid5(NAMES, "/".join(parts))


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ContentError(f"{path}: {error}") from error
