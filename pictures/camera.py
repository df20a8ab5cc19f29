"""A browser that photographs, and pictures as the content keeps them."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import shutil
from collections.abc import Iterator
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


def keep(photograph: bytes, target: Path) -> None:
    """As the media library would keep it: WebP, and a smaller one for phones beside it.

    A picture whose pixels are those of the file that is there leaves the file alone.
    """
    from PIL import Image, ImageChops

    from courses.media import pictures

    picture = pictures.encode(io.BytesIO(photograph))
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
