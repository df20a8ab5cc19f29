"""Question banks from the content files, `banks/<slug>.yaml`, for quizzes that draw."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from courses import banks, lined
from courses.lined import ContentError, Lined
from courses.models import Bank
from courses.questions import problems_of

FOLDER = "banks"
HEAD = ("id", "kind", "points", "tags")

type Names = Callable[..., uuid.UUID]


def load(root: Path, name: Names) -> dict[str, Bank]:
    """Every bank of the folder, by its slug; one that a trainer changed stays as it is."""
    found = {}
    for path in sorted((root / FOLDER).glob("*.yaml")):
        data = lined.read_mapping(path, "title", "questions")
        key = name(FOLDER, path.stem)
        try:
            found[path.stem] = banks.follow(
                key=key,
                slug=path.stem,
                title=data["title"],
                about=data.get("about", ""),
                rows=_rows(path, data["questions"], name),
            )
        except ValidationError as error:
            raise ContentError(path, data.line, " ".join(error.messages)) from error
    return found


def _rows(path: Path, questions: list[Lined], name: Names) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for entry in questions:
        key, body = read_question(path, entry, HEAD)
        row = {
            "uuid": name(FOLDER, path.stem, key),
            "kind": entry["kind"],
            "points": entry.get("points", 1),
            "tags": entry.get("tags", []),
            "body": body,
        }
        if any(row["uuid"] == other["uuid"] for other in rows):
            raise ContentError(path, entry.line, f"two questions have the id «{key}»")
        rows.append(row)
    return rows


def read_question(path: Path, entry: Lined, head: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Its id and what it asks; refused with the line where it is not a question of its kind."""
    lined.need(path, entry, "id", "kind")
    body = {name: value for name, value in entry.items() if name not in head}
    if problems := _problems(entry["kind"], body):
        told = f"question «{entry['id']}»: {' '.join(problems)}"
        raise ContentError(path, entry.line, told)
    return entry["id"], body


def _problems(kind: str, body: Mapping[str, Any]) -> list[str]:
    try:
        return problems_of(kind, body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"it does not have the shape of its kind «{kind}» ({error})"]


def draws(path: Path, entries: list[Lined], known: Mapping[str, Bank]) -> list[dict[str, Any]]:
    """What a quiz draws, as its settings keep it."""
    found = []
    for entry in entries:
        lined.need(path, entry, "bank", "count")
        if entry["bank"] not in known:
            raise ContentError(path, entry.line, f"there is no bank «{entry['bank']}»")
        bank = known[entry["bank"]]
        found.append({"bank": str(bank.uuid), "tag": entry.get("tag", ""), "count": entry["count"]})
    return found
