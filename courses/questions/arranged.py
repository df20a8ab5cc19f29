"""Putting things in order, and finding what belongs together.

Nothing of theirs has a stored name: a part is known by its rank among the texts in alphabetical
order, which tells nothing about where it belongs, and forms speak of places on the page alone.
"""

from collections.abc import Iterable, Sequence
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
    prompt,
    prompt_problems,
)
from lms.text import Localised

MOST_PARTS = 20


class Ordering(Kind):
    """`items`: [localised, …] in the right order. A place that is used twice counts for none."""

    name = "ordering"
    control = "places"
    in_evaluations = False
    always_mixed = True
    credits = ("part", "all")

    def problems(self, body: Body) -> list[str]:
        items = body.get("items", [])
        found = prompt_problems(body) + credit_problems(self, body)
        if not 2 <= len(items) <= MOST_PARTS:
            found.append(_("give 2 to %(most)s things to put in order.") % {"most": MOST_PARTS})
        if any(not item.get("en") for item in items):
            found.append(_("a thing to put in order has no words."))
        elif len({item["en"] for item in items}) < len(items):
            found.append(_("two things to put in order say the same."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        ranks = _ranks(body["items"])
        return {
            **prompt(body),
            "parts": dict(sorted((ranks[item["en"]], item) for item in body["items"])),
        }

    def option_ids(self, body: Body) -> list[str]:
        return sorted(_ranks(body["items"]).values())

    def read(
        self, body: Body, sent: Sequence[str], order: Sequence[str] = ()
    ) -> dict[str, int] | None:
        """A place, from 1, for each part in the order of the page; empty ones are left out."""
        places = {str(place) for place in range(1, len(order) + 1)}
        if not any(sent):
            return None
        if len(sent) != len(order) or any(place and place not in places for place in sent):
            raise Unreadable(_("Choose a place for each."))
        return {part: int(place) for part, place in zip(order, sent, strict=True) if place}

    def mark(self, body: Body, answer: Any) -> Fraction:
        right = [good for _item, _place, good in self._placed(body, answer or {})]
        return credited(body, Fraction(sum(right), len(right)))

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return [
            Line(item, here(str(place)) if place else {}, here(str(number)), good)
            for number, (item, place, good) in enumerate(self._placed(body, answer or {}), 1)
        ]

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        return [str((answer or {}).get(part, "")) for part in order]

    @staticmethod
    def _placed(body: Body, answer: dict[str, int]) -> list[tuple[Localised, int | None, bool]]:
        ranks, used = _ranks(body["items"]), list(answer.values())
        placed = []
        for number, item in enumerate(body["items"], 1):
            place = answer.get(ranks[item["en"]])
            placed.append((item, place, place == number and used.count(number) == 1))
        return placed


class Matching(Kind):
    """`pairs`: [{"text", "match"}, …], and `extras`: matches that belong to nothing."""

    name = "matching"
    control = "matches"
    in_evaluations = False
    always_mixed = True
    credits = ("part", "all")

    def problems(self, body: Body) -> list[str]:
        pairs, extras = body.get("pairs", []), body.get("extras", [])
        found = prompt_problems(body) + credit_problems(self, body)
        if not 2 <= len(pairs) <= MOST_PARTS or len(extras) > MOST_PARTS:
            found.append(_("give 2 to %(most)s pairs.") % {"most": MOST_PARTS})
        words = [pair.get(side) or {} for pair in pairs for side in ("text", "match")] + extras
        if any(not each.get("en") for each in words):
            found.append(_("a pair has an empty side."))
        elif len(_ranks(self._matches(body))) < 2:
            found.append(_("all pairs have the same answer."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        ranks = _ranks(self._matches(body))
        parts = {ranks[match["en"]]: match for match in reversed(self._matches(body))}
        return {
            **prompt(body),
            "lines": [pair["text"] for pair in body["pairs"]],
            "parts": dict(sorted(parts.items())),
        }

    def option_ids(self, body: Body) -> list[str]:
        return sorted(_ranks(self._matches(body)).values())

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> list[str] | None:
        """For each line the place of its match in the list, from 1."""
        places = {str(place): part for place, part in enumerate(order, 1)} | {"": ""}
        if not any(sent):
            return None
        if len(sent) != len(body["pairs"]) or any(place not in places for place in sent):
            raise Unreadable(_("Choose a match for each."))
        return [places[place] for place in sent]

    def mark(self, body: Body, answer: Any) -> Fraction:
        right = self._right(body)
        if not answer:
            return NOTHING
        share = Fraction(sum(a == b for a, b in zip(answer, right, strict=True)), len(right))
        return credited(body, share)

    def lines(self, body: Body, answer: Any) -> list[Line]:
        parts = self.shown(body)["parts"]
        given = answer or [""] * len(body["pairs"])
        return [
            Line(pair["text"], parts.get(chosen, {}), pair["match"], chosen == right)
            for pair, chosen, right in zip(body["pairs"], given, self._right(body), strict=True)
        ]

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        places = {part: str(place) for place, part in enumerate(order, 1)}
        return [places.get(part, "") for part in answer or []]

    def _right(self, body: Body) -> list[str]:
        ranks = _ranks(self._matches(body))
        return [ranks[pair["match"]["en"]] for pair in body["pairs"]]

    @staticmethod
    def _matches(body: Body) -> list[Localised]:
        return [pair["match"] for pair in body["pairs"]] + list(body.get("extras", []))


def _ranks(texts: Iterable[Localised]) -> dict[str, str]:
    """A name for each English text: its place among them in alphabetical order."""
    different = sorted({text.get("en", "") for text in texts})
    return {text: f"{rank:02d}" for rank, text in enumerate(different, 1)}
