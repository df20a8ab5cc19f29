"""Courses from readable files into drafts, and from there into versions.

The files' format is described in `courses/content/README.md`. Loading again after an edit
publishes a new version of what changed and of nothing else: items keep their uuids, which come
from their names, and people's records are not touched. A draft that was edited in the studio
since the last load is left alone.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from courses import bank_loading, fenced, lined
from courses.crediting import TYPES, load_types
from courses.fenced import Part
from courses.lined import ContentError, Lined
from courses.media import bundled
from courses.media.placing import illustrated, placed
from courses.models import (
    Bank,
    Block,
    Course,
    Draft,
    Lesson,
    Media,
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
QUIZ_HEAD = ("id", "kind", "points")


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


def load_all(root: Path = CONTENT, *, force: bool = False) -> Report:
    """Load every course below `root` and the series. One course is loaded whole or not at all."""
    report = Report()
    if (root / TYPES.name).exists():
        load_types(root / TYPES.name)
    lenders = bank_loading.load(root, _name)
    for folder in sorted(path.parent for path in root.glob("*/course.yaml")):
        load_course(folder, report, force=force, lenders=lenders)
    if (root / "series.yaml").exists():
        for entry in lined.read(root / "series.yaml"):
            _load_series(root / "series.yaml", entry)
            report.series += 1
    return report


@transaction.atomic
def load_course(
    folder: Path,
    report: Report,
    *,
    force: bool = False,
    lenders: Mapping[str, Bank] = MappingProxyType({}),
) -> Course:
    """`lenders` are the banks that its quizzes may draw from, by their slugs."""
    path = folder / "course.yaml"
    head = lined.read_mapping(path, "slug", "title", "format", "hours", "modules")
    slug = head["slug"]
    course, _made = Course.objects.get_or_create(
        slug=slug, defaults={"uuid": _name(slug), "title": head["title"]}
    )
    # The course before its draft, as `publish` does: in another order they block each other.
    Course.objects.select_for_update().get(pk=course.pk)
    draft, new = Draft.objects.select_for_update().get_or_create(course=course)
    if not new and not force and _written_by_others(draft, course):
        report.left_alone.append(slug)
        return course
    before = transaction.savepoint_create()
    _fill(draft, folder, head, lenders)
    if not new and fingerprint(freeze(draft)) == draft.loaded_sha256:
        transaction.savepoint_rollback(before)  # nobody's open draft becomes stale for nothing
        report.unchanged.append(slug)
        return course
    try:
        version = publish(
            draft,
            by=None,
            policy=head.get("policy", "update"),
            note="Loaded from the files.",
            from_files=True,
        )
    except ValidationError as error:
        raise ContentError(path, 1, " ".join(error.messages)) from error
    Draft.objects.filter(pk=draft.pk).update(loaded_sha256=version.sha256)
    report.published.append(slug)
    return course


def _written_by_others(draft: Draft, course: Course) -> bool:
    """Whether somebody changed the draft, or a bank that it draws from, since it was loaded. That
    the files changed a bank is no such change: with the pools of that load the draft is as it was.
    """
    data = freeze(draft)
    if fingerprint(data) == draft.loaded_sha256:
        return False
    drawing = [row for module in data["modules"] for row in module["lessons"] if "pools" in row]
    drawn = {pool["bank"] for row in drawing for pool in row["pools"]}
    if Bank.objects.filter(uuid__in=drawn, changed_by__isnull=False).exists():
        return True
    loaded = course.versions.filter(sha256=draft.loaded_sha256).last() if drawn else None
    if loaded is None:
        return True
    before = {
        row["uuid"]: row.get("pools")
        for module in loaded.document["modules"]
        for row in module["lessons"]
    }
    for row in drawing:
        row["pools"] = before.get(row["uuid"])
    return fingerprint(data) != draft.loaded_sha256


def _fill(draft: Draft, folder: Path, head: Lined, lenders: Mapping[str, Bank]) -> None:
    course, slug, path = draft.course, head["slug"], folder / "course.yaml"
    if head["format"] not in Course.Format.values:
        raise ContentError(path, head.line, f"«{head['format']}» is no format of a course")
    draft.title, draft.summary = head["title"], head.get("summary", {})
    draft.about = {lang: markdown_html(text) for lang, text in head.get("about", {}).items()}
    draft.outcomes = head.get("outcomes", [])
    draft.format, draft.hours = head["format"], head["hours"]
    draft.languages = list(LANGUAGES)
    draft.working_title = bool(head.get("working_title"))
    draft.changed_at, draft.changed_by = timezone.now(), None  # the files did it, nobody
    draft.revision += 1
    draft.save()
    draft.practices.set(_tags(path, Practice, "slug", head.get("practices", [])))
    draft.competencies.set(_tags(path, CompetencyDomain, "number", head.get("competencies", [])))
    media = bundled.load(course, folder / "media", lambda file: _name(slug, "media", file))
    modules = []
    for position, name in enumerate(head["modules"], 1):
        data = lined.read_mapping(folder / name / "module.yaml", "title", "lessons")
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
        _fill_module(module, folder / name, data["lessons"], course, media, lenders)
    draft.modules.exclude(pk__in=modules).delete()


def _fill_module(
    module: Module,
    folder: Path,
    lessons: list[Lined],
    course: Course,
    media: Mapping[str, Media],
    lenders: Mapping[str, Bank],
) -> None:
    kept = []
    for position, entry in enumerate(lessons, 1):
        lined.need(folder / "module.yaml", entry, "slug", "kind", "title")
        if entry["kind"] not in Lesson.Kind.values:
            told = f"«{entry['kind']}» is no kind of lesson"
            raise ContentError(folder / "module.yaml", entry.line, told)
        extra = folder / f"{entry['slug']}.yaml"
        asks = entry["kind"] in {Lesson.Kind.QUIZ, Lesson.Kind.EVALUATION}
        settings = dict(lined.read_mapping(extra, "questions")) if asks else {}
        questions = settings.pop("questions", [])
        if drawn := settings.pop("draws", []):
            settings["draws"] = bank_loading.draws(extra, drawn, lenders)
        lesson, _made = Lesson.objects.update_or_create(
            uuid=_name(course.slug, "lesson", entry["slug"]),
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
        if not asks:
            _fill_blocks(lesson, folder, course, media)
        _fill_questions(lesson, extra, questions, course.slug)
    module.lessons.exclude(pk__in=kept).delete()


def _fill_blocks(lesson: Lesson, folder: Path, course: Course, media: Mapping[str, Media]) -> None:
    files = [folder / f"{lesson.slug}.{language}.md" for language in LANGUAGES]
    pictures = {
        name: str(file.uuid) for name, file in media.items() if file.kind == Media.Kind.IMAGE
    }
    parts = [fenced.parts_of(path, pictures) for path in files]
    for path, others in zip(files, parts, strict=True):
        if _kinds(others) != _kinds(parts[0]):
            raise ContentError(
                path,
                _where_they_part(others, parts[0]),
                f"the languages have different blocks: {_kinds(others)} here,"
                f" {_kinds(parts[0])} in {files[0].name}",
            )
    counts: Counter[str] = Counter()
    kept = []
    for position, same in enumerate(zip(*parts, strict=True), 1):
        kind = same[0].kind
        counts[kind] += 1
        block, _made = Block.objects.update_or_create(
            uuid=_name(course.slug, "block", lesson.slug, kind, str(counts[kind])),
            defaults={
                "lesson": lesson,
                "position": position,
                "kind": kind,
                **_values(course, files, same, media),
            },
        )
        kept.append(block.pk)
    lesson.blocks.exclude(pk__in=kept).delete()


def _kinds(parts: Sequence[Part]) -> list[str]:
    return [part.kind for part in parts]


def _where_they_part(these: Sequence[Part], those: Sequence[Part]) -> int:
    for one, other in zip(these, those, strict=False):
        if one.kind != other.kind:
            return one.line
    return these[-1].line if these else 1


def _values(
    course: Course, files: Sequence[Path], same: Sequence[Part], media: Mapping[str, Media]
) -> dict[str, Any]:
    """Title, body and settings of a block from what each language says."""
    kind, first = same[0].kind, same[0]
    for path, part in zip(files, same, strict=True):
        if _shape(part) != _shape(first):
            told = f"this {kind} is not built as in {files[0].name}: parts, right answers, file"
            raise ContentError(path, part.line, told)
    settings: dict[str, Any] = {}
    if first.file:
        if first.file not in media:
            told = f"the file «{first.file}» is not in media/{bundled.HEAD}"
            raise ContentError(files[0], first.line, told)
        file = media[first.file]
        if file.kind != kind:
            raise ContentError(files[0], first.line, f"«{first.file}» is no {kind}")
        settings = placed({}, file)
    if first.items:
        settings["items"] = _both(same, "items", "title", "body")
    if first.options:
        settings["options"] = _both(same, "options", "text", "feedback")
        settings["explanation"] = _localised([part.explanation for part in same])
    if first.scenes:
        scenes = _both(same, "scenes", "text")
        for scene, *choices in zip(
            scenes, *([each["choices"] for each in part.scenes] for part in same), strict=True
        ):
            scene["choices"] = [
                {**one[0], "text": _localised([each["text"] for each in one])}
                for one in zip(*choices, strict=True)
            ]
        settings["scenes"] = scenes
    values = {
        "title": _localised([part.title for part in same]),
        "body": _localised([part.body for part in same]),
    }
    return {**values, "settings": illustrated(course, kind, values, settings)}


def _shape(part: Part) -> Any:
    """What is the same in every language."""
    return (
        part.file,
        len(part.items),
        [option["right"] for option in part.options],
        [(one["id"], [choice["to"] for choice in one["choices"]]) for one in part.scenes],
    )


def _both(same: Sequence[Part], name: str, *texts: str) -> list[dict[str, Any]]:
    rows = zip(*(getattr(part, name) for part in same), strict=True)
    return [
        {**row[0], **{text: _localised([each[text] for each in row]) for text in texts}}
        for row in rows
    ]


def _fill_questions(lesson: Lesson, path: Path, questions: list[Lined], course: str) -> None:
    kept: list[int] = []
    names: set[str] = set()
    for position, entry in enumerate(questions, 1):
        key, body = bank_loading.read_question(path, entry, QUIZ_HEAD)
        if key in names:
            raise ContentError(path, entry.line, f"two questions have the id «{key}»")
        names.add(key)
        question, _made = Question.objects.update_or_create(
            uuid=_name(course, "question", lesson.slug, key),
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


def _load_series(path: Path, entry: Lined) -> None:
    lined.need(path, entry, "slug", "title", "needed", "courses")
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
        raise ContentError(path, entry.line, f"there is no course {', '.join(missing)}")
    for position, slug in enumerate(entry["courses"], 1):
        SeriesCourse.objects.update_or_create(
            series=series, course=courses[slug], defaults={"position": position}
        )
    series.members.exclude(course__slug__in=entry["courses"]).delete()


def _tags(path: Path, model: type[Any], name: str, values: list[Any]) -> list[Any]:
    found = {getattr(row, name): row for row in model.objects.filter(**{f"{name}__in": values})}
    if missing := [str(value) for value in values if value not in found]:
        raise ContentError(path, 1, f"there is no {model.__name__} {', '.join(missing)}")
    return list(found.values())


def _localised(texts: Sequence[str]) -> Localised:
    return {lang: text for lang, text in zip(LANGUAGES, texts, strict=True) if text}


def _name(*parts: str) -> uuid.UUID:
    return uuid.uuid5(NAMES, "/".join(parts))
