"""Refuse a string that is marked for translation and stands in no catalogue.

Runs Debian's xgettext through makemessages over a copy of the tracked files, so that nothing in
the checkout changes, and compares the strings it finds with each committed catalogue.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("tests/", "bench/", ".ci/")


def main(scratch: Path) -> None:
    copy = scratch / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    for name in listed.stdout.decode().split("\0"):
        if may_carry_strings(name) and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    if not catalogues:
        sys.exit("There is no catalogue in locale/.")
    open_strings = 0
    for committed in catalogues:
        language = committed.parts[-3]
        found = polib.pofile(str(makemessages(copy, language, scratch / "var")))
        wanted = {(entry.msgctxt, entry.msgid): entry for entry in found if not entry.obsolete}
        held = {(e.msgctxt, e.msgid) for e in polib.pofile(str(committed)) if not e.obsolete}
        for key in sorted(wanted.keys() - held, key=str):
            entry = wanted[key]
            places = ", ".join(f"{file}:{line}" for file, line in entry.occurrences[:2])
            print(f"{language}: not in the catalogue: {entry.msgid[:90]!r} ({places})")
            open_strings += 1
        checked = subprocess.run(
            ["msgfmt", "--check", "-o", os.devnull, str(committed)],
            check=False,
        )
        if checked.returncode:
            sys.exit(f"{committed}: the catalogue is not well-formed.")
        print(f"{language}: {len(wanted)} strings marked, {len(held)} in the catalogue")
    if open_strings:
        sys.exit(f"{open_strings} strings are in no catalogue.")


def may_carry_strings(name: str) -> bool:
    """Code, templates of pages and of letters (Markdown), and the catalogues themselves."""
    if name.startswith(LEFT_OUT):
        return False
    in_templates = "templates/" in name and name.endswith((".html", ".md", ".txt"))
    return in_templates or name.endswith((".py", ".po"))


def makemessages(copy: Path, language: str, var: Path) -> Path:
    (copy / "locale").mkdir(exist_ok=True)
    subprocess.run(
        [
            sys.executable,
            "manage.py",
            "makemessages",
            "--locale",
            language,
            "--no-obsolete",
            "--extension",
            "html,md,py,txt",
            "--verbosity",
            "0",
        ],
        cwd=copy,
        check=True,
        env=os.environ | {"VAR_DIR": str(var)},
    )
    return copy / "locale" / language / "LC_MESSAGES" / "django.po"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
