from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courses.loading import ContentError
from lms import demo


class Command(BaseCommand):
    help = "Load the demo: content, organisations, people and sessions. Safe to repeat."

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is never loaded in production.")
        try:
            for sentence in demo.load():
                self.stdout.write(sentence)
        except ContentError as error:
            raise CommandError(str(error)) from error
