"""From draft to version. The only writer of CourseVersion and of the catalogue face of Course.

Publishing freezes the whole draft tree into one document, whose items keep their uuids from
version to version. Nothing a publication does turns a completion back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import duties, rules, translations
from courses.crediting import earns_credit
from courses.document import FORMAT, NEEDS, Document, Pool
from courses.models import (
    BankQuestion,
    Course,
    CourseVersion,
    Draft,
    DraftHand,
    DraftReview,
    Enrolment,
    Evidence,
    Lesson,
    PlannedPublication,
    Question,
)
from courses.models.course import document_of
from courses.models.record import organisation_of
from courses.questions import problems_of
from courses.words import texts_of_course, texts_of_lesson, texts_of_pools
from lms import outbox
from lms.text import LANGUAGE_NAMES, said, searchable
from people.models import User

Policy = CourseVersion.Policy
BATCH = 50  # people in one transaction: on SQLite nobody else writes meanwhile
MOST_IN_A_POOL = 500  # a version holds every question that it may draw


def freeze(draft: Draft) -> dict[str, Any]:
    """The draft tree as the document that would be published now. Reads only."""
    modules = list(draft.modules.with_tree())
    lessons = [lesson for module in modules for lesson in module.lessons.all()]
    return {
        "format": FORMAT,
        "course": str(draft.course.uuid),
        "title": draft.title,
        "summary": draft.summary,
        "about": draft.about,
        "outcomes": draft.outcomes,
        "delivery": draft.format,
        "hours": f"{draft.hours:.2f}",
        "languages": draft.languages,
        "working_title": draft.working_title,
        "practices": sorted(draft.practices.values_list("slug", flat=True)),
        "competencies": sorted(draft.competencies.values_list("number", flat=True)),
        "modules": [
            {
                "uuid": str(module.uuid),
                "title": module.title,
                "summary": module.summary,
                "lessons": [_frozen_lesson(lesson) for lesson in module.lessons.all()],
            }
            for module in modules
        ],
        "rule": {
            "format": 1,
            "requirements": [
                {"item": str(lesson.uuid), "needs": NEEDS[lesson.kind]}
                for lesson in lessons
                if lesson.required
            ],
        },
    }


def _frozen_lesson(lesson: Lesson) -> dict[str, Any]:
    return {
        "uuid": str(lesson.uuid),
        "slug": lesson.slug,
        "kind": lesson.kind,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "required": lesson.required,
        "settings": lesson.settings,
        "blocks": [
            {
                "uuid": str(block.uuid),
                "kind": block.kind,
                "title": block.title,
                "body": block.body,
                "settings": block.settings,
            }
            for block in lesson.blocks.all()
        ],
        "questions": [_frozen_question(question) for question in lesson.questions.all()],
        **_frozen_pools(lesson),
    }


def _frozen_question(question: Question | BankQuestion) -> dict[str, Any]:
    return {
        "uuid": str(question.uuid),
        "kind": question.kind,
        "points": question.points,
        "body": question.body,
    }


def _frozen_pools(lesson: Lesson) -> dict[str, Any]:
    """What a quiz draws from, as the banks are now. Without draws the document has no such part."""
    draws = lesson.settings.get("draws") or []
    if not draws:
        return {}
    pools = []
    for draw in draws:
        rows = BankQuestion.objects.filter(bank__uuid=draw["bank"]).tagged(draw["tag"])
        questions = [_frozen_question(row) for row in rows.order_by("pk")[: MOST_IN_A_POOL + 1]]
        pools.append({**draw, "questions": questions})
    return {"pools": pools}


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document as canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Problem(str):
    """A sentence for the trainer, with the uuids of the lesson and question it is about.

    One about a language may be about the course itself: then `lesson` is the uuid of the course.
    """

    lesson: str
    question: str
    language: str  # it is about words missing in this language

    def __new__(
        cls, sentence: str, lesson: str = "", question: str = "", language: str = ""
    ) -> Self:
        problem = super().__new__(cls, sentence)
        problem.lesson, problem.question, problem.language = lesson, question, language
        return problem


def problems(document: Mapping[str, Any]) -> list[Problem]:
    """Why this document cannot be published, in words for the trainer. Empty: it can."""
    found: list[Problem] = []
    if not document["title"].get("en"):
        found.append(Problem(_("The course needs a title in English.")))
    parsed = Document.read(document)
    if not document["rule"]["requirements"]:
        found.append(
            Problem(_("At least one lesson must be required, or nobody could complete the course."))
        )
    slugs: set[str] = set()
    for lesson in parsed.lessons:
        name = said(lesson.title, "en") or lesson.slug
        about: list[str] = []
        if not lesson.title.get("en"):
            about.append(
                _("Lesson %(number)s needs a title in English.") % {"number": lesson.number}
            )
        if lesson.slug in slugs:
            about.append(_("Two lessons have the address «%(slug)s».") % {"slug": lesson.slug})
        slugs.add(lesson.slug)
        if lesson.kind in {"quiz", "evaluation"} and not lesson.asks:
            about.append(_("«%(lesson)s» has no questions yet.") % {"lesson": name})
        if lesson.kind == "quiz" and not 0 <= int(lesson.settings.get("pass_percent", 80)) <= 100:
            about.append(_("Nobody can reach the pass mark of «%(lesson)s».") % {"lesson": name})
        if lesson.kind == "page" and not lesson.blocks:
            about.append(_("«%(lesson)s» is empty.") % {"lesson": name})
        about += [f"«{name}»: {problem}" for pool in lesson.pools for problem in _short(pool)]
        found += [Problem(sentence, lesson.uuid) for sentence in about]
        for place, question in enumerate(lesson.questions, 1):
            found += [
                Problem(
                    _("«%(lesson)s», question %(number)s: %(problem)s")
                    % {"lesson": name, "number": place, "problem": problem},
                    lesson.uuid,
                    question.uuid,
                )
                for problem in problems_of(question.kind, question.body)
            ]
    return found


def _short(pool: Pool) -> list[str]:
    """What keeps a quiz from drawing from this pool."""
    found = []
    if len(pool.questions) < pool.count:
        found.append(
            _("it draws %(count)s questions from a bank that has %(all)s of them.")
            % {"count": pool.count, "all": len(pool.questions)}
        )
    if len(pool.questions) > MOST_IN_A_POOL:
        found.append(
            _("it draws from more than %(most)s questions. Choose a tag to draw from fewer.")
            % {"most": MOST_IN_A_POOL}
        )
    unready = [q for q in pool.questions if problems_of(q.kind, q.body)]
    if unready:
        prompt = said(unready[0].body.get("prompt") or {})
        problem = problems_of(unready[0].kind, unready[0].body)[0]
        found.append(
            _("a question in the bank is not ready. «%(question)s»: %(problem)s")
            % {"question": prompt, "problem": problem}
        )
    return found


def untranslated(draft: Draft, document: Mapping[str, Any]) -> list[Problem]:
    """A course that earns credit is whole in every language it claims: nobody is examined on words
    that were missing, out of date, or read by no one, in theirs.
    """
    claimed = [language for language in translations.TARGETS if language in draft.languages]
    if not claimed or not earns_credit(draft.course):
        return []
    rows = translations.rows_of(draft)
    lessons = [lesson for module in document["modules"] for lesson in module["lessons"]]
    found: list[Problem] = []
    for language in claimed:
        for item, name, texts in [
            (document["course"], said(document["title"]), texts_of_course(document)),
            *((each["uuid"], said(each["title"]), texts_of_lesson(each)) for each in lessons),
        ]:
            tally = translations.tally(texts, language, rows)
            if not tally.undone:
                continue
            sentence = ngettext(
                "«%(name)s»: %(count)s text is missing, out of date or not read over in "
                "%(language)s. A course that earns credit is whole in each of its languages.",
                "«%(name)s»: %(count)s texts are missing, out of date or not read over in "
                "%(language)s. A course that earns credit is whole in each of its languages.",
                tally.total - tally.done,
            )
            told = {
                "name": name,
                "count": tally.total - tally.done,
                "language": str(LANGUAGE_NAMES[language]),
            }
            found.append(Problem(sentence % told, item, language=language))
        for lesson in lessons:
            if translations.lacking(texts_of_pools(lesson), language):
                sentence = _(
                    "«%(name)s» draws questions that are not all in %(language)s. A course that "
                    "earns credit is whole in each of its languages."
                )
                told = {"name": said(lesson["title"]), "language": str(LANGUAGE_NAMES[language])}
                found.append(Problem(sentence % told, lesson["uuid"]))
    return found


@dataclass(frozen=True)
class HeadCount:
    """Whom a publication would touch."""

    under_way: int
    done: int


def head_count(course: Course) -> HeadCount:
    latest = Enrolment.objects.filter(course=course).latest_cycle()
    return HeadCount(latest.under_way().count(), latest.done().count())


@transaction.atomic
def publish(
    draft: Draft,
    *,
    by: User | None,
    policy: str,
    note: str = "",
    due_on: date | None = None,
    expected_revision: int | None = None,
    from_files: bool = False,
    now: datetime | None = None,
) -> CourseVersion:
    """Freeze the draft into the next version and make it the current one.

    Where a course needs a review, only what somebody approved word for word goes out; what the
    content loader brings (`from_files`) was reviewed where the files are kept.

    Raises ValidationError with every reason why it cannot be, and when the draft is no longer the
    one the trainer looked at (`expected_revision`). A draft equal to the current version makes no
    new version: publishing twice is publishing once. The course row is locked against a second
    publication and against people enrolling meanwhile.
    """
    now = now or timezone.now()
    course = Course.objects.select_for_update().get(pk=draft.course_id)
    draft = Draft.objects.select_for_update().select_related("course").get(pk=draft.pk)
    document = _publishable(draft, by, expected_revision)
    if policy == Policy.REQUIRED and due_on is None:
        raise ValidationError({"due_on": _("Say by when people should have done what is new.")})
    sha256 = fingerprint(document)
    last = course.versions.defer("document").first()
    if last is not None and last.sha256 == sha256 and course.current_id == last.pk:
        return last
    review = _review_of(draft, sha256, from_files=from_files)
    if last is not None and last.sha256 == sha256 and course.current_id is None:
        _show(course, last, draft)  # it came with an import; nobody here has learned from it
        _close(draft, review, last)
        return last
    version = CourseVersion.objects.create(
        course=course,
        number=last.number + 1 if last else 1,
        document=document,
        sha256=sha256,
        policy=policy,
        note=note,
        due_on=due_on if policy == Policy.REQUIRED else None,
        author=by,
        published_at=now,
    )
    _show(course, version, draft)
    _close(draft, review, version)
    if last is not None and policy != Policy.UPDATE:
        # Locked in a statement of its own: one that waits for somebody completing at this moment
        # would still see them under way, and move them.
        under_way = Enrolment.objects.filter(course=course).under_way()
        list(under_way.select_for_update().order_by("pk").values_list("pk"))
        under_way.update(version=version)
        outbox.promise("courses.move", key=str(version.pk), payload={"version": version.pk})
    return version


def check(draft: Draft, *, by: User, expected_revision: int) -> None:
    """What `publish` would refuse now. The caller holds the rows of course and draft."""
    document = _publishable(draft, by, expected_revision)
    _review_of(draft, fingerprint(document), from_files=False)


def _publishable(draft: Draft, by: User | None, expected_revision: int | None) -> dict[str, Any]:
    if expected_revision is not None and draft.revision != expected_revision:
        raise ValidationError(
            _("The draft was changed after you opened this page. Look at it again, then publish."),
            code="stale",
        )
    if by is not None and not duties.duties_of(draft.course, by).publisher:
        raise ValidationError(_("Only the publishers of this course publish it."), code="duty")
    document = freeze(draft)
    if reasons := problems(document) + untranslated(draft, document):
        raise ValidationError(reasons)
    return document


def needs_review(course: Course) -> bool:
    """The course's own setting; whatever it says, for a course that earns credit."""
    return course.review_needed or earns_credit(course)


def _review_of(draft: Draft, sha256: str, *, from_files: bool) -> DraftReview | None:
    """The approval that lets this draft out, read while course and draft are locked.

    A trigger asks for it once more when the course's current version changes.
    """
    approved = DraftReview.objects.covering(draft, sha256).first()
    if approved is not None or not needs_review(draft.course):
        return approved
    if not from_files:
        raise ValidationError(
            _("Somebody else has to approve this draft, as it is now, before it is published."),
            code="unreviewed",
        )
    return DraftReview.objects.create(
        course=draft.course,
        revision=draft.revision,
        sha256=sha256,
        state=DraftReview.State.APPROVED,
        decided_at=timezone.now(),
    )


def _close(draft: Draft, review: DraftReview | None, version: CourseVersion) -> None:
    """What is published has no open hands, no open request and no plan any more."""
    DraftHand.objects.filter(draft=draft).delete()
    if review is not None:
        DraftReview.objects.filter(pk=review.pk).update(version=version)
    asked = DraftReview.objects.filter(course=draft.course_id, state=DraftReview.State.ASKED)
    asked.update(state=DraftReview.State.WITHDRAWN)
    planned = PlannedPublication.objects.waiting().filter(course=draft.course_id)
    planned.update(state=PlannedPublication.State.CANCELLED, settled_at=timezone.now())


def _show(course: Course, version: CourseVersion, draft: Draft) -> None:
    document = Document.read(version.document)
    course.current = version
    course.title, course.summary = draft.title, draft.summary
    course.format, course.hours = draft.format, draft.hours
    course.languages, course.working_title = draft.languages, draft.working_title
    course.minutes, course.lesson_count = document.minutes, len(document.lessons)
    course.search_text = searchable(
        [document.title, document.summary, *document.outcomes]
        + [lesson.title for lesson in document.lessons]
    )
    course.save()
    course.practices.set(draft.practices.all())
    course.competencies.set(draft.competencies.all())


@outbox.handles("courses.move")
def _move(payload: Mapping[str, object]) -> str:
    """What a correction or a required version means for the people it reached. Safe to repeat."""
    version = (
        CourseVersion.objects.select_related("course")
        .defer("document")
        .get(pk=int(str(payload["version"])))
    )
    completed = sum(_reassess(batch) for batch in _batches(version))
    asked = _ask_again(version) if version.policy == Policy.REQUIRED else 0
    return ngettext(
        "%(completed)s completed by the new rule, %(asked)s person asked again",
        "%(completed)s completed by the new rule, %(asked)s people asked again",
        asked,
    ) % {"completed": completed, "asked": asked}


def _batches(version: CourseVersion) -> list[list[int]]:
    moved = Enrolment.objects.filter(version=version).under_way().order_by("pk")
    ids = list(moved.values_list("pk", flat=True))
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


@transaction.atomic
def _reassess(ids: list[int]) -> int:
    """Complete those whom the new rule finds done: a required lesson may have gone."""
    now = timezone.now()
    locked = Enrolment.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return sum(enrolment.complete_if_due(now).complete for enrolment in locked)


def _ask_again(version: CourseVersion) -> int:
    """A new cycle for everyone done before, holding what they have; those owing nothing: none."""
    before = (
        Enrolment.objects.filter(course_id=version.course_id, version__number__lt=version.number)
        .latest_cycle()
        .done()
        .select_related("person")
        .with_record()
        .order_by("pk")
    )
    asked = 0
    for enrolment in before.iterator(chunk_size=BATCH):
        if _owes(version, enrolment.counted(enrolment.evidence.all())):
            asked += _new_cycle(enrolment, version)
    return asked


@transaction.atomic
def _new_cycle(before: Enrolment, asking: CourseVersion) -> int:
    """On the version to which people under way since `asking` have been moved: a publication may
    come before the promises of the last one are kept, and it moves only those whom it sees.

    The course's lock is for a publication that comes now, the enrolment's for evidence: what is
    recorded while many are asked is carried over too.
    """
    now = timezone.now()
    course = Course.objects.select_for_update(no_key=True).get(pk=before.course_id)
    later = course.versions.filter(number__gte=asking.number).exclude(policy=Policy.UPDATE)
    version = later.defer("document").latest("number")
    Enrolment.objects.select_for_update().get(pk=before.pk)
    evidence = before.counted(Evidence.objects.filter(enrolment=before).order_by("pk"))
    if not _owes(version, evidence):
        return 0
    enrolment, made = Enrolment.objects.get_or_create(
        person_id=before.person_id,
        course_id=before.course_id,
        cycle=before.cycle + 1,
        defaults={
            "version": version,
            "organisation": organisation_of(before.person, now),
            "reason": Enrolment.Reason.ASSIGNED,
            "assigned_by_id": asking.author_id,
            "due_on": asking.due_on or timezone.localdate(now) + timedelta(days=90),
        },
    )
    if made:
        known = {lesson.uuid for lesson in document_of(version.pk).lessons}
        Evidence.objects.bulk_create(
            Evidence(
                enrolment=enrolment,
                version=version,
                kind=row.kind,
                item=row.item,
                reference=row.reference,
                source="carried",
                occurred_at=row.occurred_at,
                recorded_at=now,
                value={**row.value, "carried_from": row.pk},
            )
            for row in evidence
            if row.item in known
        )
    return int(made)


def _owes(version: CourseVersion, evidence: Iterable[Evidence]) -> bool:
    rule = document_of(version.pk).rule
    return not rules.status(rule, [row.fact for row in evidence]).complete
