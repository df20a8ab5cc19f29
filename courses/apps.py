from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        from courses import publishing  # noqa: F401, PLC0415 -- registers its outbox handlers
