import pytest

from certificates.models import Certificate
from courses.signals import course_completed
from tests.factories import both, enrolled, finish, make_course, make_person


@pytest.fixture
def certificate(person, django_capture_on_commit_callbacks):
    """Ana Ruiz' certificate for «Data for equity»."""
    with django_capture_on_commit_callbacks(execute=True):
        finish(enrolled(person, make_course(title=both("Data for equity"))))
    return Certificate.objects.get()


@pytest.fixture
def administrator(db):
    return make_person(may_credit=True)


@pytest.fixture
def no_bell():
    """Completions wait: whoever comes first in the test sees to them."""
    bells, course_completed.receivers = course_completed.receivers, []
    course_completed.sender_receivers_cache.clear()
    yield
    course_completed.receivers = bells
    course_completed.sender_receivers_cache.clear()
