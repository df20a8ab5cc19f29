"""A snapshot with its pictures, to the press. Reads rows, writes none."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from certificates import press
from certificates.models import DesignPicture

type Paper = Literal["letter", "a4"]


def pdf_of(snapshot: Mapping[str, Any], paper: Paper = "letter") -> bytes:
    return press.print_certificate(snapshot, paper=paper, pictures=_pictures(snapshot))


def png_of(snapshot: Mapping[str, Any], paper: Paper = "letter") -> bytes:
    return press.preview(snapshot, paper=paper, pictures=_pictures(snapshot))


def _pictures(snapshot: Mapping[str, Any]) -> dict[str, press.Picture]:
    named = set(_named(snapshot))
    if not named:
        return {}
    return {
        row.sha256: press.Picture("image/png", bytes(row.data), row.width, row.height)
        for row in DesignPicture.objects.filter(sha256__in=named)
    }


def _named(snapshot: Mapping[str, Any]) -> Iterator[str]:
    if logo := snapshot.get("design", {}).get("logo"):
        yield logo
    for person in snapshot.get("signatories", []):
        if signature := person.get("signature"):
            yield signature
