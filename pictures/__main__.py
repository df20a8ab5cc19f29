"""python -m pictures [charts|sheets|studio]: what the courses show, made anew.

For maintainers; it needs Chromium. What comes out the same leaves its file alone; look at what
changed, then commit it.
"""

import argparse
import os

PARTS = ("charts", "sheets", "studio")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pictures", description=__doc__)
    parser.add_argument("only", nargs="?", choices=PARTS)
    chosen = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    from pictures import charts, sheets, studio

    if chosen.only in {None, "charts"}:
        charts.draw()
    if chosen.only in {None, "sheets"}:
        sheets.make()
    if chosen.only in {None, "studio"}:
        studio.photograph()


if __name__ == "__main__":
    main()
