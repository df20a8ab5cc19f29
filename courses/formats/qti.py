"""QTI 2.1, 2.2 and 3.0 (1EdTech): items alone or in a package. QTI 1.2 has a reader of its own.

Names differ between the versions only in how they are spelled (`assessmentItem`,
`qti-assessment-item`), so both are read as one. What stands in an item body besides one kind of
interaction cannot be taken: then the item asks for more than one answer at once.
Writing has a file of its own.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from courses.formats import qti12
from courses.formats.base import (
    BadFile,
    NotTaken,
    Reader,
    Refused,
    Row,
    Taken,
    number,
    options,
    percent_of,
    short,
    whole_points,
)
from courses.formats.gift import GAPS
from courses.formats.safe_xml import parse
from courses.questions.base import decimal
from courses.questions.written import guarded
from lms.text import Localised
from lms.zips import BadZip, Limits, Zip

LIMITS = Limits(files=20_000, one=5 * 2**20, total=200 * 2**20, depth=10, foreign=True)
_INTERACTIONS = {
    *("choice", "order", "match", "textentry", "extendedtext", "slider", "inlinechoice"),
    *("associate", "gapmatch", "hottext", "hotspot", "graphicassociate", "graphicgapmatch"),
    *("graphicorder", "selectpoint", "positionobject", "drawing", "upload", "media", "custom"),
    *("portablecustom", "endattempt"),
}
_MANIFEST = "imsmanifest.xml"
_UNSEEN = {"modalfeedback", "feedbackblock", "rubricblock", "feedbackinline", "stylesheet"}


def read(data: bytes) -> list[Row]:
    if data[:4] != b"PK\x03\x04":
        return _rows(1, "", parse(data))
    try:
        package = Zip(io.BytesIO(data), LIMITS)
        return _package(package)
    except BadZip as error:
        raise BadFile(str(error)) from error


def _package(package: Zip) -> list[Row]:
    names = _listed(package) or [name for name in package.names if _is_item(name)]
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
        if _name(root) not in {"assessmenttest", "manifest", "quiz"}:  # the last is Canvas's own
            rows += _rows(place, name, root)
    return rows


def _rows(place: int, name: str, root: Element) -> list[Row]:
    if _name(root) == "questestinterop":
        return qti12.items(root, place)
    return [_item(place, name, root)]


def _listed(package: Zip) -> list[str]:
    """The items that the manifest names, in its order.

    Who zips a folder by hand puts everything one folder deeper; addresses in the manifest are
    those of a web page, so that a space is «%20».
    """
    manifests = [name for name in package.names if _is_item(name) and _base(name) == _MANIFEST]
    if not manifests:
        return []
    manifest = min(manifests, key=lambda name: (name.count("/"), name))
    folder, held = manifest[: -len(_MANIFEST)], set(package.names)
    found = []
    for resource in parse(package.read(manifest)).iter("resource"):
        address, kind = resource.get("href", ""), resource.get("type", "")
        if kind.startswith("imsqti_xmlv1p2"):  # a whole quiz or bank, named by its first file
            file = resource.find("file")
            address = address or (file.get("href", "") if file is not None else "")
        elif "item" not in kind:
            continue
        if not address:
            continue
        within = folder + resource.get("base", "") + address
        tries = [within, folder + address, unquote(within), unquote(folder + address)]
        found.append(next((name for name in tries if name in held), address))
    return found


def _is_item(name: str) -> bool:
    """Not what a Mac puts beside each file."""
    mac = name.startswith("__MACOSX/") or _base(name).startswith("._")
    return name.lower().endswith(".xml") and not mac


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _name(element: Element) -> str:
    """`qti-choice-interaction` and `choiceInteraction` are one."""
    return _spelled(element.tag)


@lru_cache(maxsize=1000)  # a file may name its elements as it likes
def _spelled(tag: str) -> str:
    return tag[:80].lower().removeprefix("qti-").replace("-", "")


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
