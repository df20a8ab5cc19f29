from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.issuing import issue_for
from courses.publishing import publish
from lms import outbox
from tests.courses.pages import count_queries, lesson_url, lessons_of
from tests.courses.test_catalogue import make_series
from tests.factories import both, enrolled, finish, make_course, make_draft, make_lesson
from tests.webinars.factories import make_webinar, seat

pytestmark = pytest.mark.django_db


def page(client):
    return client.get(reverse("me"))


def test_an_empty_page_says_what_to_do_next(signed_in):
    html = page(signed_in).content.decode()

    assert "Your first course is waiting" in html
    assert f'href="{reverse("courses:catalogue")}"' in html


def test_what_is_under_way_says_how_far_and_where_to_go_on(signed_in, person):
    enrolment = enrolled(person, make_course(title=both("Water"), lessons=2))
    first, second = lessons_of(enrolment)
    enrolment.record("finished", first.uuid, source="test")

    html = page(signed_in).content.decode()

    assert "1 of 2 required steps done" in html
    assert f'href="{lesson_url(enrolment, second)}"' in html
    assert "Completed</h2>" not in html


def test_what_is_due_first_stands_first_and_says_when_it_is_late(signed_in, person):
    today = timezone.localdate()
    for title, due in (
        ("Free", None),
        ("Later", today + timedelta(9)),
        ("Late", today - timedelta(1)),
    ):
        enrolment = enrolled(person, make_course(title=both(title)))
        enrolment.due_on = due
        enrolment.save()

    response = page(signed_in)

    order = [progress.document.title["en"] for _, progress in response.context["under_way"]]
    assert order == ["Late", "Later", "Free"]
    html = response.content.decode()
    assert html.count("Was due by") == html.count("Due by") == 1


def test_what_is_completed_stays_also_when_it_is_asked_again(signed_in, person):
    draft = make_draft(lessons=1)
    finish(enrolled(person, publish(draft, by=None, policy="update").course))
    make_lesson(draft.modules.get())
    publish(draft, by=None, policy="required", due_on=timezone.localdate())
    outbox.work()

    response = page(signed_in)

    assert [enrolment.cycle for enrolment, _ in response.context["completed"]] == [1]
    assert [enrolment.cycle for enrolment, _ in response.context["under_way"]] == [2]


def test_my_learning_costs_the_same_for_any_number_of_courses(signed_in, person):
    def queries(count):
        for _ in range(count):
            enrolled(person, make_course(lessons=count))
            done = enrolled(person, make_course(lessons=count))
            finish(done)
            issue_for(done.completion.pk, letter=False)
            seat(person, make_webinar())
        return count_queries(lambda: page(signed_in))

    # session, user; enrolments with courses, evidence, completions, versions; certificates, seats
    assert queries(1) == queries(5) <= 8


def test_a_certificate_is_one_press_away(signed_in, person):
    done = enrolled(person, make_course())
    finish(done)

    assert "Certificate on its way" in page(signed_in).content.decode()
    certificate = issue_for(done.completion.pk, letter=False)

    for html in (page(signed_in), signed_in.get(done.course.get_absolute_url())):
        assert f'href="{certificate.get_absolute_url()}"' in html.content.decode()


def test_my_next_webinars_are_there_with_my_place(signed_in, person):
    webinar = make_webinar(title=both("Power and data"))
    seat(person, webinar)

    html = page(signed_in).content.decode()

    assert "Power and data" in html
    assert "You are registered" in html
    assert "Your first course is waiting" not in html


def test_the_home_page_names_the_next_live_session(client):
    assert "Next live session" not in client.get("/").content.decode()
    webinar = make_webinar(title=both("Power and data"))

    html = client.get("/").content.decode()

    assert "Next live session" in html
    assert webinar.get_absolute_url() in html


def test_the_home_page_shows_the_series_and_what_stands_by_itself(client):
    make_series(make_course(title=both("In the series")), title=both("Four sessions"))
    make_course(title=both("By itself"))

    response = client.get("/")

    html = response.content.decode()
    assert [course.title["en"] for course in response.context["courses"]] == ["By itself"]
    assert "Four sessions" in html
    assert "Check a certificate" in html


def test_the_home_page_stands_without_any_content(client):
    assert client.get("/").status_code == client.get("/es/").status_code == 200


def test_the_home_page_costs_the_same_for_any_number_of_courses(signed_in):
    def queries(count):
        for n in range(count):
            make_series(make_course(), make_course(), slug=f"series-{count}-{n}")
            make_course()
            make_webinar()
        return count_queries(lambda: signed_in.get("/"))

    assert queries(1) == queries(5) <= 8


def test_the_sitemap_names_every_public_page_in_both_languages(client, settings):
    settings.SITE_URL = "https://learn.example.org"
    course, draft = make_course(slug="water"), make_draft(slug="hidden")
    make_series(course)

    response = client.get("/sitemap.xml", headers={"host": "127.0.0.1"})

    spaces = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    tree = ElementTree.fromstring(response.content)  # noqa: S314 -- our own page
    places = {place.text for place in tree.findall("m:url/m:loc", spaces)}
    for path in ("/", "/courses/", "/courses/water/", "/series/four/"):
        assert {f"https://learn.example.org{path}", f"https://learn.example.org/es{path}"} <= places
    assert not [place for place in places if draft.course.slug in place or "/me/" in place]
    assert response["Content-Type"] == "application/xml"
