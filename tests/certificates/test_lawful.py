"""Any order of completions, corrections, revocations, suspensions and sweeps: the states stay
lawful, and nothing is lost."""

from collections import Counter
from decimal import Decimal
from itertools import count

from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase

from certificates import correcting, issuing, withdrawing
from certificates.models import Certificate, SeriesAward
from courses.models import Completion
from lms import outbox
from lms.records import CHECKS
from people.models import AuditEntry
from tests.certificates.factories import courses_of, make_series
from tests.factories import both, enrolled, finish, make_person

ACTS = [
    *("finish", "correct", "retitle", "recount", "revoke", "anew", "suspend", "lift"),
    *("sweep", "work"),
]
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7)), min_size=1, max_size=14)


class Lawful(PropertyCase):
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def test_any_order(self, steps):
        by, people = make_person(may_credit=True), [make_person(), make_person()]
        series = make_series(courses=3, needed=2)
        courses, names, seen = courses_of(series), count(1), {}
        for act, choice in steps:
            self.act(act, choice, people, courses, by, names)
            seen = self.look(seen)
        issuing.issue_due(timezone.now())
        issuing.issue_series_due(timezone.now())
        self.look(seen)
        self.everything_is_there(people, series)

    def act(self, act, choice, people, courses, by, names):
        rows = list(Certificate.objects.order_by("pk"))
        row = rows[choice % len(rows)] if rows else None
        try:
            match act:
                case "finish":
                    finish(enrolled(people[choice % 2], courses[choice // 2 % 3]))
                case "sweep":
                    issuing.issue_due(timezone.now())
                    issuing.issue_series_due(timezone.now())
                case "work":
                    outbox.work()
                case _ if row is None:
                    return
                case "correct":
                    issuing.reissue(row, name=f"Name {next(names)}", by=by, why="-")
                case "retitle":
                    correct(row, by, title=both(f"Title {next(names)}"))
                case "recount":  # the record itself is corrected
                    if row.completion_id is not None:
                        correct(row, by, hours=Decimal(next(names)))
                case "anew":
                    issuing.issue_anew(row, by=by, why="-")
                case "revoke":
                    withdrawing.revoke(row, reason="not-earned", by=by, why="-")
                case "suspend":
                    withdrawing.suspend(row, reason="inquiry", by=by, why="-")
                case "lift":
                    withdrawing.lift(row, by=by, why="-")
        except ValidationError as refused:
            assert refused.messages  # noqa: PT017 -- acts that came too late say why

    def look(self, seen):
        """What must hold at every moment; states by certificate, for the next look."""
        now = {
            row.pk: row
            for row in Certificate.objects.with_state().select_related(
                "revocation", "superseded_by", "completion"
            )
        }
        lines = Counter()
        for row in now.values():
            line = (row.completion_id, row.series_award_id)
            assert None in line
            assert line != (None, None)
            lines[line] += row.superseded_by is None if hasattr(row, "superseded_by") else 1
            assert row.snapshot["code"] == row.number
        assert all(standing <= 1 for standing in lines.values())
        for row in now.values():
            if row.completion_id is not None:  # no certificate says other hours than its record
                assert Decimal(row.snapshot["hours"]) == Decimal(row.completion.hours["training"])
        for pk, (state, sha256) in seen.items():
            assert now[pk].sha256 == sha256  # nothing is lost or changed
            if state == "revoked":
                assert now[pk].state == "revoked"
            if state == "superseded":
                assert now[pk].state == "superseded"
        return {pk: (row.state, row.sha256) for pk, row in now.items()}

    def everything_is_there(self, people, series):
        """After the sweeps: one line for each completion that stands, one for each series."""
        for completion in Completion.objects.filter(superseded_by=None):
            assert completion.certificates.filter(superseded_by=None).count() == 1
        corrected = Certificate.objects.filter(completion__superseded_by__isnull=False)
        assert not corrected.filter(superseded_by=None).exists()
        for person in people:
            awards = SeriesAward.objects.filter(person=person, series=series)
            assert awards.count() <= 1
            assert all(
                award.certificates.filter(superseded_by=None).count() == 1 for award in awards
            )
        wrong = [each for check in CHECKS for each in check()]
        assert wrong == []
        acts = AuditEntry.objects.filter(verb__startswith="certificate.").count()
        assert acts >= Certificate.objects.filter(revocation__isnull=False).count()


def correct(row, by, **changes):
    said = row.snapshot
    fields = {"name": said["name"], "title": said["title"], "by": by, "why": "-"}
    correcting.correct(row, **(fields | changes))
