"""The letters about a certificate: it was issued or corrected, taken back, suspended, restored."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.utils import translation

from certificates.differences import between
from certificates.models import Certificate, Lifting, Revocation, State, Suspension
from lms import mail, outbox
from lms.text import said


def promise(certificate: Certificate) -> None:
    """The letter with the certificate, in the transaction that issues it."""
    promise_all([certificate])


def promise_all(certificates: Iterable[Certificate]) -> None:
    outbox.promise_all(
        "certificates.letter", {str(each.pk): {"certificate": each.pk} for each in certificates}
    )


def promise_notice(certificate: Certificate, what: str, *, row: int) -> None:
    """The letter about one act, in its transaction: revoked, suspended or restored."""
    payload = {"certificate": certificate.pk, "what": what, "row": row}
    outbox.promise("certificates.notice", key=f"{what} {row}", payload=payload)


@outbox.handles("certificates.letter")
def _send_letter(payload: Mapping[str, object]) -> str:
    certificate = _read(payload)
    if not certificate.stands:
        raise outbox.Stale("the certificate no longer stands")
    older, changed = certificate.supersedes, []
    if older is not None:
        with translation.override(certificate.holder.language):
            changed = [each.what for each in between(older.snapshot, certificate.snapshot)]
    return _send(
        certificate,
        "issued",
        f"certificate {certificate.pk}",
        anew=older is not None and Revocation.objects.filter(certificate=older).exists(),
        corrected=older is not None,
        changed=changed,
    )


@outbox.handles("certificates.notice")
def _send_notice(payload: Mapping[str, object]) -> str:
    """What was done was done, even if something else was done since: each act has its letter."""
    certificate, what, row = _read(payload), str(payload["what"]), int(str(payload["row"]))
    with translation.override(certificate.holder.language):
        match what:
            case "revoked":
                reason = str(Revocation.objects.get(pk=row).get_reason_display())
            case "suspended":
                reason = str(Suspension.objects.get(pk=row).get_reason_display())
            case _:
                Lifting.objects.get(pk=row)
                reason = ""
    if what != "revoked" and certificate.state == State.REVOKED:
        raise outbox.Stale("the certificate was revoked since")
    return _send(certificate, what, f"certificate {what} {row}", reason=reason)


def _read(payload: Mapping[str, object]) -> Certificate:
    rows = Certificate.objects.with_state().select_related(
        "revocation", "superseded_by", "holder", "supersedes"
    )
    return rows.get(pk=str(payload["certificate"]))


def _send(certificate: Certificate, letter: str, key: str, **more: object) -> str:
    holder = certificate.holder
    with translation.override(holder.language):
        url = settings.SITE_URL + certificate.get_absolute_url()
    return mail.send(
        to=holder.email,
        template=f"certificates/mail/{letter}.md",
        context={
            "name": certificate.snapshot["name"],
            "title": str(said(certificate.snapshot["title"], holder.language)),
            "courses": len(certificate.snapshot.get("courses", [])),
            "number": certificate.number,
            "provider": certificate.snapshot["provider"]["name"],
            "url": url,
            **more,
        },
        language=holder.language,
        key=key,
    )
