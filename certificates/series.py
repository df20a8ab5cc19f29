"""Who completed «n of m» of a series. The only writer of SeriesAward rows.

The rule is asked after the deciding completion is committed, never inside its transaction: two
last courses that are completed at the same moment would each miss the other there.
"""

from collections.abc import Collection, Iterable

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from certificates import rules
from certificates.models import Certificate, Revocation, SeriesAward, Suspension
from courses.models import Completion, Series

NOT_COUNTED = (Revocation.Reason.ISSUED_IN_ERROR, Revocation.Reason.NOT_EARNED)


def award(person_id: int, course_id: int) -> list[SeriesAward]:
    """What this person has earned in the series that this course belongs to, written now if it is
    not yet. Safe to repeat and at once: `(person, series, cycle)` decides."""
    return award_each([(person_id, course_id)])


def award_each(completed: Collection[tuple[int, int]]) -> list[SeriesAward]:
    """The same for many pairs of a person and a course: one query where no series asks for it."""
    found = []
    courses = {course for _person, course in completed}
    for series in Series.objects.filter(members__course__in=courses).distinct().for_index():
        asked = _courses(series)
        for person in sorted({person for person, course in completed if course in asked}):
            found += _award(series, person)
    return found


def counted(award: SeriesAward) -> list[Completion]:
    """The completions that decided, each as it stands after corrections, in the order of time."""
    rows = Completion.objects.select_related("enrolment__person", "enrolment__course", "version")
    standing, wanted = [], list(award.completion_ids)
    while wanted:
        found = list(rows.filter(pk__in=wanted).annotate(newer=F("superseded_by")))
        standing += [row for row in found if row.newer is None]  # type: ignore[attr-defined]
        wanted = [row.newer for row in found if row.newer is not None]  # type: ignore[attr-defined]
    return sorted(standing, key=lambda row: (row.completed_at, row.pk))


def resting_on(completion: Completion) -> list[SeriesAward]:
    """This person's awards that count it, or what it corrects."""
    line, older = {completion.pk}, completion.supersedes_id
    while older is not None:
        line.add(older)
        older = Completion.objects.values_list("supersedes", flat=True).get(pk=older)
    awards = SeriesAward.objects.filter(person=completion.enrolment.person_id)
    return [award for award in awards if line & set(award.completion_ids)]


def award_all(most: int) -> int:
    """Everybody whose award nobody wrote, up to so many people; how many were looked at."""
    looked = 0
    for series in Series.objects.for_index():
        counted = _counted(_courses(series))
        here = SeriesAward.objects.filter(
            series=series,
            person=OuterRef("enrolment__person"),
            cycle=OuterRef("enrolment__cycle"),
        )
        due = (
            counted.filter(~Exists(here))
            .values("enrolment__person", "enrolment__cycle")
            .annotate(courses=Count("enrolment__course", distinct=True))
            .filter(courses__gte=series.needed)
            .order_by("enrolment__person", "enrolment__cycle")
        )
        for person_id in due.values_list("enrolment__person", flat=True)[: most - looked]:
            _award(series, person_id)
            looked += 1
    return looked


def _award(series: Series, person_id: int) -> list[SeriesAward]:
    courses = _courses(series)
    rows = _counted(courses).filter(enrolment__person=person_id)
    done = rows.values_list("completed_at", "pk", "enrolment__course", "enrolment__cycle")
    earned = rules.earned(series.needed, courses, (rules.Done(*row) for row in done))
    slugs = [member.course.slug for member in series.members.all()]
    found = []
    for cycle, counted in earned.items():
        row, _made = SeriesAward.objects.select_related("person", "series").get_or_create(
            person_id=person_id,
            series=series,
            cycle=cycle,
            defaults={
                "rule": {"needed": series.needed, "courses": slugs},
                "completion_ids": [each.completion for each in counted],
                "earned_at": counted[-1].completed_at,
                "recorded_at": timezone.now(),
            },
        )
        found.append(row)
    return found


def _counted(courses: Iterable[int]) -> QuerySet[Completion]:
    """Completions that stand, and whose certificate was not taken back for its content.

    Nor is it suspended: what is being checked decides nothing else in the meantime.
    """
    open_one = Suspension.objects.filter(certificate=OuterRef("pk"), lifting=None)
    doubted = Certificate.objects.filter(
        Q(revocation__reason__in=NOT_COUNTED) | Q(Exists(open_one)),
        completion=OuterRef("pk"),
        superseded_by=None,
    )
    return Completion.objects.filter(
        ~Exists(doubted), superseded_by=None, enrolment__course__in=list(courses)
    )


def _courses(series: Series) -> Collection[int]:
    return {member.course_id for member in series.members.all()}
