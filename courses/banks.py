"""How question banks change. The only writer of Bank and BankQuestion.

A story that makes a row takes its uuid as a key, so that sending a form twice makes one row. Banks
are never read by learners: publishing a course freezes what its quizzes draw from.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.cleaning import clean_question
from courses.models import Bank, BankQuestion
from courses.models.bank import fingerprint, tag_line
from courses.studio.editing import Stale, mark_of
from people.models import User

BATCH = 500


def create(*, by: User | None, key: uuid.UUID, title: str, about: str = "", slug: str = "") -> Bank:
    known = Bank.objects.filter(uuid=key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Bank.objects.create(
                uuid=key, title=title, about=about, slug=slug or _free_slug(title), changed_by=by
            )
    except IntegrityError:  # another request took the key or the address at the same moment
        return Bank.objects.get(uuid=key)


def rename(bank: Bank, *, by: User, title: str, about: str) -> None:
    bank.title, bank.about, bank.changed_by = title, about, by
    bank.save(update_fields=["title", "about", "changed_by", "changed_at"])


@transaction.atomic
def add(
    bank: Bank,
    *,
    by: User,
    key: uuid.UUID,
    kind: str,
    body: Mapping[str, Any],
    points: int = 1,
    tags: Iterable[str] = (),
) -> BankQuestion:
    held = _hold(bank, by)
    if known := held.questions.filter(uuid=key).first():
        return known
    return _written(BankQuestion(bank=held, uuid=key, kind=kind), body, points, tags)


@transaction.atomic
def save(
    question: BankQuestion,
    *,
    by: User,
    base: str,
    body: Mapping[str, Any],
    points: int,
    tags: Iterable[str],
) -> BankQuestion:
    """Refused with Stale when somebody else saved it since `base`."""
    _hold(question.bank, by)
    row = BankQuestion.objects.filter(pk=question.pk).first()
    if row is None:
        raise Stale(None)
    wanted = (dict(body), points, tag_line(tags))
    if (row.body, row.points, row.tag_line) == wanted:
        return row
    if mark_of(row) != base:
        raise Stale(row)
    return _written(row, body, points, tags)


@transaction.atomic
def delete(question: BankQuestion, *, by: User) -> None:
    """Repeatable. Versions that drew from it keep it."""
    _hold(question.bank, by)
    BankQuestion.objects.filter(pk=question.pk).delete()


@transaction.atomic
def add_all(bank: Bank, rows: Sequence[Any], *, by: User | None) -> int:
    """Take these questions, all or none; one that the bank has already is not added again.

    `rows` are `courses.formats` Taken. Returns how many are new.
    """
    held = _hold(bank, by)
    before = held.questions.count()
    BankQuestion.objects.bulk_create(
        [
            BankQuestion(
                bank=held,
                kind=row.kind,
                points=row.points,
                body=row.body,
                tag_line=tag_line(row.tags),
                sha256=fingerprint(row.kind, row.body),
            )
            for row in rows
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return held.questions.count() - before


@transaction.atomic
def bring_in(bank: Bank, rows: Sequence[Mapping[str, Any]]) -> int:
    """Questions from a course's zip with their uuids. What the bank has, by uuid or by its words,
    stays as it is; a uuid that stands in another bank is not taken from there. Returns how many.
    """
    known = set(BankQuestion.objects.filter(bank=bank).values_list("sha256", flat=True))
    taken = set()
    wanted = [row["uuid"] for row in rows]
    for start in range(0, len(wanted), BATCH):
        some = BankQuestion.objects.filter(uuid__in=wanted[start : start + BATCH])
        taken |= {str(one) for one in some.values_list("uuid", flat=True)}
    made = []
    for row in rows:
        body = clean_question(row["body"])
        sha256 = fingerprint(row["kind"], body)
        if row["uuid"] in taken or sha256 in known:
            continue
        known.add(sha256)
        made.append(
            BankQuestion(
                bank=bank,
                uuid=row["uuid"],
                kind=row["kind"],
                points=row["points"],
                body=body,
                tag_line=tag_line(row["tags"]),
                sha256=sha256,
            )
        )
    if made:
        _hold(bank, None)
        BankQuestion.objects.bulk_create(made, batch_size=BATCH)
    return len(made)


@transaction.atomic
def follow(
    *, key: uuid.UUID, slug: str, title: str, about: str, rows: Sequence[Mapping[str, Any]]
) -> Bank:
    """The bank as the content files have it: these questions, by uuid, and no other.

    What did not change is not written. A bank that a trainer has changed is left alone.
    """
    bank, made = Bank.objects.select_for_update().get_or_create(
        uuid=key, defaults={"slug": slug, "title": title, "about": about}
    )
    if not made and bank.changed_by_id is not None:
        return bank
    if (bank.title, bank.about) != (title, about):
        bank.title, bank.about = title, about
        bank.save(update_fields=["title", "about", "changed_at"])
    bank.questions.exclude(uuid__in=[row["uuid"] for row in rows]).delete()
    known = {each.uuid: each for each in bank.questions.all()}
    for row in rows:
        held = known.get(row["uuid"]) or BankQuestion(bank=bank, uuid=row["uuid"])
        held.kind = row["kind"]
        before = (held.pk and held.sha256, held.points, held.tag_line)
        body = clean_question(row["body"])
        wanted = (fingerprint(held.kind, body), row["points"], tag_line(row["tags"]))
        if before != wanted:
            _written(held, row["body"], row["points"], row["tags"])
    return bank


def _written(
    row: BankQuestion, body: Mapping[str, Any], points: int, tags: Iterable[str]
) -> BankQuestion:
    row.body, row.points, row.tag_line = clean_question(body), points, tag_line(tags)
    row.sha256 = fingerprint(row.kind, row.body)
    same = BankQuestion.objects.filter(bank=row.bank_id, sha256=row.sha256).exclude(pk=row.pk)
    if same.exists():
        raise ValidationError(_("This bank has that question already."), code="twice")
    row.save()
    return row


def _hold(bank: Bank, by: User | None) -> Bank:
    """Changes to one bank happen one after another: `same` above is no race."""
    held = Bank.objects.select_for_update().get(pk=bank.pk)
    held.changed_by = by
    held.save(update_fields=["changed_by", "changed_at"])
    return held


def _free_slug(title: str) -> str:
    stem = slugify(title)[:70].strip("-") or "bank"
    taken = set(Bank.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
