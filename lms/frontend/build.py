"""Build the stylesheet and fonts in lms/static/lms, or check that they are as committed.

python lms/frontend/build.py            build: needs Node 20, and fonttools, brotli in Python
python lms/frontend/build.py --check    compare with checksums.txt: needs nothing, the tests do it
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "static" / "lms"
CHECKSUMS = HERE / "checksums.txt"
# Family, the weights we use, what its glyphs must still be able to do.
FONTS = {"piazzolla": "500:700", "public-sans": "400:700"}
FEATURES = "kern,mark,mkmk,ccmp,locl,liga,calt,tnum,lnum,pnum"


def built() -> list[Path]:
    return sorted([OUT / "site.css", *(OUT / "fonts").iterdir()])


def checksums() -> str:
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(OUT).as_posix()}\n"
        for path in built()
    )


def build() -> None:
    npm = shutil.which("npm")
    node = shutil.which("node")
    if npm is None or node is None:
        sys.exit("Building needs Node 20 or newer with npm.")
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=HERE, check=True)  # noqa: S603
    (OUT / "fonts").mkdir(parents=True, exist_ok=True)
    subprocess.run([node, "build.mjs", str(OUT / "site.css")], cwd=HERE, check=True)  # noqa: S603
    for family, weights in FONTS.items():
        package = HERE / "node_modules" / "@fontsource-variable" / family
        narrow_font(package / "files" / f"{family}-latin-wght-normal.woff2", weights)
        shutil.copy(package / "LICENSE", OUT / "fonts" / f"{family}-OFL.txt")
    CHECKSUMS.write_text(checksums())
    for path in built():
        print(f"{path.stat().st_size:>8} {path.relative_to(OUT)}")  # noqa: T201


def narrow_font(source: Path, weights: str) -> None:
    """Keep the weights and the features we use: about a fifth smaller. The licence allows it."""
    from fontTools import subset, ttLib  # noqa: PLC0415 - maintainers only
    from fontTools.varLib import instancer  # noqa: PLC0415

    low, high = (float(weight) for weight in weights.split(":"))
    font = instancer.instantiateVariableFont(
        ttLib.TTFont(source, recalcTimestamp=False), {"wght": (low, high)}
    )
    options = subset.Options(layout_features=FEATURES.split(","), flavor="woff2")
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    name = source.name.split("-latin-")[0]
    subset.save_font(font, OUT / "fonts" / f"{name}.woff2", options)


def check() -> None:
    if CHECKSUMS.read_text() != checksums():
        sys.exit("The built files differ from checksums.txt. Run: python lms/frontend/build.py")
    print(f"{len(built())} built files are as committed.")  # noqa: T201


if __name__ == "__main__":
    check() if "--check" in sys.argv[1:] else build()
