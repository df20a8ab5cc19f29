"""The charts of «Foundations of health equity practice», drawn from the numbers of its lessons."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from pictures.camera import CONTENT, browser, keep

TARGET = CONTENT / "foundations-of-health-equity-practice" / "media"
FONT = CONTENT.parent.parent / "lms" / "static" / "lms" / "fonts" / "public-sans.woff2"
WIDTH, LEFT, ROW, BAR, GROUP = 720, 250, 30, 22, 34
PAPER, INK, SOFT, RULE = "#fffdf7", "#1d2622", "#505a52", "#d8d1c0"
COLORS = ("#0d5a50", "#c58a1e", "#a4482b")


class Bar(NamedTuple):
    label: str
    value: float
    told: str  # the value in words
    color: int = 0


class Group(NamedTuple):
    title: str
    bars: Sequence[Bar]


# County Health Rankings: Relationships Between Determinant Factors and Health Outcomes, American
# Journal of Preventive Medicine, data of 2015. https://doi.org/10.1016/j.amepre.2015.08.024
FACTORS = {
    "en": (
        "Social and economic conditions",
        "Health behaviors",
        "Clinical care",
        "Physical environment",
    ),
    "es": (
        "Condiciones sociales y económicas",
        "Conductas de salud",
        "Atención clínica",
        "Entorno físico",
    ),
}
SHARES = (47, 34, 16, 3)

# N.C. State Center for Health Statistics, resident infant death rates by region, race and
# ethnicity, 2021: deaths before the first birthday for 1,000 live births.
# https://schs.dph.ncdhhs.gov/data/mch/2021/MNDS-1-IMR-BY-PCR-STATE-RACEETH-2021.html
PLACES = {
    "en": ("North Carolina", "Southwestern region", "Southeastern region"),
    "es": ("Carolina del Norte", "Región suroeste", "Región sureste"),
}
PARENTS = {
    "en": ("Black, not Hispanic", "White, not Hispanic", "Hispanic"),
    "es": ("Raza negra, no hispana", "Raza blanca, no hispana", "Hispana"),
}
RATES = ((12.1, 5.1, 5.1), (9.4, 3.5, 4.2), (14.4, 5.6, 4.1))


def draw() -> None:
    with browser() as opened:
        page = opened.new_page(
            viewport={"width": WIDTH, "height": 600}, device_scale_factor=2, color_scheme="light"
        )
        for language in ("en", "es"):
            shares = [
                Bar(name, share, f"{share}%")
                for name, share in zip(FACTORS[language], SHARES, strict=True)
            ]
            _photograph(page, f"what-shapes-health.{language}.webp", [Group("", shares)], 50)
            rates = [
                Group(
                    place,
                    [
                        Bar(who, rate, f"{rate}", color)
                        for color, (who, rate) in enumerate(
                            zip(PARENTS[language], row, strict=True)
                        )
                    ],
                )
                for place, row in zip(PLACES[language], RATES, strict=True)
            ]
            _photograph(page, f"infant-deaths.{language}.webp", rates, 15)


def _photograph(page: Any, name: str, groups: Sequence[Group], most: float) -> None:
    font = base64.b64encode(FONT.read_bytes()).decode()
    face = (
        "@font-face { font-family: 'Public Sans'; font-weight: 100 900;"
        f" src: url(data:font/woff2;base64,{font}) }} body {{ margin: 0; background: {PAPER} }}"
    )
    page.set_content(f"<style>{face}</style>{_svg(groups, most)}")
    page.evaluate("document.fonts.ready")
    keep(page.locator("svg").screenshot(), TARGET / name)


def _svg(groups: Sequence[Group], most: float) -> str:
    parts, y = list[str](), 10
    for group in groups:
        if group.title:
            y += GROUP
            parts.append(_words(16, y - 10, group.title, weight=700))
        for bar in group.bars:
            length = round(bar.value / most * (WIDTH - LEFT - 80))
            middle = y + ROW / 2 + 5
            parts.append(_words(LEFT - 12, middle, bar.label, anchor="end", color=SOFT, size=15))
            parts.append(
                f'<rect x="{LEFT}" y="{y + (ROW - BAR) / 2}" width="{length}" height="{BAR}"'
                f' rx="3" fill="{COLORS[bar.color]}"/>'
            )
            parts.append(_words(LEFT + length + 10, middle, bar.told, weight=700))
            y += ROW
    height = y + 12
    axis = f'<line x1="{LEFT}" y1="8" x2="{LEFT}" y2="{y + 2}" stroke="{RULE}" stroke-width="2"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" style="display:'
        f'block;background:{PAPER};font-family:Public Sans">{axis}{"".join(parts)}</svg>'
    )


def _words(
    x: float, y: float, words: str, *, size: int = 16, weight: int = 400, anchor: str = "start",
    color: str = INK,
) -> str:  # fmt: skip
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
        f' fill="{color}">{escape(words)}</text>'
    )
