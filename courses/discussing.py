"""Discussions under a block. The only writer of Post rows.

Everyone enrolled in the course reads and writes; posts belong to the block, whatever version its
readers are on. Their authors may take them back, trainers may take them out and put them back,
which the audit trail remembers.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.document import Lesson
from courses.models import Enrolment, Post
from people.audit import note
from people.models import User

LONGEST = 2000  # characters
SHOWN = 30  # on the page of a lesson, the newest


@dataclass(frozen=True)
class Said:
    """A post as a reader sees it."""

    uuid: uuid.UUID
    by: str
    text: str
    language: str
    at: object
    mine: bool


@dataclass(frozen=True)
class Talk:
    """The newest posts under a block, oldest first, and whether there are earlier ones."""

    posts: tuple[Said, ...]
    earlier: bool
    key: uuid.UUID  # of the post that the form makes


def talks(enrolment: Enrolment, lesson: Lesson, *, everything: str = "") -> dict[str, Talk]:
    """By block; `everything` names the block whose earlier posts are wanted too."""
    found = {}
    for block in lesson.blocks:
        if block.kind == "discussion":
            posts = (
                Post.objects.within(enrolment.course).filter(block=block.uuid).shown().for_page()
            )
            rows = list(posts if block.uuid == everything else posts[: SHOWN + 1])
            earlier = block.uuid != everything and len(rows) > SHOWN
            kept = rows[:SHOWN] if earlier else rows
            found[block.uuid] = Talk(tuple(_said(enrolment, kept)), earlier, uuid.uuid4())
    return found


def _said(reader: Enrolment, posts: Iterable[Post]) -> Iterable[Said]:
    for post in reversed(list(posts)):
        person = post.enrolment.person
        mine = person.pk == reader.person_id
        yield Said(post.uuid, str(person), post.text, post.language, post.posted_at, mine)


def post(enrolment: Enrolment, lesson: Lesson, block: str, *, key: uuid.UUID, text: str) -> Post:
    """Say something. The key makes it once; raises ValidationError with the sentence."""
    if block not in {one.uuid for one in lesson.blocks if one.kind == "discussion"}:
        raise ValueError(f"{block!r} is no discussion of lesson {lesson.uuid}")
    words = words_of(text, LONGEST)
    made, _new = Post.objects.get_or_create(
        uuid=key,
        defaults={
            "enrolment": enrolment,
            "block": block,
            "text": words,
            "language": (get_language() or "en")[:2],
        },
    )
    return made


def words_of(text: str, most: int) -> str:
    """What somebody typed, as it is kept; raises ValidationError when it is nothing or too long."""
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not words:
        raise ValidationError(_("Write something first."))
    if len(words) > most:
        raise ValidationError(
            _("Please keep it under %(most)s characters.") % {"most": most}, code="long"
        )
    return words


def withdraw(mine: Post) -> None:
    Post.objects.filter(pk=mine.pk, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())


@transaction.atomic
def take_out(found: Post, *, by: User) -> None:
    """Shown no more. Safe to repeat: the first one counts."""
    rows = Post.objects.filter(pk=found.pk, removed_at__isnull=True)
    if rows.update(removed_at=timezone.now(), removed_by=by):
        note(by, "discussion.removed", found)


@transaction.atomic
def put_back(found: Post, *, by: User) -> None:
    rows = Post.objects.filter(pk=found.pk, removed_at__isnull=False)
    if rows.update(removed_at=None, removed_by=None):
        note(by, "discussion.put-back", found)
