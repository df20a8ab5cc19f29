"""The kinds of question, each with its shape, what it may show, how it is read and marked.

Plain values only. What a learner sees before the review is an allow-list (`shown`): right answers,
feedback and explanations never leave the server before that, for any kind. A kind that does not
say how it is shown, read or marked cannot be made: the site would not start.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, ClassVar

from django.utils.translation import gettext as _

type Body = Mapping[str, Any]
LONGEST_TEXT = 5000  # characters of a text answer
MOST_DIGITS = 50  # on either side of the decimal point
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


class Unreadable(ValueError):
    """What was sent is no answer to this question; the sentence goes beside the field."""


class Kind(ABC):
    name: ClassVar[str]
    marked: ClassVar[bool] = True  # False: asked for an opinion, worth no points

    @abstractmethod
    def problems(self, body: Body) -> list[str]:
        """What keeps this question from being asked, in words for the trainer."""

    @abstractmethod
    def shown(self, body: Body) -> dict[str, Any]:
        """All that a learner may see before the review. An allow-list: never `**body`."""

    @abstractmethod
    def read(self, body: Body, sent: Sequence[str]) -> Any:
        """The answer as a JSON value, None for no answer. Raises Unreadable."""

    @abstractmethod
    def mark(self, body: Body, answer: Any) -> Fraction:
        """0 to 1. No answer is 0."""

    def option_ids(self, body: Body) -> list[str]:
        return [option["id"] for option in body.get("options", [])]


class _Choice(Kind):
    def problems(self, body: Body) -> list[str]:
        options = body.get("options", [])
        found = _prompt_problems(body)
        if len(options) < 2:
            found.append(_("give at least two answers to choose from."))
        if any(not option.get("text", {}).get("en") for option in options):
            found.append(_("an answer has no words."))
        if len({option["id"] for option in options}) < len(options):
            found.append(_("two answers have the same id."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            "prompt": body["prompt"],
            "options": [{"id": o["id"], "text": o["text"]} for o in body["options"]],
        }

    @staticmethod
    def _right(body: Body) -> set[str]:
        return {option["id"] for option in body["options"] if option.get("right")}


class Single(_Choice):
    name = "single"

    def problems(self, body: Body) -> list[str]:
        found = super().problems(body)
        if len(self._right(body)) != 1:
            found.append(_("mark exactly one answer as right."))
        return found

    def read(self, body: Body, sent: Sequence[str]) -> str | None:
        if not sent:
            return None
        if len(sent) > 1 or sent[0] not in self.option_ids(body):
            raise Unreadable(_("Choose one of the answers."))
        return sent[0]

    def mark(self, body: Body, answer: Any) -> Fraction:
        return Fraction(answer in self._right(body))


class Multiple(_Choice):
    """Several are right. Each right choice adds its share, each wrong one takes one away."""

    name = "multiple"

    def problems(self, body: Body) -> list[str]:
        found = super().problems(body)
        if not self._right(body):
            found.append(_("mark at least one answer as right."))
        return found

    def read(self, body: Body, sent: Sequence[str]) -> list[str] | None:
        if any(choice not in self.option_ids(body) for choice in sent):
            raise Unreadable(_("Choose from the answers."))
        return [choice for choice in self.option_ids(body) if choice in sent] or None

    def mark(self, body: Body, answer: Any) -> Fraction:
        right, chosen = self._right(body), set(answer or [])
        return max(Fraction(0), Fraction(len(chosen & right) - len(chosen - right), len(right)))


class TrueFalse(Kind):
    name = "true_false"

    def problems(self, body: Body) -> list[str]:
        found = _prompt_problems(body)
        if not isinstance(body.get("answer"), bool):
            found.append(_("say whether it is true or false."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {"prompt": body["prompt"]}

    def read(self, body: Body, sent: Sequence[str]) -> bool | None:
        if not sent:
            return None
        if len(sent) > 1 or sent[0] not in {"true", "false"}:
            raise Unreadable(_("Choose true or false."))
        return sent[0] == "true"

    def mark(self, body: Body, answer: Any) -> Fraction:
        return Fraction(answer is body["answer"])


class Numeric(Kind):
    name = "numeric"

    def problems(self, body: Body) -> list[str]:
        found = _prompt_problems(body)
        answer = body.get("answer")
        if not isinstance(answer, Mapping) or _decimal(answer.get("value")) is None:
            found.append(_("give the right number."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {"prompt": body["prompt"], "unit": body["answer"].get("unit") or {}}

    def read(self, body: Body, sent: Sequence[str]) -> str | None:
        """The number as digits. 3.5 and 3,5 are the same; 23,800 is twenty-three thousand."""
        typed = sent[0].strip().strip("$% ").replace(" ", "") if sent else ""
        if not typed:
            return None
        plain = typed.replace(",", "") if THOUSANDS.fullmatch(typed) else typed.replace(",", ".")
        number = _decimal(plain)
        if number is None:
            raise Unreadable(_("Write a number, for example 12 or 3.5."))
        return format(number, "f")

    def mark(self, body: Body, answer: Any) -> Fraction:
        given = _decimal(answer)
        if given is None:
            return Fraction(0)
        right = Decimal(str(body["answer"]["value"]))
        tolerance = Decimal(str(body["answer"].get("tolerance") or 0))
        return Fraction(abs(given - right) <= tolerance)


class Scale(Kind):
    """How much, from low to high: an opinion in an evaluation."""

    name = "scale"
    marked = False

    def problems(self, body: Body) -> list[str]:
        found = _prompt_problems(body)
        if not 2 <= int(body.get("steps", 5)) <= 11:
            found.append(_("a scale has 2 to 11 steps."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            "prompt": body["prompt"],
            "low": body.get("low", {}),
            "high": body.get("high", {}),
            "steps": int(body.get("steps", 5)),
            "required": bool(body.get("required")),
        }

    def read(self, body: Body, sent: Sequence[str]) -> int | None:
        if not sent:
            return None
        steps = int(body.get("steps", 5))
        if len(sent) > 1 or sent[0] not in {str(step) for step in range(1, steps + 1)}:
            raise Unreadable(_("Choose a number on the scale."))
        return int(sent[0])

    def mark(self, body: Body, answer: Any) -> Fraction:
        return Fraction(0)


class Text(Kind):
    """A few words of the learner's own: in an evaluation."""

    name = "text"
    marked = False

    def problems(self, body: Body) -> list[str]:
        return _prompt_problems(body)

    def shown(self, body: Body) -> dict[str, Any]:
        return {"prompt": body["prompt"], "required": bool(body.get("required"))}

    def read(self, body: Body, sent: Sequence[str]) -> str | None:
        text = sent[0].replace("\0", "").strip() if sent else ""
        if len(text) > LONGEST_TEXT:
            raise Unreadable(
                _("Please keep it under %(most)s characters.") % {"most": LONGEST_TEXT}
            )
        return text or None

    def mark(self, body: Body, answer: Any) -> Fraction:
        return Fraction(0)


KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (Single(), Multiple(), TrueFalse(), Numeric(), Scale(), Text())
}


def problems_of(kind: str, body: Body) -> list[str]:
    if kind not in KINDS:
        return [_("its kind «%(kind)s» is not known.") % {"kind": kind}]
    return KINDS[kind].problems(body)


def _prompt_problems(body: Body) -> list[str]:
    return [] if body.get("prompt", {}).get("en") else [_("it has no words in English.")]


def _decimal(value: object) -> Decimal | None:
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
