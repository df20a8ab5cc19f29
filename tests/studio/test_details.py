import uuid

import pytest
from django.urls import reverse

from courses.models import Course, Draft
from library.models import CompetencyDomain, Practice, PracticeGroup
from tests.factories import both, make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def topics(db):
    group = PracticeGroup.objects.create(slug="g", position=1, title=both("G"), summary={})
    practices = [
        Practice.objects.create(
            group=group, number=n, slug=f"p{n}", title=both(f"Practice {n}"), summary={}, body={}
        )
        for n in (1, 2)
    ]
    return practices, CompetencyDomain.objects.create(number=1, title=both("Data"))


@pytest.fixture
def sent(studio, url):
    """What the form would send as it stands."""

    def values(**changes):
        form = studio.get(url("studio:details")).context["form"]
        data = {name: form[name].value() for name in form.fields}
        data = {name: value for name, value in data.items() if value not in (None, False, "")}
        return {**data, **changes}

    return values


def test_the_head_of_a_course_is_saved(studio, url, sent, draft, topics, trainer):
    (_first, second), data = topics

    answer = studio.post(
        url("studio:details"),
        sent(
            title_en="New name",
            summary_es="Resumen",
            about_en="<p>About <script>it</script></p>",
            outcome_1_en="Do it",
            outcome_1_es="Hacerlo",
            hours="2.25",
            languages=["en"],
            working_title="on",
            practices=[second.pk],
            competencies=[data.pk],
            format="webinar",
        ),
    )

    assert answer.status_code == 303, answer.context["form"].errors
    draft.refresh_from_db()
    assert draft.title["en"] == "New name"
    assert draft.summary == {"es": "Resumen"}
    assert draft.about == {"en": "<p>About it</p>"}
    assert draft.outcomes == [{"en": "Do it", "es": "Hacerlo"}]
    assert (str(draft.hours), draft.format, draft.languages) == ("2.25", "webinar", ["en"])
    assert draft.working_title is True
    assert list(draft.practices.all()) == [second]
    assert list(draft.competencies.all()) == [data]
    assert (draft.revision, draft.changed_by) == (2, trainer)
    assert Course.objects.get().title == {}  # the catalogue learns of it by publishing


def test_saving_the_head_unchanged_is_no_change(studio, url, sent, draft, topics):
    draft.practices.add(topics[0][0])
    draft.outcomes = [both("One")]
    draft.save()

    assert studio.post(url("studio:details"), sent()).status_code == 303

    draft.refresh_from_db()
    assert draft.revision == 1


def test_another_outcome_comes_without_a_script(studio, url, sent):
    answer = studio.post(url("studio:details"), sent(outcome_0_en="Typed", title_en="", more="1"))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Learning outcome 4 (English)" in html
    assert 'value="Typed"' in html
    assert "This field is required" not in html


def test_a_stale_head_is_refused_and_the_topics_are_compared_too(studio, url, sent, draft, topics):
    mine = sent(title_en="Mine", practices=[topics[0][0].pk])
    studio.post(url("studio:details"), sent(title_en="Theirs", practices=[topics[0][1].pk]))

    answer = studio.post(url("studio:details"), mine)

    assert answer.status_code == 422
    found = {one.label: one.stored for one in answer.context["conflict"]["differences"]}
    assert found == {"Title (English)": "Theirs", "Strategic practices": "Practice 2"}
    mark = answer.context["conflict"]["mark"]
    assert studio.post(url("studio:details"), {**mine, "replace": mark}).status_code == 303
    draft.refresh_from_db()
    assert draft.title["en"] == "Mine"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_en": ""}, "title_en"),
        ({"hours": "-1"}, "hours"),
        ({"hours": "many"}, "hours"),
        ({"format": "radio"}, "format"),
        ({"practices": ["999"]}, "practices"),
        ({"languages": ["fr"]}, "languages"),
    ],
)
def test_a_refused_head_keeps_what_was_typed(studio, url, sent, changes, field):
    answer = studio.post(url("studio:details"), sent(summary_en="Kept.", **changes))

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Kept." in answer.content.decode()


NEW = {"title_en": "¡Hola, Equity!", "format": "self-paced", "hours": "1"}


def test_a_new_course_gets_its_address_from_its_title_and_is_made_once(studio):
    sent = {**NEW, "key": str(uuid.uuid4()), "slug": ""}

    answers = [studio.post(reverse("studio:new-course"), sent) for _ in range(2)]

    assert {answer["Location"] for answer in answers} == {
        reverse("studio:course", args=["hola-equity"])
    }
    draft = Draft.objects.get()
    assert (str(draft.course.uuid), draft.course.current) == (sent["key"], None)
    assert draft.languages == ["en", "es"]


def test_an_address_that_is_taken_is_refused_and_the_title_stays(studio):
    make_course(slug="taken")
    sent = {**NEW, "key": uuid.uuid4(), "slug": "taken"}

    answer = studio.post(reverse("studio:new-course"), sent)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"slug"}
    assert "¡Hola, Equity!" in answer.content.decode()
    again = studio.post(reverse("studio:new-course"), {**sent, "slug": ""})
    assert again.status_code == 303


def test_a_course_nobody_published_is_in_no_catalogue(studio, client):
    studio.post(reverse("studio:new-course"), {**NEW, "key": uuid.uuid4(), "slug": "quiet"})

    client.logout()
    assert client.get(reverse("courses:course", args=["quiet"])).status_code == 404
    assert "Hola" not in client.get(reverse("courses:catalogue")).content.decode()


@pytest.mark.parametrize("name", ["practices", "competencies"])
def test_a_number_that_no_database_can_hold_chooses_nothing(studio, url, sent, topics, name):
    answer = studio.post(url("studio:details"), sent(**{name: ["9" * 30]}))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
