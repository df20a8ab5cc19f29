"""Maintainers' command: cut the certificate fonts out of Debian's Noto packages.

    python -m certificates.press.gather_fonts [FOLDER OF EXTRA .ttc FILES]

Needs fontTools, which the site does not, and the packages fonts-noto-core (20201225) and
fonts-noto-cjk (20220127), installed or unpacked into the folder that is named. The result is
committed in `fonts/`, so nobody else runs this. It drops hinting (a PDF does not use it) and the
optional type features that no template asks for, and keeps shaping, marks and kerning. Run again
on the same packages, it makes the same bytes.

Latin, Greek and Cyrillic come in six cuts; every other script in one regular face. Of the
Chinese, Japanese and Korean characters there is room for 12,900: all of GB 2312 and JIS X 0208,
Big5 level 1, and the Hangul syllables of KS X 1001. Tibetan, Mongolian, Syriac, the remaining
ideographs and emoji are left out to stay below 6 MB; `missing_glyphs` knows.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

FONTS = Path(__file__).with_name("fonts")
CORE = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto")

EUROPEAN = [
    *range(0x20, 0x250),  # Basic Latin to Latin Extended-B
    *range(0x2B0, 0x530),  # modifiers, combining marks, Greek, Cyrillic
    *range(0x1E00, 0x2070),  # Latin Extended Additional, Greek Extended, punctuation
    *range(0x20A0, 0x20C0),
    0x2116,
    0x2122,
    0x25CC,
    0xFFFD,
]
WESTERN = [
    *range(0x20, 0x180),
    *range(0x300, 0x370),
    *range(0x1EA0, 0x1F00),
    *range(0x2000, 0x2070),
]

LATIN_CUTS: dict[str, list[int] | None] = {
    "NotoSerifDisplay-Regular": None,  # the widest: every Latin, Greek and Cyrillic letter of Noto
    "NotoSerifDisplay-Italic": WESTERN,
    "NotoSerif-Regular": EUROPEAN,
    "NotoSerif-Bold": EUROPEAN,
    "NotoSans-Regular": EUROPEAN,
    "NotoSans-Bold": EUROPEAN,
}
SCRIPTS = [
    "NotoNaskhArabic",
    "NotoSansAdlam",
    "NotoSansCanadianAboriginal",
    "NotoSansCherokee",
    "NotoSansNKo",
    "NotoSansOriya",
    "NotoSansOsage",
    "NotoSansPahawhHmong",
    "NotoSansThaana",
    "NotoSansTifinagh",
    "NotoSerifArmenian",
    "NotoSerifBengali",
    "NotoSerifDevanagari",
    "NotoSerifEthiopic",
    "NotoSerifGeorgian",
    "NotoSerifGujarati",
    "NotoSerifGurmukhi",
    "NotoSerifHebrew",
    "NotoSerifKannada",
    "NotoSerifKhmer",
    "NotoSerifLao",
    "NotoSerifMalayalam",
    "NotoSerifMyanmar",
    "NotoSerifNyiakengPuachueHmong",
    "NotoSerifSinhala",
    "NotoSerifTamil",
    "NotoSerifTelugu",
    "NotoSerifThai",
]


def main() -> None:
    extra = Path(sys.argv[1]) if len(sys.argv) > 1 else CJK
    for name, wanted in LATIN_CUTS.items():
        _cut(CORE / f"{name}.ttf", FONTS / f"{name}.ttf", wanted)
    for name in SCRIPTS:
        _cut(CORE / f"{name}-Regular.ttf", FONTS / f"{name}-Regular.ttf", None)
    collection = extra / "NotoSansCJK-Regular.ttc"
    names = [font["name"].getDebugName(4) for font in TTCollection(collection)]
    _cut(
        collection,
        FONTS / "NotoSansCJKsc-Regular.otf",
        sorted(_east_asian()),
        number=names.index("Noto Sans CJK SC"),
    )
    sizes = [path.stat().st_size for path in FONTS.glob("*.[ot]tf")]
    sys.stdout.write(f"{len(sizes)} fonts, {sum(sizes):,} bytes\n")


def _cut(source: Path, target: Path, wanted: Iterable[int] | None, number: int = -1) -> None:
    options = subset.Options(
        font_number=number,
        hinting=False,
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        drop_tables=["BASE", "FFTM", "VORG", "vhea", "vmtx", *subset.Options().drop_tables],
    )
    if number >= 0:
        # The vertical forms and regional variants of the ideographs would double the file.
        options.layout_features = ["ccmp", "kern", "ljmo", "mark", "mkmk", "tjmo", "vjmo"]
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap() if wanted is None else wanted)
    subsetter.subset(font)
    font.save(target)


def _east_asian() -> set[int]:
    return {
        0x25A1,  # the square that stands for what no font has
        *range(0x3000, 0x3020),
        *range(0x3041, 0x3100),
        *range(0xFF01, 0xFF5F),
        *_rows("gb2312", range(0xB0, 0xF8)),
        *_rows("big5", range(0xA4, 0xC7)),
        *_rows("euc_jp", range(0xB0, 0xF5)),
        *_rows("euc_kr", range(0xB0, 0xC9)),
    }


def _rows(codec: str, rows: range) -> set[int]:
    """The characters of some rows of a two-byte character set."""
    found = set()
    for row in rows:
        for cell in range(0x40, 0xFF):
            text = bytes([row, cell]).decode(codec, errors="ignore")
            if len(text) == 1 and ord(text) > 0x7F:
                found.add(ord(text))
    return found


if __name__ == "__main__":
    main()
