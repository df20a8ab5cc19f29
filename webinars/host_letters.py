"""Letters to hosts about people who ask for a place. The only writer of HostLetters.

One letter gathers everybody who waits at all sessions of a host: ten minutes after somebody asks,
and then at most one every four hours, or each hour when a session begins within a day. What it
says is read when it goes out: nobody is told of requests that were decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import timezone, translation

from lms import mail, outbox
from lms.outbox import Stale
from lms.text import said
from lms.zones import spoken
from people.models import User
from webinars import rules
from webinars.invitations import absolute
from webinars.models import HostLetters, Registration, Webinar

KIND = "webinars.places-asked"
GATHERED = timedelta(minutes=10)


def promise(webinar: Webinar, now: datetime) -> None:
    """Somebody asked for a place: a letter soon, unless there was one in this stretch of hours; and
    one when the next stretch begins, for those who ask after this one went out. Which of the two
    has something new to say is seen when they are due."""
    left = webinar.starts_at - now
    stretch = timedelta(hours=rules.hours_between_letters(left // timedelta(hours=1)))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begun = midnight + (now - midnight) // stretch * stretch
    due = {begun: now + GATHERED, begun + stretch: begun + stretch}
    hosts = webinar.hosts.filter(is_active=True).values_list("pk", flat=True)
    outbox.promise_timed(
        KIND,
        {
            f"{host}:{start:%Y%m%d%H}": ({"host": host, "stretch": f"{start:%Y%m%d%H}"}, due_at)
            for start, due_at in due.items()
            for host in hosts
        },
    )


def stop_url(host: User) -> str:
    """Where a host, or their mail program for them, stops these letters. The signature is the key:
    who has the letter need not sign in."""
    return absolute(reverse("webinars:host-letters", args=[_signer().sign(str(host.pk))]))


def host_of(token: str) -> User | None:
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        return None
    return User.objects.filter(pk=int(pk)).first()


def are_stopped(host: User) -> bool:
    return HostLetters.objects.filter(host=host, stopped_at__isnull=False).exists()


def set_stopped(host: User, stopped: bool) -> None:
    """No more of these letters, or those to come again. Safe to repeat."""
    HostLetters.objects.update_or_create(
        host=host, defaults={"stopped_at": timezone.now() if stopped else None}
    )


@outbox.handles(KIND)
def _send(payload: Mapping[str, object]) -> str:
    host = User.objects.filter(pk=int(str(payload["host"])), is_active=True).first()
    if host is None:
        raise Stale("this person may not sign in")
    known = HostLetters.objects.filter(host=host).first()
    if known is not None and known.stopped_at is not None:
        raise Stale("the host wants no such letters")
    now = timezone.now()
    waiting = _waiting(host)
    if not waiting:
        raise Stale("nobody waits for this host")
    # A minute back: a request may have begun before the last letter was written, and ended after.
    told_at = known.told_at - timedelta(minutes=1) if known and known.told_at else None
    if told_at is not None and all(row.changed_at <= told_at for row in waiting):
        raise Stale("nobody new since the last letter")
    with translation.override(host.language):
        outcome = mail.send(
            to=host.email,
            template="webinars/mail/places-asked.md",
            context={
                "name": host.first_name or host.email,
                "people": len(waiting),
                "sessions": [
                    _session(webinar, len(list(rows)), host)
                    for webinar, rows in groupby(waiting, key=lambda row: row.webinar)
                ],
                "stop_url": stop_url(host),
            },
            language=host.language,
            key=f"{KIND} {host.pk}:{payload['stretch']}",
            unsubscribe_url=stop_url(host),
        )
    HostLetters.objects.update_or_create(host=host, defaults={"told_at": now})
    return outcome


def _waiting(host: User) -> list[Registration]:
    """Everybody who waits for this host's word, session by session."""
    hosted = Webinar.objects.hosted_by(host).filter(hosts=host).upcoming()
    rows = Registration.objects.asked().filter(webinar__in=hosted.order_by().values("pk"))
    return list(rows.select_related("webinar").order_by("webinar__starts_at", "webinar_id"))


def _session(webinar: Webinar, people: int, host: User) -> dict[str, object]:
    page = reverse("webinars:people", args=[webinar.slug])
    return {
        "title": str(said(webinar.title)),
        "when": str(spoken(webinar.starts_at, webinar.ends_at, host.time_zone)),
        "people": people,
        "url": f"{absolute(page)}?state={Registration.State.ASKED}",
    }


def _signer() -> Signer:
    return Signer(sep=".", salt="webinars.host-letters")
