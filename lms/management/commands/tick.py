from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lms import ticks


class Command(BaseCommand):
    help = "All periodic work, once. Safe at any time and as often as you like."

    def handle(self, **options: Any) -> None:
        said = ticks.run_all(timezone.now())
        for name, words in said.items():
            self.stdout.write(f"{name}: {words}")
        failed = [name for name, words in said.items() if words.startswith("failed")]
        if failed:
            raise CommandError(f"{len(failed)} of {len(said)} sweeps failed.")
