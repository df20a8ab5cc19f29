"""What people may tell about themselves, kept apart from them. The only writer of PrivateAnswers.

The row's key is a keyed hash of the person. Whoever reads the table cannot tell whose answers
they are; the site can, because it holds the key, and uses that for two things only: to show
people their own answers, and to count answers for reports, which never show 1 to 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from people.models import PrivateAnswers, User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Answers = dict[str, list[str]]

DECLINED = "declined"


@dataclass(frozen=True)
class Question:
    key: str
    words: _StrPromise
    choices: tuple[tuple[str, _StrPromise], ...]

    @property
    def all_choices(self) -> list[tuple[str, _StrPromise]]:
        return [*self.choices, (DECLINED, _("I prefer not to answer"))]


# The first question follows the federal standard of 2024: one question, as many answers as fit.
# https://www.federalregister.gov/documents/2024/03/29/2024-06469
QUESTIONS = (
    Question(
        "race_ethnicity",
        _("What is your race or ethnicity?"),
        (
            ("american_indian", _("American Indian or Alaska Native")),
            ("asian", _("Asian")),
            ("black", _("Black or African American")),
            ("hispanic", _("Hispanic or Latino")),
            ("middle_eastern", _("Middle Eastern or North African")),
            ("pacific", _("Native Hawaiian or Pacific Islander")),
            ("white", _("White")),
            ("another", _("Another one")),
        ),
    ),
    Question(
        "gender",
        _("What is your gender?"),
        (
            ("woman", _("Woman")),
            ("man", _("Man")),
            ("nonbinary", _("Nonbinary")),
            ("transgender", _("Transgender")),
            ("another", _("Another one")),
        ),
    ),
    Question(
        "disability",
        _("Do you have a disability or a long-lasting health condition?"),
        (
            ("none", _("No")),
            ("vision", _("Yes, it affects seeing")),
            ("hearing", _("Yes, it affects hearing")),
            ("mobility", _("Yes, it affects moving or using my hands")),
            ("thinking", _("Yes, it affects learning, remembering or concentrating")),
            ("another", _("Yes, another one")),
        ),
    ),
    Question(
        "languages",
        _("Which languages do you speak with the people you serve?"),
        (
            ("english", _("English")),
            ("spanish", _("Spanish")),
            ("asl", _("American Sign Language")),
            ("another", _("Another one")),
        ),
    ),
)


def answers_of(person: User) -> Answers:
    row = PrivateAnswers.objects.filter(key__in=_keys(person)).first()
    return row.answers if row else {}


@transaction.atomic
def keep(person: User, answers: Mapping[str, list[str]]) -> None:
    """Replace this person's answers. No answer at all leaves no row."""
    given = {question: choices for question, choices in answers.items() if choices}
    key, *former = _keys(person)
    PrivateAnswers.objects.filter(key__in=former).delete()
    if not given:
        PrivateAnswers.objects.filter(key=key).delete()
        return
    today = timezone.localdate()
    PrivateAnswers.objects.update_or_create(
        key=key, defaults={"answers": given, "changed_on": today}
    )


def withdraw(person: User) -> bool:
    """Delete this person's answers. False if there were none."""
    deleted, _by_model = PrivateAnswers.objects.filter(key__in=_keys(person)).delete()
    return bool(deleted)


def _keys(person: User) -> list[str]:
    """Under the present SECRET_KEY, then under former ones that are still listed."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    who = str(person.uuid)
    return [
        salted_hmac("people.private", who, secret=secret, algorithm="sha256").hexdigest()
        for secret in secrets
    ]
