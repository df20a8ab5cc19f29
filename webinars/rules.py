"""What counts as attending. Plain values in, plain values out: no ORM, no clock, no request.

All times are whole seconds of UTC (both ends of a span rounded down, so that cutting a span in
two at any moment changes nothing). Spans and windows are half-open: the last second is not in.

What is credited is `min(present + allowance, closed)`, where `present` is the live time covered by
presence, `closed` is the same after every gap of at most `gap_seconds` is closed, and `allowance`
is the cap on what closing may add. Seconds are capped, not gaps: no choice is made which gaps to
bridge. That is what keeps it monotone. More presence makes `present` larger, and `closed` too: a
second of a short gap is either covered by what came in or lies in a shorter gap. Bridging whole
gaps until the cap is reached would not be: a glimpse in the middle of a long absence makes short
gaps of it, and one of them could take the place of a longer one that was bridged before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

# Codes for what was found; the pages put them into words.
NOT_LIVE = "not_live"  # the session never went live
ABSENT = "absent"
LATE = "late"  # came after the late limit
SHORT = "short"  # less than the share
ENOUGH = "enough"
BRIDGED = "bridged"  # short gaps were added back
UNANSWERED = "unanswered"  # too few of the prompts
CAPPED = "capped"  # more gaps than may be added back
OVERRIDE = "override"  # a person decided; their words follow


class Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True)
class Policy:
    """What a credit policy says (see `webinars.models.CreditPolicy`)."""

    share_percent: int = 80
    gap_seconds: int = 60
    gap_total_seconds: int = 300
    gap_total_percent: int = 5
    late_limit_minutes: int | None = None
    credit_step_minutes: int = 1
    prompt_share_percent: int = 0

    def allowance(self, live: int) -> int:
        """The most that closed gaps may add to this much live time."""
        return min(self.gap_total_seconds, self.gap_total_percent * live // 100)


class Prompts(NamedTuple):
    """How often the session asked everybody for a sign, and how often this person gave one.

    `asked` is of the session, not of the time that the person was there: else more presence could
    mean more prompts left open, and earn less.
    """

    asked: int = 0
    answered: int = 0
    spared: bool = False  # granted: no prompts for this person

    def needed(self, policy: Policy) -> int:
        return -(-policy.prompt_share_percent * self.asked // 100)


NO_PROMPTS = Prompts()


@dataclass(frozen=True)
class Finding:
    live_seconds: int
    present_seconds: int
    bridged_seconds: int
    credited: bool
    minutes: int  # awarded: none without credit
    reasons: tuple[str, ...]
    prompts: Prompts = NO_PROMPTS

    @property
    def counted_seconds(self) -> int:
        return self.present_seconds + self.bridged_seconds


# Days that booking takes. Seattle Colleges ask for interpreters two weeks ahead and recommend three
# (https://www.seattlecolleges.edu/node/8011), Metro State University for CART at meetings one week
# ahead (https://www.metrostate.edu/accessibility/accommodations/asl-cart); the rest is like CART.
LEAD_DAYS = {"asl": 14, "interpreter": 14, "cart": 7, "large_print": 7, "other": 7}
COMFORTABLE_DAYS = {"asl": 21, "interpreter": 21}


def urgency(kind: str, days_left: int) -> str:
    """How pressing it is to book this, with so many days left: late, soon or calm.

    Late: booking usually takes longer than that, so it may fail, and the person should hear so.
    """
    lead = LEAD_DAYS[kind]
    if days_left < lead:
        return "late"
    return "soon" if days_left < COMFORTABLE_DAYS.get(kind, lead + 7) else "calm"


LONGEST_OFFER = 24 * 3600
SOON = 6 * 3600


def offer_seconds(left: int) -> int | None:
    """How long a free seat is kept for somebody, with so many seconds left until the start.

    A day at most and a quarter of the time at most, so that several can be asked in turn. None
    shortly before the start: then there is no time to ask, and the seat is theirs at once.
    """
    return None if left < SOON else min(LONGEST_OFFER, left // 4)


def hours_between_letters(hours_left: int) -> int:
    """How far apart letters to a host are that gather requests, with so many hours left."""
    return 1 if hours_left < 24 else 4


def union(spans: Iterable[Span]) -> list[Span]:
    """The same seconds as the fewest spans, in order. Empty spans vanish."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.end > span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(Span(*span))
    return merged


def on_live_clock(spans: Iterable[Span], windows: Iterable[Span]) -> list[Span]:
    """Clip to the live windows and move onto a clock that runs only while it is live.

    A break is no absence: leaving 20 s before it and coming back 20 s after is a gap of 40 s.
    """
    live = union(windows)
    before = accumulate((window.end - window.start for window in live), initial=0)
    present = union(spans)
    moved = []
    for window, begun in zip(live, before, strict=False):
        for span in present:
            start, end = max(span.start, window.start), min(span.end, window.end)
            if end > start:
                moved.append(Span(begun + start - window.start, begun + end - window.start))
    return union(moved)


def attendance(
    spans: Iterable[Span], windows: Iterable[Span], policy: Policy, prompts: Prompts = NO_PROMPTS
) -> Finding:
    """What one person's presence in one session earns. Order and repetition do not matter."""
    live_windows = union(windows)
    live = _length(live_windows)
    there = on_live_clock(spans, live_windows)
    present = _length(there)
    gaps = sum(
        gap
        for gap in (after.start - before.end for before, after in pairwise(there))
        if gap <= policy.gap_seconds
    )
    bridged = min(gaps, policy.allowance(live))
    on_time = bool(there) and (
        policy.late_limit_minutes is None or there[0].start <= 60 * policy.late_limit_minutes
    )
    enough = live > 0 and 100 * (present + bridged) >= policy.share_percent * live
    awake = prompts.spared or prompts.answered >= prompts.needed(policy)
    credited = on_time and enough and awake
    step = 60 * policy.credit_step_minutes
    return Finding(
        live_seconds=live,
        present_seconds=present,
        bridged_seconds=bridged,
        credited=credited,
        minutes=(present + bridged) // step * policy.credit_step_minutes if credited else 0,
        reasons=tuple(_reasons(live, bool(there), on_time, enough, awake, gaps, bridged)),
        prompts=prompts,
    )


def _reasons(
    live: int, came: bool, on_time: bool, enough: bool, awake: bool, gaps: int, bridged: int
) -> Iterable[str]:
    if not live:
        yield NOT_LIVE
        return
    if not came:
        yield ABSENT
        return
    if not on_time:
        yield LATE
    yield ENOUGH if enough else SHORT
    if not awake:
        yield UNANSWERED
    if bridged:
        yield BRIDGED
    if gaps > bridged:
        yield CAPPED


def _length(spans: Iterable[Span]) -> int:
    return sum(span.end - span.start for span in spans)


def with_its_captions(said: Mapping[str, Any], stands: Mapping[str, Any]) -> dict[str, Any]:
    """A stage or stream as a form says it, by its address alone: while the video stays the same,
    the captions that stand beside it do, too."""
    same = {key: value for key, value in stands.items() if key != "captions"} == dict(said)
    return dict(stands if same else said)
