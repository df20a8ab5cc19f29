"""Moodle XML (docs.moodle.org, «Moodle XML format»; question/format/xml).

The category and the tags of a question are its tags here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.utils.translation import gettext as _

from courses.formats.base import (
    BadFile,
    Given,
    NotTaken,
    Reader,
    Refused,
    Row,
    Taken,
    Written,
    markup,
    options,
    percent_of,
    rich_markup,
    shares,
    short,
    whole_points,
    words,
)
from courses.formats.gift import GAPS, numeric
from courses.formats.safe_xml import parse
from courses.questions.base import decimal
from courses.questions.written import gaps_of, guarded

# What a subquestion of a cloze text may be here: words to be typed.
_CLOZE = re.compile(r"\{\d*:([A-Z_]+):(.*?)(?<!\\)\}", re.DOTALL)
_TYPED = {"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"}


def read(data: bytes) -> list[Row]:
    root = parse(data)
    if root.tag != "quiz":
        raise BadFile(_("This is no Moodle XML: it does not begin with <quiz>."))
    rows: list[Row] = []
    category: tuple[str, ...] = ()
    for question in root.findall("question"):
        if question.get("type") == "category":
            last = _text(question, "category").rstrip("/").rpartition("/")[2].strip()
            category = (last,) if last not in {"", "top", "Default"} else ()
            continue
        rows.append(_row(len(rows) + 1, question, category))
    return rows


def _row(number: int, question: Element, category: tuple[str, ...]) -> Row:
    reader = Reader(is_html=True)
    name = short(_text(question, "name") or _plainly(_text(question, "questiontext")))
    kind = question.get("type", "")
    try:
        if kind == "description":
            raise NotTaken(_("it asks nothing: it is a description."))
        if kind not in _READERS:
            raise NotTaken(_("its kind «%(kind)s» is not known here.") % {"kind": kind[:40]})
        if question.find(".//file") is not None:
            raise NotTaken(_("it holds a file, which cannot be taken over yet."))
        made, body = _READERS[kind](question, reader)
        body |= _feedback(question, reader, made)
        points = whole_points(_text(question, "defaultgrade"), reader)
    except NotTaken as refusal:
        return Refused(number, name, str(refusal))
    tags = tuple(_text(tag) for tag in question.findall("tags/tag"))
    return Taken(number, name, made, body, points, (*category, *tags), tuple(reader.notes))


def _plainly(source: str) -> str:
    try:
        return words(source, is_html=True).plain.get("en", "")
    except NotTaken:
        return ""


def _text(parent: Element, path: str = "") -> str:
    found = parent.find(f"{path}/text" if path else "text")
    if found is None and path:
        found = parent.find(path)
    return (found.text or "").strip() if found is not None else ""


def _prompt(question: Element, reader: Reader) -> dict[str, Any]:
    found = question.find("questiontext")
    if found is None:
        raise NotTaken(_("it has no question."))
    return _in_format(found, reader).prompt(_text(found))


def _in_format(element: Element, reader: Reader) -> Reader:
    """Texts that say they are plain are; all others are HTML."""
    reader.is_html = element.get("format") not in {"plain_text"}
    return reader


def _said(parent: Element | None, reader: Reader) -> Any:
    return _in_format(parent, reader).plain(_text(parent)) if parent is not None else {}


def _feedback(question: Element, reader: Reader, kind: str) -> dict[str, Any]:
    places = {"explanation": "generalfeedback"}
    if kind not in {"true_false", "essay"}:
        places |= {"when_right": "correctfeedback", "when_wrong": "incorrectfeedback"}
    found = {name: _said(question.find(path), reader) for name, path in places.items()}
    return {name: said for name, said in found.items() if said}


def _share(answer: Element) -> Fraction:
    value = decimal(answer.get("fraction", "0"))
    return Fraction(value or 0) / 100


def _multichoice(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    single = _text(question, "single").lower() not in {"false", "0"}
    body = _prompt(question, reader)
    choices = []
    for answer in question.findall("answer"):
        _in_format(answer, reader)
        feedback = answer.find("feedback")
        choices.append(
            (_text(answer), _share(answer), _text(feedback) if feedback is not None else "")
        )
    body |= options(reader, choices, single=single)
    if _text(question, "shuffleanswers").lower() in {"false", "0"}:
        body["keep_order"] = True
    return ("single" if single else "multiple"), body


def _true_false(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body = _prompt(question, reader)
    answers = question.findall("answer")
    right = [answer for answer in answers if _share(answer) == 1]
    if len(right) != 1 or _text(right[0]).lower() not in {"true", "false"}:
        raise NotTaken(_("it does not say whether it is true or false."))
    body["answer"] = _text(right[0]).lower() == "true"
    for answer in answers:
        if said := _said(answer.find("feedback"), reader):
            body["when_right" if answer is right[0] else "when_wrong"] = said
    return "true_false", body


def _short(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body, accepted = _prompt(question, reader), []
    for answer in question.findall("answer"):
        one: dict[str, Any] = {"text": _text(answer)}
        if _share(answer) != 1:
            one["share"] = percent_of(_share(answer))
        if said := _said(answer.find("feedback"), reader):
            one["feedback"] = said
        accepted.append(one)
    if not accepted:
        raise NotTaken(_("it has no answer."))
    body["accepted"] = accepted
    if _text(question, "usecase") == "1":
        body["exact"] = True
    return "text", body


def _numerical(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body = _prompt(question, reader)
    answers = [answer for answer in question.findall("answer") if _share(answer) > 0]
    if any(_text(answer) == "*" for answer in answers):
        raise NotTaken(_("it gives points for any number."))
    found = [(_share(answer), _text(answer), _text(answer, "tolerance")) for answer in answers]
    body |= numeric(found)
    if any(_text(answer, "feedback") for answer in question.findall("answer")):
        reader.note(_("The feedback on single answers was left out."))
    units = question.findall("units/unit")
    if units:
        body["answer"]["unit"] = {"en": _text(units[0], "unit_name")}
    return "numeric", body


def _matching(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body, pairs, extras = _prompt(question, reader), [], []
    for pair in question.findall("subquestion"):
        text = _said(pair, reader)
        match = Reader(is_html=True).plain(_text(pair, "answer"))
        if text:
            pairs.append({"text": text, "match": match})
        elif match:
            extras.append(match)
    body["pairs"] = pairs
    if extras:
        body["extras"] = extras
    return "matching", body


def _ordering(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body = _prompt(question, reader)
    body["items"] = [_said(answer, reader) for answer in question.findall("answer")]
    return "ordering", body


def _essay(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    body = _prompt(question, reader)
    if guide := _said(question.find("graderinfo"), reader):
        body["guide"] = guide
    for name, path in (("least", "minwordlimit"), ("most", "maxwordlimit")):
        if (limit := _text(question, path)).isdigit() and int(limit):
            body[name] = int(limit)
    return "essay", body


def _cloze(question: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    found = words(_text(question, "questiontext"), is_html=True)
    if found.formatted:
        reader.note(_("The formatting of the text was left out."))
    text = {language: _gaps(told) for language, told in found.plain.items()}
    return "fill_in", {"prompt": dict(GAPS), "text": text}


def _gaps(text: str) -> str:
    made, place = "", 0
    for match in _CLOZE.finditer(text):
        if match[1] not in _TYPED:
            kind = {"kind": match[1].lower()}
            raise NotTaken(_("a gap of the kind «%(kind)s» is not known here.") % kind)
        made += guarded(_uncloze(text[place : match.start()])) + f"[{_accepted(match[2])}]"
        place = match.end()
    if not place:
        raise NotTaken(_("it has no gap."))
    return made + guarded(_uncloze(text[place:]))


def _accepted(source: str) -> str:
    told = []
    for answer in re.split(r"(?<!\\)~", source):
        answer = re.split(r"(?<!\\)#", answer)[0].strip()
        weight = re.match(r"%(-?\d+(?:\.\d+)?)%", answer)
        if weight and weight[1] == "100":
            told.append(answer[weight.end() :])
        elif answer.startswith("="):
            told.append(answer[1:])
        elif weight and float(weight[1]) > 0:
            raise NotTaken(_("a gap takes answers that are partly right."))
    return "|".join(guarded(_uncloze(each).strip()) for each in told)


def _uncloze(text: str) -> str:
    return re.sub(r"\\([}#~/\"\\])", r"\1", text)


_READERS: Mapping[str, Any] = {
    "multichoice": _multichoice,
    "truefalse": _true_false,
    "shortanswer": _short,
    "numerical": _numerical,
    "matching": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _cloze,
}


# --- Writing


def write(questions: Iterable[Given]) -> Written:
    root, file = Element("quiz"), Written(b"")
    for question in questions:
        if question.kind == "scale" or (
            question.kind == "text" and not question.body.get("accepted")
        ):
            sentence = _("Moodle XML has no such kind of question.")
            file.left_out.append((question.name, sentence))
            continue
        if lost := _lost(question):
            sentence = _("Left out: %(what)s.") % {"what": ", ".join(lost)}
            file.left_out.append((question.name, sentence))
        root.append(_written(question))
    indent(root, " ")
    file.data = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")
    return file


def _lost(question: Given) -> list[str]:
    body, lost = question.body, []
    if body.get("source"):
        lost.append(_("the source"))
    if body.get("credit") == "all":
        lost.append(_("that it is all or nothing"))
    if question.kind == "fill_in":
        if body.get("prompt") != GAPS:
            lost.append(_("the line above the gaps"))
        if body.get("when_right") or body.get("when_wrong"):
            lost.append(_("the feedback on right and other answers"))
    if question.kind in {"text", "numeric"} and (body.get("when_right") or body.get("when_wrong")):
        lost.append(_("the feedback on right and other answers"))
    if question.kind == "numeric" and len(body["answer"].get("unit") or {}) > 1:
        lost.append(_("the unit in Spanish"))
    return lost


_TYPES = {
    "single": "multichoice",
    "multiple": "multichoice",
    "true_false": "truefalse",
    "text": "shortanswer",
    "numeric": "numerical",
    "matching": "matching",
    "ordering": "ordering",
    "essay": "essay",
    "fill_in": "cloze",
}


def _written(question: Given) -> Element:
    body, kind = question.body, question.kind
    element = Element("question", {"type": _TYPES[kind]})
    _put(SubElement(element, "name"), question.name)
    asked = SubElement(element, "questiontext", {"format": "html"})
    if kind == "fill_in":
        texts = {language: _cloze_text(body, language) for language in body["text"]}
        _put(asked, rich_markup(texts))
    else:
        _put(
            asked,
            rich_markup(body["prompt_html"]) if body.get("prompt_html") else markup(body["prompt"]),
        )
    _html(element, "generalfeedback", body.get("explanation"))
    SubElement(element, "defaultgrade").text = str(question.points)
    if kind not in {"true_false", "essay", "text", "numeric", "fill_in"}:
        _html(element, "correctfeedback", body.get("when_right"))
        _html(element, "incorrectfeedback", body.get("when_wrong"))
    if kind in _WRITERS:
        _WRITERS[kind](element, body)
    if question.tags:
        tags = SubElement(element, "tags")
        for tag in question.tags:
            _put(SubElement(tags, "tag"), tag)
    return element


def _put(parent: Element, text: str) -> None:
    SubElement(parent, "text").text = text


def _html(parent: Element, name: str, value: Any) -> None:
    if value:
        _put(SubElement(parent, name, {"format": "html"}), markup(value))


def _answer(parent: Element, text: str, share: Fraction, feedback: Any, form: str) -> Element:
    answer = SubElement(parent, "answer", {"fraction": percent_of(share), "format": form})
    _put(answer, text)
    _html(answer, "feedback", feedback)
    return answer


def _write_choices(element: Element, body: Mapping[str, Any], *, single: bool) -> None:
    SubElement(element, "single").text = "true" if single else "false"
    SubElement(element, "shuffleanswers").text = "false" if body.get("keep_order") else "true"
    for option, share in zip(body["options"], shares(body, single=single), strict=True):
        _answer(element, markup(option["text"]), share, option.get("feedback"), "html")


def _write_true_false(element: Element, body: Mapping[str, Any]) -> None:
    for value in (True, False):
        right = value is body["answer"]
        feedback = body.get("when_right" if right else "when_wrong")
        _answer(element, str(value).lower(), Fraction(right), feedback, "moodle_auto_format")


def _write_text(element: Element, body: Mapping[str, Any]) -> None:
    SubElement(element, "usecase").text = "1" if body.get("exact") else "0"
    for one in body["accepted"]:
        share = Fraction(decimal(one.get("share", 100)) or 0) / 100
        _answer(element, one["text"], share, one.get("feedback"), "moodle_auto_format")


def _write_number(element: Element, body: Mapping[str, Any]) -> None:
    answer, near = body["answer"], body.get("near")
    rows = [(Fraction(1), answer.get("tolerance") or 0)]
    if near:
        rows.append((Fraction(decimal(near["share"]) or 0) / 100, near["tolerance"]))
    for share, tolerance in rows:
        made = _answer(element, str(answer["value"]), share, None, "moodle_auto_format")
        SubElement(made, "tolerance").text = str(tolerance)
    if unit := (answer.get("unit") or {}).get("en"):
        one = SubElement(SubElement(element, "units"), "unit")
        SubElement(one, "multiplier").text = "1"
        SubElement(one, "unit_name").text = unit


def _write_pairs(element: Element, body: Mapping[str, Any]) -> None:
    SubElement(element, "shuffleanswers").text = "true"
    extras = [{"text": {}, "match": extra} for extra in body.get("extras", [])]
    for pair in [*body["pairs"], *extras]:
        made = SubElement(element, "subquestion", {"format": "html"})
        _put(made, markup(pair["text"]))
        _put(SubElement(made, "answer"), markup(pair["match"]))


def _write_items(element: Element, body: Mapping[str, Any]) -> None:
    for place, item in enumerate(body["items"], 1):
        _answer(element, markup(item), Fraction(place, 100), None, "html")


def _write_essay(element: Element, body: Mapping[str, Any]) -> None:
    for name, path in (("least", "minwordlimit"), ("most", "maxwordlimit")):
        if body.get(name):
            SubElement(element, path).text = str(body[name])
    _html(element, "graderinfo", body.get("guide"))


def _cloze_text(body: Mapping[str, Any], language: str) -> str:
    around, accepted = gaps_of(body["text"][language])
    kind = "SHORTANSWER_C" if body.get("exact") else "SHORTANSWER"
    made = markup({"en": around[0]})
    for choices, after in zip(accepted, around[1:], strict=True):
        told = "~".join(f"={re.sub(r'([}#~\\])', r'\\\1', choice)}" for choice in choices)
        made += f"{{1:{kind}:{markup({'en': told})}}}" + markup({"en": after})
    return made


_WRITERS: Mapping[str, Any] = {
    "single": lambda element, body: _write_choices(element, body, single=True),
    "multiple": lambda element, body: _write_choices(element, body, single=False),
    "true_false": _write_true_false,
    "text": _write_text,
    "numeric": _write_number,
    "matching": _write_pairs,
    "ordering": _write_items,
    "essay": _write_essay,
}
