from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "certificates"

    def ready(self) -> None:
        from certificates import claiming, issuing  # noqa: F401, PLC0415 -- needs the app registry
        from courses.signals import course_completed  # noqa: PLC0415 -- needs the app registry

        def certify(completion_id: int, **kwargs: object) -> None:
            issuing.certify(completion_id)

        course_completed.connect(certify, weak=False, dispatch_uid="issue the certificate")
