from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        # Imported for what they register: outbox handlers, sweeps, what a course's zip encloses.
        from courses import (  # noqa: F401, PLC0415
            approving,
            assessment,
            commenting,
            cycles,
            links,
            packed_banks,
            packed_translations,
            planning,
            regrading,
        )
        from courses.media import enclosing  # noqa: F401, PLC0415
        from courses.media import uploads as media_uploads  # noqa: F401, PLC0415
        from courses.studio import uploads  # noqa: F401, PLC0415
        from courses.studio.question_editors import require_every_kind  # noqa: PLC0415

        require_every_kind()
