"""The certificate as an OpenBadgeCredential: a frozen snapshot in, JSON-LD out.

https://www.imsglobal.org/spec/ob/v3p0/ and https://www.w3.org/TR/vc-data-model-2.0/
It says what the certificate's public page says, and nothing else about anybody. The only writer
of Achievement rows.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from certificates.badges import addresses, rdf, status
from certificates.models import Achievement, Certificate, StatusEntry
from lms.text import LANGUAGES, Localised
from lms.text import said as localised

CONTEXTS = [rdf.CREDENTIALS, rdf.OPEN_BADGES]

type Json = dict[str, Any]


def unsigned(certificate: Certificate, achievement: Achievement, entry: StatusEntry) -> Json:
    """The credential without a proof. The same rows give the same JSON."""
    snapshot = certificate.snapshot
    language = snapshot["language"]
    hours = f"{addresses.achievement(achievement.uuid, language)}#hours"
    credential: Json = {
        "@context": CONTEXTS,
        "id": addresses.credential(certificate.code),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": said(snapshot["title"], language),
        "issuer": profile(snapshot["provider"]["name"]),
        "validFrom": _z(certificate.issued_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "identityHash": snapshot["name"],
                    "hashed": False,
                }
            ],
            "activityEndDate": snapshot["completed_on"],
            "achievement": achieved(achievement, language),
            "result": [
                {"type": ["Result"], "resultDescription": hours, "value": snapshot["hours"]}
            ],
        },
        "credentialStatus": status.of_entry(entry),
    }
    if certificate.expires_on:
        after = datetime.combine(
            certificate.expires_on + timedelta(days=1), time(), tzinfo=certificate.zone
        )
        credential["validUntil"] = _z(after - timedelta(seconds=1))
    return credential


def achieved(achievement: Achievement, language: str) -> Json:
    """The achievement in one language, with the way to the other."""
    body, address = achievement.body, addresses.achievement(achievement.uuid, language)
    title = said(body["title"], language)
    return {
        "id": address,
        "type": ["Achievement"],
        "achievementType": "Course" if body["kind"] == "course" else "LearningProgram",
        "creator": profile(body["provider"]),
        "name": title,
        "description": said(body["description"], language),
        "criteria": {"narrative": said(body["criteria"], language)},
        "image": {
            "id": addresses.picture(achievement.uuid, "png"),
            "type": "Image",
            "caption": title,
        },
        "inLanguage": language,
        "related": [
            {
                "id": addresses.achievement(achievement.uuid, other),
                "type": ["Related"],
                "inLanguage": other,
            }
            for other in LANGUAGES
            if other != language
        ],
        "resultDescription": [
            {
                "id": f"{address}#hours",
                "type": ["ResultDescription"],
                "name": said(body["hours"], language),
                "resultType": "ext:TrainingHours",
            }
        ],
        **({"version": body["version"]} if body["version"] else {}),
    }


def profile(name: str) -> Json:
    """The issuer. Its name is the one that stood on the certificate at the time."""
    return {
        "id": addresses.did(),
        "type": ["Profile"],
        "name": name,
        "url": addresses.issuer(),
    }


SOURCES = ("title", "format", "version", "provider", "kind", "needed", "offered")


def achievement_of(certificate: Certificate) -> Achievement:
    """What this certificate was given for; written once for each content. Safe at once."""
    sources, sha256 = content_of(certificate)
    return Achievement.objects.get_or_create(
        sha256=sha256, defaults={"body": {**sources, **_words(sources)}}
    )[0]


def content_of(certificate: Certificate) -> tuple[Json, str]:
    """What an achievement is made from, and the hash by which it is known."""
    snapshot = certificate.snapshot
    sources: Json = {
        "title": snapshot["title"],
        "format": snapshot.get("format_words") or {},
        "version": str(snapshot.get("course_version") or ""),
        "provider": snapshot["provider"]["name"],
        "kind": snapshot.get("kind") or "course",
        "needed": snapshot.get("needed"),
        "offered": snapshot.get("offered"),
    }
    return sources, fingerprint_of(sources)


def fingerprint_of(body: Mapping[str, Any]) -> str:
    """Of the sources, without the sentences that were made of them."""
    sources = {key: body.get(key) for key in SOURCES}
    text = json.dumps(sources, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def said(text: Localised, language: str) -> str:
    """Plain text: what the library for RDF is given."""
    return str(localised(text, language))


def _words(sources: Mapping[str, Any]) -> dict[str, Localised]:
    """The sentences of an achievement, frozen with it in each language."""
    words: dict[str, Localised] = {"description": {}, "criteria": {}, "hours": {}}
    for language in LANGUAGES:
        with translation.override(language):
            parts = {**sources, "title": said(sources["title"], language)}
            criteria = _("Complete all that «%(title)s» requires. The record of it is kept.")
            if sources["kind"] == "series":
                criteria = _("Complete %(needed)s of the %(offered)s courses of «%(title)s».")
            description = _("Training «%(title)s», completed with %(provider)s.")
            words["criteria"][language] = criteria % parts
            words["description"][language] = description % parts
            words["hours"][language] = _("Training hours")
    return words


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
