"""Votes: of questions and of polls. Never in the log. Results of open polls are for moderators and
presenters; the rest is for everybody."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from webinars.models import Poll, QuestionVote, RoomQuestion
from webinars.room import hands
from webinars.room.log import Audience


class Tally(NamedTuple):
    """The counts of one room. Not in the log: the last one is the only one that matters."""

    votes: Mapping[int, int]
    polls: Mapping[int, int]
    results: Mapping[int, Mapping[str, int]]  # for moderators and presenters
    hands: int = 0
    reactions: Mapping[str, int] = MappingProxyType({})  # of the last half minute

    def tick(self, audience: str, told: "Tally | None" = None) -> dict[str, object]:
        """What changed since `told`, as the audience may see it; empty: nothing did."""
        before = told or Tally({}, {}, {})
        tick: dict[str, object] = {}
        # A vote can be taken back, so a question that is no longer counted has none.
        if votes := dict.fromkeys(before.votes.keys() - self.votes.keys(), 0) | _changes(
            before.votes, self.votes
        ):
            tick["votes"] = votes
        if polls := _changes(before.polls, self.polls):
            tick["polls"] = polls
        if self.hands != before.hands:
            tick["hands"] = self.hands
        if reactions := dict.fromkeys(before.reactions.keys() - self.reactions.keys(), 0) | (
            _changes(before.reactions, self.reactions)
        ):
            tick["reactions"] = reactions
        if audience != Audience.ALL and (chosen := _changes(before.results, self.results)):
            tick["results"] = chosen
        return tick


def _changes[K, V](before: Mapping[K, V], after: Mapping[K, V]) -> dict[K, V]:
    return {key: value for key, value in after.items() if before.get(key) != value}


def tallies(webinars: Iterable[int]) -> dict[int, Tally]:
    """Four queries for any number of rooms. Only questions that everybody sees have counts."""
    ids = list(webinars)
    votes: dict[int, dict[int, int]] = {pk: {} for pk in ids}
    counted = (
        QuestionVote.objects.filter(
            question__webinar__in=ids,
            question__state__in=[RoomQuestion.State.APPROVED, RoomQuestion.State.ANSWERED],
        )
        .values_list("question__webinar", "question")
        .annotate(n=Count("pk"))
        .order_by()
    )
    for webinar, question, n in counted:
        votes[webinar][question] = n
    polled: dict[int, dict[int, tuple[int, dict[str, int]]]] = {pk: {} for pk in ids}
    opened = Poll.objects.filter(webinar__in=ids, state=Poll.State.OPEN).values_list(
        "webinar", "pk", "answered", "tally", "hidden_words"
    )
    for webinar, poll, answered, tally, hidden in opened:
        shown = {choice: n for choice, n in tally.items() if choice not in hidden}
        polled[webinar][poll] = answered, shown
    raised, reacted = hands.up(ids), hands.shown(ids, timezone.now())
    return {
        pk: Tally(
            votes=votes[pk],
            polls={poll: answered for poll, (answered, _) in polled[pk].items()},
            results={poll: tally for poll, (_, tally) in polled[pk].items()},
            hands=raised[pk],
            reactions=reacted.get(pk, {}),
        )
        for pk in ids
    }
