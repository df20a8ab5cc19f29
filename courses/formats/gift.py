"""GIFT, the text format of Moodle (docs.moodle.org, «GIFT format»; question/format/gift).

The tags and the category of a question are its tags here. What GIFT has no place for is said when
a file is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from courses.formats.base import (
    Given,
    NotTaken,
    Reader,
    Refused,
    Row,
    Taken,
    Written,
    markup,
    number,
    options,
    percent_of,
    rich_markup,
    shares,
    short,
    text_of,
)
from courses.questions.base import decimal
from courses.questions.written import gaps_of, guarded
from lms.text import Localised

GAPS: Localised = {"en": "Fill in the gaps.", "es": "Complete los espacios."}
_ESCAPED = "\\~=#{}:n"  # what a backslash may stand before; in a file as \1 to \8
_TAG = re.compile(r"\[tag:([^\]]+)\]")
_FORMAT = re.compile(r"^\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"^%(-?\d+(?:\.\d+)?)%")
_TRUE_FALSE = re.compile(r"^(T|TRUE|F|FALSE)\s*(?=#|$)", re.IGNORECASE)


def read(data: bytes) -> list[Row]:
    rows: list[Row] = []
    category: list[str] = []
    text = _hide(text_of(data))
    for piece in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text):
        lines, tags = [], list[str]()
        for line in piece.split("\n"):
            if line.lstrip().startswith("//"):
                tags += [_bare(tag).strip() for tag in _TAG.findall(line)]
            elif line.lstrip().startswith("$CATEGORY:"):
                category = [_bare(line.partition(":")[2]).rstrip("/").rpartition("/")[2].strip()]
            else:
                lines.append(line)
        source = "\n".join(lines).strip()
        if source:
            named = [each for each in category if each not in {"", "top", "Default"}]
            rows.append(_row(len(rows) + 1, source, (*named, *tags)))
    return rows


def _row(number: int, source: str, tags: tuple[str, ...]) -> Row:
    title = ""
    if match := re.match(r"::(.*?)::", source, re.DOTALL):
        title, source = _bare(match[1]).strip(), source[match.end() :].lstrip()
    kept = None
    if match := _FORMAT.match(source):
        kept, source = match[1].lower(), source[match.end() :].lstrip()
    reader = Reader(is_html={"plain": False, "html": True}.get(kept or ""))
    name = short(title or _bare(source))
    try:
        kind, body = _question(source, reader)
    except NotTaken as refusal:
        return Refused(number, name, str(refusal))
    return Taken(number, name, kind, body, tags=tags, notes=tuple(reader.notes))


def _question(source: str, reader: Reader) -> tuple[str, dict[str, Any]]:
    opens, closes = source.find("{"), source.rfind("}")
    if opens < 0 and closes < 0:
        raise NotTaken(_("it asks nothing: it is a description."))
    if opens < 0 or closes < opens or "{" in source[opens + 1 : closes]:
        raise NotTaken(_("its braces do not fit together, or it has more than one answer part."))
    before, after = source[:opens].strip(), source[closes + 1 :].strip()
    answers, explanation = source[opens + 1 : closes].strip(), ""
    if "####" in answers:
        answers, _sep, explanation = answers.partition("####")
        answers = answers.strip()
    kind, body = _answers(answers, before, after, reader)
    if said := reader.plain(_bare(explanation.strip())):
        body["explanation"] = said
    return kind, body


def _answers(answers: str, before: str, after: str, reader: Reader) -> tuple[str, dict[str, Any]]:
    gap = f"{before} _____ {after}" if after else before
    prompt = reader.prompt(_bare(gap))
    if not answers:
        return "essay", prompt
    if answers.startswith("#"):
        return "numeric", {**prompt, **_numeric(answers[1:].strip(), reader)}
    if match := _TRUE_FALSE.match(answers):
        wrong, _sep, right = answers[match.end() :].strip()[1:].partition("#")
        body: dict[str, Any] = {**prompt, "answer": match[1].upper().startswith("T")}
        for key, source in (("when_wrong", wrong), ("when_right", right)):
            if told := reader.plain(_bare(source.strip())):
                body[key] = told
        return "true_false", body
    parts = _parts(answers)
    signs = {sign for sign, _weight, _text, _feedback in parts}
    if signs == {"="} and all("->" in text for _sign, _weight, text, _feedback in parts):
        return "matching", {**prompt, **_matching(parts, reader)}
    if "~" in signs:
        several = not any(sign == "=" for sign in (s for s, _w, _t, _f in parts))
        choices = [
            (_bare(text), weight if weight is not None else Fraction(sign == "="), _bare(feedback))
            for sign, weight, text, feedback in parts
        ]
        kind = "multiple" if several else "single"
        return kind, {**prompt, **options(reader, choices, single=not several)}
    if after and all(weight in {None, Fraction(1)} for _sign, weight, _text, _feedback in parts):
        fitting = [guarded(reader.line(_bare(text))) for _sign, _weight, text, _feedback in parts]
        around = [guarded(reader.line(_bare(side))) for side in (before, after)]
        # A space that stood before the gap in the file was cut off with the answer part.
        words = f"{around[0]} [{'|'.join(fitting)}] {around[1]}"
        if around[1][:1] in ".,;:?!)":
            words = f"{around[0]} [{'|'.join(fitting)}]{around[1]}"
        if any(feedback for _sign, _weight, _text, feedback in parts):
            reader.note(_("The feedback on single answers was left out."))
        return "fill_in", {"prompt": dict(GAPS), "text": {"en": words.strip()}}
    accepted = []
    for _sign, weight, text, feedback in parts:
        one: dict[str, Any] = {"text": reader.line(_bare(text))}
        if weight not in {None, Fraction(1)}:
            one["share"] = percent_of(weight or Fraction(0))
        if said := reader.plain(_bare(feedback)):
            one["feedback"] = said
        accepted.append(one)
    return "text", {**prompt, "accepted": accepted}


def _parts(answers: str) -> list[tuple[str, Fraction | None, str, str]]:
    """(sign, weight, text, feedback) of each answer."""
    if answers[0] not in "=~":
        raise NotTaken(_("its answers do not begin with = or ~."))
    parts = []
    for sign, text in re.findall(r"([=~])([^=~]*)", answers):
        text, weight = text.strip(), None
        if match := _WEIGHT.match(text):
            weight, text = Fraction(match[1]) / 100, text[match.end() :].strip()
        text, _sep, feedback = text.partition("#")
        parts.append((sign, weight, _unformatted(text), feedback.strip()))
    return parts


def _unformatted(text: str) -> str:
    text = text.strip()
    match = _FORMAT.match(text)
    return text[match.end() :].strip() if match else text


def _matching(
    parts: Iterable[tuple[str, Fraction | None, str, str]], reader: Reader
) -> dict[str, Any]:
    pairs, extras = [], []
    for _sign, _weight, text, _feedback in parts:
        left, _arrow, right = text.partition("->")
        one, match = reader.plain(_bare(left.strip())), reader.plain(_bare(right.strip()))
        if one:
            pairs.append({"text": one, "match": match})
        else:
            extras.append(match)
    return {"pairs": pairs, **({"extras": extras} if extras else {})}


def _numeric(answers: str, reader: Reader) -> dict[str, Any]:
    if answers[:1] == "=":
        found = [
            (weight if weight is not None else Fraction(1), text)
            for _sign, weight, text, _feedback in _parts(answers)
        ]
        if "#" in answers:
            reader.note(_("The feedback on single answers was left out."))
    else:
        text, _sep, feedback = answers.partition("#")
        found = [(Fraction(1), text)]
        if feedback.strip():
            reader.note(_("The feedback on single answers was left out."))
    return numeric([(share, *_range(text)) for share, text in found if share > 0])


def numeric(found: list[tuple[Fraction, str, str]]) -> dict[str, Any]:
    """Answers as (share, number, tolerance) into a body: a right number, and one nearly right."""
    whole = [(value, off) for share, value, off in found if share == 1]
    part = [(share, value, off) for share, value, off in found if share != 1]
    if len(whole) != 1 or len(part) > 1:
        raise NotTaken(
            _("it has several right numbers; this site takes one, and one nearly right.")
        )
    value, off = whole[0]
    body: dict[str, Any] = {"answer": {"value": number(value), "tolerance": number(off or "0")}}
    for share, other, far in part:
        if decimal(other) != decimal(value):
            raise NotTaken(_("a number that is partly right lies elsewhere than the right one."))
        body["near"] = {"tolerance": number(far or "0"), "share": percent_of(share)}
    return body


def _range(text: str) -> tuple[str, str]:
    """«3:0.5» and «1..5» as the number and how far off is right."""
    text = _bare(text).strip()
    if ".." in text:
        low, high = (decimal(side.strip()) for side in text.split("..", 1))
        if low is None or high is None:
            raise NotTaken(_("«%(text)s» is no number.") % {"text": text[:40]})
        return str((low + high) / 2), str(abs(high - low) / 2)
    value, _sep, off = text.partition(":")
    return value.strip(), off.strip() or "0"


def _hide(text: str) -> str:
    """Escaped signs as control characters, which no file has any more."""
    for code, sign in enumerate(_ESCAPED, 1):
        text = text.replace(f"\\{sign}", chr(code))
    return text


def _bare(text: str) -> str:
    for code, sign in enumerate(_ESCAPED, 1):
        text = text.replace(chr(code), "\n" if sign == "n" else sign)
    return text


# --- Writing


def write(questions: Iterable[Given]) -> Written:
    file = Written(b"")
    pieces = []
    for question in questions:
        source = _source(question, file.left_out)
        if source:
            tags = "".join(f" [tag:{tag.replace(']', ')')}]" for tag in question.tags)
            pieces.append((f"//{tags}\n" if tags else "") + source)
    file.data = ("\n\n".join(pieces) + "\n").encode()
    return file


def _source(question: Given, left_out: list[tuple[str, str]]) -> str:
    body, kind = question.body, question.kind
    if kind in {"ordering", "scale"} or (kind == "text" and not body.get("accepted")):
        left_out.append((question.name, _("GIFT has no such kind of question.")))
        return ""
    if kind == "fill_in" and (len(gaps_of(body["text"]["en"])[1]) != 1 or "es" in body["text"]):
        left_out.append((question.name, _("GIFT takes one gap, in one language.")))
        return ""
    lost = _lost(question)
    if lost:
        left_out.append((question.name, _("Left out: %(what)s.") % {"what": ", ".join(lost)}))
    is_html = _needs_html(body)
    say = _html_words if is_html else _plain_words
    form = "[html]" if is_html else "[plain]"
    if kind == "fill_in":
        (before, after), (accepted,) = gaps_of(body["text"]["en"])
        told = " ".join(f"={_guard(each)}" for each in accepted)
        gap = f"{{{told}{_explained(body, say)}}}"
        return f"{form}{_guard(before.strip())} {gap} {_guard(after.strip())}"
    prompt = (
        _guard(rich_markup(body["prompt_html"])) if body.get("prompt_html") else say(body["prompt"])
    )
    inside = _INSIDE[kind](body, say)
    return f"{form}{prompt} {{{inside}{_explained(body, say)}}}"


def _lost(question: Given) -> list[str]:
    body = question.body
    lost = [
        label
        for name, label in (
            ("source", _("the source")),
            ("exact", _("that capitals count")),
            ("keep_order", _("the fixed order of answers")),
            ("guide", _("the guide for readers")),
            ("least", _("the fewest words")),
            ("most", _("the most words")),
        )
        if body.get(name)
    ]
    if question.kind != "true_false" and (body.get("when_right") or body.get("when_wrong")):
        lost.append(_("the feedback on right and other answers"))
    if body.get("credit") == "all":
        lost.append(_("that it is all or nothing"))
    if question.kind == "numeric" and body["answer"].get("unit"):
        lost.append(_("the unit"))
    if question.points != 1:
        lost.append(_("the points"))
    if question.kind == "fill_in" and body.get("prompt") != GAPS:
        lost.append(_("the line above the gaps"))
    return lost


def _explained(body: Mapping[str, Any], say: Any) -> str:
    return f" ####{say(body['explanation'])}" if body.get("explanation") else ""


def _needs_html(body: Mapping[str, Any]) -> bool:
    """Spanish and formatting need HTML; else the words stand as they are."""

    def spanish(value: Any) -> bool:
        if isinstance(value, dict):
            return "es" in value or any(spanish(inner) for inner in value.values())
        return isinstance(value, list) and any(spanish(inner) for inner in value)

    return bool(body.get("prompt_html")) or spanish(body)


def _plain_words(value: Localised) -> str:
    return _guard(value.get("en", ""))


def _html_words(value: Localised) -> str:
    return _guard(markup(value))


def _guard(text: str) -> str:
    guarded_text = re.sub(r"([\\~=#{}:])", r"\\\1", text.replace("\r\n", "\n"))
    return guarded_text.replace("\n", "\\n")


def _choices(body: Mapping[str, Any], say: Any, *, single: bool) -> str:
    pieces = []
    for option, share in zip(body["options"], shares(body, single=single), strict=True):
        sign = "=" if single and share == 1 else "~"
        weight = "" if single and share in {0, 1} else f"%{percent_of(share)}%"
        feedback = f"#{say(option['feedback'])}" if option.get("feedback") else ""
        pieces.append(f"{sign}{weight}{say(option['text'])}{feedback}")
    return " ".join(pieces)


def _true_false(body: Mapping[str, Any], say: Any) -> str:
    wrong, right = body.get("when_wrong") or {}, body.get("when_right") or {}
    told = f"#{say(wrong)}#{say(right)}" if right else f"#{say(wrong)}" if wrong else ""
    return ("TRUE" if body["answer"] else "FALSE") + told


def _pairs(body: Mapping[str, Any], say: Any) -> str:
    rows = [f"={say(pair['text'])} -> {say(pair['match'])}" for pair in body["pairs"]]
    return " ".join([*rows, *(f"= -> {say(extra)}" for extra in body.get("extras", []))])


def _number(body: Mapping[str, Any], _say: Any) -> str:
    value, near = body["answer"]["value"], body.get("near")
    told = f"{value}:{body['answer'].get('tolerance') or 0}"
    return f"#={told} =%{near['share']}%{value}:{near['tolerance']}" if near else f"#{told}"


def _accepted(body: Mapping[str, Any], say: Any) -> str:
    pieces = []
    for one in body["accepted"]:
        weight = f"%{one['share']}%" if one.get("share") else ""
        feedback = f"#{say(one['feedback'])}" if one.get("feedback") else ""
        pieces.append(f"={weight}{say({'en': one['text']})}{feedback}")
    return " ".join(pieces)


_INSIDE: Mapping[str, Any] = {
    "single": lambda body, say: _choices(body, say, single=True),
    "multiple": lambda body, say: _choices(body, say, single=False),
    "true_false": _true_false,
    "matching": _pairs,
    "numeric": _number,
    "text": _accepted,
    "essay": lambda body, say: "",
}
