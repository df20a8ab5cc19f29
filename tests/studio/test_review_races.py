"""Reviews and publications that meet: real threads, each with its own connection."""

import pytest
from django.core.exceptions import ValidationError

from courses import approving
from courses.models import Course, CourseVersion, Draft, DraftReview, Lesson
from courses.publishing import fingerprint, freeze, publish
from courses.studio import editing
from tests.factories import both, make_draft, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@pytest.fixture
def people(transactional_db):
    return [make_person(may_author=True) for _ in range(3)]


def asked(author):
    draft = make_draft(lessons=1)
    Course.objects.filter(pk=draft.course_id).update(review_needed=True)
    review = approving.ask(draft, by=author, revision=draft.revision)
    return Draft.objects.get(pk=draft.pk), review


def edit(draft, person):
    lesson = Lesson.objects.get(module__draft=draft)
    values = {"title": both("Edited"), "slug": lesson.slug}
    base = editing.mark_of(lesson)
    return lambda: editing.save_lesson(lesson, by=person, base=base, values=values)


def test_an_approval_and_a_refusal_at_once_are_one_answer(people):
    """Without the locks and the state in the update's condition, both were told they answered."""
    author, one, other = people
    for _ in range(ROUNDS):
        draft, review = asked(author)

        def decide(by, *, approve, draft=draft, review=review):
            return approving.decide(
                review, by=by, approve=approve, revision=draft.revision, answer="So."
            )

        outcomes = at_once(
            lambda: decide(one, approve=True),
            lambda: decide(other, approve=False),
        )

        (said,) = [each for each in outcomes if isinstance(each, DraftReview)]
        (late,) = [each for each in outcomes if isinstance(each, ValidationError)]
        assert late.code == "decided"
        assert DraftReview.objects.get(pk=review.pk).state == said.state


def test_two_requests_at_once_are_one(people):
    """Without the locks only the constraint was left, and the second request broke on it."""
    for _ in range(ROUNDS):
        draft = make_draft(lessons=1)
        ask = [
            lambda by=by, draft=draft: approving.ask(draft, by=by, revision=draft.revision)
            for by in people[:2]
        ]

        one, other = at_once(*ask)

        assert one == other
        assert DraftReview.objects.filter(course=draft.course).count() == 1


def test_an_edit_that_meets_the_approval_is_never_part_of_it(people):
    """Whoever comes first: what is approved is the revision that was read, or nothing."""
    author, reviewer, _other = people
    for _ in range(ROUNDS):
        draft, review = asked(author)

        def approve(draft=draft, review=review):
            return approving.decide(review, by=reviewer, approve=True, revision=draft.revision)

        at_once(approve, edit(draft, author))

        review.refresh_from_db()
        now = Draft.objects.select_related("course").get(pk=draft.pk)
        assert now.revision == draft.revision + 1
        with pytest.raises(ValidationError, match="Somebody else has to approve"):
            publish(now, by=author, policy="update")


def test_an_edit_that_meets_the_publication_does_not_go_out_unread(people):
    """What learners read is what was approved, whichever of the two comes first."""
    author, reviewer, _other = people
    for _ in range(ROUNDS):
        draft, review = asked(author)
        approving.decide(review, by=reviewer, approve=True, revision=draft.revision)

        def go(draft=draft):
            return publish(draft, by=author, policy="update")

        published, _edited = at_once(go, edit(draft, author))

        course = Course.objects.select_related("current").get(pk=draft.course_id)
        if isinstance(published, CourseVersion):
            assert course.current.sha256 == review.sha256
        else:
            assert isinstance(published, ValidationError)
            assert course.current is None
        now = Draft.objects.select_related("course").get(pk=draft.pk)
        assert fingerprint(freeze(now)) != review.sha256
