"""A package of QTI 3 items (1EdTech). What QTI has no place for is said."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils.translation import gettext as _

from courses.formats.base import Given, Written, letter, percent_of, shares
from courses.formats.gift import GAPS
from courses.formats.safe_xml import parse
from courses.questions.base import decimal
from courses.questions.written import gaps_of
from lms.text import Localised
from lms.zips import write as write_zip

_ITEM = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_MANIFEST = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_TEMPLATE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"


def write(questions: Iterable[Given]) -> Written:
    file, entries = Written(b""), list[tuple[str, bytes]]()
    manifest = Element("manifest", {"xmlns": _MANIFEST, "identifier": "groundwork"})
    meta = SubElement(manifest, "metadata")
    SubElement(meta, "schema").text = "QTI Package"
    SubElement(meta, "schemaversion").text = "3.0.0"
    SubElement(manifest, "organizations")
    resources = SubElement(manifest, "resources")
    for question in questions:
        if question.kind == "text" and not question.body.get("accepted"):
            file.left_out.append((question.name, _("QTI has no such kind of question.")))
            continue
        if lost := _lost(question):
            sentence = _("Left out: %(what)s.") % {"what": ", ".join(lost)}
            file.left_out.append((question.name, sentence))
        name = f"item-{len(entries) + 1:05d}"
        attributes = {"identifier": name, "type": "imsqti_item_xmlv3p0", "href": f"{name}.xml"}
        SubElement(SubElement(resources, "resource", attributes), "file", {"href": f"{name}.xml"})
        entries.append((f"{name}.xml", _bytes(_written(question, name))))
    target = io.BytesIO()
    write_zip(target, [("imsmanifest.xml", _bytes(manifest)), *entries])
    file.data = target.getvalue()
    return file


def _bytes(element: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(element, encoding="utf-8")


def _lost(question: Given) -> list[str]:
    body, kind = question.body, question.kind
    places = {
        "source": _("the source"),
        "near": _("the nearly right number"),
        "least": _("the fewest words"),
        "most": _("the most words"),
        "low": _("the words at the ends of the scale"),
        "required": _("that it must be answered"),
    }
    lost = [label for name, label in places.items() if body.get(name)]
    if question.tags:
        lost.append(_("the tags"))
    if kind == "numeric" and body["answer"].get("unit"):
        lost.append(_("the unit"))
    if kind == "fill_in" and body.get("prompt") != GAPS:
        lost.append(_("the line above the gaps"))
    if kind in {"ordering", "matching", "fill_in"} and body.get("credit") == "all":
        lost.append(_("that it is all or nothing"))
    if kind == "text":
        if any(one.get("feedback") for one in body["accepted"]):
            lost.append(_("the feedback on single answers"))
        if any("*" in one["text"].replace("\\*", "") for one in body["accepted"]):
            lost.append(_("that a star stands for any words"))
    return lost


def _written(question: Given, name: str) -> Element:
    body, kind = question.body, question.kind
    item = Element(
        "qti-assessment-item",
        {
            "xmlns": _ITEM,
            "identifier": name,
            "title": question.name,
            "adaptive": "false",
            "time-dependent": "false",
        },
    )
    element = Element("qti-item-body")
    processing = _WRITERS[kind](item, element, body)
    for identifier, value in (("SCORE", "0"), ("MAXSCORE", str(question.points))):
        outcome = {"identifier": identifier, "cardinality": "single", "base-type": "float"}
        default = SubElement(
            SubElement(item, "qti-outcome-declaration", outcome), "qti-default-value"
        )
        SubElement(default, "qti-value").text = value
    item.append(element)
    if isinstance(processing, Element):
        item.append(processing)
    elif processing:
        SubElement(item, "qti-response-processing", {"template": f"{_TEMPLATE}{processing}.xml"})
    for identifier, key in (("explanation", "explanation"), ("right", "when_right"),
                            ("wrong", "when_wrong")):  # fmt: skip
        if body.get(key):
            where = {
                "outcome-identifier": "FEEDBACK",
                "identifier": identifier,
                "show-hide": "show",
            }
            feedback = SubElement(item, "qti-modal-feedback", where)
            _say(SubElement(feedback, "qti-content-body"), body[key])
    return item


def _declare(
    item: Element, cardinality: str, base: str, right: Iterable[str], name: str = "RESPONSE"
) -> Element:
    about = {"identifier": name, "cardinality": cardinality, "base-type": base}
    declaration = SubElement(item, "qti-response-declaration", about)
    correct = SubElement(declaration, "qti-correct-response")
    for value in right:
        SubElement(correct, "qti-value").text = value
    return declaration


def _map(declaration: Element, entries: Iterable[tuple[str, Fraction, bool]]) -> None:
    mapping = SubElement(declaration, "qti-mapping", {"default-value": "0"})
    for key, value, exact in entries:
        SubElement(
            mapping,
            "qti-map-entry",
            {
                "map-key": key,
                "mapped-value": percent_of(value / 100),
                "case-sensitive": str(exact).lower(),
            },
        )


def _say(parent: Element, value: Localised) -> None:
    """Words with line breaks; spans for each language where there are two."""
    if set(value) <= {"en"}:
        _lines(parent, value.get("en", ""))
        return
    for language, text in value.items():
        _lines(SubElement(parent, "span", {"lang": language, "class": "multilang"}), text)


def _lines(parent: Element, text: str) -> None:
    first, *rest = text.split("\n")
    parent.text = first
    for line in rest:
        SubElement(parent, "br").tail = line


def _ask(element: Element, body: Mapping[str, Any]) -> None:
    if rich := body.get("prompt_html"):
        for language, text in rich.items():
            root = parse(f"<div>{_as_xml(text)}</div>".encode())
            if len(rich) > 1:
                root.tag = "span"
                root.attrib |= {"lang": language, "class": "multilang"}
            element.append(root)
        return
    _say(SubElement(element, "p"), body["prompt"])


def _as_xml(cleaned: str) -> str:
    """Cleaned HTML as XML: its named entities resolved, its empty elements closed."""
    told = re.sub(r"&(?!amp;|lt;|gt;|quot;|#)(\w+);", lambda m: html.unescape(m[0]), cleaned)
    return re.sub(r"<(br|hr)\s*>", r"<\1/>", told)


def _interaction(element: Element, name: str, **attributes: str) -> Element:
    about = {"response-identifier": "RESPONSE"} | {
        k.replace("_", "-"): v for k, v in attributes.items()
    }
    return SubElement(element, f"qti-{name}-interaction", about)


def _write_choices(
    item: Element, element: Element, body: Mapping[str, Any], *, single: bool
) -> str:
    names = [letter(n) for n in range(len(body["options"]))]
    right = [name for name, o in zip(names, body["options"], strict=True) if o.get("right")]
    declaration = _declare(item, "single" if single else "multiple", "identifier", right)
    plain = (single and body.get("credit") != "percent") or body.get("credit") == "all"
    if not plain:
        worth = zip(names, shares(body, single=single), strict=True)
        _map(declaration, ((name, share * 100, True) for name, share in worth))
    _ask(element, body)
    asked = _interaction(
        element,
        "choice",
        max_choices="1" if single else "0",
        shuffle="false" if body.get("keep_order") else "true",
    )
    for name, option in zip(names, body["options"], strict=True):
        choice = SubElement(asked, "qti-simple-choice", {"identifier": name})
        _say(choice, option["text"])
        if option.get("feedback"):
            about = {"outcome-identifier": "FEEDBACK", "identifier": name, "show-hide": "show"}
            _say(SubElement(choice, "qti-feedback-inline", about), option["feedback"])
    return "match_correct" if plain else "map_response"


def _write_true_false(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    _declare(item, "single", "identifier", [str(body["answer"]).lower()])
    _ask(element, body)
    asked = _interaction(element, "choice", max_choices="1", shuffle="false")
    for value in ("true", "false"):
        SubElement(asked, "qti-simple-choice", {"identifier": value}).text = value.capitalize()
    return "match_correct"


def _write_order(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    names = [letter(n) for n in range(len(body["items"]))]
    _declare(item, "ordered", "identifier", names)
    _ask(element, body)
    asked = _interaction(element, "order", shuffle="true")
    for name, words in zip(names, body["items"], strict=True):
        _say(SubElement(asked, "qti-simple-choice", {"identifier": name}), words)
    return "match_correct"


def _write_match(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    matches: list[Localised] = []
    for words in [*(pair["match"] for pair in body["pairs"]), *body.get("extras", [])]:
        if words not in matches:
            matches.append(words)
    pairs = [f"L{n} M{matches.index(pair['match'])}" for n, pair in enumerate(body["pairs"])]
    declaration = _declare(item, "multiple", "directedPair", pairs)
    _map(declaration, ((pair, Fraction(100, len(pairs)), True) for pair in pairs))
    _ask(element, body)
    asked = _interaction(element, "match", shuffle="true", max_associations=str(len(pairs)))
    left, right = (SubElement(asked, "qti-simple-match-set") for _side in range(2))
    for n, pair in enumerate(body["pairs"]):
        about = {"identifier": f"L{n}", "match-max": "1"}
        _say(SubElement(left, "qti-simple-associable-choice", about), pair["text"])
    for n, words in enumerate(matches):
        about = {"identifier": f"M{n}", "match-max": "0"}
        _say(SubElement(right, "qti-simple-associable-choice", about), words)
    return "map_response"


def _write_number(item: Element, element: Element, body: Mapping[str, Any]) -> Element:
    answer = body["answer"]
    _declare(item, "single", "float", [str(answer["value"])])
    _ask(element, body)
    _interaction(SubElement(element, "p"), "text-entry")
    processing = Element("qti-response-processing")
    when = SubElement(SubElement(processing, "qti-response-condition"), "qti-response-if")
    off = answer.get("tolerance") or 0
    about = {"tolerance-mode": "absolute", "tolerance": f"{off} {off}"}
    equal = SubElement(when, "qti-equal", about)
    SubElement(equal, "qti-variable", {"identifier": "RESPONSE"})
    SubElement(equal, "qti-correct", {"identifier": "RESPONSE"})
    score = SubElement(when, "qti-set-outcome-value", {"identifier": "SCORE"})
    SubElement(score, "qti-variable", {"identifier": "MAXSCORE"})
    return processing


def _write_text(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    rows = [
        (
            one["text"].replace("\\*", "*"),
            Fraction(decimal(one.get("share", 100)) or 0),
            bool(body.get("exact")),
        )
        for one in body["accepted"]
    ]
    best = max(rows, key=lambda row: row[1])
    _map(_declare(item, "single", "string", [best[0]]), rows)
    _ask(element, body)
    _interaction(SubElement(element, "p"), "text-entry")
    return "map_response"


def _write_gaps(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    told = {language: gaps_of(words) for language, words in body["text"].items()}
    exact, count = bool(body.get("exact")), len(next(iter(told.values()))[1])
    for n in range(count):
        accepted = list(dict.fromkeys(each for _w, gaps in told.values() for each in gaps[n]))
        declaration = _declare(item, "single", "string", accepted[:1], f"RESPONSE{n + 1}")
        _map(declaration, ((each, Fraction(100, count), exact) for each in accepted))
    paragraph = SubElement(element, "p")
    around = {language: words for language, (words, _gaps) in told.items()}
    for n in range(count + 1):
        piece = {language: words[n] for language, words in around.items()}
        holder = SubElement(paragraph, "span")
        _say(holder, piece)
        if n < count:
            _interaction(paragraph, "text-entry").set("response-identifier", f"RESPONSE{n + 1}")
    return "map_response"


def _write_essay(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    about = {"identifier": "RESPONSE", "cardinality": "single", "base-type": "string"}
    SubElement(item, "qti-response-declaration", about)
    _ask(element, body)
    _interaction(element, "extended-text")
    if body.get("guide"):
        block = SubElement(element, "qti-rubric-block", {"use": "scoring", "view": "scorer"})
        _say(SubElement(block, "qti-content-body"), body["guide"])
    return ""


def _write_scale(item: Element, element: Element, body: Mapping[str, Any]) -> str:
    about = {"identifier": "RESPONSE", "cardinality": "single", "base-type": "integer"}
    SubElement(item, "qti-response-declaration", about)
    _ask(element, body)
    _interaction(
        element, "slider", lower_bound="1", upper_bound=str(body.get("steps", 5)), step="1"
    )
    return ""


_WRITERS: Mapping[str, Any] = {
    "single": lambda item, element, body: _write_choices(item, element, body, single=True),
    "multiple": lambda item, element, body: _write_choices(item, element, body, single=False),
    "true_false": _write_true_false,
    "ordering": _write_order,
    "matching": _write_match,
    "numeric": _write_number,
    "text": _write_text,
    "fill_in": _write_gaps,
    "essay": _write_essay,
    "scale": _write_scale,
}
