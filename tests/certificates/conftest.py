import pytest

from certificates.models import Certificate
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
