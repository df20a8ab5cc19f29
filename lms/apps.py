from django.apps import AppConfig


class LmsConfig(AppConfig):
    name = "lms"

    def ready(self) -> None:
        # Imported for what they register: outbox handlers and sweeps.
        from lms import checking, mail  # noqa: F401, PLC0415
