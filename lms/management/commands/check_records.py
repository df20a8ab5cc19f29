from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from certificates.models import Certificate
from courses.models import Completion, Evidence
from lms.records import CHECKS

SHOWN = 20  # broken rows named for each check


class Command(BaseCommand):
    help = "Prove the invariants of the chain of record. Reads only; fails when one is broken."

    def handle(self, **options: Any) -> None:
        broken = 0
        for check in CHECKS:
            found = list(islice(check(), SHOWN + 1))
            broken += len(found)
            name = check.__name__.replace("_", " ")
            self.stdout.write(f"{'BROKEN' if found else 'ok':7}{name}")
            for sentence in found[:SHOWN]:
                self.stdout.write(f"       {sentence}")
            if len(found) > SHOWN:
                self.stdout.write("       and more")
        counts = ", ".join(
            f"{model.objects.count()} {model._meta.verbose_name_plural}"
            for model in (Evidence, Completion, Certificate)
        )
        self.stdout.write(f"Checked {counts}.")
        if broken:
            raise CommandError("The record is not sound. Nothing was changed.")
