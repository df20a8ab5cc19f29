"""Pictures that carry their credential, as Open Badges 3.0 bakes them (section 5.3).

A PNG has it in one iTXt chunk, an SVG in one element after its root's opening tag. Both take a
credential with its proof, as JSON.
"""

import json
import struct
import xml.parsers.expat as expat
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"


class NotBaked(ValueError):
    """The picture carries no credential that can be read."""


def bake_png(picture: bytes, credential: str) -> bytes:
    chunks = list(_chunks(picture))
    # keyword, NUL, not compressed, method, no language, no translated keyword
    text = KEYWORD + b"\0\0\0\0\0" + credential.encode()
    baked = [*chunks[:1], (b"iTXt", text), *chunks[1:]]
    return PNG + b"".join(_chunk(kind, data) for kind, data in baked)


def read_png(picture: bytes) -> str:
    for kind, data in _chunks(picture):
        if kind == b"iTXt" and data.startswith(KEYWORD + b"\0"):
            compressed, rest = data[len(KEYWORD) + 1 : len(KEYWORD) + 2], data[len(KEYWORD) + 3 :]
            if compressed != b"\0":
                raise NotBaked("its text is compressed")
            try:
                _language, _keyword, text = rest.split(b"\0", 2)
                return text.decode()
            except ValueError as error:
                raise NotBaked("its text cannot be read") from error
    raise NotBaked("no credential in this picture")


def bake_svg(picture: str, credential: str) -> str:
    """`picture` is one of our own: a root element with attributes and no document type."""
    start = picture.index("<svg")
    end = picture.index(">", start)
    inside = json.dumps(json.loads(credential), ensure_ascii=False).replace("]]>", "]]\\u003e")
    element = f"<openbadges:credential><![CDATA[{inside}]]></openbadges:credential>"
    opening = f'{picture[start:end]} xmlns:openbadges="{NAMESPACE}">'
    return picture[:start] + opening + element + picture[end + 1 :]


def read_svg(picture: bytes) -> str:
    """The credential as JSON, or as a token when the picture carries one."""
    wanted, depth = f"{NAMESPACE} credential", 0
    found: list[str] = []
    token: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if name == wanted and not depth and not found:
            depth = 1
            token.append(attributes.get("verify", ""))

    def end(name: str) -> None:
        nonlocal depth
        if name == wanted:
            depth = 0

    def text(data: str) -> None:
        if depth:
            found.append(data)

    def refuse(*_declaration: object) -> None:
        raise NotBaked("a document type is not read")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(picture, True)
    except expat.ExpatError as error:
        raise NotBaked("not an SVG") from error
    credential = "".join(token).strip() or "".join(found).strip()
    if not credential:
        raise NotBaked("no credential in this picture")
    return credential


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not picture.startswith(PNG):
        raise NotBaked("not a PNG")
    place = len(PNG)
    while place < len(picture):
        if place + 12 > len(picture):
            raise NotBaked("the PNG is cut off")
        size, kind = struct.unpack(">I4s", picture[place : place + 8])
        data = picture[place + 8 : place + 8 + size]
        check = picture[place + 8 + size : place + 12 + size]
        if check != struct.pack(">I", zlib.crc32(kind + data)):
            raise NotBaked("the PNG is damaged")
        yield kind, data
        place += 12 + size
        if kind == b"IEND":
            return


def _chunk(kind: bytes, data: bytes) -> bytes:
    head = struct.pack(">I", len(data)) + kind + data
    return head + struct.pack(">I", zlib.crc32(kind + data))
