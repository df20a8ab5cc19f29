"""Where everything about badges is found. These stand in signed documents: they never change."""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings


def did() -> str:
    """The issuer: did:web of this site, resolved at /.well-known/did.json."""
    return "did:web:" + urlsplit(settings.SITE_URL).netloc.replace(":", "%3A")


def method(public: str) -> str:
    """A key of the issuer, by its public half."""
    return f"{did()}#{public}"


JWK = "-jwk"  # what the name of the same key ends with where it stands as a JSON Web Key


def jwk_method(public: str) -> str:
    return method(public) + JWK


def issuer() -> str:
    return f"{settings.SITE_URL}/badges/issuer/"


def credential(code: str) -> str:
    return f"{settings.SITE_URL}/certificates/{code}/badge.json"


def achievement(uuid: UUID, language: str) -> str:
    """One for each language: Open Badges has no texts in several."""
    prefix = "" if language == "en" else f"/{language}"
    return f"{settings.SITE_URL}{prefix}/badges/achievements/{uuid}/"


def picture(uuid: UUID, form: str) -> str:
    return f"{settings.SITE_URL}/badges/achievements/{uuid}.{form}"


def status_list(number: int, purpose: str) -> str:
    return f"{settings.SITE_URL}/badges/status/{number}/{purpose}/"
