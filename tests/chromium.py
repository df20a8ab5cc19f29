"""Which Chromium the browser tests drive: the one that `CHROMIUM` names, or the first one here."""

import os
import shutil

# The headless shell draws the same pages for a quarter less of the processor's time.
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
