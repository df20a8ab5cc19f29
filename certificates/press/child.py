"""The child process that prints: `python -m certificates.press.child`.

Reads requests from standard input and writes answers to standard output until its input ends,
which is also how it notices that its parent is gone. A frame is four bytes of length (big endian)
and that many bytes. A request is one frame of JSON: {"snapshot", "paper"} with {"pictures",
"picture_of"} where they are needed, or {"badge", "form"}. An answer is a frame of JSON, {"error",
"trace", "missing"}, and a frame with the PDF or the picture, empty when there is an error.
"""

import io
import json
import os
import re
import resource
import signal
import struct
import sys
import traceback
import unicodedata
from typing import Any

import segno
import typst

from certificates.badges.drawing import draw
from certificates.press.glyphs import FONTS, coverage
from certificates.press.poster import TEMPLATE as POSTER
from certificates.press.poster import poster_of
from certificates.press.record import TEMPLATE, record_of
from certificates.press.sheet import Sheet, sheet_of

MEMORY = 1 << 30  # of address space; about 220 MB are in use
CPU_SECONDS = 10  # for one document, which takes about 0.02
WALL_SECONDS = 60  # for one document, should the parent no longer be there to watch

SCALES = ("1", "0.93", "0.86", "0.79", "0.72", "0.65", "0.58", "0.5", "0.4", "0.3")
PREVIEW = 110.0  # pixels in an inch
ROUNDS = 6  # of printing without what Typst refuses
ONE_PAGE = b"<</Type/Pages/Count 1/"  # in the first object, before any text of ours

# Typst names the text that no font can display, or that PDF/UA forbids, as Rust would write it.
_REFUSED = re.compile(r"(?:could not be displayed|disallowed codepoint)")
_QUOTED = re.compile(r'`"(.*?)"`', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def main() -> None:
    _confine()
    # Answers go to a descriptor of their own: a stray print must not land among them. Nor may it
    # go to standard error, which can be a file, and then the limit would end this process.
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    compiler = typst.Compiler(font_paths=fonts, root=str(FONTS.with_name("templates")))
    coverage()
    while (request := _read_frame()) is not None:
        _allow_one_document()
        header, pdf = _answer(compiler, request)
        _write_frame(answers, json.dumps(header).encode())
        _write_frame(answers, pdf)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(compiler: typst.Compiler, request: bytes) -> tuple[dict[str, str], bytes]:
    try:
        asked = json.loads(request)
        if "badge" in asked:
            return {}, draw(compiler, asked["badge"], asked["form"])
        sheet, pdf = _print(compiler, **asked)
    except ValueError as error:
        return {"error": str(error)}, b""
    except typst.TypstError as error:
        return {"error": f"typst: {error.message}"}, b""
    except Exception as error:
        return {"error": f"{type(error).__name__} in the press", "trace": _trace(error)}, b""
    return {"missing": sheet.missing}, pdf


def _trace(error: Exception) -> str:
    """Where it happened, without the message and the values: those may be somebody's name."""
    return "".join(traceback.format_tb(error.__traceback__))


def _print(
    compiler: typst.Compiler,
    snapshot: dict[str, Any],
    paper: str,
    pictures: dict[str, list[Any]] | None = None,
    picture_of: bool = False,
) -> tuple[Sheet, bytes]:
    """Print a certificate's snapshot, or a transcript or poster, which name their template too.

    Where Typst refuses a text in spite of the fonts' word, print without it.

    Fonts say which characters they have, not which combinations: between marks of other scripts
    a character may still find no font. A certificate with a visible gap beats none. Typst names
    one place at a time, so after a few the marks go as well.
    """
    without: set[str] = set()
    drawn = {fingerprint: _svg(*picture) for fingerprint, picture in (pictures or {}).items()}
    for left in reversed(range(ROUNDS)):
        if snapshot.get("template") == TEMPLATE.stem:
            sheet = record_of(snapshot, paper, without)
        elif snapshot.get("template") == POSTER.stem:
            sheet = poster_of(snapshot, paper, without)
        else:
            sheet = sheet_of(snapshot, paper, without, drawn)
        try:
            return sheet, _compile(compiler, sheet, picture_of)
        except typst.TypstError as error:
            refused = _refused(error.message) - without
            if not refused or not left:
                raise
            without |= refused
            if left == 1:
                without |= {c for c in _json(sheet.fields) if unicodedata.category(c)[0] == "M"}
    raise AssertionError("the last round returns or raises")


def _refused(message: str) -> set[str]:
    """The characters that Typst could not print, from its message."""
    if not _REFUSED.search(message) or not (quoted := _QUOTED.search(message)):
        return set()
    text = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), quoted[1])
    return {character for character in text if not character.isascii()}


def _svg(kind: str, data: str, width: int, height: int) -> str:
    """A picture as Typst takes it from memory: an SVG with the bytes (base64) inside it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:d}" height="{height:d}">'
        f'<image href="data:{kind};base64,{data}" width="{width:d}" height="{height:d}"/></svg>'
    )


def _compile(compiler: typst.Compiler, sheet: Sheet, picture_of: bool) -> bytes:
    """The page at the largest scale at which it is one page, which is nearly always the first."""
    if sheet.template == TEMPLATE:  # a record has as many pages as it takes
        return _compile_at(compiler, sheet, {"sheet": _json(sheet.fields)})
    inputs = {
        "sheet": _json(sheet.fields),
        "qr": _qr(sheet.verify_url),
    }
    for scale in SCALES:
        pdf = _compile_at(compiler, sheet, inputs | {"scale": scale})
        if ONE_PAGE in pdf[:128]:
            return _picture(compiler, sheet, inputs | {"scale": scale}) if picture_of else pdf
    raise ValueError("the texts are too long for one page")


def _compile_at(compiler: typst.Compiler, sheet: Sheet, inputs: dict[str, str]) -> bytes:
    pdf = compiler.compile(
        input=sheet.template,
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=sheet.printed_at,
        sys_inputs=inputs,
    )
    if not isinstance(pdf, bytes):
        raise TypeError("expected one PDF")
    return pdf


def _picture(compiler: typst.Compiler, sheet: Sheet, inputs: dict[str, str]) -> bytes:
    """The page as a PNG, to be looked at before it is used."""
    png = compiler.compile(input=sheet.template, format="png", ppi=PREVIEW, sys_inputs=inputs)
    if not isinstance(png, bytes):
        raise TypeError("expected one page")
    return png


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _qr(url: str) -> str:
    # The mask is given: trying all eight costs 3 ms and only refines what any reader can read.
    picture = io.BytesIO()
    code = segno.make(url, error="m", micro=False, mask=2)
    code.save(picture, kind="svg", border=0, dark="#17302c")
    return picture.getvalue().decode()


def _confine() -> None:
    """Whatever a document makes of this process, it stays small and writes no files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform == "linux":  # elsewhere the limit is refused
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _allow_one_document() -> None:
    """Processor and wall time for the next document; the kernel ends the process beyond them."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)


def _read_frame() -> bytes | None:
    head = _read(4)
    return head and _read(struct.unpack(">I", head)[0])


def _read(size: int) -> bytes | None:
    """That many bytes, or None when the input has ended."""
    read = b""
    while len(read) < size:
        piece = os.read(0, size - len(read))
        if not piece:
            return None
        read += piece
    return read


def _write_frame(target: int, data: bytes) -> None:
    rest = memoryview(struct.pack(">I", len(data)) + data)
    while rest:
        rest = rest[os.write(target, rest) :]


if __name__ == "__main__":
    main()
