"""Practices, competencies and case studies from the files in `library/content`. Their only writer.

Checks everything before it writes anything; adds and updates, deletes nothing; may be repeated.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db import models, transaction

from library.models import CaseStudy, CompetencyDomain, Practice, PracticeGroup
from lms.html import markdown_html
from lms.text import LANGUAGES, Localised

CONTENT = Path(__file__).parent / "content"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ContentError(Exception):
    """A file that cannot be loaded; the sentence names it and says what is wrong."""


@dataclass
class Loaded:
    groups: int = 0
    practices: int = 0
    competencies: int = 0
    case_studies: int = 0
    changed: int = 0
    in_no_file: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = (
            f"{self.groups} groups, {self.practices} practices, {self.competencies} competency "
            f"domains, {self.case_studies} case studies; {self.changed} new or changed."
        )
        if self.in_no_file:
            text += f" In the database but in no file: {', '.join(self.in_no_file)}."
        return text


class _File:
    """One YAML mapping that is read with checks; every complaint names the file."""

    def __init__(self, name: str, data: object) -> None:
        self.name = name
        if not isinstance(data, Mapping):
            raise ContentError(f"{name} is not a list of «key: value» pairs.")
        self.data = data

    def fail(self, complaint: str) -> ContentError:
        return ContentError(f"{self.name}: {complaint}")

    def value[T](self, key: str, kind: type[T]) -> T:
        value = self.data.get(key)
        if not isinstance(value, kind) or value == "":
            raise self.fail(f"«{key}» is missing or is not {_NAMES.get(kind, kind.__name__)}.")
        return value

    def both(self, key: str) -> Localised:
        return self.localised(self.data.get(key), key)

    def localised(self, value: object, key: str) -> Localised:
        if not isinstance(value, Mapping) or set(value) != set(LANGUAGES):
            raise self.fail(f"«{key}» needs English and Spanish, and nothing else.")
        texts = {language: str(value[language] or "").strip() for language in LANGUAGES}
        for language, text in texts.items():
            if not text:
                raise self.fail(f"«{key}» is empty in {language}.")
        return texts

    def html(self, key: str) -> Localised:
        return {language: markdown_html(text) for language, text in self.both(key).items()}

    def optional(self, key: str) -> Localised:
        return self.both(key) if self.data.get(key) else {}

    def address(self, key: str) -> str:
        value = str(self.data.get(key) or "")
        if value and not value.startswith(("https://", "http://")):
            raise self.fail(f"«{key}» is not an address: {value}.")
        return value


_NAMES = {int: "a whole number", str: "text", list: "a list"}


@transaction.atomic
def load(content: Path = CONTENT) -> Loaded:
    done = Loaded()
    groups = _groups(content, done)
    practices = _practices(content, groups, done)
    _competencies(content, done)
    _case_studies(content, practices, done)
    return done


def _groups(content: Path, done: Loaded) -> dict[str, PracticeGroup]:
    rows = _yaml(content / "groups.yaml")
    if not isinstance(rows, list):
        raise ContentError("groups.yaml is not a list.")
    groups = {}
    for position, row in enumerate(rows, 1):
        file = _File(f"groups.yaml, number {position}", row)
        slug = _slug(file, file.value("slug", str))
        values = {
            "position": position,
            "title": file.both("title"),
            "summary": file.both("summary"),
        }
        groups[slug] = _keep(PracticeGroup, {"slug": slug}, values, done)
    done.groups = len(groups)
    done.in_no_file += _leftover(PracticeGroup, "slug", groups)
    return groups


def _practices(
    content: Path, groups: Mapping[str, PracticeGroup], done: Loaded
) -> dict[str, Practice]:
    practices: dict[str, Practice] = {}
    numbers: dict[int, str] = {}
    for slug, file in _files(content / "practices"):
        group, number = file.value("group", str), file.value("number", int)
        if group not in groups:
            raise file.fail(f"there is no group «{group}».")
        if number in numbers:
            raise file.fail(f"number {number} is {numbers[number]} already.")
        numbers[number] = slug
        values = {
            "group": groups[group],
            "number": number,
            "title": file.both("title"),
            "summary": file.both("summary"),
            "body": file.html("body"),
            "source": file.address("source"),
            "note": file.optional("note"),
        }
        practices[slug] = _keep(Practice, {"slug": slug}, values, done)
    done.practices = len(practices)
    done.in_no_file += _leftover(Practice, "slug", practices)
    return practices


def _competencies(content: Path, done: Loaded) -> None:
    file = _File("competencies.yaml", _yaml(content / "competencies.yaml"))
    kept = []
    for row in file.value("domains", list):
        domain = _File("competencies.yaml", row)
        number = domain.value("number", int)
        _keep(CompetencyDomain, {"number": number}, {"title": domain.both("title")}, done)
        kept.append(number)
    done.competencies = len(kept)


def _case_studies(content: Path, practices: Mapping[str, Practice], done: Loaded) -> None:
    kept = []
    for slug, file in _files(content / "case-studies"):
        named = file.value("practices", list)
        if missing := [name for name in named if name not in practices]:
            raise file.fail(f"there is no practice «{missing[0]}».")
        level = file.value("level", str)
        if level not in {"local", "state"}:
            raise file.fail(f"«level» is local or state, not {level}.")
        values = {
            "title": file.both("title"),
            "department": file.value("department", str),
            "place": file.both("place"),
            "level": level,
            "summary": file.both("summary"),
            "body": file.html("body"),
            "practices_inferred": file.value("practices_inferred", bool),
            "sources": [_source(file, row) for row in file.value("sources", list)],
        }
        study = _keep(CaseStudy, {"slug": slug}, values, done)
        study.practices.set([practices[name] for name in named])
        kept.append(slug)
    done.case_studies = len(kept)
    done.in_no_file += _leftover(CaseStudy, "slug", kept)


def _source(file: _File, row: object) -> dict[str, object]:
    source = _File(f"{file.name}, sources", row)
    return {"label": source.both("label"), "url": source.address("url") or None}


def _keep[M: models.Model](
    model: type[M], key: Mapping[str, object], values: Mapping[str, Any], done: Loaded
) -> M:
    row = model._default_manager.filter(**key).first()
    if row is None:
        done.changed += 1
        return model._default_manager.create(**key, **values)
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        done.changed += 1
    return row


def _leftover(model: type[models.Model], field_name: str, kept: Any) -> list[str]:
    rows = model._default_manager.exclude(**{f"{field_name}__in": list(kept)})
    return list(rows.values_list(field_name, flat=True))


def _files(folder: Path) -> Iterator[tuple[str, _File]]:
    for path in sorted(folder.glob("*.yaml")):
        file = _File(f"{folder.name}/{path.name}", _yaml(path))
        yield _slug(file, path.stem), file


def _slug(file: _File, slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise file.fail(f"«{slug}» is not a slug: small letters, digits and single hyphens.")
    return slug


def _yaml(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContentError(f"{path.name} is missing in {path.parent}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name} is not YAML: {error}") from error
