from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from courses import publishing, shape
from courses.models import Draft
from courses.packing import Package
from courses.publishing import Policy
from courses.studio.importing import Report, bring_in
from lms.zips import BadZip


class Command(BaseCommand):
    help = "Bring in a course that export_course wrote. Learners see it once it is published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", default="", help="another address for a course new here")
        parser.add_argument(
            "--publish", action="store_true", help="publish the draft at once, as an update"
        )

    def handle(self, *, file: Path, slug: str, publish: bool, **options: Any) -> None:
        if slug and not shape.is_slug(slug):
            raise CommandError(f"«{slug}» cannot be an address.")
        try:
            with file.open("rb") as stream:
                report = _bring_in(Package(stream), slug, publish=publish)
        except OSError as error:
            raise CommandError(f"«{file}» cannot be read: {error.strerror}.") from error
        except BadZip as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        state = "new here" if report.made else "known here"
        self.stdout.write(f"Course «{report.course.slug}» ({state}): {report}.")
        report.course.refresh_from_db()
        if report.course.current_id is None:
            self.stdout.write("Learners see it when somebody publishes it in the studio.")


@transaction.atomic
def _bring_in(package: Package, slug: str, *, publish: bool) -> Report:
    report = bring_in(package, by=None, slug=slug)
    if publish:
        draft = Draft.objects.get(course=report.course)
        publishing.publish(draft, by=None, policy=Policy.UPDATE, note="Imported.")
    return report
