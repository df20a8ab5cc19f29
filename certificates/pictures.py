"""Uploaded logos and signatures: bytes in, a small PNG that we made ourselves out."""

import io
import warnings
from typing import BinaryIO, NamedTuple

from PIL import Image

LARGEST_FILE = 4_000_000
LARGEST_SIDE = 6_000
KEPT = (900, 400)  # pixels: three hundred in an inch on paper
FORMATS = ("PNG", "JPEG")


class NotAPicture(ValueError):
    """The file cannot be used; the sentence says why, in plain words."""


class Kept(NamedTuple):
    png: bytes
    width: int
    height: int


def kept(file: BinaryIO) -> Kept:
    """Read, shrink and write anew. Nothing of the file but its pixels comes through."""
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise NotAPicture("too large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if max(picture.size) > LARGEST_SIDE or min(picture.size) < 1:
                    raise NotAPicture("too many pixels")
                drawn = picture.convert("RGBA")
    except NotAPicture:
        raise
    except Exception as error:  # whatever a decoder trips over, the file is no picture for us
        raise NotAPicture("not a PNG or JPEG") from error
    drawn.thumbnail(KEPT)
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return Kept(written.getvalue(), *drawn.size)
