import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.issuing import issue_for
from courses.models import Completion, Enrolment
from courses.publishing import publish
from tests.courses.pages import count_queries
from tests.factories import (
    both,
    enrolled,
    finish,
    items_of,
    make_course,
    make_draft,
    make_lesson,
    make_person,
)
from tests.webinars.factories import make_webinar, seat

pytestmark = pytest.mark.django_db


def words(response):
    """The page as a reader reads it: no runs of white space."""
    return " ".join(response.content.decode().split())


def test_a_visitor_sees_what_the_course_is_about(client):
    course = make_course(
        title=both("Water"),
        summary=both("Why it matters"),
        about=both("<p>All about it</p>"),
        outcomes=[both("Test a well")],
        hours="1.50",
    )

    html = words(client.get(course.get_absolute_url()))

    for said in ("Why it matters", "<p>All about it</p>", "Test a well", "1.5 hours"):
        assert said in html
    assert "/accounts/login/?next=/courses/" in html
    assert "/learn/" not in html  # lessons open when enrolled


def test_what_is_not_published_is_not_found(client):
    draft = make_draft()

    assert client.get(draft.course.get_absolute_url()).status_code == 404
    assert client.get(reverse("courses:course", args=["none"])).status_code == 404


def test_a_retired_course_stays_with_its_learners_and_closes_to_others(client, signed_in, person):
    course = make_course()
    enrolled(person, course)
    course.retired_at = timezone.now()
    course.save()

    assert signed_in.get(course.get_absolute_url()).status_code == 200
    signed_in.force_login(make_person())
    assert signed_in.get(course.get_absolute_url()).status_code == 404
    assert signed_in.post(reverse("courses:enrol", args=[course.slug])).status_code == 404


def test_enrolling_pins_the_version_and_twice_is_once(signed_in, person):
    course = make_course()

    for _ in range(2):
        response = signed_in.post(reverse("courses:enrol", args=[course.slug]))
        assert (response.status_code, response["Location"]) == (303, course.get_absolute_url())

    enrolment = Enrolment.objects.get()
    assert (enrolment.person, enrolment.version) == (person, course.current)


def test_enrolling_by_htmx_leaves_for_the_course_page(signed_in, htmx):
    course = make_course()

    response = signed_in.post(reverse("courses:enrol", args=[course.slug]), headers=htmx)

    assert response["HX-Redirect"] == course.get_absolute_url()


def test_a_stranger_signs_in_first_and_then_stands_before_the_button(client, person):
    course = make_course()
    url = reverse("courses:enrol", args=[course.slug])

    assert client.post(url).status_code == 302
    client.force_login(person)
    response = client.get(url)

    assert (response.status_code, response["Location"]) == (302, course.get_absolute_url())
    assert not Enrolment.objects.exists()


def test_a_course_that_closed_meanwhile_says_so(signed_in, person, monkeypatch):
    course = make_course()
    from courses import enrolling

    real = enrolling.enrol

    def closed_first(*args, **kwargs):
        course.retired_at = timezone.now()
        course.save()
        return real(*args, **kwargs)

    monkeypatch.setattr(enrolling, "enrol", closed_first)
    response = signed_in.post(reverse("courses:enrol", args=[course.slug]))

    assert response.status_code == 422
    assert "This course is not open for new learners." in words(response)


def test_what_is_missing_is_said_in_words_with_what_to_do(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=["page", "quiz", "live", "evaluation"]))

    html = words(signed_in.get(enrolment.course.get_absolute_url()))

    for said in (
        "What is still missing: 4 steps",
        "Read the lesson, then mark it as done.",
        "Pass the quiz with 50% or more.",
        "Take part in the live session.",
        "Send the evaluation.",
        "0 of 4 required steps done",
    ):
        assert said in html


def test_what_is_done_leaves_the_missing_list_and_says_since_when(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=2))
    first, second = enrolment.document.lessons
    enrolment.record("finished", first.uuid, source="test")

    response = signed_in.get(enrolment.course.get_absolute_url())

    html = words(response)
    assert "1 of 2 required steps done" in html
    assert "What is still missing: 1 step" in html
    assert "Done since" in html
    assert response.context["progress"].next == second


def test_an_accreditation_meets_a_requirement_on_the_page_too(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=["live", "page"]))
    enrolment.record("accredited", items_of(enrolment)[0], source="an administrator")

    response = signed_in.get(enrolment.course.get_absolute_url())

    assert response.context["progress"].step(enrolment.document.lessons[0]).met_at is not None


def test_the_way_on_prefers_what_is_required(signed_in, person):
    draft = make_draft(lessons=0)
    module = draft.modules.get()
    make_lesson(module, required=False)
    needed = make_lesson(module)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)

    def where():
        page = signed_in.get(enrolment.course.get_absolute_url())
        on = page.context["progress"].next
        return on and on.slug

    assert where() == needed.slug
    enrolment.record("finished", str(needed.uuid), source="test")
    assert where() == module.lessons.first().slug
    enrolment.record("finished", str(module.lessons.first().uuid), source="test")
    assert where() is None


def test_a_complete_course_says_since_when(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=2))
    finish(enrolment)

    response = signed_in.get(enrolment.course.get_absolute_url())

    assert response.context["completion"] == Completion.objects.get()
    assert "You completed this course on" in words(response)
    assert "What is still missing" not in words(response)


def test_a_learner_sees_the_version_they_are_pinned_to(signed_in, person):
    draft = make_draft(title=both("As it was"))
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    draft.title = both("As it is now")
    draft.save()
    publish(draft, by=None, policy="update")

    html = words(signed_in.get(enrolment.course.get_absolute_url()))

    assert "As it was" in html
    assert "As it is now" not in html


def test_the_page_speaks_spanish_and_marks_what_does_not(client):
    course = make_course(title={"en": "Water", "es": "Agua"}, summary={"en": "In English only"})

    html = words(client.get(f"/es{course.get_absolute_url()}"))

    assert '<html lang="es"' in html
    assert "Agua" in html
    assert '<span lang="en">In English only</span>' in html


def test_the_dates_of_its_live_session_stand_on_the_page(client):
    course = make_course(lessons=["live"])
    assert "No date is set yet." in words(client.get(course.get_absolute_url()))
    webinar = make_webinar(course=course)

    html = words(client.get(course.get_absolute_url()))

    assert reverse("webinars:register", args=[webinar.slug]) in html


@pytest.mark.parametrize("complete", [False, True])
def test_the_course_page_costs_the_same_for_any_number_of_lessons(signed_in, person, complete):
    def queries(count):
        course = make_course(lessons=["page", "live"] * count)
        enrolment = enrolled(person, course)
        for _ in range(count):
            seat(person, make_webinar(course=course))
        if complete:
            finish(enrolment)
            issue_for(enrolment.completion.pk, letter=False)
        return count_queries(lambda: signed_in.get(course.get_absolute_url()))

    # session, user; enrolment with course, evidence, completions, version; practices; then the
    # live sessions, or the certificate once the course is complete
    assert queries(1) == queries(5) <= 8
