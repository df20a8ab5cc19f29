"""What a kind of question must say about itself before it can be asked."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lms.text import Localised, folded

type Body = Mapping[str, Any]
LONGEST_TEXT = 5000  # characters of a text answer
LONGEST_ESSAY = 50_000
MOST_DIGITS = 50  # on either side of the decimal point
NOTHING, WHOLE = Fraction(0), Fraction(1)
# Three times 33.33 % is meant as the whole: no mark is lost to how a percent was written down.
ALMOST_WHOLE = Fraction(999, 1000)


class Unreadable(ValueError):
    """What was sent is no answer to this question; the sentence goes beside the field."""


@dataclass(frozen=True)
class Line:
    """One line of a review: what was given, and what would have been right."""

    label: Localised
    given: Localised
    right: Localised
    good: bool | None = None  # None: not told, or not judged by the line


class Kind(ABC):
    name: ClassVar[str]
    control: ClassVar[str]  # the piece of courses/_question.html that takes the answer
    by_hand: ClassVar[bool] = False  # a person gives the points, after the submit
    in_evaluations: ClassVar[bool] = True
    # The order in which the parts are stored gives the answer away: every paper mixes them.
    always_mixed: ClassVar[bool] = False
    credits: ClassVar[tuple[str, ...]] = ()  # rules for partly right answers; the first is usual

    def __init__(self) -> None:
        if not getattr(self, "name", "") or not getattr(self, "control", ""):
            raise TypeError(f"{type(self).__name__} has no name or no control")

    @abstractmethod
    def problems(self, body: Body) -> list[str]:
        """What keeps this question from being asked, in words for the trainer."""

    @abstractmethod
    def shown(self, body: Body) -> dict[str, Any]:
        """All that a learner may see before the review. An allow-list: never `**body`."""

    @abstractmethod
    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> Any:
        """The answer as a JSON value, None for no answer. Raises Unreadable.

        `order` is how this paper shows the parts: where their names would give the answer away,
        a form speaks of their places.
        """

    @abstractmethod
    def mark(self, body: Body, answer: Any) -> Fraction:
        """0 to 1. No answer is 0."""

    @abstractmethod
    def lines(self, body: Body, answer: Any) -> list[Line]:
        """The review of an answer line by line; a choice among options is shown by its options."""

    def marked(self, body: Body) -> bool:
        """False: asked for an opinion, worth no points."""
        return True

    def option_ids(self, body: Body) -> list[str]:
        """The parts whose order a paper freezes."""
        return []

    def order(self, body: Body, *, mix: bool) -> list[str]:
        parts = self.option_ids(body)
        if self.always_mixed or (mix and not body.get("keep_order")):
            random.SystemRandom().shuffle(parts)
        return parts

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        """A saved answer as a form would send it."""
        return [] if answer is None else [str(answer)]

    def comments(self, body: Body, answer: Any) -> list[Localised]:
        """What the author says to this answer, at its review."""
        if answer is None or not self.marked(body) or self.by_hand:
            return []
        said = body.get("when_right" if self.mark(body, answer) == 1 else "when_wrong")
        return [said] if said else []


def here(text: str) -> Localised:
    """Words of the page itself or of its reader, taken to be in the page's language."""
    return {(get_language() or "en")[:2]: text}


def prompt(body: Body) -> dict[str, Any]:
    shown = {"prompt": body["prompt"]}
    if body.get("prompt_html"):
        shown["prompt_html"] = body["prompt_html"]
    return shown


def prompt_problems(body: Body) -> list[str]:
    return [] if body.get("prompt", {}).get("en") else [_("it has no words in English.")]


def credit_problems(kind: Kind, body: Body) -> list[str]:
    rule = body.get("credit")
    if rule is None or rule in kind.credits:
        return []
    return [_("its rule for partly right answers is not known.")]


def credited(body: Body, share: Fraction) -> Fraction:
    """The share as the question's rule has it: a part for each right piece, or all or nothing."""
    return share if body.get("credit") != "all" or share == 1 else NOTHING


def percent(value: object) -> Fraction | None:
    """«33.333» as a share of the whole; None when it is no percentage from -100 to 100."""
    number = decimal(value)
    if number is None or not -100 <= number <= 100:
        return None
    return Fraction(number) / 100


def rounded_up(share: Fraction) -> Fraction:
    """Between nothing and the whole, where almost the whole is the whole."""
    return WHOLE if share >= ALMOST_WHOLE else max(share, NOTHING)


def decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    # Written out, 1e999999999 has a billion digits: no answer, and more than a machine can hold.
    exponent = number.as_tuple().exponent
    small = abs(number.adjusted()) < MOST_DIGITS and abs(int(exponent)) <= MOST_DIGITS
    return number if small else None


def fits(pattern: str, given: str, *, exact: bool) -> bool:
    """Whether words match an accepted answer. `*` in it stands for any words, `\\*` for a star.

    Capitals, accents and double spaces count only when `exact`. No regular expression: a pattern
    with many stars must not cost more than the words are long.
    """
    told = _plain(given, exact)
    pieces = [_plain(piece, exact) for piece in pattern.replace("\\*", "\0").split("*")]
    pieces = [piece.replace("\0", "*") for piece in pieces]
    if len(pieces) == 1:
        return told == pieces[0]
    first, *middle, last = pieces
    if len(told) < len(first) + len(last) or not told.startswith(first) or not told.endswith(last):
        return False
    place, end = len(first), len(told) - len(last)
    for piece in middle:
        found = told.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _plain(text: str, exact: bool) -> str:
    """`folded` drops NUL, which stands for an escaped star here."""
    together = " ".join(text.split())
    return together if exact else "\0".join(folded(piece) for piece in together.split("\0"))
