"""A course from a zip into this site: its history, its draft, and what other rooms enclose.

Nobody's record is touched and learners see nothing of it before somebody publishes here. A version
that is here already stays; one that differs from ours is refused with the whole file. Importing the
same file again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import packing
from courses.cleaning import cleaned
from courses.document import Document
from courses.models import Block, Course, CourseVersion, Draft, Lesson, Module, Question
from courses.packing import Package
from courses.publishing import fingerprint, freeze
from courses.studio.editing import hold
from courses.studio.restoring import fill, keep_draft
from people import audit
from people.models import User

_BATCH = 500


@dataclass
class Report:
    """What an import did, in numbers."""

    course: Course
    made: bool = False
    versions: int = 0
    known: int = 0
    drafted: bool = False
    lessons: int = 0
    left_out: list[str] = field(default_factory=list)
    enclosed: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.made or self.versions or self.drafted or self.enclosed)

    def __str__(self) -> str:
        said = [
            ngettext("%(count)s version added", "%(count)s versions added", self.versions)
            % {"count": self.versions},
            ngettext("%(count)s here already", "%(count)s here already", self.known)
            % {"count": self.known},
            ngettext(
                "draft replaced, %(count)s lesson",
                "draft replaced, %(count)s lessons",
                self.lessons,
            )
            % {"count": self.lessons}
            if self.drafted
            else _("draft unchanged"),
            *self.enclosed,
        ]
        if self.left_out:
            named = {"names": ", ".join(self.left_out)}
            said.append(_("left out, because this site does not know them: %(names)s") % named)
        return ", ".join(said)

    @property
    def _draft(self) -> str:
        if not self.drafted:
            return _("draft unchanged")
        told = ngettext("draft with %(count)s lesson", "draft with %(count)s lessons", self.lessons)
        return told % {"count": self.lessons}


def destination(package: Package) -> Course | None:
    """The course here that the zip is of, or None when it would be a new one."""
    return Course.objects.filter(uuid=package.course).select_related("draft").first()


def bring_in(
    package: Package, *, by: User | None, slug: str = "", expected: int | None = None
) -> Report:
    """All of it or nothing. Raises BadZip, and ValidationError with what stands in the way.

    `slug` gives a new course another address than the zip says; `expected` is the revision of the
    draft that its author looked at (0: there was none). Safe to repeat.
    """
    try:
        return _bring_in(package, by, slug or package.slug, expected)
    except IntegrityError:  # another import took the course or the address at the same moment
        return _bring_in(package, by, slug or package.slug, expected)


@transaction.atomic
def _bring_in(package: Package, by: User | None, slug: str, expected: int | None) -> Report:
    course = Course.objects.select_for_update().filter(uuid=package.course).first()
    if course is None:
        if Course.objects.filter(slug=slug).exists():
            told = _("Another course here has the address «%(slug)s». Choose another one.")
            raise ValidationError({"slug": told % {"slug": slug}})
        title = package.draft["title"]
        course = Course.objects.create(uuid=package.course, slug=slug, title=title)
        report = Report(course, made=True)
    else:
        report = Report(course)
    draft, new = Draft.objects.get_or_create(course=course)
    held = hold(draft)
    held.course = course
    _keep_versions(report, package)
    document = cleaned(package.draft)
    if new or fingerprint(freeze(held)) != fingerprint(document):
        if expected is not None and expected != (0 if new else held.revision):
            raise ValidationError(
                _("The draft was changed after you opened this page. Look at it again."),
                code="stale",
            )
        _refuse_foreign(held, document)
        if not new:
            keep_draft(held, by=by)
        fill(held, document, by=by)
        Draft.objects.filter(pk=held.pk).update(loaded_sha256="")
        report.drafted = True
        report.lessons = len(Document.read(document).lessons)
        report.left_out = _left_out(held, document)
    for enclosure in packing.enclosures():
        if told := enclosure.unpack(held, package.folder(enclosure.folder)):
            report.enclosed.append(told)
    if report.changed:
        audit.note(by, "course.imported", course, told=str(report))
    return report


def _keep_versions(report: Report, package: Package) -> None:
    here = dict(report.course.versions.values_list("number", "sha256"))
    for packed in package.versions():
        document = cleaned(packed.document)
        sha256 = fingerprint(document)
        if packed.number in here:
            if here[packed.number] != sha256:
                raise ValidationError(
                    _("This site has another version %(number)s of this course. Nothing was taken.")
                    % {"number": packed.number}
                )
            report.known += 1
            continue
        CourseVersion.objects.create(
            course=report.course,
            number=packed.number,
            document=document,
            sha256=sha256,
            policy=packed.policy,
            due_on=packed.due_on,
            published_at=packed.published_at,
        )
        report.versions += 1


def _refuse_foreign(held: Draft, document: dict[str, Any]) -> None:
    """A part with the uuid of a part of another course would take it from there."""
    modules = document["modules"]
    lessons = [lesson for module in modules for lesson in module["lessons"]]
    blocks = [block for lesson in lessons for block in lesson["blocks"]]
    questions = [question for lesson in lessons for question in lesson["questions"]]
    for rows, parts in (
        (Module.objects.exclude(draft=held), modules),
        (Lesson.objects.exclude(module__draft=held), lessons),
        (Block.objects.exclude(lesson__module__draft=held), blocks),
        (Question.objects.exclude(lesson__module__draft=held), questions),
    ):
        wanted = [part["uuid"] for part in parts]
        for start in range(0, len(wanted), _BATCH):
            if rows.filter(uuid__in=wanted[start : start + _BATCH]).exists():
                raise ValidationError(
                    _("The zip holds parts that belong to another course here. Nothing was taken.")
                )


def _left_out(held: Draft, document: dict[str, Any]) -> list[str]:
    practices = set(held.practices.values_list("slug", flat=True))
    domains = set(held.competencies.values_list("number", flat=True))
    return [slug for slug in document["practices"] if slug not in practices] + [
        _("competency domain %(number)s") % {"number": number}
        for number in document["competencies"]
        if number not in domains
    ]
