"""A whole course as one zip, and back into values. The format, whole:

```
course.json            {"format": 1, "course": uuid, "slug": …, "draft": SHA-256 of its document,
                        "versions": [{"number", "sha256", "policy", "due_on", "published_at"}, …],
                        "files": {name: SHA-256 of its bytes}}
draft.json             the draft, frozen: the document that publishing it now would make
versions/00001.json    each version's document as it was frozen (courses/document.py says its shape)
<folder>/…             what other rooms enclose: see `encloses`
```

All JSON is canonical: UTF-8, sorted keys, no spaces. Entries stand in the order of their names,
with `course.json` first and no dates: as long as nothing changes, the file is the same to the byte.
Nothing in it names a person. Authors, notes of publications, comments, learners and whatever they
did stay here: free text may name people, so none of it goes that is not part of the course itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.db import transaction
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from courses import paper, publishing, shape
from courses.document import FORMAT as DOCUMENT_FORMAT
from courses.document import Document
from courses.models import Block, Course, CourseVersion, Draft, Lesson
from courses.publishing import fingerprint, freeze
from courses.questions import KINDS, problems_of
from courses.reading import pieces
from lms import zips
from lms.zips import BadZip

FORMAT = 1
HEAD = "course.json"
DRAFT = "draft.json"
LARGEST_JSON = 64 * 2**20
MOST_VERSIONS = 2_000
_SHA256_LENGTH = 64

type Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Enclosure:
    """What another room adds to the zip of a course.

    `pack` gives its files, by their names inside the folder; `unpack` gets them back, cleans and
    checks them and raises BadZip with a sentence, in the transaction that brings the course in. It
    says in words what it changed, or nothing.
    """

    folder: str
    pack: Callable[[Course], Iterable[tuple[str, bytes]]]
    unpack: Callable[[Draft, Files], str]


_enclosures: dict[str, Enclosure] = {}


def encloses(enclosure: Enclosure) -> None:
    if _enclosures.setdefault(enclosure.folder, enclosure) != enclosure:
        raise ValueError(f"two rooms want the folder {enclosure.folder!r}")


def enclosures() -> list[Enclosure]:
    return [_enclosures[folder] for folder in sorted(_enclosures)]


def write(course: Course, target: IO[bytes]) -> int:
    """Write the course's zip; returns how many files are in it. Reads only."""
    files: dict[str, bytes] = {}
    with transaction.atomic():  # the draft's row, so that no change is half in the file
        draft = freeze(Draft.objects.select_for_update().get(course=course))
    files[DRAFT] = canonical(draft)
    told = []
    for version in course.versions.order_by("number").iterator(chunk_size=20):
        files[_version_name(version.number)] = canonical(version.document)
        told.append(
            {
                "number": version.number,
                "sha256": version.sha256,
                "policy": version.policy,
                "due_on": version.due_on.isoformat() if version.due_on else None,
                "published_at": version.published_at.isoformat(),
            }
        )
    for enclosure in enclosures():
        for name, data in enclosure.pack(course):
            files[f"{enclosure.folder}/{name}"] = data
    head = {
        "format": FORMAT,
        "course": str(course.uuid),
        "slug": course.slug,
        "draft": fingerprint(draft),
        "versions": told,
        "files": {name: _sha256(data) for name, data in files.items()},
    }
    zips.write(target, [(HEAD, canonical(head)), *sorted(files.items())])
    return len(files) + 1


def canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class PackedVersion:
    number: int
    policy: str
    due_on: date | None
    published_at: datetime
    document: Mapping[str, Any]


class Package:
    """A course's zip whose every document this site can read. Raises BadZip with the reason."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zips.Zip(file)
        head = self._head()
        self.slug = str(head["slug"])
        self._sums: Mapping[str, str] = head["files"]
        if missing := self._sums.keys() ^ (set(self._zip.names) - {HEAD}):
            raise BadZip(
                _("The list of files in the zip does not fit «%(name)s».")
                % {"name": min(missing)[:100]}
            )
        self.course = str(head["course"])
        self.draft = self._document(DRAFT)
        self._versions = head["versions"]
        known = {HEAD, DRAFT} | {_version_name(v["number"]) for v in self._versions}
        folders = {enclosure.folder for enclosure in enclosures()}
        for name in self._zip.names:
            if name not in known and name.partition("/")[0] not in folders:
                raise BadZip(_("This site does not know what «%(name)s» is.") % {"name": name})

    def versions(self) -> Iterator[PackedVersion]:
        """One after the other: many versions of a large course need not fit in memory at once."""
        for told in self._versions:
            document = self._document(_version_name(told["number"]))
            if fingerprint(document) != told["sha256"]:
                raise BadZip(_("Version %(number)s is not what the zip says it is.") % told)
            yield PackedVersion(
                number=told["number"],
                policy=told["policy"],
                due_on=parse_date(told["due_on"]) if told["due_on"] else None,
                published_at=_moment(told["published_at"]),
                document=document,
            )

    @property
    def version_count(self) -> int:
        return len(self._versions)

    def folder(self, name: str) -> Files:
        return _Folder(self, f"{name}/", [n for n in self._sums if n.startswith(f"{name}/")])

    def bytes_of(self, name: str) -> bytes:
        data = self._zip.read(name)
        if _sha256(data) != self._sums[name]:
            raise BadZip(_("«%(name)s» in the zip is damaged.") % {"name": name})
        return data

    def _head(self) -> dict[str, Any]:
        if HEAD not in self._zip.names:
            raise BadZip(_("This zip holds no course: it has no file «course.json»."))
        head = self._json(HEAD, self._zip.read(HEAD) if self._fits(HEAD) else b"")
        if not _is_head(head):
            raise BadZip(_("«course.json» in the zip is not as this site expects it."))
        return head  # type: ignore[no-any-return]

    def _document(self, name: str) -> dict[str, Any]:
        if name not in self._sums:
            raise BadZip(_("«%(name)s» is missing in the zip.") % {"name": name})
        data = self._json(name, self.bytes_of(name) if self._fits(name) else b"")
        try:
            check(data)
        except ValueError as error:
            told = {"name": name, "reason": str(error)}
            raise BadZip(_("«%(name)s»: %(reason)s") % told) from error
        if data["course"] != self.course:
            raise BadZip(_("«%(name)s» is of another course.") % {"name": name})
        return data  # type: ignore[no-any-return]

    def _fits(self, name: str) -> bool:
        if self._zip.size(name) > LARGEST_JSON:
            told = {"name": name, "most": LARGEST_JSON // 2**20}
            raise BadZip(_("«%(name)s» is larger than %(most)s MB.") % told)
        return True

    def _json(self, name: str, data: bytes) -> Any:
        try:
            value = json.loads(data.decode(), parse_constant=_no_constant)
            shape.check_values(value)
        except (ValueError, RecursionError) as error:
            raise BadZip(_("«%(name)s» cannot be read.") % {"name": name}) from error
        return value


def check(data: Any) -> None:
    """Raise ValueError with a sentence unless this site can read, show and ask all of it."""
    shape.check_document(
        data,
        format=DOCUMENT_FORMAT,
        deliveries=Course.Format.values,
        lessons=Lesson.Kind.values,
        blocks=Block.Kind.values,
        questions=KINDS.keys(),
    )
    for module in data["modules"]:
        for lesson in module["lessons"]:
            try:
                _show({**data, "modules": [{**module, "lessons": [lesson]}]})
            except (TypeError, KeyError, AttributeError, ValueError, IndexError) as error:
                told = {"lesson": lesson["slug"]}
                raise ValueError(
                    _("This site cannot show the lesson «%(lesson)s».") % told
                ) from error


def _show(data: Mapping[str, Any]) -> None:
    """All that reading, asking and publishing do with one lesson, to see it fail here if at all."""
    publishing.problems(data)
    for lesson in Document.read(data).lessons:
        pieces(lesson.blocks, {}, {})
        if not any(problems_of(one.kind, one.body) for one in lesson.questions):
            paper.blank(lesson)


class _Folder(Mapping[str, bytes]):
    """Reads a file when it is asked for: media need not fit in memory together."""

    def __init__(self, package: Package, prefix: str, names: list[str]) -> None:
        self._package, self._prefix = package, prefix
        self._names = [name.removeprefix(prefix) for name in names]

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names:
            raise KeyError(name)
        return self._package.bytes_of(self._prefix + name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


def _is_head(head: Any) -> bool:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        return False
    files, versions = head.get("files"), head.get("versions")
    return (
        isinstance(head.get("course"), str)
        and shape.is_slug(head.get("slug"))
        and isinstance(files, dict)
        and all(isinstance(s, str) and len(s) == _SHA256_LENGTH for s in files.values())
        and isinstance(versions, list)
        and len(versions) <= MOST_VERSIONS
        and all(_is_version(told) for told in versions)
        and [told["number"] for told in versions] == list(range(1, len(versions) + 1))
    )


def _is_version(told: Any) -> bool:
    try:
        return (
            type(told["number"]) is int
            and len(told["sha256"]) == _SHA256_LENGTH
            and told["policy"] in CourseVersion.Policy
            and (told["due_on"] is None or parse_date(told["due_on"]) is not None)
            and _moment(told["published_at"]) is not None
        )
    except (TypeError, KeyError, ValueError):
        return False


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _version_name(number: int) -> str:
    return f"versions/{number:05}.json"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _no_constant(name: str) -> Any:
    raise ValueError(name)
