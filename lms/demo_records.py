"""What the demo shows of records that have a past: certificates that were corrected, taken back or
ran out, a renewal that comes near and one that was missed, credit that was claimed, and training
elsewhere. Each part is made once and then left alone.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw

from certificates import claiming, correcting, issuing, withdrawing
from certificates.models import Certificate
from certificates.transcripts import outside
from courses import crediting, cycles
from courses.cycle_rules import later
from courses.enrolling import enrol
from courses.models import Completion, Course, CreditAward, CreditType
from people.models import User

GUIDE = "trainers-guide"  # all of it is pages: it can be finished on a day in the past
YEARLY = {"months": 12, "window_days": 60, "grace_days": 30, "remind_days": [60, 30, 7]}
DUE_IN = timedelta(days=28)  # the letter of thirty days before leaves at once
CLAIMED = Decimal("3.5")


def load(people: Mapping[str, User], now: datetime) -> int:
    """Add what is missing; returns how many certificates it issued."""
    before = Certificate.objects.count()
    guide = Course.objects.get(slug=GUIDE)
    cycles.set_policy(guide, by=people["credit"], **YEARLY)  # type: ignore[arg-type]
    today = timezone.localdate(now)
    _finished(people["lead"], guide, later(today + DUE_IN, -12))
    _finished(people["trainer"], guide, later(today, -15))
    _taken_back(people, guide, later(today, -2))
    _corrected(people)
    _claimed(people)
    _elsewhere(people, today)
    return Certificate.objects.count() - before


def _finished(person: User, course: Course, day: date) -> Certificate | None:
    """The certificate, if the person had not finished the course before."""
    if Completion.objects.filter(enrolment__person=person, enrolment__course=course).exists():
        return None
    enrolment = enrol(person, course)
    zone = timezone.get_default_timezone()
    moment = datetime(day.year, day.month, day.day, 15, tzinfo=zone)
    for lesson in enrolment.document.lessons:
        enrolment.record("finished", lesson.uuid, source="learner", occurred_at=moment)
    return issuing.issue_for(Completion.objects.get(enrolment=enrolment).pk)


def _taken_back(people: Mapping[str, User], guide: Course, day: date) -> None:
    """One was revoked; one was revoked by mistake and issued anew; one is suspended."""
    by = people["credit"]
    if wrong := _finished(people["host"], guide, day):
        withdrawing.revoke(wrong, reason="error", by=by, why="It was issued for a trial run.")
    if mistaken := _finished(people["reviewer"], guide, day):
        withdrawing.revoke(mistaken, reason="not-earned", by=by, why="The record looked empty.")
        issuing.issue_anew(mistaken, by=by, why="It was the record of somebody else.")
    if asked := _finished(people["admin"], guide, day):
        withdrawing.suspend(asked, reason="inquiry", by=by, why="The day is being checked.")


def _corrected(people: Mapping[str, User]) -> None:
    """The certificate of the session that is over was issued again with the whole name."""
    done = Completion.objects.filter(enrolment__person=people["attendee"], superseded_by=None)
    completion = done.order_by("pk").first()
    if completion is None:
        return
    first = issuing.issue_for(completion.pk)
    if Certificate.objects.filter(supersedes=first).exists():
        return
    correcting.correct(
        first,
        name="Aaron J. Tate",
        title=first.snapshot["title"],
        by=people["credit"],
        why="The middle initial was missing.",
    )


def _claimed(people: Mapping[str, User]) -> None:
    """The training lead claims a part of what may be claimed, and has a number with a board."""
    lead = people["lead"]
    for award in CreditAward.objects.of(lead).standing().select_related("credit_type"):
        if award.waits_for_claim:
            issuing.issue_for(award.completion_id)
            claiming.claim(award, CLAIMED, by=lead)
    board = CreditType.objects.get(slug="ches")
    if not crediting.numbers_of(lead).get(board.pk):
        crediting.keep_numbers(lead, {board.pk: "DEMO-00000"})


def _elsewhere(people: Mapping[str, User], today: date) -> None:
    """The learner states two trainings; one is recognised, and one waits for a decision."""
    for name, weeks, hours in (
        ("Interpreters in public health visits", 30, "6"),
        ("Plain language for health letters", 3, "1.5"),
    ):
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"demo {name}")
        row = outside.state(
            people["learner"],
            key=key,
            title=name,
            provider="Another provider (demonstration)",
            completed_on=today - timedelta(weeks=weeks),
            hours=Decimal(hours),
            proof=ContentFile(_proof(name), "proof.png"),
        )
        if weeks > 4:
            said = "Recognized on the attached statement."
            outside.decide(row, by=people["credit"], recognise=True, words=said)


def _proof(name: str) -> bytes:
    """A picture of a sheet that says itself that nobody has issued it."""
    sheet = Image.new("RGB", (900, 640), "white")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((30, 30, 870, 610), outline="#0f4c45", width=4)
    for line, (text, size) in enumerate((("Statement of attendance", 40), (name, 32))):
        pen.text((80, 140 + 90 * line), text, fill="black", font_size=size)
    pen.text(
        (80, 480), "For demonstration only. Nobody has issued this.", fill="#555", font_size=24
    )
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
