"""What a host asks on the registration form. The only writer of FormQuestion and FormAnswer.

Everything happens under the lock of the session's row, as registering does: a question is not
deleted while somebody answers it. At most `MOST` questions stand, so that the form stays a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.text import Localised
from people import audit
from people.models import User
from webinars.models import FormAnswer, FormQuestion, Registration, Webinar

MOST = 5
Kind = FormQuestion.Kind
TAKEN_ALONG = ("kind", "words", "options", "required", "position")

type Answers = Mapping[int, Mapping[str, Any] | None]  # by question; None: left empty


@transaction.atomic
def add(
    webinar: Webinar,
    *,
    by: User | None,
    kind: str,
    words: Localised,
    options: Sequence[Localised] = (),
    required: bool = False,
) -> FormQuestion:
    """Ask one more thing. The same question sent twice is one question."""
    _lock(webinar)
    standing = list(webinar.form_questions.standing())
    for known in standing:
        if (known.kind, known.words, known.options) == (kind, words, list(options)):
            return known
    if len(standing) >= MOST:
        enough = _("A form asks %(n)s questions of yours at most. Take one out first.")
        raise ValidationError(enough % {"n": MOST}, code="enough")
    last = webinar.form_questions.aggregate(last=Max("position"))["last"] or 0
    question = FormQuestion.objects.create(
        webinar=webinar,
        kind=kind,
        words=words,
        options=list(options),
        required=required,
        position=last + 1,
    )
    audit.note(by, "form-question.added", question)
    return question


@transaction.atomic
def change(
    question: FormQuestion,
    *,
    by: User,
    words: Localised,
    options: Sequence[Localised],
    required: bool,
) -> FormQuestion:
    """Say it in other words. Once it has answers it is retired instead, and a new question with
    these words stands in its place; whether it must be answered may change at any time."""
    _lock(question.webinar)
    question.refresh_from_db()
    reworded = (question.words, question.options) != (words, list(options))
    if question.retired_at is not None or (not reworded and question.required == required):
        return question
    if reworded and question.answers.exists():
        question.retired_at = timezone.now()
        question.save(update_fields=["retired_at"])
        question = FormQuestion(
            webinar=question.webinar, kind=question.kind, position=question.position
        )
    question.words, question.options, question.required = words, list(options), required
    question.save()
    audit.note(by, "form-question.changed", question)
    return question


@transaction.atomic
def place(question: FormQuestion, position: int, *, by: User) -> None:
    """Put it at this place in the form, counted from one. Safe to repeat."""
    _lock(question.webinar)
    rows = list(question.webinar.form_questions.standing())
    if question not in rows:
        return
    rows.remove(question)
    rows.insert(max(0, position - 1), question)
    for number, row in enumerate(rows, 1):
        row.position = number
    FormQuestion.objects.bulk_update(rows, ["position"])
    audit.note(by, "form-question.placed", question, position=position)


@transaction.atomic
def retire(question: FormQuestion, *, by: User) -> None:
    """Ask it no longer. With answers it stays, for them; without any it is gone. Safe to repeat."""
    _lock(question.webinar)
    found = FormQuestion.objects.filter(pk=question.pk, retired_at=None).first()
    if found is None:
        return
    audit.note(by, "form-question.retired", found)
    if found.answers.exists():
        found.retired_at = timezone.now()
        found.save(update_fields=["retired_at"])
    else:
        found.delete()


def copy(webinar: Webinar, to: Webinar) -> None:
    """The same questions for a session that is held again."""
    FormQuestion.objects.bulk_create(
        FormQuestion(webinar=to, **{name: getattr(row, name) for name in TAKEN_ALONG})
        for row in webinar.form_questions.standing()
    )


def record(registration: Registration, answers: Answers) -> None:
    """Keep what this person answered; what was left empty is taken back. Called with the session's
    row locked. Answers to another session's questions, or to retired ones, are left aside."""
    asked = registration.webinar.form_questions.standing().filter(pk__in=list(answers))
    for question in asked:
        given = answers[question.pk]
        if given is None:
            registration.answers.filter(question=question).delete()
            continue
        registration.answers.update_or_create(
            question=question,
            defaults={
                "asked": {name: getattr(question, name) for name in ("words", "options")},
                "given": dict(given),
                "given_at": timezone.now(),
            },
        )


def asked_at(webinars: Iterable[Webinar]) -> list[list[FormQuestion]]:
    """What a form for these sessions asks: those that are alike as one group. One query."""
    rows = FormQuestion.objects.standing().filter(webinar__in=list(webinars))
    groups: dict[str, list[FormQuestion]] = {}
    for row in rows.select_related("webinar").planned():
        groups.setdefault(row.alike, []).append(row)
    return list(groups.values())


def answered_by(person: User, webinars: Iterable[Webinar]) -> dict[int, Mapping[str, Any]]:
    """This person's own answers by question, to fill the form with."""
    rows = FormAnswer.objects.filter(
        registration__person=person, registration__webinar__in=list(webinars)
    )
    return dict(rows.values_list("question", "given"))


def _lock(webinar: Webinar) -> None:
    Webinar.objects.select_for_update(no_key=True).get(pk=webinar.pk)
