from django.apps import AppConfig


class LmsConfig(AppConfig):
    name = "lms"

    def ready(self) -> None:
        from lms import mail  # noqa: F401, PLC0415 -- registers the letters' outbox handler
