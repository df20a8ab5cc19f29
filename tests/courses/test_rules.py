from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules import Fact, status

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEEDS = ("finished", "passed", "attended", "evaluated")
ITEMS = "abcd"

rules = st.lists(
    st.builds(dict, item=st.sampled_from(ITEMS), needs=st.sampled_from(NEEDS)),
    max_size=6,
    unique_by=lambda requirement: (requirement["item"], requirement["needs"]),
).map(lambda requirements: {"format": 1, "requirements": requirements})
facts = st.lists(
    st.builds(
        Fact,
        st.sampled_from([*NEEDS, "accredited"]),
        st.sampled_from(ITEMS),
        st.integers(0, 1000).map(lambda minutes: BEGIN + timedelta(minutes=minutes)),
    ),
    max_size=12,
)


@given(rules, facts, st.randoms())
def test_order_and_repetition_do_not_matter(rule, known, chance):
    mixed = [*known, *known[: len(known) // 2]]
    chance.shuffle(mixed)

    assert status(rule, mixed) == status(rule, known)


@given(rules, facts, facts)
def test_more_evidence_never_takes_anything_back(rule, known, more):
    before, after = status(rule, known), status(rule, [*known, *more])

    assert {(r.item, r.needs) for r in before.requirements if r.met} <= {
        (r.item, r.needs) for r in after.requirements if r.met
    }
    assert after.percent >= before.percent
    assert after.complete >= before.complete
    assert all(
        late.met_at <= early.met_at
        for early, late in zip(before.requirements, after.requirements, strict=True)
        if early.met_at
    )


@given(rules, facts)
def test_a_hundred_percent_is_said_of_a_complete_course_and_of_no_other(rule, known):
    now = status(rule, known)

    assert 0 <= now.percent <= 100
    assert (now.percent == 100) == now.complete == (now.completed_at is not None)
    assert len(now.missing) + now.met_count == len(rule["requirements"])


@given(rules, facts)
def test_every_requirement_is_told_in_the_order_of_the_course(rule, known):
    told = [{"item": r.item, "needs": r.needs} for r in status(rule, known).requirements]

    assert told == rule["requirements"]


def test_the_course_is_complete_since_its_deciding_evidence():
    rule = {"requirements": [{"item": i, "needs": "finished"} for i in "ab"]}
    known = [Fact("finished", "a", BEGIN + timedelta(hours=2)), Fact("finished", "b", BEGIN)]

    assert status(rule, known).completed_at == BEGIN + timedelta(hours=2)


@pytest.mark.parametrize(
    ("kind", "item", "met"),
    [
        ("finished", "a", True),
        ("accredited", "a", True),
        ("attended", "a", False),
        ("finished", "b", False),
        ("accredited", "b", False),
    ],
)
def test_a_requirement_is_met_by_its_kind_or_an_accreditation_of_its_item(kind, item, met):
    rule = {"requirements": [{"item": "a", "needs": "finished"}]}

    assert status(rule, [Fact(kind, item, BEGIN)]).complete == met


def test_a_rule_that_asks_for_nothing_completes_nobody():
    assert not status({"requirements": []}, [Fact("finished", "a", BEGIN)]).complete
