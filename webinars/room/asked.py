"""How much was asked in the sessions of a course: for the course's own page about its class."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import Count

from courses.models import Course
from courses.seeing import counts_questions
from webinars.models import RoomQuestion


@counts_questions
def questions_of(course: Course) -> Mapping[str, int]:
    """By lesson; what was taken back does not count, nor what happened in a rehearsal."""
    asked = RoomQuestion.objects.filter(webinar__course=course, webinar__rehearsal=False)
    rows = asked.exclude(state=RoomQuestion.State.WITHDRAWN).values_list("webinar__item")
    found: Counter[str] = Counter()
    for item, number in rows.annotate(Count("pk")):
        found[item] += number
    return found
