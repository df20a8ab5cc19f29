"""Answers in the learner's own words or digits."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from courses.questions.base import (
    LONGEST_ESSAY,
    LONGEST_TEXT,
    NOTHING,
    WHOLE,
    Body,
    Kind,
    Line,
    Unreadable,
    credit_problems,
    credited,
    decimal,
    fits,
    here,
    percent,
    prompt,
    prompt_problems,
)
from lms.text import LANGUAGES, Localised

THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
GAP = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]")
MOST_GAPS = 20


def gaps_of(text: str) -> tuple[list[str], list[list[str]]]:
    """«Wash for [20|twenty] seconds.» as the words around the gaps, and what each gap accepts."""
    words, accepted = [""], list[list[str]]()
    for place, piece in enumerate(GAP.split(text)):
        if place % 2:
            choices = re.split(r"(?<!\\)\|", piece)
            accepted.append([_bare(one).strip() for one in choices if one.strip()])
            words.append("")
        else:
            words[-1] += _bare(piece)
    return words, accepted


def _bare(text: str) -> str:
    return re.sub(r"\\([\[\]|\\])", r"\1", text)


def guarded(text: str) -> str:
    """Words in which brackets, strokes and backslashes mean themselves."""
    return re.sub(r"([\[\]|\\])", r"\\\1", text)


class FillIn(Kind):
    """`text`: localised, with the accepted answers in brackets where the gaps are. A gap takes
    the answers of every language: who reads Spanish may write the English word."""

    name = "fill_in"
    control = "gaps"
    in_evaluations = False
    credits = ("part", "all")

    def problems(self, body: Body) -> list[str]:
        found = prompt_problems(body) + credit_problems(self, body)
        text = body.get("text") or {}
        if not text.get("en"):
            return [*found, _("it has no text with gaps in English.")]
        counts = {language: len(gaps_of(words)[1]) for language, words in text.items() if words}
        if not 1 <= counts["en"] <= MOST_GAPS:
            found.append(
                _("mark 1 to %(most)s gaps, like this: [answer|other answer].")
                % {"most": MOST_GAPS}
            )
        if len(set(counts.values())) > 1:
            found.append(_("the languages have different numbers of gaps."))
        if any(not one for words in text.values() for one in gaps_of(words)[1]):
            found.append(_("a gap accepts no answer."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        pieces = {language: gaps_of(words)[0] for language, words in body["text"].items() if words}
        return {**prompt(body), "pieces": pieces}

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> list[str] | None:
        words = [_typed(each) for each in sent]
        if not any(words):
            return None
        if len(words) != len(self._accepted(body)):
            raise Unreadable(_("Fill in each gap."))
        if any(len(each) > 200 for each in words):
            raise Unreadable(_("Please keep it under %(most)s characters.") % {"most": 200})
        return words

    def mark(self, body: Body, answer: Any) -> Fraction:
        right = [good for _given, _accepted, good in self._filled(body, answer)]
        return credited(body, Fraction(sum(right), len(right)))

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return [
            Line(
                here(_("Gap %(number)s") % {"number": number}),
                here(given) if given else {},
                accepted,
                good,
            )
            for number, (given, accepted, good) in enumerate(self._filled(body, answer), 1)
        ]

    def strings(self, body: Body, answer: Any, order: Sequence[str]) -> list[str]:
        return list(answer or [])

    def _filled(self, body: Body, answer: Any) -> list[tuple[str, Localised, bool]]:
        """For each gap what was written, the usual answer in each language, and whether it fits."""
        accepted, usual = self._accepted(body), self._usual(body)
        given = answer or [""] * len(accepted)
        return [
            (
                words,
                told,
                any(fits(one, words, exact=bool(body.get("exact"))) for one in choices),
            )
            for words, told, choices in zip(given, usual, accepted, strict=True)
        ]

    @staticmethod
    def _accepted(body: Body) -> list[list[str]]:
        per_language = [gaps_of(words)[1] for words in body["text"].values() if words]
        return [[one for gap in same for one in gap] for same in zip(*per_language, strict=True)]

    @staticmethod
    def _usual(body: Body) -> list[Localised]:
        told = {
            language: [choices[0] for choices in gaps_of(body["text"][language])[1]]
            for language in LANGUAGES
            if body["text"].get(language)
        }
        count = len(next(iter(told.values())))
        return [{language: told[language][n] for language in told} for n in range(count)]


class Numeric(Kind):
    """`answer`: {"value", "tolerance", "unit"}, and `near`: {"tolerance", "share"} for a number
    that is further off and still worth a part."""

    name = "numeric"
    control = "number"

    def problems(self, body: Body) -> list[str]:
        found = prompt_problems(body)
        answer = body.get("answer")
        if not isinstance(answer, Mapping) or decimal(answer.get("value")) is None:
            found.append(_("give the right number."))
        near = body.get("near")
        if near and (decimal(near.get("tolerance")) is None or not percent(near.get("share"))):
            found.append(_("say how far off is partly right, and what percent it is worth."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {**prompt(body), "unit": body["answer"].get("unit") or {}}

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> str | None:
        """The number as digits. 3.5 and 3,5 are the same; 23,800 is twenty-three thousand."""
        typed = sent[0].strip().strip("$% ").replace(" ", "") if sent else ""
        if not typed:
            return None
        plain = typed.replace(",", "") if THOUSANDS.fullmatch(typed) else typed.replace(",", ".")
        number = decimal(plain)
        if number is None:
            raise Unreadable(_("Write a number, for example 12 or 3.5."))
        return format(number, "f")

    def mark(self, body: Body, answer: Any) -> Fraction:
        given = decimal(answer)
        if given is None:
            return NOTHING
        off = abs(given - Decimal(str(body["answer"]["value"])))
        if off <= Decimal(str(body["answer"].get("tolerance") or 0)):
            return WHOLE
        near = body.get("near") or {}
        if near and off <= Decimal(str(near["tolerance"])):
            return max(NOTHING, percent(near["share"]) or NOTHING)
        return NOTHING

    def lines(self, body: Body, answer: Any) -> list[Line]:
        unit = body["answer"].get("unit") or {}
        given = _with_unit(str(answer), unit) if answer is not None else {}
        return [Line({}, given, _with_unit(str(body["answer"]["value"]), unit))]


class Text(Kind):
    """A few words. With `accepted`: [{"text", "share", "feedback"}] they are marked, the first
    that fits counts; without, they are an opinion."""

    name = "text"
    control = "text"

    def marked(self, body: Body) -> bool:
        return bool(body.get("accepted"))

    def problems(self, body: Body) -> list[str]:
        found, accepted = prompt_problems(body), body.get("accepted") or []
        if any(not one.get("text", "").strip() for one in accepted):
            found.append(_("an accepted answer has no words."))
        shares = [percent(one.get("share", 100)) for one in accepted]
        if None in shares:
            found.append(_("the percent of an answer is a number from -100 to 100."))
        elif accepted and WHOLE not in shares:
            found.append(_("no accepted answer is worth 100 percent."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            **prompt(body),
            "required": bool(body.get("required")),
            "long": not self.marked(body),
        }

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> str | None:
        text = _typed(sent[0]) if sent else ""
        if len(text) > LONGEST_TEXT:
            raise Unreadable(
                _("Please keep it under %(most)s characters.") % {"most": LONGEST_TEXT}
            )
        return text or None

    def mark(self, body: Body, answer: Any) -> Fraction:
        found = self._found(body, answer)
        return max(NOTHING, percent(found.get("share", 100)) or NOTHING) if found else NOTHING

    def lines(self, body: Body, answer: Any) -> list[Line]:
        whole = [one for one in body.get("accepted") or [] if percent(one.get("share", 100)) == 1]
        right = here(whole[0]["text"].replace("\\*", "*")) if whole else {}
        return [Line({}, here(answer) if answer else {}, right)]

    def comments(self, body: Body, answer: Any) -> list[Localised]:
        found = self._found(body, answer) or {}
        own = [found["feedback"]] if found.get("feedback") else []
        return own + super().comments(body, answer)

    @staticmethod
    def _found(body: Body, answer: Any) -> Mapping[str, Any] | None:
        if not answer:
            return None
        exact = bool(body.get("exact"))
        accepted = body.get("accepted") or []
        return next((one for one in accepted if fits(one["text"], answer, exact=exact)), None)


class Essay(Kind):
    """A longer text that a trainer reads. `guide` is for the trainer: what a good answer holds."""

    name = "essay"
    control = "essay"
    by_hand = True
    in_evaluations = False

    def problems(self, body: Body) -> list[str]:
        found = prompt_problems(body)
        least, most = int(body.get("least") or 0), int(body.get("most") or 0)
        if least < 0 or most < 0 or (most and least > most):
            found.append(_("the fewest words are more than the most words."))
        return found

    def shown(self, body: Body) -> dict[str, Any]:
        return {
            **prompt(body),
            "least": int(body.get("least") or 0),
            "most": int(body.get("most") or 0),
        }

    def read(self, body: Body, sent: Sequence[str], order: Sequence[str] = ()) -> str | None:
        text = _typed(sent[0].replace("\r\n", "\n")) if sent else ""
        if len(text) > LONGEST_ESSAY:
            raise Unreadable(
                _("Please keep it under %(most)s characters.") % {"most": LONGEST_ESSAY}
            )
        return text or None

    def mark(self, body: Body, answer: Any) -> Fraction:
        return NOTHING

    def lines(self, body: Body, answer: Any) -> list[Line]:
        return [Line({}, here(answer) if answer else {}, {})]


def _typed(text: str) -> str:
    return text.replace("\0", "").strip()


def _with_unit(number: str, unit: Localised) -> Localised:
    if not unit:
        return here(number)
    return {language: f"{number} {words}" for language, words in unit.items()}
