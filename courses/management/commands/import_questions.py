import uuid
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses import banks, exchanging, formats
from courses.models import Bank
from courses.shape import is_slug


class Command(BaseCommand):
    help = (
        "Take the questions of a file into a question bank, all of them or none. A bank that is "
        "not there yet is made. The same file again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bank", help="the last part of the bank's address")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=list(formats.FORMATS))
        parser.add_argument("--dry-run", action="store_true", help="look, and write nothing")
        parser.add_argument(
            "--leave-out", action="store_true", help="take the rest when some cannot be taken"
        )

    def handle(self, **options: Any) -> None:
        slug: str = options["bank"]
        if not is_slug(slug):
            raise CommandError(f"«{slug}» is no address of a bank: letters, digits, hyphens.")
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        bank = Bank.objects.filter(slug=slug).first()
        try:
            found = exchanging.look(bank, options["format"], data)
        except formats.BadFile as error:
            raise CommandError(f"Nothing was imported. {error}") from error
        for row in found.refused:
            self.stdout.write(f"Question {row.number}, «{row.name}», cannot be taken: {row.reason}")
        for taken in found.noted:
            self.stdout.write(f"Question {taken.number}, «{taken.name}»: {' '.join(taken.notes)}")
        told = (
            f"{len(found.new)} new, {len(found.known)} in the bank already, "
            f"{len(found.refused)} that cannot be taken"
        )
        if options["dry_run"]:
            self.stdout.write(f"{told}. Nothing was written.")
            return
        if found.refused and not options["leave_out"]:
            raise CommandError(f"{told}. Nothing was imported.")
        if bank is None:
            bank = banks.create(by=None, key=uuid.uuid4(), title=slug, slug=slug)
            self.stdout.write(f"The bank «{slug}» is new.")
        try:
            added = exchanging.take(bank, found, by=None, leave_out=options["leave_out"])
        except ValidationError as error:
            raise CommandError(f"Nothing was imported. {error.messages[0]}") from error
        left = f"; {len(found.refused)} left out" if found.refused else ""
        self.stdout.write(
            f"{added} questions added to «{slug}», {len(found.known)} were there{left}."
        )
