import pytest
from django.urls import reverse

from tests.factories import make_draft, make_person


@pytest.fixture
def trainer(db):
    return make_person(name="Rosa Delgado", may_author=True)


@pytest.fixture
def studio(client, trainer):
    """A browser in which a trainer is signed in."""
    client.force_login(trainer)
    return client


@pytest.fixture
def draft(db):
    return make_draft(lessons=["page", "quiz"])


@pytest.fixture
def url(draft):
    """`url("studio:lesson", lesson.uuid)`: an address inside the draft's course."""
    return lambda name, *rest: reverse(name, args=[draft.course.slug, *rest])
