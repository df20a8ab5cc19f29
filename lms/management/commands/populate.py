import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lms.populate import populate


class Command(BaseCommand):
    help = "Fill a test or demo site with load learners, courses and records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--learners", type=int, default=1000)
        parser.add_argument("--courses", type=int, default=20)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, learners: int, courses: int, seed: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Load learners are never made in production.")
        if learners < 0 or courses < 1 or learners > 99_999:
            raise CommandError("Give 0 to 99999 learners and at least one course.")
        begun = time.monotonic()
        counts = populate(
            learners=learners, courses=courses, seed=seed, password=settings.DEMO_PASSWORD
        )
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        self.stdout.write(f"Written: {said} in {time.monotonic() - begun:.0f} s.")
