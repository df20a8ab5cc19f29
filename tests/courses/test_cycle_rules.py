from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.cycle_rules import Done, State, Terms, later, present

YEAR = Terms(months=12, window_days=60, grace_days=30)
FIRST = date(2025, 3, 15)
DUE = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2025, 12, 31), 24, date(2027, 12, 31)),
    ],
)
def test_months_later(day, months, found):
    assert later(day, months) == found


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (DUE - timedelta(days=61), State.CURRENT),
        (DUE - timedelta(days=60), State.OPEN),
        (DUE, State.OPEN),
        (DUE + timedelta(days=1), State.GRACE),
        (DUE + timedelta(days=30), State.GRACE),
        (DUE + timedelta(days=31), State.LAPSED),
    ],
)
def test_the_state_follows_from_the_day(today, state):
    assert present([Done(FIRST, YEAR)]).state(today) == state


@pytest.mark.parametrize(
    ("again", "due"),
    [
        (DUE - timedelta(days=60), later(DUE, 12)),  # early: nothing lost
        (DUE + timedelta(days=30), later(DUE, 12)),  # late: nothing gained
        (DUE + timedelta(days=31), later(DUE + timedelta(days=31), 12)),  # lapsed: from there
        (DUE - timedelta(days=61), later(DUE - timedelta(days=61), 12)),  # before the window
    ],
)
def test_renewing_in_time_keeps_the_anniversary(again, due):
    assert present([Done(again, YEAR), Done(FIRST, YEAR)]).due_on == due


def test_without_terms_nothing_runs_out():
    assert present([]) is None
    assert present([Done(FIRST, None)]) is None
    assert present([Done(FIRST, YEAR), Done(DUE, None)]) is None


days = st.dates(date(2000, 1, 1), date(2050, 1, 1))
terms = st.builds(
    Terms, months=st.integers(3, 60), window_days=st.integers(0, 83), grace_days=st.integers(0, 90)
)


@given(st.lists(st.builds(Done, on=days, terms=terms), min_size=1, max_size=6), days)
def test_its_days_are_in_order_and_its_order_does_not_matter(history, today):
    cycle = present(history)

    assert cycle.opens_on <= cycle.due_on < cycle.lapses_on
    assert cycle == present(sorted(history, key=lambda done: done.on))
    last = max(done.on for done in history)
    assert cycle.due_on > last
    order = [State.CURRENT, State.OPEN, State.GRACE, State.LAPSED]
    assert order.index(cycle.state(today)) <= order.index(cycle.state(today + timedelta(days=9)))
