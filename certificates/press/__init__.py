"""The printing press: a certificate's snapshot in, the bytes of a PDF out.

    from certificates.press import PressError, missing_glyphs, print_certificate

    pdf = print_certificate(snapshot)  # US Letter
    pdf = print_certificate(snapshot, paper="a4")

The snapshot is plain JSON data, and the same snapshot gives the same bytes, today and years later:

    format        1 or 2
    template      "seedling-1", "ledger-1", "horizon-1": a file in templates/ (format 1 knows only
                  "groundwork-1", which takes no design)
    language      "en" or "es"
    name          as it is to be printed, up to 400 characters
    title         {"en", "es"}; the other language's stands below in smaller type
    completed_on  "2026-11-20"
    code          the certificate's number
    verify_url    where it can be checked: text, link and QR code

These are needed. The rest may be missing or null: `issued_on` and `expires_on` (dates), `hours`
("5.0"), `minutes` (a whole number), `kind` ("course" or "series"; a series has `courses`
([{"title", "completed_on", "hours"}]), `needed` and `offered`), `design` ({"primary" and "accent":
"#rrggbb", "logo": fingerprint, "logo_name"}), `organisation`, `series` and `format_words`
({"en", "es"}),
`credit` ([{"label": {…}, "hours", "statement": {…}}]), `statements` ([{"en", "es"}]), `provider`
({"name", "address", "url"}), `signatories`
([{"name", "role": {…}, "signature": fingerprint}]). A text that is missing in
the certificate's language is taken from the other one. Lists have up to 12 entries, texts up to
2,000 characters. Whatever is refused raises `PressError` with a sentence.

The page. One landscape page of tagged PDF/UA-1; long names, titles and statements wrap and
shrink. Texts reach the Typst template as data and are never evaluated. Control characters and
those that steer direction are taken out. A character that no shipped font has is printed as □,
with a line that says so; `missing_glyphs(text)` tells beforehand, and the log tells afterwards
(the code points, not the name).

The fonts in fonts/ are Noto, cut down by `gather_fonts.py` and under the SIL Open Font License
(fonts/OFL.txt): Latin, Greek and Cyrillic; Adlam, Arabic, Armenian, Bengali, Canadian
Aboriginal, Cherokee, Devanagari, Ethiopic, Georgian, Gujarati, Gurmukhi, Hebrew, both Hmong
scripts, Kannada, Khmer, Lao, Malayalam, Myanmar, N'Ko, Odia, Osage, Sinhala, Tamil, Telugu,
Thaana, Thai, Tifinagh; and 12,900 Chinese, Japanese and Korean characters in their simplified
Chinese shapes.

The process. Typst runs in one child process for each process that prints (`child.py`), started at
the first certificate and confined by limits on memory, processor time, files and wall time. It
is given no environment to speak of and no open files. It ends when its input does, so it cannot
outlive its parent for long. One that hangs or dies is replaced and the request tried once more.
The call blocks, is safe from any thread, and after a fork each process has a child of its own.
"""

import atexit
import base64
import json
import logging
import os
import select
import struct
import subprocess  # our own interpreter, with a fixed argument list
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from certificates.press.glyphs import missing_glyphs

__all__ = [
    "Picture",
    "Press",
    "PressError",
    "draw_badge",
    "missing_glyphs",
    "preview",
    "print_certificate",
    "print_poster",
    "print_record",
]

type Paper = Literal["letter", "a4"]

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent.parent
CHILD = (sys.executable, "-m", f"{__name__}.child")
SECONDS = 20.0  # for one answer, the start of a child on a busy machine included
LARGEST_REQUEST = 1 << 21
LARGEST_ANSWER = 1 << 26

# One thread prints one page at a time: helpers of Typst's own would only wait and take memory.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": "1"}
KEPT = ("LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH")


class PressError(Exception):
    """A certificate that could not be printed, and why."""


class _Lost(Exception):
    """The child ended, or did not answer in time."""


@dataclass(frozen=True)
class Picture:
    """A logo or a signature: a PNG or JPEG, and its size in pixels."""

    kind: Literal["image/png", "image/jpeg"]
    data: bytes
    width: int
    height: int


def print_certificate(
    snapshot: Mapping[str, object],
    *,
    paper: Paper = "letter",
    pictures: Mapping[str, Picture] | None = None,
) -> bytes:
    """Print a certificate. Takes about 15 ms, and the first one in a process about 200.

    `pictures` are those that the snapshot names, by their fingerprint.
    """
    return _print(_asked(snapshot, paper, pictures or {}))


def preview(
    snapshot: Mapping[str, object],
    *,
    paper: Paper = "letter",
    pictures: Mapping[str, Picture] | None = None,
) -> bytes:
    """The same page as a PNG, for a browser."""
    return _print(_asked(snapshot, paper, pictures or {}) | {"picture_of": True})


def print_record(record: Mapping[str, object], *, paper: Paper = "letter") -> bytes:
    """Print a transcript: as many pages as it takes. `certificates.press.record` says its shape."""
    return _print({"snapshot": {**record, "template": "transcript-1"}, "paper": paper})


def print_poster(poster: Mapping[str, object], *, paper: Paper = "letter") -> bytes:
    """Print the poster of a session: one page. `certificates.press.poster` says its shape."""
    return _print({"snapshot": {**poster, "template": "poster-1"}, "paper": paper})


def _asked(
    snapshot: Mapping[str, object], paper: str, pictures: Mapping[str, Picture]
) -> dict[str, object]:
    given = {
        fingerprint: [each.kind, base64.b64encode(each.data).decode(), each.width, each.height]
        for fingerprint, each in pictures.items()
    }
    return {"snapshot": dict(snapshot), "paper": paper, "pictures": given}


def _print(asked: Mapping[str, object]) -> bytes:
    try:
        request = json.dumps(asked).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise PressError("the snapshot is not plain JSON data") from error
    header, pdf = _exchange(request)
    if missing := header.get("missing"):
        points = " ".join(f"U+{ord(character):04X}" for character in missing)
        logger.warning("A certificate was printed with gaps; no font has %s", points)
    return pdf


def draw_badge(words: Mapping[str, str], form: Literal["svg", "png"]) -> bytes:
    """The picture of a badge, in the same child; `certificates.badges.drawing` says which words."""
    return _exchange(json.dumps({"badge": dict(words), "form": form}).encode())[1]


def _exchange(request: bytes) -> tuple[dict[str, Any], bytes]:
    header, made = _press.exchange(request)
    if trace := header.get("trace"):
        logger.error("The certificate press failed:\n%s", trace)
    if error_words := header.get("error"):
        raise PressError(error_words)
    return header, made


class Press:
    """A child process that prints, and the pipes to it. Threads take turns."""

    def __init__(self, command: Sequence[str] = CHILD, seconds: float = SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        _presses.add(self)

    @property
    def pid(self) -> int | None:
        """The child's process id, for those who watch or test it."""
        return self._process.pid if self._process else None

    def exchange(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer; once more with a new child if this one fails."""
        if len(request) > LARGEST_REQUEST:
            raise PressError(f"the snapshot is larger than {LARGEST_REQUEST} bytes")
        with self._lock:
            try:
                return self._attempt(request)
            except _Lost as lost:
                logger.warning("The certificate press %s; it is started anew", lost)
            try:
                return self._attempt(request)
            except _Lost as lost:
                raise PressError(f"the press {lost}, twice") from lost

    def close(self) -> None:
        """End the child. The next request starts another one."""
        with self._lock:
            self._end()

    def _attempt(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + self._seconds
        try:
            process = self._running()
            self._send(process, request, deadline)
            header = _header(self._receive(process, deadline))
            return header, self._receive(process, deadline)
        except BaseException:
            # Whatever happened, an answer may still be on its way, and the next request would
            # take it for its own: somebody else's certificate.
            self._end()
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            logger.warning("The certificate press had ended (%s)", self._process.returncode)
            self._end()
        if self._process is None:
            kept = {name: os.environ[name] for name in KEPT if name in os.environ}
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                close_fds=True,
                cwd=ROOT,
                env=kept | ENVIRONMENT,
                start_new_session=True,  # Ctrl-C is for the parent, whose end is noticed
            )
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
        return self._process

    def _send(self, process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
        if process.stdin is None:
            raise TypeError("the child has no input pipe")
        rest = memoryview(struct.pack(">I", len(data)) + data)
        while rest:
            self._await(process.stdin.fileno(), select.POLLOUT, deadline)
            try:
                rest = rest[os.write(process.stdin.fileno(), rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise _Lost("ended before it could read") from None

    def _receive(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        (size,) = struct.unpack(">I", self._read(process, 4, deadline))
        if size > LARGEST_ANSWER:
            raise _Lost("answered out of turn")
        return self._read(process, size, deadline)

    def _read(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        if process.stdout is None:
            raise TypeError("the child has no output pipe")
        data = bytearray()
        while len(data) < size:
            self._await(process.stdout.fileno(), select.POLLIN, deadline)
            piece = os.read(process.stdout.fileno(), size - len(data))
            if not piece:
                raise _Lost("ended before it answered")
            data += piece
        return bytes(data)

    def _await(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise _Lost(f"gave no answer in {self._seconds:g} seconds")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing that a gentler end would save
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _leave_to_parent(self) -> None:
        """After a fork: the child, its pipes and a lock that a thread may hold are the parent's.

        The pipes are closed here, or the child would not see its input end with the parent.
        """
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            process.returncode = 0  # not ours to wait for
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise _Lost("answered out of turn")
    return header


_presses: weakref.WeakSet[Press] = weakref.WeakSet()


def _after_fork() -> None:
    for press in list(_presses):
        press._leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)
_press = Press()
atexit.register(_press.close)
