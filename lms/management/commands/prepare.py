"""Everything between a checkout and a site that can start. Safe to repeat."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, compile translations, collect static files and, in a demo, load the demo."

    def handle(self, **options: Any) -> None:
        begun = time.monotonic()
        call_command("compilemessages", verbosity=0)
        call_command("migrate", verbosity=0)
        if not settings.TESTING:
            self._collect()
        if settings.ENVIRONMENT == "demo":
            call_command("demo", stdout=self.stdout)
        self.stdout.write(f"Ready in {time.monotonic() - begun:.0f} s.")

    def _collect(self) -> None:
        """Collect and compress static files, only when one of them changed."""
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        state = _state_of_static_files()
        if not stamp.exists() or stamp.read_text() != state:
            # In production pages of the last release may still ask for its files.
            clear = not settings.PRODUCTION
            call_command("collectstatic", interactive=False, clear=clear, verbosity=0)
            stamp.write_text(state)


def _state_of_static_files() -> str:
    return hashlib.sha256("\n".join(sorted(_static_files())).encode()).hexdigest()


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path)).stat()
            yield f"{path} {file.st_size} {file.st_mtime_ns}"
