"""Realistic volume for measurements: many learners, courses and records, written in bulk.

The rows are what the stories would have written, with the same constraints and triggers; only
letters and bells are left out. The same seed gives the same volume; a second call adds what is
missing and touches nothing that is there.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from certificates import issuing
from courses.models import (
    Completion,
    Course,
    CourseVersion,
    Draft,
    Enrolment,
    Evidence,
    Lesson,
    Module,
)
from courses.models.course import document_of
from courses.publishing import publish
from courses.rules import status
from people.models import Membership, Organisation, User
from webinars.models import Registration, Webinar

BATCH = 1000
FIRST = ["Ana", "Ben", "Carla", "Dwayne", "Elena", "Farid", "Grace", "Imani", "José", "Mei", "Olga"]
LAST = ["Adams", "Castillo", "Diaz", "Evans", "Gómez", "Hill", "Jones", "Kim", "López", "Nguyen"]
TOPICS = ["Data", "Partners", "Language", "Housing", "Budgets", "Hiring", "Stories", "Access"]


@transaction.atomic
def populate(*, learners: int, courses: int, seed: int, password: str) -> dict[str, int]:
    """Make sure there are this many load learners and load courses, each learner with records.

    Returns how many rows of each kind were written. All or nothing.
    """
    dice = random.Random(seed)  # noqa: S311 -- made-up people, not secrets
    catalogue = [_version(number) for number in range(1, courses + 1)]
    people = _people(learners, dice, password)
    counts = {"people": len(people)}
    counts |= _records(people, catalogue, dice)
    counts["registrations"] = _register(people)
    return counts


def _people(learners: int, dice: random.Random, password: str) -> list[User]:
    known = set(User.objects.filter(email__endswith="@load.test").values_list("email", flat=True))
    hashed = make_password(password)  # once: hashing is made to be slow
    rows = []
    for number in range(1, learners + 1):
        email = f"learner{number:05}@load.test"
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        language = "es" if dice.random() < 0.2 else "en"
        if email not in known:
            rows.append(User(email=email, name=name, password=hashed, language=language))
    people = User.objects.bulk_create(rows, batch_size=BATCH)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=p, email=p.email, verified=True, primary=True) for p in people],
        batch_size=BATCH,
    )
    organisations = list(Organisation.objects.order_by("pk"))
    if organisations:
        Membership.objects.bulk_create(
            [Membership(person=p, organisation=dice.choice(organisations)) for p in people],
            batch_size=BATCH,
        )
    return people


def _version(number: int) -> CourseVersion:
    """A course of two modules with three pages each. Its words say that it is made up."""
    slug = f"load-course-{number:04}"
    if present := CourseVersion.objects.filter(course__slug=slug).first():
        return present
    topic = TOPICS[number % len(TOPICS)]
    title = {"en": f"{topic} at work {number} (load)", "es": f"{topic} en la práctica {number}"}
    course = Course.objects.create(slug=slug, title=title)
    draft = Draft.objects.create(
        course=course,
        title=title,
        summary={"en": "A made-up course for measurements.", "es": "Un curso inventado."},
        hours=Decimal(1),
        languages=["en", "es"],
    )
    for place in (1, 2):
        module = Module.objects.create(draft=draft, title={"en": f"Part {place}"}, position=place)
        for step in (1, 2, 3):
            lesson = Lesson.objects.create(
                module=module,
                slug=f"lesson-{place}-{step}",
                title={"en": f"Lesson {place}.{step}"},
                position=step,
            )
            lesson.blocks.create(kind="text", body={"en": "<p>Made-up words. </p>" * 40})
    return publish(draft, by=None, policy=CourseVersion.Policy.UPDATE)


def _records(
    people: list[User], catalogue: list[CourseVersion], dice: random.Random
) -> dict[str, int]:
    """Three courses each: one done, one half-way, one just begun, spread over the last year."""
    now = timezone.now()
    enrolments = Enrolment.objects.bulk_create(
        [
            Enrolment(
                person=person,
                course_id=version.course_id,
                version=version,
                enrolled_at=now - timedelta(days=dice.randint(1, 365)),
            )
            for person in people
            for version in dice.sample(catalogue, min(3, len(catalogue)))
        ],
        batch_size=BATCH,
    )
    evidence = Evidence.objects.bulk_create(_evidence(enrolments, dice), batch_size=BATCH)
    by_enrolment: dict[int, list[Evidence]] = {}
    for row in evidence:
        by_enrolment.setdefault(row.enrolment_id, []).append(row)
    completions = Completion.objects.bulk_create(
        [_completion(e, by_enrolment[e.pk], now) for e in enrolments if _done(e, by_enrolment)],
        batch_size=BATCH,
    )
    for completion in completions:
        issuing.issue_for(completion.pk, letter=False)
    return {
        "enrolments": len(enrolments),
        "evidence": len(evidence),
        "completions": len(completions),
        "certificates": len(completions),
    }


def _evidence(enrolments: Iterable[Enrolment], dice: random.Random) -> list[Evidence]:
    rows = []
    for place, enrolment in enumerate(enrolments):
        lessons = document_of(enrolment.version_id).lessons
        share = (1.0, 0.5, 0.0)[place % 3]
        moment = enrolment.enrolled_at
        for lesson in lessons[: int(len(lessons) * share)]:
            moment += timedelta(minutes=dice.randint(3, 60))
            rows.append(
                Evidence(
                    enrolment=enrolment,
                    version_id=enrolment.version_id,
                    kind=lesson.needs,
                    item=lesson.uuid,
                    source="load",
                    occurred_at=moment,
                    recorded_at=moment,
                )
            )
    return rows


def _done(enrolment: Enrolment, evidence: dict[int, list[Evidence]]) -> bool:
    facts = [row.fact for row in evidence.get(enrolment.pk, [])]
    return status(document_of(enrolment.version_id).rule, facts).complete


def _completion(enrolment: Enrolment, evidence: list[Evidence], now: datetime) -> Completion:
    document = document_of(enrolment.version_id)
    return Completion(
        enrolment=enrolment,
        version_id=enrolment.version_id,
        completed_at=max(row.occurred_at for row in evidence),
        recorded_at=now,
        rule=document.rule,
        hours={"training": str(document.hours)},
        evidence_ids=[row.pk for row in evidence],
    )


def _register(people: list[User]) -> int:
    """A seat for everyone at each session that is live now, as far as its capacity goes."""
    made = 0
    for webinar in Webinar.objects.in_room().select_for_update():
        taken = webinar.registrations.seated().count()
        room = len(people) if webinar.capacity is None else max(0, webinar.capacity - taken)
        rows = [
            Registration(webinar=webinar, person=person, state=Registration.State.SEATED)
            for person in people[:room]
        ]
        Registration.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
        made += len(rows)
    return made
