from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses import loading


class Command(BaseCommand):
    help = "Load courses and series from files; a changed course becomes a new version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="root", type=Path, default=loading.CONTENT)
        parser.add_argument(
            "--force", action="store_true", help="also replace drafts edited in the studio since"
        )

    def handle(self, *, root: Path, force: bool, **options: Any) -> None:
        try:
            report = loading.load_all(root, force=force)
        except loading.ContentError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Course content: {report}.")
