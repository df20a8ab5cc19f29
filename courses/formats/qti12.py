"""QTI 1.2 (1EdTech), as Canvas, Blackboard and Common Cartridges write it: many items in one file.

https://www.imsglobal.org/question/qtiv1p2/imsqti_asi_bindv1p2.html -- an item says what it shows
(`presentation`), and by which conditions it is scored (`resprocessing`). What kind it is stands in
its metadata; where that is missing, its responses tell. Read only: we write QTI 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from courses.formats.base import (
    NotTaken,
    Reader,
    Refused,
    Row,
    Taken,
    escaped,
    number,
    options,
    percent_of,
    short,
    whole_points,
)
from courses.formats.gift import GAPS
from courses.questions.base import decimal
from courses.questions.written import guarded
from lms.text import Localised

type Body = dict[str, Any]

_TRUE, _FALSE = {"true", "t", "verdadero", "cierto"}, {"false", "f", "falso"}
_FEEDBACK = {
    "general_fb": "explanation",
    "correct_fb": "when_right",
    "general_incorrect_fb": "when_wrong",
}


def items(root: Element, place: int) -> list[Row]:
    """The items of one file, numbered on from `place`."""
    return [_row(n, item) for n, item in enumerate(root.iter("item"), place)]


def _row(place: int, item: Element) -> Row:
    reader = Reader(is_html=True)
    told = _metadata(item)
    try:
        kind, body = _read(item, told, reader)
        body |= _feedback(item, kind, reader)
        points = whole_points(told.get("points_possible") or told.get("cc_weighting", ""), reader)
    except NotTaken as refusal:
        return Refused(place, short(item.get("title") or item.get("ident") or ""), str(refusal))
    # Canvas calls each question «Question»: then its own words name it.
    title = item.get("title", "").removeprefix("Question")
    asked = (body.get("text") or body["prompt"]).get("en", "")
    return Taken(place, short(title or asked), kind, body, points, (), tuple(reader.notes))


def _metadata(item: Element) -> dict[str, str]:
    return {
        (field.findtext("fieldlabel") or "").strip(): (field.findtext("fieldentry") or "").strip()
        for field in item.iter("qtimetadatafield")
    }


def _read(item: Element, told: Mapping[str, str], reader: Reader) -> tuple[str, Body]:
    shown = item.find("presentation")
    if shown is None:
        raise NotTaken(_("it has no question."))
    profile = told.get("cc_profile", "").removeprefix("cc.").partition(".")[0]
    kind = told.get("question_type", "").removesuffix("_question") or profile
    kind = kind or _guessed(shown)
    if kind in {"text_only", ""}:
        raise NotTaken(_("it asks nothing: it is a description."))
    if kind not in _READERS:
        raise NotTaken(_("its kind «%(kind)s» is not known here.") % {"kind": kind})
    return _READERS[kind](item, shown, reader)


def _guessed(shown: Element) -> str:
    lists, lines = list(shown.iter("response_lid")), list(shown.iter("response_str"))
    lines += shown.iter("response_num")
    if len(lists) > 1 and not lines:
        return "matching"
    if lists and not lines:
        return "multiple_answers" if _is_multiple(lists[0]) else "multiple_choice"
    if len(lines) == 1 and not lists:
        fib = next(lines[0].iter("render_fib"), None)
        if lines[0].tag == "response_num" or (
            fib is not None and fib.get("fibtype") in {"Decimal", "Integer"}
        ):
            return "numerical"
        return "short_answer"
    return "several" if lists or lines else ""


def _is_multiple(response: Element) -> bool:
    return response.get("rcardinality", "").lower() == "multiple"


def _words(holder: Element) -> str:
    """What stands in it as HTML. Pictures stay, so that they are seen and refused."""
    made = ""
    for element in holder.iter():
        if element.tag in {"matimage", "mataudio", "matvideo", "matapplet"}:
            made += "<img>"
        elif element.tag == "mattext":
            text = element.text or ""
            made += text if "html" in element.get("texttype", "") else escaped(text)
    return made


def _asked(shown: Element) -> str:
    """The words outside the responses."""
    made = ""
    for child in shown:
        if child.tag == "material":
            made += _words(child)
        elif child.tag == "flow":
            made += _asked(child)
    return made


def _labels(response: Element) -> dict[str, str]:
    return {label.get("ident", ""): _words(label) for label in response.iter("response_label")}


def _scored(item: Element) -> list[tuple[Element, Fraction]]:
    """The conditions that give points, with what they give."""
    found = []
    for one in item.iter("respcondition"):
        condition, given = one.find("conditionvar"), Fraction(0)
        for value in one.iter("setvar"):
            given += Fraction(decimal((value.text or "").strip()) or 0)
        if condition is not None and given > 0:
            found.append((condition, given))
    return found


def _equals(condition: Element, respident: str = "") -> list[str]:
    """The answers that a condition wants, without those that it wants not."""
    unwanted = {id(each) for no in condition.iter("not") for each in no.iter("varequal")}
    return [
        (each.text or "").strip()
        for each in condition.iter("varequal")
        if id(each) not in unwanted and respident in {"", each.get("respident")}
    ]


def _notes(item: Element) -> dict[str, str]:
    return {each.get("ident", ""): _words(each) for each in item.iter("itemfeedback")}


def _choice(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    response = next(shown.iter("response_lid"), None)
    labels = _labels(response) if response is not None else {}
    scored = _scored(item)
    if response is None or not scored:
        raise NotTaken(_("it does not say which answer is right."))
    body: Body = reader.prompt(_asked(shown))
    shares = dict.fromkeys(labels, Fraction(0))
    multiple = _is_multiple(response)
    if multiple and len(scored) == 1:  # right as a whole or not at all, says the file
        right = _equals(scored[0][0])
        shares |= {name: Fraction(1 if name in right else -1, len(right) or 1) for name in labels}
        body["credit"] = "all"
    else:
        whole = sum(given for _c, given in scored) if multiple else max(g for _c, g in scored)
        for condition, given in scored:
            shares |= {name: given / whole for name in _equals(condition) if name in labels}
    notes = _notes(item)
    rows = [(words, shares[name], notes.get(f"{name}_fb", "")) for name, words in labels.items()]
    said = [reader.line(words).lower() for words in labels.values()]
    if not multiple and len(said) == 2 and said[0] in _TRUE | _FALSE and said[1] in _TRUE | _FALSE:
        right = [word for word, share in zip(said, shares.values(), strict=True) if share == 1]
        return "true_false", body | {"answer": right[:1] != [] and right[0] in _TRUE}
    credit = body.pop("credit", "")
    body |= options(reader, rows, single=not multiple)
    if credit:
        body["credit"] = credit
    choice = next(response.iter("render_choice"), None)
    if choice is not None and choice.get("shuffle", "").lower() == "no":
        body["keep_order"] = True
    return ("multiple" if multiple else "single"), body


def _short(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    scored = _scored(item)
    most = max((given for _c, given in scored), default=Fraction(1))
    accepted: dict[str, Body] = {}
    for condition, given in scored:
        for text in _equals(condition):
            share = {} if given == most else {"share": percent_of(given / most)}
            accepted.setdefault(text, {"text": text.replace("*", "\\*"), **share})
    if not accepted:
        raise NotTaken(_("it does not say which answer is right."))
    return "text", {**reader.prompt(_asked(shown)), "accepted": list(accepted.values())}


def _numerical(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    """A number with the bounds around it, or bounds alone."""
    scored = _scored(item)
    if len(scored) != 1:
        raise NotTaken(_("it takes several numbers, and a question here takes one."))
    ((condition, _given),) = scored
    low, high = (
        next((each.text or "" for name in names for each in condition.iter(name)), "")
        for names in (("vargte", "vargt"), ("varlte", "varlt"))
    )
    exact = _equals(condition)
    ends = [decimal(end.strip()) for end in (low, high)]
    if len(exact) > 1 or not (exact or all(end is not None for end in ends)):
        raise NotTaken(_("it does not say which answer is right."))
    if None in ends:
        value, off = number(exact[0]), number("0")
    else:
        lowest, highest = (Fraction(end or 0) for end in ends)
        off = number(_digits((highest - lowest) / 2))
        value = number(exact[0]) if exact else number(_digits((highest + lowest) / 2))
    answer = {"value": value, "tolerance": off}
    return "numeric", {**reader.prompt(_asked(shown)), "answer": answer}


def _digits(value: Fraction) -> str:
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def _essay(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    return "essay", reader.prompt(_asked(shown))


def _matching(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    body: Body = reader.prompt(_asked(shown))
    scored, pairs, offered, used = _scored(item), [], dict[str, Localised](), set[str]()
    for response in shown.iter("response_lid"):
        name, line = response.get("ident", ""), response.find("material")
        labels = {key: reader.plain(words) for key, words in _labels(response).items()}
        offered |= labels
        right = [each for condition, _given in scored for each in _equals(condition, name)]
        if line is None or len(right) != 1 or right[0] not in labels:
            raise NotTaken(_("a line of it matches more than one thing, or nothing that is there."))
        used.add(right[0])
        pairs.append({"text": reader.plain(_words(line)), "match": labels[right[0]]})
    body["pairs"] = pairs
    if extras := [words for key, words in offered.items() if key not in used]:
        body["extras"] = extras
    return "matching", body


def _blanks(item: Element, shown: Element, reader: Reader) -> tuple[str, Body]:
    """Canvas writes the gaps as [names] in the text, and what each accepts as its labels."""
    accepted: dict[str, list[str]] = {}
    scored = _scored(item)
    for response in shown.iter("response_lid"):
        line, labels = response.find("material"), _labels(response)
        right = [e for c, _given in scored for e in _equals(c, response.get("ident", ""))]
        name = reader.line(_words(line)) if line is not None else ""
        accepted[name] = [reader.line(labels.get(each, each)) for each in right]
    asked = reader.plain(_asked(shown))
    text: Localised = {}
    for language, whole in asked.items():
        pieces = re.split(r"\[([^\[\]]+)\]", whole)
        text[language] = "".join(
            f"[{'|'.join(map(guarded, accepted[piece]))}]" if place % 2 and piece in accepted
            else f"\\[{guarded(piece)}\\]" if place % 2 else guarded(piece)
            for place, piece in enumerate(pieces)
        )  # fmt: skip
    return "fill_in", {"prompt": dict(GAPS), "text": text}


def _feedback(item: Element, kind: str, reader: Reader) -> Body:
    found: Body = {}
    for ident, words in _notes(item).items():
        if (name := _FEEDBACK.get(ident)) and (said := reader.plain(words)):
            found[name] = said
        elif kind not in {"single", "multiple"} and words and ident not in _FEEDBACK:
            reader.note(_("Feedback that depends on rules of its own was left out."))
    return found


_READERS: Mapping[str, Callable[[Element, Element, Reader], tuple[str, Body]]] = {
    **dict.fromkeys(("multiple_choice", "multiple_answers", "multiple_response"), _choice),
    "true_false": _choice,
    **dict.fromkeys(("short_answer", "fib"), _short),
    "numerical": _numerical,
    "essay": _essay,
    "matching": _matching,
    "fill_in_multiple_blanks": _blanks,
}
