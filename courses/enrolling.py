"""Coming into a course. The only writer of new Enrolment rows (publishing adds later cycles)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Course, Enrolment
from courses.models.record import organisation_of
from people.models import User


@transaction.atomic
def enrol(
    person: User, course: Course, *, reason: str = Enrolment.Reason.OWN, by: User | None = None
) -> Enrolment:
    """This person's present enrolment in the course, made now if there is none. Safe to repeat.

    The course row is locked so that a publication at the same moment either sees this enrolment
    or has already changed the current version: nobody starts on a version that was just replaced.
    """
    mine = Enrolment.objects.filter(person=person, course=course).order_by("-cycle")
    if present := mine.first():
        return present
    locked = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if locked.current_id is None or locked.retired_at is not None:
        raise ValidationError(_("This course is not open for new learners."), code="closed")
    enrolment, _made = Enrolment.objects.get_or_create(
        person=person,
        course=locked,
        cycle=1,
        defaults={
            "version_id": locked.current_id,
            "organisation": organisation_of(person, timezone.now()),
            "reason": reason,
            "assigned_by": by,
        },
    )
    return enrolment
