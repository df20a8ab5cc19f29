from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people import loading


class Command(BaseCommand):
    help = "Load counties and organisations from people/content. Safe to repeat."

    def handle(self, **options: Any) -> None:
        try:
            self.stdout.write(str(loading.load()))
        except loading.ContentError as error:
            raise CommandError(str(error)) from error
