"""The kinds of question, each with its shape, what it may show, how it is read and marked.

Plain values only. What a learner sees before the review is an allow-list (`shown`): right answers,
feedback and explanations never leave the server before that, for any kind. A kind that does not
say how it is shown, read, marked and reviewed cannot be made: the site would not start. Nor does
it without an editor in the studio (`courses.apps`).
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from courses.questions.arranged import Matching, Ordering
from courses.questions.base import Body, Kind, Line, Unreadable
from courses.questions.choice import Multiple, Scale, Single, TrueFalse
from courses.questions.written import Essay, FillIn, Numeric, Text

__all__ = ["KINDS", "Body", "Kind", "Line", "Unreadable", "problems_of"]

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Single(),
        Multiple(),
        TrueFalse(),
        Ordering(),
        Matching(),
        FillIn(),
        Numeric(),
        Text(),
        Scale(),
        Essay(),
    )
}


def problems_of(kind: str, body: Body) -> list[str]:
    if kind not in KINDS:
        return [_("its kind «%(kind)s» is not known.") % {"kind": kind}]
    return KINDS[kind].problems(body)
