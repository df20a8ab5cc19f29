"""Attendance that another service saw: brought in from its report, matched to registrations.

The only writer of AttendanceReport, ReportRow and IdentityMatch. A span is named by what its line
says, so the same report again, or a longer one of the same meeting, adds only what is new. Lines
are matched by a confirmed e-mail address; everybody else waits for a person to say who they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.text import folded
from people import audit
from people.models import User
from webinars import attendance, reports
from webinars.models import PresenceSpan, Registration, Webinar
from webinars.models.identity import AttendanceReport, IdentityMatch, ReportRow
from webinars.reports import Line

MARGIN = timedelta(hours=3)  # around the planned time: a rehearsal before, talk after
SUGGESTED = 3
ALIKE = 0.6  # of two names, to be suggested; whoever decides sees both

How = IdentityMatch.How
ADDED, KNOWN, REFUSED = "added", "known", "refused"


@dataclass(frozen=True)
class Row:
    """What becomes of one line."""

    line: Line
    outcome: str  # ADDED, KNOWN (came in before) or REFUSED (see the line's problem)
    registration: Registration | None = None  # None: it waits for a person

    @property
    def identity(self) -> str:
        return _identity(self.line)


@dataclass(frozen=True)
class Waiting:
    """Somebody in the reports whom nobody has named yet."""

    identity: str
    name: str
    email: str
    came: datetime
    left: datetime
    stays: int
    suggested: Sequence[Registration] = ()

    @property
    def key(self) -> str:
        """For names of fields and addresses."""
        return sha256(self.identity.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Named:
    """Somebody in the reports, and whom they were found to be."""

    who: Waiting
    match: IdentityMatch


def bring(
    webinar: Webinar, content: bytes, *, provider: str, zone: str, file_name: str, by: User | None
) -> AttendanceReport:
    """Keep the file, to be looked at before anything counts. Safe to repeat.

    Raises ValidationError where it cannot be read at all.
    """
    try:
        reports.read(content, provider, zone, webinar.starts_at)
    except reports.Unreadable as error:
        raise ValidationError({"file": str(error)}) from error
    return AttendanceReport.objects.get_or_create(
        webinar=webinar,
        provider=provider,
        zone=zone,
        sha256=sha256(content).hexdigest(),
        defaults={"content": content, "file_name": file_name[:120], "by": by},
    )[0]


def look(report: AttendanceReport) -> list[Row]:
    """What an import would do, line by line. Writes nothing."""
    webinar = report.webinar
    lines = [
        _checked(line, webinar)
        for line in reports.read(
            bytes(report.content), report.provider, report.zone, webinar.starts_at
        )
    ]
    keys = {line.number: _key(webinar, line) for line in lines if not line.problem}
    known = set(
        PresenceSpan.objects.filter(webinar=webinar, source=PresenceSpan.Source.IMPORT).values_list(
            "key", flat=True
        )
    )
    places = _by_address(webinar, {line.email for line in lines if line.email})
    rows, seen = [], known
    for line in lines:
        if line.problem:
            rows.append(Row(line, REFUSED))
            continue
        key = keys[line.number]
        rows.append(Row(line, KNOWN if key in seen else ADDED, places.get(line.email)))
        seen = seen | {key}
    return rows


@transaction.atomic
def take_in(report: AttendanceReport, *, by: User | None = None) -> list[Row]:
    """Import what is new in it; returns what became of each line. Safe to repeat, also at once:
    the span's key decides. Attendance that was decided already is looked at anew."""
    rows = look(report)
    new = {_key(report.webinar, row.line): row for row in rows if row.outcome == ADDED}
    attendance.record_slices(
        attendance.Slice(
            report.webinar_id, None, key, row.line.joined, row.line.left, PresenceSpan.Source.IMPORT
        )
        for key, row in new.items()
        if row.line.joined is not None and row.line.left is not None
    )
    spans = PresenceSpan.objects.filter(source=PresenceSpan.Source.IMPORT, key__in=list(new))
    written = dict(spans.values_list("key", "pk"))
    ReportRow.objects.bulk_create(
        [
            ReportRow(
                report=report,
                span_id=written[key],
                number=row.line.number,
                name=row.line.name,
                email=row.line.email,
                identity=row.identity,
            )
            for key, row in new.items()
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    named, undone = _named_before(report.webinar), _taken_back(report.webinar)
    IdentityMatch.objects.bulk_create(
        [
            _first_match(written[key], row, named)
            for key, row in new.items()
            if row.identity in named
            or (row.registration is not None and row.identity not in undone)
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    if report.imported_at is None and any(row.outcome != REFUSED for row in rows):
        report.imported_at = timezone.now()
        report.save(update_fields=["imported_at"])
    if new:
        counts = Counter(row.outcome for row in rows)
        audit.note(by, "attendance.imported", report, **counts)
        _decide_anew(report.webinar)
    return rows


def told(rows: Iterable[Row]) -> str:
    """In numbers, what `look` would do or `take_in` did."""
    found = list(rows)
    count = Counter(row.outcome for row in found)
    matched = sum(row.outcome == ADDED and row.registration is not None for row in found)
    return _(
        "%(added)s stays are new, %(matched)s of them of people known by their address; %(known)s "
        "came in before, %(refused)s were refused."
    ) % {
        "added": count[ADDED],
        "matched": matched,
        "known": count[KNOWN],
        "refused": count[REFUSED],
    }


def waiting(webinar: Webinar) -> list[Waiting]:
    """The worklist: who is in the reports and named by nobody, with guesses by name."""
    return _with_guesses(webinar, _grouped(_unmatched(webinar)))


def guessed(webinar: Webinar, who: Waiting) -> Waiting:
    """With guesses by name."""
    return _with_guesses(webinar, [who])[0]


def find(webinar: Webinar, key: str) -> Waiting | None:
    return next((who for who in _grouped(_unmatched(webinar)) if who.key == key), None)


@transaction.atomic
def name(webinar: Webinar, identity: str, registration: Registration | None, *, by: User) -> int:
    """Say who this is, or (None) that it is nobody on the list; returns how many spans that
    settles. The session's row is locked, so that of two people who decide at once the later sees
    nothing left to decide."""
    Webinar.objects.select_for_update(no_key=True).get(pk=webinar.pk)
    if registration is not None and registration.webinar_id != webinar.pk:
        raise ValueError(f"{registration!r} is not at {webinar!r}")
    spans = list(_unmatched(webinar).filter(identity=identity).values_list("span", flat=True))
    _match(spans, registration, How.HAND, by)
    if spans:
        about = registration or webinar
        audit.note(by, "attendance.named", about, identity=identity, spans=len(spans))
        _decide_anew(webinar)
    return len(spans)


def named(webinar: Webinar) -> list[Named]:
    """Who has been named, by their address or by a person: to be looked over and corrected."""
    matches = IdentityMatch.objects.standing().filter(span__webinar=webinar)
    matches = matches.exclude(how=How.UNDONE).select_related("registration__person", "by")
    last = {match.span_id: match for match in matches}
    rows = ReportRow.objects.filter(span__webinar=webinar).select_related("span")
    shown = [row for row in rows.order_by("identity", "pk").planned() if row.span_id in last]
    found = {row.identity: last[row.span_id] for row in shown}
    return [Named(who, found[who.identity]) for who in _grouped(shown)]


@transaction.atomic
def correct(
    webinar: Webinar,
    identity: str,
    registration: Registration | None,
    *,
    by: User,
    reason: str,
    take_back: bool = False,
) -> int:
    """Say that it was somebody else, or nobody (None), or (`take_back`) that nobody knows yet.

    New rows, never an edit: each span's last one stands, and whoever wins or loses time by it is
    decided on anew. A completion that was recorded stays, as ever. Returns how many spans that
    changes; the same again changes none. Under the session's lock, like `name`.
    """
    Webinar.objects.select_for_update(no_key=True).get(pk=webinar.pk)
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": _("Say why, so that anyone can follow it later.")})
    if registration is not None and registration.webinar_id != webinar.pk:
        raise ValueError(f"{registration!r} is not at {webinar!r}")
    how, to = (How.UNDONE, None) if take_back else (How.HAND, registration)
    standing = IdentityMatch.objects.standing().filter(
        span__webinar=webinar, span__report_row__identity=identity
    )
    changed = [
        match
        for match in standing.exclude(how=How.UNDONE)
        if take_back or match.registration_id != (to.pk if to is not None else None)
    ]
    _match([match.span_id for match in changed], to, how, by)
    if changed:
        audit.note(
            by,
            "attendance.renamed",
            to or webinar,
            identity=identity,
            spans=len(changed),
            before=sorted({match.registration_id or 0 for match in changed}),
            reason=reason,
        )
        _decide_anew(webinar)
    return len(changed)


def place_at(webinar: Webinar, address: str) -> Registration | None:
    """The registration of whoever has this address."""
    return _by_address(webinar, {address.strip().lower()}).get(address.strip().lower())


def _checked(line: Line, webinar: Webinar) -> Line:
    if line.problem or reports.touches(line, webinar.starts_at, webinar.ends_at, MARGIN):
        return line
    return replace(
        line,
        problem=_("This is not the time of the session. Is the time zone of the file right?"),
    )


def _identity(line: Line) -> str:
    return line.email or f"name:{folded(line.name)}"


def _key(webinar: Webinar, line: Line) -> str:
    assert line.joined is not None  # noqa: S101 -- only lines without a problem have a key
    assert line.left is not None  # noqa: S101
    times = f"{attendance.seconds(line.joined)} {attendance.seconds(line.left)}"
    return f"{webinar.pk}:{sha256(f'{_identity(line)} {times}'.encode()).hexdigest()[:40]}"


def _by_address(webinar: Webinar, addresses: Iterable[str]) -> dict[str, Registration]:
    wanted = list(addresses)
    places = Registration.objects.filter(webinar=webinar).select_related("person")
    found = {place.person.email: place for place in places.filter(person__email__in=wanted)}
    others = EmailAddress.objects.filter(email__in=wanted, verified=True)
    people = dict(others.values_list("user_id", "email"))
    for place in places.filter(person__in=list(people)):
        found.setdefault(people[place.person_id], place)
    return found


def _named_before(webinar: Webinar) -> dict[str, Registration | None]:
    """Whom a person named once stays that person in a later report of the same session."""
    rows = (
        IdentityMatch.objects.standing()
        .filter(span__webinar=webinar, how=IdentityMatch.How.HAND)
        .select_related("registration")
        .values_list("span__report_row__identity", "registration")
    )
    known = Registration.objects.in_bulk([pk for _identity, pk in rows if pk is not None])
    return {identity: known.get(pk) for identity, pk in rows}


def _first_match(span: int, row: Row, named: dict[str, Registration | None]) -> IdentityMatch:
    """A person's word counts for more than an address."""
    if row.identity in named:
        return IdentityMatch(span_id=span, registration=named[row.identity], how=How.HAND)
    return IdentityMatch(span_id=span, registration=row.registration, how=How.EMAIL)


def _match(
    spans: Sequence[int], registration: Registration | None, how: IdentityMatch.How, by: User
) -> None:
    """The next word on each of these spans."""
    last = IdentityMatch.objects.standing().filter(span__in=spans)
    numbers = dict(last.values_list("span", "sequence"))
    IdentityMatch.objects.bulk_create(
        [
            IdentityMatch(
                span_id=span,
                sequence=numbers.get(span, 0) + 1,
                registration=registration,
                how=how,
                by=by,
            )
            for span in spans
        ]
    )


def _taken_back(webinar: Webinar) -> set[str]:
    """What a person took back is not matched again by itself."""
    rows = IdentityMatch.objects.standing().filter(span__webinar=webinar, how=How.UNDONE)
    return set(rows.values_list("span__report_row__identity", flat=True))


def _unmatched(webinar: Webinar) -> QuerySet[ReportRow]:
    matched = IdentityMatch.objects.standing().filter(span=OuterRef("span"))
    matched = matched.exclude(how=How.UNDONE)
    rows = ReportRow.objects.filter(span__webinar=webinar).exclude(Exists(matched))
    return rows.select_related("span").order_by("identity", "pk").planned()


def _grouped(rows: Iterable[ReportRow]) -> list[Waiting]:
    groups: dict[str, list[ReportRow]] = {}
    for row in rows:
        groups.setdefault(row.identity, []).append(row)
    return [
        Waiting(
            identity=identity,
            name=found[0].name,
            email=found[0].email,
            came=min(row.span.started_at for row in found),
            left=max(row.span.ended_at for row in found),
            stays=len(found),
        )
        for identity, found in groups.items()
    ]


def _with_guesses(webinar: Webinar, groups: list[Waiting]) -> list[Waiting]:
    if not groups:
        return []
    places = Registration.objects.filter(webinar=webinar).select_related("person").planned()
    names = [(folded(place.person.name), place) for place in places]
    return [replace(group, suggested=_guesses(folded(group.name), names)) for group in groups]


def _guesses(wanted: str, names: Sequence[tuple[str, Registration]]) -> list[Registration]:
    matcher = SequenceMatcher()
    matcher.set_seq2(wanted)  # what stays the same is analysed once
    found = []
    for known, place in names:
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            found.append((-matcher.ratio(), place.pk, place))
    return [place for _ratio, _pk, place in sorted(found)[:SUGGESTED]]


def _decide_anew(webinar: Webinar) -> None:
    webinar.refresh_from_db(fields=["ended_at"])
    if webinar.ended_at is not None:
        attendance.settle(webinar)
