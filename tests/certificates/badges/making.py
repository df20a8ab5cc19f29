"""A certificate, and the words that hostile people put into names and titles."""

import json

from certificates import issuing
from certificates.badges import credential, making, status
from certificates.models import Certificate
from courses.models import Completion
from tests.certificates.hostile import NAMES
from tests.factories import both, enrolled, finish, make_course, make_person

# What means something to JSON-LD, XML and RDF, beside the names that every form meets.
HOSTILE = [
    *NAMES,
    "]]></openbadges:credential><script>alert(1)</script>",
    "<![CDATA[ x ]]>",
    '{"@context": "https://evil.example"}',
    "@id",
    "_:b0",
    "https://evil.example/#name",
    "did:web:evil.example",
    '" . <urn:x> <urn:y> <urn:z> .',
    "\\u0022 \\n \\\\",
    "محمد بن سلمان",
    "王小明 🙂",
    "a" * 200,
]


def certified(person=None, **fields):
    """A certificate as it is issued after a completion."""
    person = person or make_person(name="Ana Ruiz")
    fields.setdefault("title", both("Data for equity"))
    finish(enrolled(person, make_course(**fields)))
    completion = Completion.objects.filter(enrolment__person=person).latest("pk")
    issuing.issue_for(completion.pk, letter=False)
    return again(Certificate.objects.get(completion=completion))


def again(certificate):
    """The certificate with its present state."""
    return Certificate.objects.with_state().get(pk=certificate.pk)


def badge_of(certificate):
    return json.loads(making.made(certificate, "json"))


def unsigned(certificate):
    achievement = credential.achievement_of(certificate)
    return credential.unsigned(certificate, achievement, status.entry_of(certificate))
