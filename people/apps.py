from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people import letters  # noqa: F401, PLC0415 -- registers its outbox handler
