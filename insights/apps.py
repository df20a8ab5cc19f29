from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        # Imported for what it registers: an outbox handler and a sweep.
        from insights.packs import packing  # noqa: F401, PLC0415
