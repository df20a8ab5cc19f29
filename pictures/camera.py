"""A browser that photographs, and pictures as the content keeps them."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent.parent / "courses" / "content"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
# One white pixel, as PNG.
BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise SystemExit("There is no Chromium on this machine.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def _flat(image: Any, colors: int) -> bytes:
    from PIL import Image

    few = image.quantize(colors, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made = io.BytesIO()
    few.convert("RGB").save(made, "WEBP", lossless=True, quality=100, method=6)
    return made.getvalue()


def keep(photograph: bytes, target: Path, *, colors: int = 0) -> None:
    """As the media library would keep it: WebP, and a smaller one for phones beside it. A page of
    text and buttons needs few `colors`, and is a third of the size with them.

    A picture whose pixels are those of the file that is there leaves the file alone.
    """
    from PIL import Image, ImageChops

    from courses.media import pictures

    picture = pictures.encode(io.BytesIO(photograph))
    if colors:
        whole = Image.open(io.BytesIO(photograph)).convert("RGB")
        size = (pictures.SMALL, round(whole.height * pictures.SMALL / whole.width))
        less = whole.resize(size, Image.Resampling.LANCZOS)
        data, phone = _flat(whole, colors), _flat(less, colors) if picture.small else b""
        # Flat colors shrink better than they scale: the whole one may be the smaller file.
        picture = replace(picture, data=data, small=phone if len(phone) < len(data) else b"")
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        with Image.open(target) as before, Image.open(io.BytesIO(picture.data)) as now:
            same = (
                before.size == now.size
                and not ImageChops.difference(before.convert("RGB"), now.convert("RGB")).getbbox()
            )
        if same:
            return
    target.write_bytes(picture.data)
    small = target.with_suffix(f".{pictures.SMALL}.webp")
    small.unlink(missing_ok=True)
    if picture.small:
        small.write_bytes(picture.small)
    print(f"{target.relative_to(CONTENT)}: {len(picture.data) // 1000} kB")
