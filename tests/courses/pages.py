"""Addresses and forms of the learner's pages, as the tests name them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import Attempt
from courses.models.course import document_of


def lesson_url(enrolment, lesson, name="lesson", *rest):
    return reverse(f"courses:{name}", args=[enrolment.course.slug, lesson.slug, *rest])


def lessons_of(enrolment):
    return enrolment.document.lessons


def start(client, enrolment, lesson):
    """Begin a quiz through its form; returns the attempt."""
    count = Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid).count()
    client.post(lesson_url(enrolment, lesson, "start"), {"number": count + 1})
    return Attempt.objects.filter(enrolment=enrolment, item=lesson.uuid).last()


def send(client, enrolment, lesson, attempt, answers, **more):
    """Send the whole form: `answers` by question, in their order."""
    data = {f"q-{uuid}": value for uuid, value in answers.items()}
    return client.post(
        lesson_url(enrolment, lesson, "submit"), {"attempt": attempt.uuid, **data, **more}
    )


def count_queries(act):
    """How many queries a page costs in a process that has no version at hand."""
    document_of.cache_clear()
    with CaptureQueriesContext(connection) as asked:
        response = act()
    assert response.status_code == 200
    return len(asked)
