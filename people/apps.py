from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "people"
    verbose_name = _("People and organizations")

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 -- needs the registry

        from people import letters  # noqa: F401, PLC0415 -- registers its outbox handler
        from people.access import just_shown  # noqa: PLC0415

        authenticator_added.connect(just_shown)
