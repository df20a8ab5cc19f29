"""QTI 2.1, 2.2 and 3.0 (1EdTech): items alone or in a package; written as a package of QTI 3.

Names differ between the versions only in how they are spelled (`assessmentItem`,
`qti-assessment-item`), so both are read as one. What stands in an item body besides one kind of
interaction cannot be taken: then the item asks for more than one answer at once.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

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
    letter,
    number,
    options,
    percent_of,
    shares,
    short,
    whole_points,
)
from courses.formats.gift import GAPS
from courses.formats.safe_xml import parse
from courses.questions.base import decimal
from courses.questions.written import gaps_of, guarded
from lms.text import Localised
from lms.zips import BadZip, Limits, Zip
from lms.zips import write as write_zip

LIMITS = Limits(files=20_000, one=5 * 2**20, total=200 * 2**20, depth=8)
_INTERACTIONS = {
    *("choice", "order", "match", "textentry", "extendedtext", "slider", "inlinechoice"),
    *("associate", "gapmatch", "hottext", "hotspot", "graphicassociate", "graphicgapmatch"),
    *("graphicorder", "selectpoint", "positionobject", "drawing", "upload", "media", "custom"),
    *("portablecustom", "endattempt"),
}
_UNSEEN = {"modalfeedback", "feedbackblock", "rubricblock", "feedbackinline", "stylesheet"}


def read(data: bytes) -> list[Row]:
    if data[:4] != b"PK\x03\x04":
        return [_item(1, "", parse(data))]
    try:
        package = Zip(io.BytesIO(data), LIMITS)
        return _package(package)
    except BadZip as error:
        raise BadFile(str(error)) from error


def _package(package: Zip) -> list[Row]:
    names = _listed(package) or [name for name in package.names if name.lower().endswith(".xml")]
    rows: list[Row] = []
    for name in names:
        place = len(rows) + 1
        if name not in package.names:
            rows.append(Refused(place, name, _("the package names it and does not hold it.")))
            continue
        try:
            root = parse(package.read(name))
        except BadFile as error:
            rows.append(Refused(place, name, str(error)))
            continue
        if _name(root) in {"assessmenttest", "manifest"}:
            continue
        rows.append(_item(place, name, root))
    return rows


def _listed(package: Zip) -> list[str]:
    """The items that the manifest names, in its order."""
    if "imsmanifest.xml" not in package.names:
        return []
    found = []
    for resource in parse(package.read("imsmanifest.xml")).iter("resource"):
        if "item" in resource.get("type", "") and resource.get("href"):
            found.append(resource.get("href", ""))
    return found


def _name(element: Element) -> str:
    """`qti-choice-interaction` and `choiceInteraction` are one."""
    return element.tag.lower().removeprefix("qti-").replace("-", "")


def _get(element: Element, name: str) -> str:
    for key, value in element.attrib.items():
        if key.lower().replace("-", "") == name:
            return value
    return ""


def _all(element: Element, name: str) -> list[Element]:
    return [each for each in element.iter() if _name(each) == name]


def _first(element: Element, name: str) -> Element | None:
    return next(iter(_all(element, name)), None)


def _item(place: int, file: str, root: Element) -> Row:
    reader = Reader(is_html=True)
    title = short(_get(root, "title") or file or _get(root, "identifier"))
    try:
        if _name(root) == "questestinterop":
            raise NotTaken(_("it is QTI 1.2, an older format that is not known here."))
        if _name(root) != "assessmentitem":
            raise NotTaken(_("it is no QTI item."))
        kind, body = _read(root, reader)
        body |= _feedback(root, reader)
        points = whole_points(_default(root, "MAXSCORE"), reader)
    except NotTaken as refusal:
        return Refused(place, title, str(refusal))
    return Taken(place, title, kind, body, points, (), tuple(reader.notes))


def _default(root: Element, identifier: str) -> str:
    for outcome in _all(root, "outcomedeclaration"):
        if _get(outcome, "identifier") == identifier:
            return "".join(value.text or "" for value in _all(outcome, "value")).strip()
    return ""


def _read(root: Element, reader: Reader) -> tuple[str, dict[str, Any]]:
    item = _first(root, "itembody")
    if item is None:
        raise NotTaken(_("it has no question."))
    inside = [
        each
        for each in item.iter()
        if _name(each).endswith("interaction")
        and _name(each).removesuffix("interaction") in _INTERACTIONS
    ]
    kinds = {_name(each).removesuffix("interaction") for each in inside}
    if not inside:
        raise NotTaken(_("it asks nothing: it is a description."))
    (kind, *others) = sorted(kinds)
    if others or (len(inside) > 1 and kind != "textentry"):
        raise NotTaken(_("it asks for more than one answer at once."))
    if kind not in _READERS:
        raise NotTaken(_("its kind «%(kind)s» is not known here.") % {"kind": kind})
    return _READERS[kind](root, item, inside[0], reader)


def _asked(item: Element, interaction: Element, reader: Reader) -> dict[str, Any]:
    """The words before the interaction, and its prompt."""
    prompt = next((each for each in interaction if _name(each) == "prompt"), None)
    source = _html(item, without={interaction})
    if prompt is not None:
        source += f" <p>{_html(prompt)}</p>"
    return reader.prompt(source)


def _html(element: Element, *, without: set[Element] | None = None) -> str:
    """What stands inside, as HTML. Pictures stay, so that they are seen and refused."""
    made = html.escape(element.text or "", quote=False)
    for child in element:
        if child not in (without or set()) and _name(child) not in _UNSEEN:
            tag = child.tag.lower()
            if tag.startswith("qti-") or not re.fullmatch(r"[a-z][a-z0-9]*", tag):
                made += _html(child, without=without)
            else:
                lang = child.get("lang", "")
                kept = "".join(
                    f' {name}="{html.escape(child.get(name, ""))}"'
                    for name in ("class", "href", "title", "colspan", "rowspan", "scope")
                    if child.get(name)
                )
                kept += f' lang="{html.escape(lang)}"' if lang else ""
                inner = _html(child, without=without)
                made += f"<{tag}{kept}>{inner}" + (
                    "" if tag in {"br", "hr", "img"} else f"</{tag}>"
                )
        made += html.escape(child.tail or "", quote=False)
    return made


def _declared(root: Element, interaction: Element) -> Element | None:
    wanted = _get(interaction, "responseidentifier")
    for declaration in _all(root, "responsedeclaration"):
        if _get(declaration, "identifier") == wanted:
            return declaration
    return None


def _right(root: Element, interaction: Element) -> list[str]:
    declaration = _declared(root, interaction)
    correct = _first(declaration, "correctresponse") if declaration is not None else None
    if correct is None:
        return []
    return [(value.text or "").strip() for value in _all(correct, "value")]


def _mapped(root: Element, interaction: Element) -> dict[str, Fraction]:
    declaration = _declared(root, interaction)
    entries = _all(declaration, "mapentry") if declaration is not None else []
    return {
        _get(entry, "mapkey"): Fraction(decimal(_get(entry, "mappedvalue")) or 0)
        for entry in entries
    }


def _choice(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    body = _asked(item, interaction, reader)
    declaration, right = _declared(root, interaction), _right(root, interaction)
    single = declaration is None or _get(declaration, "cardinality") == "single"
    choices = [each for each in interaction if _name(each) == "simplechoice"]
    names = [_get(choice, "identifier") for choice in choices]
    if not right:
        raise NotTaken(_("it does not say which answer is right."))
    if sorted(names) == ["false", "true"] and single:
        return "true_false", {**body, "answer": right[0] == "true"}
    mapped = _mapped(root, interaction)
    most = max([value for value in mapped.values() if value > 0], default=Fraction(1))
    whole = (
        most if single else sum((v for v in mapped.values() if v > 0), Fraction(0)) or Fraction(1)
    )
    rows = []
    for choice, name in zip(choices, names, strict=True):
        feedback = _first(choice, "feedbackinline")
        if mapped:
            share = mapped.get(name, Fraction(0)) / whole
            share = Fraction(1) if single and name in right else share
        else:
            share = Fraction(1, 1 if single else len(right)) * (
                1 if name in right else 0 if single else -1
            )
        rows.append((_html(choice), share, _html(feedback) if feedback is not None else ""))
    body |= options(reader, rows, single=single)
    if _get(interaction, "shuffle") == "false":
        body["keep_order"] = True
    if not single and not mapped:
        body["credit"] = "all"  # without a mapping an answer is right as a whole or not at all
    return ("single" if single else "multiple"), body


def _order(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    body, right = _asked(item, interaction, reader), _right(root, interaction)
    texts = {_get(c, "identifier"): c for c in interaction if _name(c) == "simplechoice"}
    if sorted(right) != sorted(texts):
        raise NotTaken(_("it does not say the right order of all its parts."))
    body["items"] = [reader.plain(_html(texts[name])) for name in right]
    return "ordering", body


def _match(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    body = _asked(item, interaction, reader)
    sets = [each for each in interaction if _name(each) == "simplematchset"]
    if len(sets) != 2:
        raise NotTaken(_("it has no two lists to match."))
    left, right = ({_get(c, "identifier"): reader.plain(_html(c)) for c in one} for one in sets)
    belongs: dict[str, str] = {}
    for pair in _right(root, interaction):
        one, _space, other = pair.partition(" ")
        if one in right and other in left:
            one, other = other, one
        if one not in left or other not in right or one in belongs:
            raise NotTaken(_("a line of it matches more than one thing, or nothing that is there."))
        belongs[one] = other
    if belongs.keys() != left.keys():
        raise NotTaken(_("a line of it matches more than one thing, or nothing that is there."))
    body["pairs"] = [{"text": left[one], "match": right[belongs[one]]} for one in left]
    if extras := [right[name] for name in right if name not in belongs.values()]:
        body["extras"] = extras
    return "matching", body


def _entry(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    entries = [each for each in item.iter() if _name(each) == "textentryinteraction"]
    parent = next(each for each in item.iter() if interaction in list(each))
    beside = [parent.text or "", *((child.tail or "") for child in parent)]
    alone = len(entries) == 1 and len(list(parent)) == 1 and not "".join(beside).strip()
    if not alone:
        return _fill_in(root, item, entries, reader)
    body, right = _asked(item, interaction, reader), _right(root, interaction)
    if not right:
        raise NotTaken(_("it does not say which answer is right."))
    declaration = _declared(root, interaction)
    kind = _get(declaration, "basetype") if declaration is not None else "string"
    if kind in {"float", "integer"}:
        off = "0"
        for equal in _all(root, "equal"):
            if _get(equal, "tolerancemode") == "absolute":
                off = _get(equal, "tolerance").split()[0]
        return "numeric", {**body, "answer": {"value": number(right[0]), "tolerance": number(off)}}
    mapped = _mapped(root, interaction)
    whole = max(mapped.values(), default=Fraction(1)) or Fraction(1)
    accepted = []
    for text, value in (mapped or dict.fromkeys(right, Fraction(1))).items():
        one: dict[str, Any] = {"text": text.replace("*", "\\*")}
        if value != whole:
            one["share"] = percent_of(value / whole)
        accepted.append(one)
    if any(_get(entry, "casesensitive") == "true" for entry in _all(root, "mapentry")):
        body["exact"] = True
    return "text", {**body, "accepted": accepted}


def _fill_in(
    root: Element, item: Element, entries: list[Element], reader: Reader
) -> tuple[str, dict[str, Any]]:
    told = []
    for entry in entries:
        mapped = [text for text, value in _mapped(root, entry).items() if value > 0]
        told.append(mapped or _right(root, entry))
    if not all(told):
        raise NotTaken(_("a gap accepts no answer."))
    for n, entry in enumerate(entries):
        entry.tag, entry.text = "span", f"\ue000{n}\ue001"
        for child in list(entry):
            entry.remove(child)
    found = reader.plain(_html(item))
    text: Localised = {}
    for language, whole in found.items():
        pieces = re.split("\ue000(\\d+)\ue001", whole)
        made = ""
        for place, piece in enumerate(pieces):
            gap = "|".join(guarded(each) for each in told[int(piece)]) if place % 2 else ""
            made += f"[{gap}]" if place % 2 else guarded(piece)
        text[language] = made
    body: dict[str, Any] = {"prompt": dict(GAPS), "text": text}
    if any(_get(entry, "casesensitive") == "true" for entry in _all(root, "mapentry")):
        body["exact"] = True
    return "fill_in", body


def _extended(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    body = _asked(item, interaction, reader)
    for block in _all(item, "rubricblock"):
        if _get(block, "view") == "scorer" and (said := reader.plain(_html(block))):
            body["guide"] = said
    return "essay", body


def _slider(
    root: Element, item: Element, interaction: Element, reader: Reader
) -> tuple[str, dict[str, Any]]:
    low, high = (decimal(_get(interaction, name)) for name in ("lowerbound", "upperbound"))
    step = decimal(_get(interaction, "step") or "1")
    if low != 1 or step != 1 or high is None or _right(root, interaction):
        raise NotTaken(_("it is a slider that is no scale from 1 in whole steps."))
    return "scale", {**_asked(item, interaction, reader), "steps": int(high)}


_READERS: Mapping[str, Any] = {
    "choice": _choice,
    "order": _order,
    "match": _match,
    "textentry": _entry,
    "extendedtext": _extended,
    "slider": _slider,
}
_FEEDBACK = {
    "explanation": "explanation",
    "general": "explanation",
    "right": "when_right",
    "correct": "when_right",
    "wrong": "when_wrong",
    "incorrect": "when_wrong",
}


def _feedback(root: Element, reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for feedback in _all(root, "modalfeedback"):
        name = _FEEDBACK.get(_get(feedback, "identifier").lower())
        if name and (said := reader.plain(_html(feedback))):
            found[name] = said
        elif not name:
            reader.note(_("Feedback that depends on rules of its own was left out."))
    return found


# --- Writing: a package of QTI 3 items

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
