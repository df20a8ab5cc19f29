from django.apps import AppConfig


class WebinarsConfig(AppConfig):
    name = "webinars"

    def ready(self) -> None:
        # Register the outbox handlers and the sweeps.
        from webinars import (  # noqa: F401, PLC0415
            attendance,
            host_letters,
            letters,
            registering,
            registering_others,
            reminders,
        )
        from webinars.room import asked  # noqa: F401, PLC0415
