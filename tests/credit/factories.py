from datetime import date

from courses import crediting
from courses.models import CreditType
from tests.factories import both, make_person, numbers


def make_type(**fields) -> CreditType:
    n = next(numbers)
    fields = {
        "slug": f"credit-{n}",
        "name": both(f"Credit {n}"),
        "unit": both("hours"),
        "body": f"Board {n}",
        "step": "0.25",
    } | fields
    return CreditType.objects.get(pk=CreditType.objects.create(**fields).pk)


def approve(course, kind=None, **terms):
    terms = {
        "hours": course.hours,
        "provider_name": "The provider",
        "provider_number": "P-1",
        "event_number": "E-1",
        "statement": both("Approved."),
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    } | terms
    by = terms.pop("by", None) or make_person(may_credit=True)
    return crediting.approve(course, kind or make_type(), by=by, **terms)
