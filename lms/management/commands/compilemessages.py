"""Compile the catalogues without msgfmt, which a fresh machine lacks."""

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Compile locale/*.po. With --check, fail on a fuzzy or missing translation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *, check: bool, **options: Any) -> None:
        open_entries = []
        compiled = 0
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                catalogue = polib.pofile(str(source))
                compiled += len(catalogue.translated_entries())
                unfinished = catalogue.untranslated_entries() + catalogue.fuzzy_entries()
                open_entries += [f"{source}:{e.linenum}: {e.msgid[:70]!r}" for e in unfinished]
                target = source.with_suffix(".mo")
                if not target.exists() or target.stat().st_mtime <= source.stat().st_mtime:
                    catalogue.save_as_mofile(str(target))
        if check and open_entries:
            raise CommandError("Without a finished translation:\n" + "\n".join(open_entries))
        if options["verbosity"] > 1:
            self.stdout.write(f"{compiled} messages compiled, {len(open_entries)} open.")
