from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from courses.credit_rules import Terms, claimable, earned, truncated

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
DAY = date(2026, 3, 2)


def terms(**changed):
    given = {
        "hours": Decimal("1.30"),
        "step": Decimal("0.25"),
        "needs": frozenset({"passed"}),
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "recorded_at": NOON - timedelta(days=1),
    }
    return Terms(**given | changed)


@pytest.mark.parametrize(
    ("changed", "met", "hours"),
    [
        ({}, {"passed", "finished"}, "1.25"),
        ({}, {"finished"}, "0"),  # the board asks for an assessment
        ({"needs": frozenset()}, set(), "1.25"),
        ({"valid_from": DAY}, {"passed"}, "1.25"),
        ({"valid_from": DAY + timedelta(days=1)}, {"passed"}, "0"),
        ({"valid_to": DAY}, {"passed"}, "1.25"),
        ({"valid_to": DAY - timedelta(days=1)}, {"passed"}, "0"),
        ({"valid_to": None}, {"passed"}, "1.25"),
        ({"recorded_at": NOON}, {"passed"}, "1.25"),
        ({"recorded_at": NOON + timedelta(seconds=1)}, {"passed"}, "0"),  # never backwards
        ({"withdrawn_at": NOON}, {"passed"}, "0"),
        ({"withdrawn_at": NOON + timedelta(seconds=1)}, {"passed"}, "1.25"),
        ({"hours": Decimal("0.20")}, {"passed"}, "0"),
    ],
)
def test_credit_is_what_was_approved_on_record_and_asked_for(changed, met, hours):
    assert earned(terms(**changed), met=met, completed_at=NOON, completed_on=DAY) == Decimal(hours)


@pytest.mark.parametrize(
    ("hours", "step", "kept"),
    [("1.30", "0.25", "1.25"), ("0.99", "0.5", "0.5"), ("4", "0.1", "4"), ("1.19", "0.1", "1.1")],
)
def test_hours_are_cut_down_to_the_step(hours, step, kept):
    assert truncated(Decimal(hours), Decimal(step)) == Decimal(kept)


@pytest.mark.parametrize(
    ("hours", "may"),
    [("0", False), ("-1", False), ("0.25", True), ("1.25", True), ("1.5", False), ("0.3", False)],
)
def test_a_claim_is_in_steps_up_to_the_most(hours, may):
    assert claimable(Decimal(hours), most=Decimal("1.25"), step=Decimal("0.25")) is may
