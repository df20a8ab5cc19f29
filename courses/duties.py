"""Who authors, reviews and publishes a course. The only writer of CourseDuty.

All trainers read every course. Changing, reviewing and publishing are duties: while nobody is
named for one, every trainer has it. Somebody who cares for the whole site has all three.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from courses.crediting import earns_credit
from courses.models import Course, CourseDuty, Draft
from courses.review_rules import Duties
from people.audit import note
from people.models import User

Duty = CourseDuty.Duty
type Named = Mapping[str, Collection[int]]


def trainers() -> QuerySet[User]:
    """Who can be named: they work in the studio anyway."""
    return User.objects.filter(Q(may_author=True) | Q(is_superuser=True), is_active=True)


def with_duties_of(drafts: QuerySet[Draft], person: User) -> QuerySet[Draft]:
    """The drafts with what `duties_on` needs, in the same query."""
    of = CourseDuty.objects.filter(course=OuterRef("course"))
    for duty in Duty.values:
        held = Exists(of.filter(duty=duty, person=person))
        drafts = drafts.annotate(**{f"has_{duty}": held | ~Exists(of.filter(duty=duty))})
    return drafts


def duties_on(draft: Draft, person: User) -> Duties:
    if person.is_superuser:
        return Duties(True, True, True)
    return Duties(**{duty: bool(getattr(draft, f"has_{duty}")) for duty in Duty.values})


def duties_of(course: Course, person: User) -> Duties:
    """As the rows are now: for decisions under a lock."""
    if not trainers().filter(pk=person.pk).exists():
        return Duties()
    draft = with_duties_of(Draft.objects.filter(course=course), person).first()
    return duties_on(draft, person) if draft is not None else Duties()


def named(course: Course) -> dict[str, set[int]]:
    """The people named for each duty; an empty set means every trainer."""
    found: dict[str, set[int]] = {duty: set() for duty in Duty.values}
    for duty, person in CourseDuty.objects.filter(course=course).values_list("duty", "person"):
        found[duty].add(person)
    return found


def holders(course: Course, duty: str) -> QuerySet[User]:
    """Everyone who has a duty and can sign in: the named ones, or all trainers."""
    people = trainers()
    only = CourseDuty.objects.filter(course=course, duty=duty)
    if only.exists():
        people = people.filter(pk__in=only.values("person"))
    return people.order_by("name", "pk")


def mark_of(course: Course, people: Named) -> str:
    """Changes when the page about these people would say something else."""
    rows = [f"{duty}:{person}" for duty, them in sorted(people.items()) for person in sorted(them)]
    said = [*rows, str(course.review_needed)]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:16]


@transaction.atomic
def arrange(course: Course, wanted: Named, *, review_needed: bool, by: User, base: str) -> Course:
    """Name people, and say whether a review comes before each publication. Goes on the audit trail.

    Publishers decide. That no review is needed any more is for whoever cares for the site, and
    for nobody while the course earns credit. Sending the same again changes nothing.
    """
    course = Course.objects.select_for_update().get(pk=course.pk)
    before = named(course)
    after = {duty: set(wanted.get(duty, ())) for duty in Duty.values}
    if after == before and review_needed == course.review_needed:
        return course
    if mark_of(course, before) != base:
        raise ValidationError(
            _("Someone else changed this after you opened it. Look at it again."), code="stale"
        )
    if not duties_of(course, by).publisher:
        raise ValidationError(_("The publishers of this course decide who does what."))
    if course.review_needed and not review_needed:
        _refuse_to_relax(course, by)
    _write(course, before, after)
    if course.review_needed != review_needed:
        course.review_needed = review_needed
        course.save(update_fields=["review_needed"])
    note(
        by,
        "course.duties",
        course,
        review_needed=review_needed,
        people={duty: sorted(them) for duty, them in after.items()},
    )
    return course


def may_relax(course: Course, person: User) -> bool:
    """Whether this person may say that no review is needed any more."""
    return (person.is_superuser or person.is_staff) and not earns_credit(course)


def _refuse_to_relax(course: Course, by: User) -> None:
    if earns_credit(course):
        told = _("A course that earns credit is always reviewed before it is published.")
        raise ValidationError({"review_needed": told})
    if not may_relax(course, by):
        told = _("Only somebody who cares for the whole site can say that no review is needed.")
        raise ValidationError({"review_needed": told})


def _write(course: Course, before: Named, after: Named) -> None:
    for duty, people in after.items():
        gone = set(before[duty]) - set(people)
        CourseDuty.objects.filter(course=course, duty=duty, person__in=gone).delete()
        CourseDuty.objects.bulk_create(
            CourseDuty(course=course, duty=duty, person_id=person)
            for person in sorted(set(people) - set(before[duty]))
        )
