"""Zip files from elsewhere, read with suspicion, and zip files of ours that are always the same.

`Zip(file)` looks at the central directory first and opens nothing before every entry there is
within the limits. Names are refused, never renamed. Sentences of `BadZip` are for people.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import IO

from django.utils.translation import gettext as _

_END = struct.Struct("<4s4H2LH")  # the end of the central directory, APPNOTE.TXT 4.3.16
_LONGEST_COMMENT = 65_535
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})*")
# What other programs call their files: anything that can be read out and leads nowhere else.
_FOREIGN = re.compile(r"[^/\\:*?\"<>|\x00-\x1f\x7f]{1,150}")
# A day that zip can hold: files of ours say nothing of when they were made.
_NO_DAY = (1980, 1, 1, 0, 0, 0)


class Entry(Enum):
    FILE = 1
    FOLDER = 2


class BadZip(ValueError):
    """The file is refused; the sentence says why."""


@dataclass(frozen=True)
class Limits:
    files: int = 5_000
    one: int = 256 * 2**20  # bytes of one file, unpacked
    total: int = 1024 * 2**20
    ratio: int = 150  # unpacked to packed; what is smaller than 1 MB may be denser
    depth: int = 4  # folders and the name
    # Packed by other programs: spaces, marks and letters of any language in names, and entries for
    # folders, which say nothing and are passed over. The names are only names: nothing is unpacked.
    foreign: bool = False


class Zip:
    """A zip that kept the limits. `read` gives a file's bytes, no more than its entry promised."""

    def __init__(self, file: IO[bytes], limits: Limits | None = None) -> None:
        limits = limits or Limits()
        _count_first(file, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise BadZip(_("This is not a zip file, or it is damaged.")) from error
        self._entries = _checked(self._zip.infolist(), limits)

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        entry = self._entries[name]
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(entry.file_size + 1)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
            raise BadZip(_("«%(name)s» in the zip is damaged.") % {"name": name}) from error
        except Exception as error:  # zlib.error has no better base
            raise BadZip(_("«%(name)s» in the zip is damaged.") % {"name": name}) from error
        if len(data) != entry.file_size:
            raise BadZip(_("«%(name)s» in the zip is not as long as it says.") % {"name": name})
        return data


def write(file: IO[bytes], entries: Iterable[tuple[str, bytes]]) -> None:
    """The same entries always make the same bytes (with the same zlib)."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries:
            entry = zipfile.ZipInfo(name, _NO_DAY)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, data, compresslevel=9)


def _count_first(file: IO[bytes], limits: Limits) -> None:
    """Read how many entries there are before anything reads the entries."""
    file.seek(0, 2)
    length = file.tell()
    file.seek(max(0, length - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise BadZip(_("This is not a zip file, or it is damaged."))
    _signature, _disk, _first, _here, count, _size, _start, _comment = _END.unpack_from(tail, place)
    if count > limits.files:  # 65,535 stands for «more than fits here»
        raise BadZip(
            _("The zip holds %(count)s files. This site takes %(most)s at most.")
            % {"count": count, "most": limits.files}
        )


def _checked(entries: list[zipfile.ZipInfo], limits: Limits) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > limits.files:
        raise BadZip(
            _("The zip holds %(count)s files. This site takes %(most)s at most.")
            % {"count": len(entries), "most": limits.files}
        )
    known: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    total = 0
    for entry in entries:
        if _check(entry, limits) is Entry.FOLDER:
            continue
        if entry.filename.casefold() in folded:
            raise BadZip(_("«%(name)s» is in the zip twice.") % {"name": entry.filename})
        folded.add(entry.filename.casefold())
        total += entry.file_size
        known[entry.filename] = entry
    if total > limits.total:
        raise BadZip(
            _("Unpacked, the zip is larger than the %(most)s MB that this site takes.")
            % {"most": limits.total // 2**20}
        )
    return known


def _check(entry: zipfile.ZipInfo, limits: Limits) -> Entry:
    # `orig_filename` is the name before zipfile cut it at NUL or turned its slashes.
    name = entry.orig_filename
    shown = {"name": "".join(c if c.isprintable() else "?" for c in name[:100])}
    mode = stat.S_IFMT(entry.external_attr >> 16)
    folder = limits.foreign and name.endswith("/") and not entry.file_size
    plain = {0, stat.S_IFDIR} if folder else {0, stat.S_IFREG}
    named = _foreign(name.removesuffix("/") if folder else name) if limits.foreign else _usual(name)
    if not named or name != entry.filename or mode not in plain:
        raise BadZip(_("The zip holds «%(name)s», a name that this site does not take.") % shown)
    if name.count("/") >= limits.depth:
        raise BadZip(_("«%(name)s» is too many folders deep.") % shown)
    if folder:
        return Entry.FOLDER
    if entry.flag_bits & 0x1:
        raise BadZip(_("«%(name)s» is locked with a password.") % shown)
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadZip(_("«%(name)s» is packed in a way that this site does not read.") % shown)
    if entry.file_size > limits.one:
        raise BadZip(
            _("Unpacked, «%(name)s» is larger than the %(most)s MB that this site takes.")
            % {**shown, "most": limits.one // 2**20}
        )
    if entry.file_size > max(2**20, limits.ratio * entry.compress_size):
        raise BadZip(_("«%(name)s» is packed too tightly to be honest.") % shown)
    return Entry.FILE


def _usual(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _foreign(name: str) -> bool:
    parts = name.split("/")
    return all(_FOREIGN.fullmatch(part) and part.strip(". ") for part in parts)
