"""Files sent to browsers: whole, or the part a player asks for (RFC 9110, section 14)."""

import re
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

PIECE = 4 * 2**20  # bytes at most in one partial answer; players ask on from there
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send(
    request: HttpRequest, path: Path, *, content_type: str, name: str, tag: str, download: bool
) -> HttpResponseBase:
    """The file, privately cached for ever: `tag` names its bytes, so the address never changes
    meaning. A range that cannot be read is no range; one beyond the end is 416.

    What it is comes from us, never from the file, and it may run nothing where it is shown.
    """
    etag = f'"{tag}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = _answer(request, path, etag)
        response["Content-Type"] = content_type
        response["Content-Disposition"] = content_disposition_header(download, name) or "attachment"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _answer(request: HttpRequest, path: Path, etag: str) -> HttpResponseBase:
    size = path.stat().st_size
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(size)})
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.headers.get("If-Range", etag) != etag or asked is None or asked.groups() == ("", ""):
        return FileResponse(path.open("rb"))
    first, last = asked.groups()
    if first == "":  # the last so many bytes
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size or end < start:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    end = min(end, start + PIECE - 1)
    with path.open("rb") as file:
        file.seek(start)
        part = file.read(end - start + 1)
    headers = {"Content-Range": f"bytes {start}-{end}/{size}"}
    return HttpResponse(part, status=206, headers=headers)
