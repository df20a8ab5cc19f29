"""What may be found: the courses a visitor asks for, and the series they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef

from courses.models import Course, Enrolment, Series
from courses.models.course import CourseQuerySet
from lms.text import folded, searchable
from people.models import User

PAGE = 24
# Minutes of the bands of length: more than the first, at most the second.
LENGTHS: Mapping[str, tuple[int, int]] = {
    "short": (0, 30),
    "medium": (30, 120),
    "long": (120, 60 * 24 * 365),
}


@dataclass(frozen=True)
class Found:
    series: list[Series]
    courses: list[Course]
    page: Page[int]  # of all that was found, by primary key

    @property
    def total(self) -> int:
        return self.page.paginator.count


def find(user: User | AnonymousUser, asked: Mapping[str, Any], number: object = 1) -> Found:
    """One page of the courses that meet every wish, after the series they touch.

    An empty wish asks for nothing. Four queries, however much there is: all the keys found (they
    are the count, the page and the touch), the page's rows, the series, their members.
    """
    courses = wanted(offered(user), asked)
    keys = list(courses.values_list("pk", flat=True))
    page = Paginator(keys, PAGE).get_page(number)  # type: ignore[arg-type]
    rows = {course.pk: course for course in courses.filter(pk__in=list(page.object_list))}
    series = list(Series.objects.order_by("slug").for_index()) if page.number == 1 else []
    if any(asked.values()):
        found = set(keys)
        series = [one for one in series if _touched(one, found, asked)]
    return Found(series, [rows[key] for key in page.object_list], page)


def offered(user: User | AnonymousUser) -> CourseQuerySet:
    """The catalogue by title; each course with `begun` and `done` for this person."""
    mine = Enrolment.objects.filter(course=OuterRef("pk"), person=user.pk).latest_cycle()
    courses = Course.objects.published().by_title()
    return courses.annotate(begun=Exists(mine.under_way()), done=Exists(mine.done())).planned()


def wanted(courses: CourseQuerySet, asked: Mapping[str, Any]) -> CourseQuerySet:
    if practice := asked.get("practice"):
        courses = courses.filter(practices__slug=practice)
    if competency := asked.get("competency"):
        courses = courses.filter(competencies__number=competency)
    if form := asked.get("format"):
        courses = courses.filter(format=form)
    if language := asked.get("language"):
        courses = courses.in_language(language)
    if length := asked.get("length"):
        more_than, at_most = LENGTHS[length]
        courses = courses.filter(minutes__gt=more_than, minutes__lte=at_most)
    return courses.matching(asked.get("q") or "")


def _touched(series: Series, found: set[int], asked: Mapping[str, Any]) -> bool:
    """By one of its courses, or by its own words when only words were asked for."""
    if any(member.course_id in found for member in series.members.all()):
        return True
    text = searchable([series.title, series.summary])
    only_words = {name for name, wish in asked.items() if wish} == {"q"}
    return only_words and all(word in text for word in folded(asked["q"]).split())
