import pytest
from django.urls import reverse

from library.models import CaseStudy, Practice, PracticeGroup
from tests.factories import both, make_course, make_draft, numbers

pytestmark = pytest.mark.django_db


def make_practice(**fields):
    n = next(numbers)
    group, _ = PracticeGroup.objects.get_or_create(
        slug="group", defaults={"position": 1, "title": both("Group"), "summary": both("About it")}
    )
    fields = {
        "group": group,
        "number": n,
        "slug": f"practice-{n}",
        "title": both(f"Practice {n}"),
        "summary": both("Short."),
        "body": {"en": "<h2>What it asks</h2>", "es": "<h2>Qué pide</h2>"},
    } | fields
    return Practice.objects.create(**fields)


def make_case_study(*practices, **fields):
    n = next(numbers)
    fields = {
        "slug": f"case-{n}",
        "title": both(f"Case {n}"),
        "department": f"Department {n}",
        "place": both("Somewhere"),
        "level": "local",
        "summary": both("Short."),
        "body": both("<p>They did it (1).</p>"),
        "sources": [{"label": both("A report"), "url": "https://example.org/report"}],
    } | fields
    study = CaseStudy.objects.create(**fields)
    study.practices.set(practices)
    return study


def page(client, address, **query):
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_every_page_opens_in_both_languages(client, prefix):
    practice = make_practice()
    study = make_case_study(practice)
    language = prefix[1:] or "en"
    for path in [
        "/practices/",
        f"/practices/{practice.slug}/",
        "/case-studies/",
        f"/case-studies/{study.slug}/",
    ]:
        html = page(client, prefix + path)
        assert f'<html lang="{language}"' in html
        assert ("(es)" in html) == (language == "es")


def test_a_practice_shows_what_was_not_checked_and_where_it_is_done(client):
    practice = make_practice(note=both("Only the name was seen."), source="https://example.org/p")
    make_case_study(practice, title=both("A clinic at seven"))
    make_case_study(make_practice(), title=both("Something else"))

    html = page(client, practice.get_absolute_url())

    assert "Only the name was seen." in html
    assert "https://example.org/p" in html
    assert "A clinic at seven" in html
    assert "Something else" not in html


def test_a_practice_names_its_courses_once_they_are_published(client):
    practice = make_practice()
    course = make_course(title=both("Data and people"))
    course.practices.add(practice)
    draft = make_draft(title=both("Not ready"))
    draft.course.practices.add(practice)

    html = page(client, practice.get_absolute_url())

    assert "Data and people" in html
    assert "Not ready" not in html


def test_case_studies_are_filtered_by_practice(client, htmx):
    first, second = make_practice(), make_practice()
    make_case_study(first, title=both("One"))
    make_case_study(first, second, title=both("Two"))
    address = reverse("library:case-studies")

    html = page(client, address, practice=second.slug)
    assert ">Two</a>" in html
    assert ">One</a>" not in html

    part = client.get(address, {"practice": first.slug}, headers=htmx).content.decode()
    assert part.lstrip().startswith('<div id="studies"')
    assert ">One</a>" in part
    assert ">Two</a>" in part


def test_a_case_study_has_its_sources_and_says_whose_mapping_it_is(client):
    study = make_case_study(
        make_practice(),
        sources=[
            {"label": both("A report"), "url": "https://example.org/report"},
            {"label": both("A talk"), "url": None},
        ],
    )

    html = page(client, study.get_absolute_url())

    assert '<a href="https://example.org/report">A report</a>' in html
    assert "<li>A talk</li>" in html
    assert "We matched the practices to this case ourselves" in html


@pytest.mark.parametrize(
    "path", ["/practices/none/", "/case-studies/none/", "/case-studies/?practice=none"]
)
def test_what_is_not_there_is_not_found(client, path):
    make_practice()

    assert client.get(path).status_code == 404


def test_empty_shelves_say_so(client):
    assert "nothing here yet" in page(client, "/practices/")
    assert "nothing here yet" in page(client, "/case-studies/")


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/practices/", 1),  # practices with their groups
        ("/case-studies/", 3),  # practices on offer, studies, their practices
        ("/practices/the-one/", 3),  # practice with its group, studies, courses
        ("/case-studies/the-case/", 2),  # study, its practices
    ],
)
def test_a_page_costs_the_same_for_any_number_of_rows(
    client, count, path, queries, django_assert_num_queries
):
    one = make_practice(slug="the-one")
    practices = [one, *(make_practice() for _ in range(count - 1))]
    make_case_study(*practices, slug="the-case")
    for _ in range(count - 1):
        make_case_study(*practices)
    for _ in range(count):
        make_course().practices.add(one)

    with django_assert_num_queries(queries):
        client.get(path)
