"""The keys that sign badges. The ceremony, step by step, is in DEPLOY.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.badges import keys, multikey
from certificates.models import BadgeKey


class Command(BaseCommand):
    help = "Make, publish, list and withdraw the keys that sign badges."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="make|publish|list|withdraw"
        )
        make = acts.add_parser("make", help="write a new private key into a new file")
        make.add_argument("file", type=Path)
        publish = acts.add_parser("publish", help="publish the public half of a key in a file")
        publish.add_argument("file", type=Path)
        acts.add_parser("list", help="every key that was published")
        withdraw = acts.add_parser("withdraw", help="for a key that others may have; for good")
        withdraw.add_argument("public", metavar="PUBLIC_KEY")

    def handle(self, *, act: str, **options: Any) -> None:
        match act:
            case "make":
                self._make(options["file"])
            case "publish":
                self._publish(options["file"])
            case "list":
                self._list()
            case "withdraw":
                self._withdraw(options["public"])

    def _make(self, path: Path) -> None:
        try:
            key = keys.make(path)
        except OSError as error:
            raise CommandError(f"The key was not made: {error.strerror}: {path}") from error
        self.stdout.write(f"Private key: {path} (only its owner may read it)")
        self.stdout.write(f"Public key:  {multikey.public_text(key.public_key())}")

    def _publish(self, path: Path) -> None:
        try:
            key = multikey.secret_key(path.read_text().strip())
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}: {path}") from error
        except ValueError as error:
            raise CommandError(f"The file holds no key that badge_key made: {path}") from error
        row = keys.publish(key.public_key())
        self.stdout.write(f"Published since {row.published_at:%Y-%m-%d %H:%M} UTC: {row}")

    def _list(self) -> None:
        in_use = None
        if settings.BADGE_KEY:
            secret = multikey.secret_key(settings.BADGE_KEY)
            in_use = multikey.public_text(secret.public_key())
        rows = list(BadgeKey.objects.all())
        for row in rows:
            state = "signs now" if row.public == in_use else "published"
            if row.withdrawn_at:
                state = f"withdrawn {row.withdrawn_at:%Y-%m-%d}"
            self.stdout.write(f"{row}  {row.published_at:%Y-%m-%d}  {state}")
        self.stdout.write(f"{len(rows)} keys.")

    def _withdraw(self, public: str) -> None:
        try:
            now = keys.withdraw(public)
        except BadgeKey.DoesNotExist:
            raise CommandError("No key with this public half was ever published.") from None
        said = (
            "Withdrawn. Nothing that it signed is believed any more."
            if now
            else "It was withdrawn before."
        )
        self.stdout.write(said)
