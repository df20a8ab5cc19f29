from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from webinars import reconciling, reports
from webinars.models import Webinar


class Command(BaseCommand):
    help = "Bring in who attended from another service's report. The same report adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="the session's address, as in /webinars/<webinar>/")
        parser.add_argument("file", type=Path)
        parser.add_argument("--provider", choices=reports.PROVIDERS, required=True)
        parser.add_argument(
            "--zone", required=True, help="of the times in the file, such as America/New_York"
        )
        parser.add_argument("--dry-run", action="store_true", help="look only, write nothing")

    def handle(
        self, *, webinar: str, file: Path, provider: str, zone: str, dry_run: bool, **options: Any
    ) -> None:
        session = Webinar.objects.filter(slug=webinar).first()
        if session is None:
            raise CommandError(f"There is no session «{webinar}».")
        if zone not in available_timezones():
            raise CommandError(f"«{zone}» is no time zone. Write one such as America/New_York.")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"«{file}» cannot be read: {error.strerror}.") from error
        with transaction.atomic():
            try:
                report = reconciling.bring(
                    session, content, provider=provider, zone=zone, file_name=file.name, by=None
                )
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            rows = reconciling.look(report) if dry_run else reconciling.take_in(report)
            transaction.set_rollback(dry_run)
        for row in rows:
            self.stdout.write(self._line(row, ZoneInfo(zone)))
        self.stdout.write(f"{'Dry run: ' if dry_run else ''}{reconciling.told(rows)}")
        if not dry_run and (left := len(reconciling.waiting(session))):
            self.stdout.write(f"To be named at /host/{webinar}/reconcile/: {left}.")

    def _line(self, row: reconciling.Row, zone: ZoneInfo) -> str:
        line = row.line
        who = line.email or line.name
        if line.problem or line.joined is None or line.left is None:
            return f"line {line.number}: {who}: refused: {line.problem}"
        times = f"{line.joined.astimezone(zone):%H:%M:%S}–{line.left.astimezone(zone):%H:%M:%S}"
        if row.outcome == reconciling.KNOWN:
            return f"line {line.number}: {who}: {times}: known already"
        found = "registered" if row.registration is not None else "waits to be named"
        return f"line {line.number}: {who}: {times}: {found}"
