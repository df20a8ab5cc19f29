import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses import packing
from courses.models import Course


class Command(BaseCommand):
    help = "Write a whole course as one zip: versions, draft, translations, banks; no people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)

    def handle(self, *, slug: str, file: Path, **options: Any) -> None:
        course = Course.objects.filter(slug=slug, draft__isnull=False).first()
        if course is None:
            raise CommandError(f"There is no course «{slug}».")
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with beside.open("wb") as target:
                count = packing.write(course, target)
            beside.replace(file)  # whole or not at all
        except OSError as error:
            raise CommandError(f"«{file}» cannot be written: {error.strerror}.") from error
        finally:
            beside.unlink(missing_ok=True)
        versions = course.versions.count()
        size = file.stat().st_size
        many = "version" if versions == 1 else "versions"
        self.stdout.write(
            f"Course «{slug}»: {versions} {many} and the draft, {count} files, {size:,} bytes."
        )
