"""The credit rule against a second-by-second brute force, and what must never change its answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinars import rules
from webinars.rules import (
    ABSENT,
    BRIDGED,
    CAPPED,
    ENOUGH,
    LATE,
    NOT_LIVE,
    SHORT,
    UNANSWERED,
    Policy,
    Prompts,
    Span,
    attendance,
    on_live_clock,
    union,
)

DAY = 400  # small, so that spans meet, touch and overlap often


@st.composite
def span_of_time(draw):
    start = draw(st.integers(0, DAY))
    return Span(start, start + draw(st.integers(0, 90)))


spans = st.lists(span_of_time(), max_size=12)
windows = st.lists(span_of_time(), max_size=4)
policies = st.builds(
    Policy,
    share_percent=st.integers(1, 100),
    gap_seconds=st.integers(0, 40),
    gap_total_seconds=st.integers(0, 120),
    gap_total_percent=st.integers(0, 60),
    late_limit_minutes=st.none() | st.integers(0, 4),
    credit_step_minutes=st.integers(1, 3),
    prompt_share_percent=st.sampled_from([0, 0, 1, 50, 67, 100]),
)
counted = st.builds(Prompts, st.integers(0, 5), st.integers(0, 5), st.booleans())


def by_the_second(there, live, policy):
    """The same rule, second after second: (live, present, bridged, credited, minutes)."""
    clock = sorted({s for window in live for s in range(*window)})
    seen = {s for span in there for s in range(*span)}
    marks = [second in seen for second in clock]
    present = sum(marks)
    gaps, length, before = 0, 0, False
    for mark in marks:
        if mark:
            if before and length <= policy.gap_seconds:
                gaps += length
            before, length = True, 0
        else:
            length += 1
    cap = min(policy.gap_total_seconds, len(clock) * policy.gap_total_percent // 100)
    bridged = min(gaps, cap)
    limit = policy.late_limit_minutes
    on_time = True in marks and (limit is None or marks.index(True) <= 60 * limit)
    credited = on_time and 100 * (present + bridged) >= policy.share_percent * len(clock)
    step = policy.credit_step_minutes
    minutes = (present + bridged) // 60 // step * step if credited else 0
    return len(clock), present, bridged, credited, minutes


def answer(finding):
    return (
        finding.live_seconds,
        finding.present_seconds,
        finding.bridged_seconds,
        finding.credited,
        finding.minutes,
    )


@settings(max_examples=1500)
@given(spans, windows, policies)
def test_it_agrees_with_a_count_of_every_second(there, live, policy):
    assert answer(attendance(there, live, policy)) == by_the_second(there, live, policy)


@given(spans, windows, policies, st.randoms())
def test_the_order_of_spans_and_windows_does_not_matter(there, live, policy, random):
    found = attendance(there, live, policy)
    random.shuffle(there)
    random.shuffle(live)
    assert attendance(there, live, policy) == found


@given(spans, windows, policies)
def test_evidence_that_comes_twice_counts_once(there, live, policy):
    found = attendance(there, live, policy)
    assert attendance(there + there, live + live, policy) == found
    assert attendance(union(there), union(live), policy) == found


@given(spans, windows, policies, st.data())
def test_cutting_a_span_in_two_changes_nothing(there, live, policy, data):
    sliced = []
    for span in there:
        cut = data.draw(st.integers(span.start, span.end))
        sliced += [Span(span.start, cut), Span(cut, span.end)]
    assert attendance(sliced, live, policy) == attendance(there, live, policy)


@settings(max_examples=1500)
@given(spans, spans, windows, policies)
def test_more_evidence_never_lowers_a_result(there, more, live, policy):
    before, after = attendance(there, live, policy), attendance(there + more, live, policy)
    assert after.present_seconds >= before.present_seconds
    assert after.counted_seconds >= before.counted_seconds
    assert after.credited >= before.credited
    assert after.minutes >= before.minutes


@settings(max_examples=800)
@given(spans, spans, windows, policies, counted, st.integers(0, 3), st.booleans())
def test_more_answers_or_more_presence_never_lower_a_result(
    there, more, live, policy, prompts, answers, spared
):
    better = prompts._replace(answered=prompts.answered + answers, spared=prompts.spared or spared)
    before = attendance(there, live, policy, prompts)
    after = attendance(there + more, live, policy, better)
    assert after.credited >= before.credited
    assert after.minutes >= before.minutes


@pytest.mark.parametrize(
    ("share", "asked", "answered", "spared", "credited"),
    [(0, 5, 0, False, True), (50, 0, 0, False, True), (50, 5, 2, False, False),
     (50, 5, 3, False, True), (50, 4, 2, False, True), (100, 5, 4, False, False),
     (100, 5, 0, True, True), (1, 5, 0, False, False)],
)  # fmt: skip
def test_credit_asks_for_its_share_of_answers(share, asked, answered, spared, credited):
    policy = Policy(prompt_share_percent=share)
    found = attendance([Span(0, 60)], [Span(0, 60)], policy, Prompts(asked, answered, spared))
    assert found.credited is credited
    assert (UNANSWERED in found.reasons) is not credited
    assert found.present_seconds == 60


@st.composite
def a_stay_with_gaps(draw):
    """Presence and absence in turns: the case in which caps and gaps meet."""
    there, at = [], 0
    for stay, gap in draw(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 90)), max_size=8)):
        there.append(Span(at, at + stay))
        at += stay + gap
    return there


@settings(max_examples=1500)
@given(a_stay_with_gaps(), st.integers(0, 600), st.integers(1, 20), st.integers(10, 120))
def test_a_glimpse_more_never_lowers_a_result_however_tight_the_cap(there, at, length, cap):
    policy = Policy(gap_seconds=60, gap_total_seconds=cap, gap_total_percent=100)
    live = [Span(0, 1000)]
    before = attendance(there, live, policy)
    after = attendance([*there, Span(at, at + length)], live, policy)
    assert after.counted_seconds >= before.counted_seconds


@given(spans, windows, policies, st.integers(-10_000, 10_000))
def test_the_hour_of_the_day_does_not_matter(there, live, policy, shift):
    def moved(rows):
        return [Span(row.start + shift, row.end + shift) for row in rows]

    assert attendance(moved(there), moved(live), policy) == attendance(there, live, policy)


@given(spans, windows)
def test_nobody_is_present_longer_than_it_was_live(there, live):
    found = attendance(there, live, Policy())
    assert found.counted_seconds <= found.live_seconds


HOUR = [Span(0, 3600)]


@pytest.mark.parametrize(
    ("there", "live", "policy", "credited", "minutes", "reasons"),
    [
        ([Span(0, 3600)], HOUR, Policy(), True, 60, (ENOUGH,)),
        ([Span(0, 2880)], HOUR, Policy(), True, 48, (ENOUGH,)),  # exactly 80 %
        ([Span(0, 2879)], HOUR, Policy(), False, 0, (SHORT,)),
        ([], HOUR, Policy(), False, 0, (ABSENT,)),
        ([Span(4000, 9000)], HOUR, Policy(), False, 0, (ABSENT,)),  # came after the end
        ([Span(0, 3600)], [], Policy(), False, 0, (NOT_LIVE,)),
        # Two reconnects of a minute each are added back, a longer absence is not.
        ([Span(0, 1000), Span(1060, 2000), Span(2061, 3600)], HOUR, Policy(), True, 58,
         (ENOUGH, BRIDGED)),
        # Ten gaps of 60 s: no more than 5 % of the hour comes back.
        ([Span(n * 360, n * 360 + 300) for n in range(11)], HOUR, Policy(), True, 53,
         (ENOUGH, BRIDGED, CAPPED)),
        # Late by a second, though there for long enough.
        ([Span(601, 3600)], HOUR, Policy(late_limit_minutes=10), False, 0, (LATE, ENOUGH)),
        ([Span(600, 3600)], HOUR, Policy(late_limit_minutes=10), True, 50, (ENOUGH,)),
        # Credit in quarters of an hour.
        ([Span(0, 3500)], HOUR, Policy(credit_step_minutes=15), True, 45, (ENOUGH,)),
        # The break in the middle is nobody's absence.
        ([Span(0, 1790), Span(2410, 4200)], [Span(0, 1800), Span(2400, 4200)], Policy(),
         True, 60, (ENOUGH, BRIDGED)),
    ],
)  # fmt: skip
def test_the_rule_by_example(there, live, policy, credited, minutes, reasons):
    found = attendance(there, live, policy)
    assert (found.credited, found.minutes, found.reasons) == (credited, minutes, reasons)


def test_a_glimpse_in_a_long_absence_takes_no_bridge_away():
    """Bridging whole gaps, the shortest first until the cap, would lose 9 s here: the second in
    the middle makes a gap of 40 s, which takes the room of the one of 50 s."""
    policy = Policy(gap_seconds=60, gap_total_seconds=60, gap_total_percent=100)
    before = [Span(0, 100), Span(150, 200), Span(300, 400)]
    after = [*before, Span(240, 241)]
    assert attendance(before, HOUR, policy).counted_seconds == 300
    assert attendance(after, HOUR, policy).counted_seconds == 311


def test_the_live_clock_stops_during_a_break():
    live = [Span(100, 200), Span(500, 600)]
    assert on_live_clock([Span(150, 550)], live) == [Span(50, 150)]


@pytest.mark.parametrize(
    ("hours_left", "kept"),
    [(24 * 14, 24), (96, 24), (48, 12), (12, 3), (6, 1.5), (5.99, None), (0, None), (-5, None)],
)
def test_a_seat_is_kept_for_a_day_or_a_quarter_of_the_time_that_is_left(hours_left, kept):
    seconds = rules.offer_seconds(int(hours_left * 3600))

    assert seconds == (None if kept is None else kept * 3600)
