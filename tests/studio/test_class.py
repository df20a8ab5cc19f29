"""How a course goes for its class: true numbers, and never one that singles somebody out."""

import csv
import io
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest
from django.utils import timezone

from courses import publishing, seeing
from courses.models import Attempt, Course, Enrolment, Evidence, Post
from courses.seeing import joined, see, walk
from people.models import User
from tests.factories import make_draft, make_lesson, numbers
from tests.studio.access import ACCESS


def told(count):
    return count == 0 or count >= 11


def test_nothing_that_is_shown_or_follows_from_it_is_a_small_count():
    dice, seen = Random(7), 0
    for _round in range(400):
        columns = [
            [(people, dice.randint(0, people)) for people in dice.choices(range(80), k=3)]
            for _lesson in range(dice.randint(1, 8))
        ]
        shown = [columns[place] for place in walk(columns)]
        seen += len(shown)
        for column in shown:
            for people, done in column:
                assert all(told(count) for count in (people, done, people - done))
        for one, other in combinations(shown, 2):
            for (people, done), (others, others_done) in zip(one, other, strict=True):
                assert told(abs(people - others))
                assert told(abs(done - others_done))
    assert seen > 100


def test_a_walk_shows_what_it_may():
    column = [(60, 60)], [(60, 55)], [(60, 49)], [(60, 45)], [(60, 30)], [(60, 60)], [(60, 0)]

    assert walk(column) == [0, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("counts", "groups"),
    [
        ({1: 30}, []),
        ({1: 30, 2: 5}, []),
        ({1: 30, 2: 11}, [[1], [2]]),
        ({1: 3, 2: 9, 4: 40, 7: 2}, [[1, 2], [4, 7]]),
        ({}, []),
    ],
)
def test_parts_with_too_few_people_are_joined(counts, groups):
    assert joined(counts) == groups


@pytest.fixture
def draft(db):
    """Two pages and a quiz; the second page has a discussion."""
    made = make_draft(lessons=["page", "page", "quiz"])
    second = made.modules.get().lessons.get(position=2)
    second.blocks.create(kind="discussion", position=2, body={"en": "<p>What do you think?</p>"})
    made.refresh_from_db()
    return made


def people_in(course, done, *, language="en", minutes=10):
    """One person for each number in `done`: so many lessons from the first on are on record."""
    version, now = course.current, timezone.now() - timedelta(days=1)
    lessons = publishing.document_of(version.pk).lessons
    persons = User.objects.bulk_create(
        User(email=f"learner{next(numbers)}@example.org", name="Nobody Known", language=language)
        for _each in done
    )
    mine = Enrolment.objects.bulk_create(
        Enrolment(person=person, course=course, version=version) for person in persons
    )
    Evidence.objects.bulk_create(
        Evidence(
            enrolment=enrolment, version=version, kind="finished", item=lesson.uuid,
            source="learner", occurred_at=now + timedelta(minutes=minutes * place), recorded_at=now,
        )
        for enrolment, many in zip(mine, done, strict=True)
        for place, lesson in enumerate(lessons[:many])
    )  # fmt: skip
    return mine


@pytest.fixture
def course(draft):
    publishing.publish(draft, by=None, policy="update")
    return Course.objects.get(pk=draft.course_id)


@pytest.fixture
def url(draft):
    from django.urls import reverse

    return lambda name, **query: (
        reverse(name, args=[draft.course.slug]) + (f"?part={query['part']}" if query else "")
    )


def test_the_page_tells_how_far_the_class_came(course):
    people_in(course, [3] * 20 + [2] * 12 + [0] * 15)

    found = see(course)

    assert (found.people, found.completed) == (47, 0)
    assert [(s.people, s.done, s.percent) for s in found.steps] == [
        (47, 32, 68),
        (47, 32, 68),
        (47, 20, 43),
    ]
    assert [step.minutes for step in found.steps] == [None, 10, None]  # nothing before the first
    assert [step.questions for step in found.steps] == [None, 0, None]


def test_a_small_number_or_its_rest_or_a_small_step_is_hidden(course):
    people_in(course, [3] * 20 + [2] * 5 + [0] * 15)
    assert [step.done for step in see(course).steps] == [25, 25, None]  # five stopped before it


def test_ten_people_show_nothing_at_all(course):
    people_in(course, [3] * 10)
    found = see(course)

    assert (found.people, found.completed) == (None, None)
    assert {(s.people, s.done, s.minutes) for s in found.steps} == {(None, None, None)}


def test_the_class_can_be_seen_by_version_and_by_language(course, draft):
    people_in(course, [3] * 12 + [0] * 12)
    people_in(course, [3] * 12 + [1] * 12, language="es")
    module = draft.modules.get()
    make_lesson(module, position=4)
    publishing.publish(draft, by=None, policy="update")
    course.refresh_from_db()
    people_in(course, [4] * 11 + [0] * 11)

    whole = see(course)
    assert [part.key for part in whole.parts] == ["", "v1", "v2", "en", "es"]
    by = {key: see(course, key) for key in ("v1", "v2", "en", "es")}
    assert {key: found.people for key, found in by.items()} == {
        "v1": 48, "v2": 22, "en": 46, "es": 24,
    }  # fmt: skip
    first = {key: found.steps[0].done for key, found in by.items()}
    assert first["v1"] + first["v2"] == whole.steps[0].done == 47
    assert first == {"v1": 36, "v2": 11, "en": 23, "es": 24}
    assert by["v2"].steps[0].questions is None
    assert see(course, "v9").part == seeing.EVERYBODY


def test_times_of_a_quiz_are_those_of_the_first_try_and_long_pauses_do_not_count(course):
    mine = people_in(course, [2] * 11, minutes=200)
    quiz = publishing.document_of(course.current_id).lessons[2]
    now = timezone.now()
    Attempt.objects.bulk_create(
        Attempt(
            enrolment=enrolment, version=course.current, item=quiz.uuid, number=number, paper=[],
            started_at=now, submitted_at=now + timedelta(minutes=4 if number == 1 else 50),
        )
        for enrolment in mine
        for number in (1, 2)
    )  # fmt: skip

    assert [step.minutes for step in see(course).steps] == [None, None, 4]


def test_questions_under_discussions_count_and_few_are_hidden(course):
    mine = people_in(course, [3] * 12)
    block = publishing.document_of(course.current_id).lessons[1].blocks[1].uuid

    def ask(count):
        Post.objects.bulk_create(
            Post(enrolment=mine[0], block=block, text="Why?", language="en")
            for _each in range(count)
        )
        return see(course).steps[1]

    assert (ask(0).questions, ask(0).asked) == (0, True)
    assert ask(3).questions is None
    assert ask(8).questions == 11


def test_the_file_says_what_the_page_says_and_no_cell_is_a_formula(course, draft, studio, url):
    lesson = draft.modules.get().lessons.get(position=1)
    lesson.title = {"en": "=1+1", "es": "=1+1"}
    lesson.save()
    draft.title = {"en": "Changed", "es": "Changed"}
    draft.save()
    publishing.publish(draft, by=None, policy="correction")
    course.refresh_from_db()
    people_in(course, [3] * 20 + [2] * 5 + [0] * 15)

    page = studio.get(url("studio:class"))
    sent = studio.get(url("studio:class-csv"))

    rows = list(csv.reader(io.StringIO(sent.content.decode().removeprefix("\ufeff"))))
    assert rows[0] == page.context["head"]
    assert [row[1:] for row in rows[1:]] == [cells for _step, cells in page.context["rows"]]
    assert rows[1][0] == "1. =1+1"  # the number stands before it
    assert rows[3][2] == "not shown"
    html = page.content.decode()
    assert "Nobody Known" not in html
    assert "@example.org" not in html.partition("<main")[2].partition("</main")[0]
    assert "not shown" in html


def test_before_the_first_version_and_before_the_first_learner_the_page_says_so(draft, studio, url):
    assert "Too few people yet" in studio.get(url("studio:class")).content.decode()
    publishing.publish(draft, by=None, policy="update")
    html = studio.get(url("studio:class")).content.decode()
    assert "Too few people yet" in html
    assert studio.get(url("studio:class-csv", part="v1")).status_code == 200
    assert {"studio:class", "studio:class-csv"} <= ACCESS.keys()


@pytest.mark.parametrize("quizzes", [1, 4])
@pytest.mark.parametrize("people", [12, 40])
def test_the_page_costs_the_same_for_any_number_of_people_and_quizzes(
    studio, quizzes, people, django_assert_num_queries
):
    draft = make_draft(lessons=["page"] + ["quiz"] * quizzes)
    draft.refresh_from_db()
    course = publishing.publish(draft, by=None, policy="update").course
    people_in(course, [1 + quizzes] * people)

    with django_assert_num_queries(11):
        studio.get(f"/studio/course/{course.slug}/class/")
