from collections import Counter
from math import isclose

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from courses import assessment
from courses.analysis import FEWEST, Mark, analyse, discrimination, hidden, judged
from courses.document import Question
from courses.models.course import document_of
from courses.publishing import publish
from people.models import User
from tests.courses.pages import lessons_of
from tests.factories import both, enrolled, make_draft, make_person, single

QUESTION = Question("q", "single", 1, single())


def marks(*pairs):
    return [Mark(share, rest) for share, rest in pairs]


def test_discrimination_is_the_item_rest_correlation():
    rows = marks((1, 3), (1, 2), (0, 1), (0, 0))

    # by hand: cov = 2 / 4, var(x) = 1/4, var(X) = 5/4
    assert isclose(discrimination(rows), 0.5 / (0.25 * 1.25) ** 0.5)
    assert discrimination(marks((1, 3), (1, 2))) is None
    assert discrimination(marks((1, 3), (0, 3))) is None


def test_fewer_than_eleven_show_nothing_at_all():
    item = judged(1, QUESTION, marks(*[(1, 1)] * 10), Counter(a=10))

    assert (item.tries, item.difficulty, item.discrimination, item.picks) == (None, None, None, ())


@pytest.mark.parametrize(
    ("right", "wrong", "shown", "nearly"),
    [
        (11, 11, True, ""),
        (30, 0, True, ""),
        (30, 10, False, "all right"),
        (10, 30, False, "none right"),
        (0, 30, True, ""),
    ],
)
def test_a_difficulty_that_gives_a_small_count_away_is_not_shown(right, wrong, shown, nearly):
    rows = marks(*[(1, n) for n in range(right)], *[(0, n) for n in range(wrong)])

    item = judged(1, QUESTION, rows, Counter(a=right, b=wrong))

    assert (item.difficulty is not None) == shown
    assert item.nearly == nearly
    if not shown:
        assert (item.discrimination, item.picks) == (None, ())


@pytest.mark.parametrize(
    ("counts", "gone"),
    [
        ({"a": 50, "b": 20, "c": 0}, set()),
        ({"a": 50, "b": 20, "c": 3}, {"b", "c"}),  # one alone could be worked out
        ({"a": 50, "b": 4, "c": 3}, {"a", "b", "c"}),  # four and three are seven
        ({"a": 50, "b": 8, "c": 7}, {"b", "c"}),
        ({"a": 5, "b": 0}, {"a", "b"}),
    ],
)
def test_small_counts_are_hidden_with_enough_others(counts, gone):
    assert hidden(counts) == gone


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 40), min_size=1))
def test_no_small_count_is_shown_or_can_be_worked_out(counts):
    gone = hidden(counts)

    assert all(counts[name] == 0 or counts[name] >= FEWEST for name in counts.keys() - gone)
    rest = sum(counts[name] for name in gone)
    if gone and gone != set(counts):
        assert len(gone) >= 2
        assert rest >= FEWEST


# --- with rows


@pytest.fixture
def quiz(db):
    draft = make_draft(lessons=["quiz"])
    course = publish(draft, by=None, policy="update").course
    return draft, course


def answer(course, one, two, number=1):
    person = make_person()
    enrolment = enrolled(person, course)
    lesson = lessons_of(enrolment)[0]
    for _ in range(number):
        attempt = assessment.start(enrolment, lesson)
        first, second = lesson.questions
        given = {first.uuid: [one] if one else [], second.uuid: [two]}
        assessment.save(attempt, given)
        assessment.submit(attempt)
    return lesson


def test_first_tries_of_everybody_are_counted_once(quiz, django_assert_num_queries):
    _draft, course = quiz
    for _ in range(12):
        answer(course, "a", "a", number=2)
    for _ in range(11):
        lesson = answer(course, "b", "b")

    with django_assert_num_queries(2):
        first, second = analyse(course, lesson)

    assert (first.tries, first.percent) == (23, 52)
    assert isclose(first.discrimination, 1)
    assert first.verdict == "very good"
    assert [pick.count for pick in first.picks] == [12, 11, 0, 0]
    assert second.percent == 52


def test_a_question_whose_words_changed_starts_anew(quiz):
    draft, course = quiz
    for n in range(22):
        answer(course, "ab"[n % 2], "a")
    row = draft.modules.get().lessons.get().questions.first()
    row.body = {**row.body, "prompt": both("Other words?")}
    row.save()
    publish(draft, by=None, policy="update")
    course.refresh_from_db()
    lesson = document_of(course.current_id).lessons[0]

    first, second = analyse(course, lesson)

    assert first.tries is None
    assert second.tries == 22


@pytest.mark.django_db
def test_the_page_names_nobody_and_hides_small_groups(client, quiz):
    _draft, course = quiz
    for n in range(24):
        lesson = answer(course, "ab"[n % 2], "a" if n else "b")
    client.force_login(make_person(name="Rosa", email="rosa@trainers.test", may_author=True))
    to = reverse("studio:items", args=[course.slug, lesson.uuid])

    html = client.get(to).content.decode()

    assert "50%" in html
    assert "Nearly everybody got it right." in html  # the second: one of them was wrong
    assert "96%" not in html
    assert ">23<" not in html
    assert ">1<" not in html
    assert not any(
        name in html
        for name in User.objects.filter(may_author=False).values_list("name", flat=True)
    )
    assert "@example.org" not in html
    client.force_login(make_person())
    assert client.get(to).status_code == 404


@pytest.mark.django_db
def test_the_page_of_a_quiz_nobody_tried_says_so(client, quiz):
    draft, course = quiz
    client.force_login(make_person(may_author=True))
    lesson = draft.modules.get().lessons.get()

    assert (
        "Too few tries yet"
        in client.get(reverse("studio:items", args=[course.slug, lesson.uuid])).content.decode()
    )
