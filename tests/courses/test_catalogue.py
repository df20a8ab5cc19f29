from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import Series
from library.models import CompetencyDomain, Practice, PracticeGroup
from tests.courses.pages import count_queries
from tests.factories import both, enrolled, finish, make_course, make_draft
from tests.webinars.factories import hold, make_webinar, seat

pytestmark = pytest.mark.django_db


def make_practice(slug="data", number=1):
    group, _ = PracticeGroup.objects.get_or_create(
        slug="inside", defaults={"position": 1, "title": both("Inside"), "summary": both("…")}
    )
    texts = {"title": both(slug.title()), "summary": both("…"), "body": both("<p>…</p>")}
    return Practice.objects.create(group=group, slug=slug, number=number, **texts)


def make_series(*courses, **fields):
    fields = {"slug": "four", "title": both("Four sessions"), "needed": len(courses)} | fields
    series = Series.objects.create(**fields)
    for position, course in enumerate(courses, 1):
        series.members.create(course=course, position=position)
    return series


def titles(response):
    return [course.title["en"] for course in response.context["found"].courses]


def look(client, **asked):
    return client.get(reverse("courses:catalogue"), asked)


def test_the_catalogue_shows_what_is_published_and_nothing_else(client):
    make_course(title=both("Shown"))
    make_draft(title=both("Only a draft"))
    gone = make_course(title=both("Retired"))
    gone.retired_at = timezone.now()
    gone.save()

    assert titles(look(client)) == ["Shown"]


def test_words_are_found_in_either_language_without_accents(client):
    make_course(title={"en": "Language access", "es": "Acceso lingüístico"})
    make_course(title=both("Money"))

    assert titles(look(client, q="LINGUISTICO")) == ["Language access"]
    assert titles(look(client, q="access language")) == ["Language access"]
    assert titles(look(client, q="nothing like it")) == []
    assert look(client, q="\0").status_code == 200


def test_each_filter_narrows_the_result(client):
    practice = make_practice()
    domain = CompetencyDomain.objects.create(number=3, title=both("Communication"))
    wanted = make_course(
        title=both("Wanted"), format="webinar", languages=["es"], lessons=["page"] * 5
    )
    wanted.practices.add(practice)
    wanted.competencies.add(domain)
    make_course(title=both("Other"), format="self-paced", languages=["en"], lessons=1)

    for asked in (
        {"practice": "data"},
        {"competency": "3"},
        {"format": "webinar"},
        {"language": "es"},
        {"length": "medium"},
        {"practice": "data", "competency": "3", "format": "webinar", "language": "es"},
    ):
        assert titles(look(client, **asked)) == ["Wanted"], asked
    assert titles(look(client, length="short")) == ["Other"]


def test_a_filter_that_makes_no_sense_is_left_out(client):
    make_course(title=both("Here"))

    response = look(client, practice="no-such", length="'; DROP", page="-1")

    assert response.status_code == 200
    assert titles(response) == ["Here"]


def test_the_form_keeps_what_was_asked(client):
    make_practice()

    html = look(client, q="water", practice="data").content.decode()

    assert 'value="water"' in html
    assert '<option value="data" selected>' in html
    assert "<details" in html
    assert " open>" in html


def test_htmx_gets_the_results_alone_and_the_count_beside_them(client, htmx):
    make_course(title=both("Water"))

    response = client.get(reverse("courses:catalogue"), {"q": "water"}, headers=htmx)

    html = response.content.decode()
    assert html.lstrip().startswith('<section id="results"')
    assert '<p id="found" hx-swap-oob="innerHTML">1 course matches</p>' in html
    assert "HX-Request" in response["Vary"]


def test_a_history_restore_gets_the_whole_page(client, htmx):
    restored = client.get(
        reverse("courses:catalogue"), headers=htmx | {"HX-History-Restore-Request": "true"}
    )

    assert restored.content.decode().startswith("<!doctype html>")


def test_a_series_stands_before_the_courses_when_one_of_its_own_is_found(client):
    series = make_series(make_course(title=both("Inside")), title=both("Four sessions"))
    make_course(title=both("Apart"))

    assert look(client).context["found"].series == [series]
    assert look(client, q="inside").context["found"].series == [series]
    assert look(client, q="four sessions").context["found"].series == [series]
    assert look(client, q="apart").context["found"].series == []


def test_nothing_found_says_what_to_do_next(client):
    make_course()

    assert "Show all courses" in look(client, q="zzz").content.decode()


def test_my_courses_carry_where_i_stand(signed_in, person):
    begun, done = make_course(title=both("A")), make_course(title=both("B"))
    make_course(title=both("C"))
    enrolled(person, begun)
    finish(enrolled(person, done))

    courses = look(signed_in).context["found"].courses

    assert [(c.begun, c.done) for c in courses] == [(True, False), (False, True), (False, False)]


def test_long_results_come_in_pages(client, monkeypatch):
    monkeypatch.setattr("courses.catalogue.PAGE", 2)
    for letter in "ABC":
        make_course(title=both(letter))

    assert titles(look(client)) == ["A", "B"]
    second = look(client, page=2)
    assert titles(second) == ["C"]
    assert 'rel="prev"' in second.content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_the_catalogue_costs_the_same_for_any_number_of_courses(
    signed_in, person, count, django_assert_num_queries
):
    courses = [make_course() for _ in range(count)]
    for n, course in enumerate(courses, 1):
        course.practices.add(make_practice(f"p{n}", n))
        CompetencyDomain.objects.create(number=n, title=both("Skill"))
        enrolled(person, course)
    make_series(*courses)

    # session, user; all that was found, its page, series, members; practices, competencies
    with django_assert_num_queries(8):
        look(signed_in)


# --- a series


def series_page(client, series):
    return client.get(reverse("courses:series", args=[series.slug]))


def test_a_series_shows_its_sessions_in_order_with_where_i_stand(signed_in, person):
    first, second, third = (make_course(title=both(t)) for t in ("Z", "Y", "X"))
    finish(enrolled(person, first))
    enrolled(person, second)

    response = series_page(signed_in, make_series(first, second, third))

    sessions = response.context["sessions"]
    assert [s["course"] for s in sessions] == [first, second, third]
    assert [(s["begun"], s["done"]) for s in sessions] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    assert "1 of 3 sessions completed" in response.content.decode()


def test_an_unknown_series_is_not_found(client):
    assert client.get(reverse("courses:series", args=["none"])).status_code == 404


def test_a_series_says_when_each_session_takes_place(signed_in, person):
    with_date, without = (make_course(lessons=["live"]) for _ in range(2))
    ahead = make_webinar(course=with_date, title=both("With a date"))
    hold(make_webinar(course=with_date, title=both("Long over"), starts_in=-timedelta(days=9)))
    seat(person, ahead)

    html = series_page(signed_in, make_series(with_date, without)).content.decode()

    assert html.count(ahead.get_absolute_url()) == 1
    assert "You are registered" in html
    assert "Long over" not in html
    assert reverse("webinars:register-series", args=["four"]) in html


def test_a_series_costs_the_same_for_any_number_of_sessions(signed_in, person):
    def queries(count):
        courses = [make_course(lessons=["live"]) for _ in range(count)]
        for course in courses:
            enrolled(person, course)
            make_webinar(course=course)
        series = make_series(*courses, slug=f"series-of-{count}")
        return count_queries(lambda: series_page(signed_in, series))

    # session, user; series, members, versions, my enrolments; live sessions
    assert queries(1) == queries(5) <= 8
