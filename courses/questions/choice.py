"""Choosing among answers that are given: one, several, true or false, a step on a scale."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from courses.questions.base import (
    NOTHING,
    Body,
    Kind,
    Line,
    Unreadable,
    credit_problems,
    credited,
    here,
    percent,
    prompt,
    prompt_problems,
    rounded_up,
)


class _Choice(Kind):
    """`options`: [{"id", "text", "right", "feedback", "share"}]; `share` is a percent that counts
    where the question's credit is «percent». `keep_order`: no paper mixes them."""

    def problems(self, body: Body) -> list[str]:
        options = body.get("options", [])
        found = prompt_problems(body) + credit_problems(self, body)
        if len(options) < 2:
            found.append(_("give at least two answers to choose from."))
        if any(not option.get("text", {}).get("en") for option in options):
            found.append(_("an answer has no words."))
        if len({option["id"] for option in options}) < len(options):
            found.append(_("two answers have the same id."))
        if any("share" in option and percent(option["share"]) is None for option in options):
            found.append(_("the percent of an answer is a number from -100 to 100."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            **prompt(body),
            "options": [{"id": o["id"], "text": o["text"]} for o in body["options"]],
        }

    def option_ids(self, body: Body) -> list[str]:
        return [option["id"] for option in body.get("options", [])]

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return []

    @staticmethod
    def _right(body: Body) -> set[str]:
        return {option["id"] for option in body["options"] if option.get("right")}

    @staticmethod
    def _shares(body: Body) -> dict[str, Fraction]:
        return {o["id"]: percent(o.get("share", 0)) or NOTHING for o in body["options"]}


class Single(_Choice):
    name = "single"
    control = "radio"
    credits = ("all", "percent")

    def problems(self, body: Body) -> list[str]:
        found = super().problems(body)
        if len(self._right(body)) != 1:
            found.append(_("mark exactly one answer as right."))
        return found

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> str | None:
        if not sent:
            return None
        if len(sent) > 1 or sent[0] not in self.option_ids(body):
            raise Unreadable(_("Choose one of the answers."))
        return sent[0]

    def mark(self, body: Body, answer: Any) -> Fraction:
        if answer in self._right(body):
            return Fraction(1)
        if body.get("credit") == "percent":
            return max(NOTHING, self._shares(body).get(answer, NOTHING))
        return NOTHING


class Multiple(_Choice):
    """Several are right. Each right choice adds its share, each wrong one takes one away."""

    name = "multiple"
    control = "checkbox"
    credits = ("part", "all", "percent")

    def problems(self, body: Body) -> list[str]:
        found = super().problems(body)
        if not self._right(body):
            found.append(_("mark at least one answer as right."))
        elif body.get("credit") == "percent":
            shares = self._shares(body)
            if rounded_up(sum(shares[id] for id in self._right(body)) or NOTHING) < 1:
                found.append(_("the percents of the right answers add up to less than 100."))
        return found

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> list[str] | None:
        if any(choice not in self.option_ids(body) for choice in sent):
            raise Unreadable(_("Choose from the answers."))
        return [choice for choice in self.option_ids(body) if choice in sent] or None

    def mark(self, body: Body, answer: Any) -> Fraction:
        right, chosen = self._right(body), set(answer or [])
        if body.get("credit") == "percent":
            shares = self._shares(body)
            return rounded_up(sum((shares[id] for id in chosen if id in shares), NOTHING))
        share = Fraction(len(chosen & right) - len(chosen - right), len(right))
        return credited(body, max(NOTHING, share))

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        return list(answer or [])


class TrueFalse(Kind):
    name = "true_false"
    control = "radio"

    def problems(self, body: Body) -> list[str]:
        found = prompt_problems(body)
        if not isinstance(body.get("answer"), bool):
            found.append(_("say whether it is true or false."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return prompt(body)

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> bool | None:
        if not sent:
            return None
        if len(sent) > 1 or sent[0] not in {"true", "false"}:
            raise Unreadable(_("Choose true or false."))
        return sent[0] == "true"

    def mark(self, body: Body, answer: Any) -> Fraction:
        return Fraction(answer is body["answer"])

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return []

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        return [] if answer is None else ["true" if answer else "false"]


class Scale(Kind):
    """How much, from low to high: an opinion in an evaluation."""

    name = "scale"
    control = "scale"

    def problems(self, body: Body) -> list[str]:
        found = prompt_problems(body)
        if not 2 <= int(body.get("steps", 5)) <= 11:
            found.append(_("a scale has 2 to 11 steps."))
        return found

    def marked(self, body: Body) -> bool:
        return False

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            **prompt(body),
            "low": body.get("low", {}),
            "high": body.get("high", {}),
            "steps": int(body.get("steps", 5)),
            "required": bool(body.get("required")),
        }

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> int | None:
        if not sent:
            return None
        steps = int(body.get("steps", 5))
        if len(sent) > 1 or sent[0] not in {str(step) for step in range(1, steps + 1)}:
            raise Unreadable(_("Choose a number on the scale."))
        return int(sent[0])

    def mark(self, body: Body, answer: Any) -> Fraction:
        return NOTHING

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return [Line({}, here(str(answer)) if answer is not None else {}, {})]
