"""Pictures as they are kept: decoded and written anew, so that nothing but the picture is left.

Positions, cameras and names that phones write into their files are gone, and so is anything that
was hidden behind the picture. Turned as the camera held it, in sRGB, as WebP, in up to two sizes.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 40_000_000
LARGEST_SIDE = 2000  # pixels; a page is 1,200 wide, and a phone may zoom in
SMALL = 640  # the width for phones
QUALITY = 80


class Unusable(ValueError):
    """The file is refused; the sentence says why."""


@dataclass(frozen=True)
class Picture:
    data: bytes
    width: int
    height: int
    small: bytes  # empty when the picture is no wider than that


def encode(file: IO[bytes]) -> Picture:
    """Decode, turn, shrink, write anew. Raises Unusable."""
    image = _opened(file)
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGBA" if _has_alpha(image) else "RGB")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    small = b""
    if image.width > SMALL:
        height = max(1, round(image.height * SMALL / image.width))
        small = _written(image.resize((SMALL, height), Image.Resampling.LANCZOS))
    return Picture(_written(image), image.width, image.height, small)


def _opened(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise Unusable(_("The picture has too many pixels. Make it smaller, please."))
            if getattr(image, "is_animated", False):
                raise Unusable(
                    _("This picture moves. Use a video instead, so that people can stop it.")
                )
            image.load()
            turned = ImageOps.exif_transpose(image)
            return _in_srgb(turned)
    except Unusable:
        raise
    except Exception as error:  # a decoder fails in many ways on a file made to hurt it
        raise Unusable(
            _("This picture cannot be read. Save it again as JPEG or PNG, please.")
        ) from error


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    try:
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile: its colors may be a little off


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in {"LA", "PA", "RGBa", "La"} or "transparency" in image.info


def _written(image: Image.Image) -> bytes:
    """The smaller of lossy and lossless: photographs and drawings each get theirs."""
    drawn = io.BytesIO()
    image.save(drawn, "WEBP", quality=QUALITY, method=4)
    if image.width * image.height > 4_000_000:
        return drawn.getvalue()
    exact = io.BytesIO()
    image.save(exact, "WEBP", lossless=True, quality=60, method=3)
    return min(drawn.getvalue(), exact.getvalue(), key=len)
