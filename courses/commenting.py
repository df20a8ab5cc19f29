"""Comments on the parts of a draft, between the people of the studio. The only writer of
CommentThread and Comment.

Every trainer reads every draft and may write here. Learners see nothing of it, and no version and
no zip holds it. A part has one thread, however often it is resolved and opened again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses import duties
from courses.discussing import words_of
from courses.models import (
    Block,
    Comment,
    CommentThread,
    CourseDuty,
    Draft,
    DraftHand,
    Lesson,
    Question,
)
from lms import mail, outbox
from lms.models import OutboxEntry
from lms.text import said
from people.models import User

type Part = Lesson | Block | Question
On = CommentThread.On
KIND = "courses.comment"
LONGEST = 2000  # characters


def about(draft: Draft, part: Part) -> CommentThread:
    """The thread of this part as it would begin, not stored."""
    if isinstance(part, Lesson):
        on, lesson, kind = On.LESSON, part, ""
    else:
        on = On.BLOCK if isinstance(part, Block) else On.QUESTION
        lesson, kind = part.lesson, part.kind
    return CommentThread(
        draft=draft, on=on, part=part.uuid, lesson=lesson.uuid, kind=kind, title=lesson.title
    )


@transaction.atomic
def say(
    thread: CommentThread, *, by: User, key: uuid.UUID, text: str, now: datetime | None = None
) -> Comment:
    """Say something; the first one begins the thread, and a resolved one is open again.

    The key makes it once. Two at the same moment come one after the other and both stand. Raises
    ValidationError with the sentence.
    """
    words = words_of(text, LONGEST)
    now = now or timezone.now()
    stored = _stored(thread)
    made, new = Comment.objects.get_or_create(
        uuid=key,
        defaults={
            "thread": stored,
            "by": by,
            "text": words,
            "language": (get_language() or "en")[:2],
            "said_at": now,
        },
    )
    if (made.thread_id, made.by_id) != (stored.pk, by.pk):
        raise ValidationError(_("This form was used before. Open the page again, then repeat."))
    if new:
        begins = stored.revision == 0
        CommentThread.objects.filter(pk=stored.pk).update(  # holds the row: see `_promise`
            title=thread.title,
            revision=F("revision") + 1,
            last_at=now,
            resolved_at=None,
            resolved_by=None,
        )
        _promise(made, _people(stored, begins=begins) - {by.pk}, now)
    return made


def resolve(thread: CommentThread, *, by: User, seen: int) -> None:
    """Nothing is left to talk about, as far as this person has read (`seen`, the revision).

    The condition decides, in one statement: a comment that nobody read never disappears among
    what is resolved. Safe to repeat.
    """
    unresolved = CommentThread.objects.filter(pk=thread.pk).unresolved()
    if unresolved.filter(revision=seen).update(resolved_at=timezone.now(), resolved_by=by):
        return
    if unresolved.exists():
        raise ValidationError(
            _("Somebody wrote here after you opened this. Read it, then resolve it."), code="stale"
        )


def reopen(thread: CommentThread) -> None:
    """Safe to repeat."""
    CommentThread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)


def take_back(comment: Comment, *, by: User) -> None:
    """One's own words go, the row stays. Safe to repeat, and sending the form again brings
    nothing back."""
    own = Comment.objects.filter(pk=comment.pk, by=by, withdrawn_at=None)
    own.update(text="", withdrawn_at=timezone.now())


def _stored(thread: CommentThread) -> CommentThread:
    """The one row of this part: whoever comes second waits for the first one's, then finds it."""
    stored, _new = CommentThread.objects.get_or_create(
        draft=thread.draft,
        part=thread.part,
        defaults={"on": thread.on, "lesson": thread.lesson, "kind": thread.kind},
    )
    return stored


# --- Letters


def _people(thread: CommentThread, *, begins: bool) -> set[int]:
    """Whoever wrote in it; for a new one, whom the course names. Where it names nobody, who
    changed the draft since its last publication."""
    if not begins:
        return set(Comment.objects.filter(thread=thread).values_list("by", flat=True))
    course = Draft.objects.values_list("course", flat=True).get(pk=thread.draft_id)
    named = set(CourseDuty.objects.filter(course=course).values_list("person", flat=True))
    return named or set(
        DraftHand.objects.filter(draft=thread.draft_id).values_list("person", flat=True)
    )


def _promise(comment: Comment, people: Iterable[int], now: datetime) -> None:
    """At most one letter an hour for each person and thread: the key names the hour.

    Who has had the letter of this hour gets the next hour's, which begins with this comment. The
    thread's row is held by then, so two comments at once do not both take this hour for free.
    """
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    keys = {person: _key(comment.thread_id, person, hour) for person in people}
    taken = set(
        OutboxEntry.objects.filter(kind=KIND, key__in=keys.values()).values_list("key", flat=True)
    )
    promises: dict[str, tuple[Mapping[str, object], datetime | None]] = {}
    for person, key in keys.items():
        payload = {"thread": comment.thread_id, "person": person, "since": comment.pk}
        if key in taken:
            later = hour + timedelta(hours=1)
            promises[_key(comment.thread_id, person, later)] = payload, later
        else:
            promises[key] = payload, None
    outbox.promise_timed(KIND, promises)


def _key(thread: int, person: int, hour: datetime) -> str:
    return f"{thread}:{person}:{hour:%Y%m%d%H}"


@outbox.handles(KIND)
def _tell(payload: Mapping[str, object]) -> str:
    """One letter about what others said in one thread since a comment."""
    thread, pk, since = (int(str(payload[name])) for name in ("thread", "person", "since"))
    person = duties.trainers().filter(pk=pk).first()
    if person is None:
        raise outbox.Stale("no trainer any more")
    comments = Comment.objects.filter(thread=thread, pk__gte=since, withdrawn_at=None)
    news = list(
        comments.exclude(by=person).select_related("by", "thread__draft__course").order_by("pk")
    )
    if not news:
        raise outbox.Stale("taken back")
    talk = news[0].thread
    with translation.override(person.language):
        args = [talk.draft.course.slug, talk.part]
        url = settings.SITE_URL + reverse("studio:thread", args=args)
    return mail.send(
        to=person.email,
        template="courses/mail/comments.md",
        context={
            "name": person.first_name or person.email,
            "title": str(said(talk.draft.title, person.language)),
            "lesson": str(said(talk.title, person.language)),
            "who": str(news[0].by),
            "words": "\n\n".join(f"{one.by}: {one.text}" for one in news),
            "url": url,
        },
        language=person.language,
        key=f"comment {thread} {person.pk} {since}",
    )
