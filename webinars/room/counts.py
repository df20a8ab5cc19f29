"""Votes: of questions and of polls. Never in the log, and the same for everybody but moderators."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Count

from webinars.models import Poll, PollVote, QuestionVote, RoomQuestion
from webinars.room.log import Audience


def results(webinars: Iterable[int], *, closed: bool = False) -> dict[int, Counter[str]]:
    """Votes for each choice of each poll. For moderators, closed polls, and who has voted."""
    votes = PollVote.objects.filter(poll__webinar__in=list(webinars))
    if closed:
        votes = votes.filter(poll__state=Poll.State.CLOSED)
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for poll, option, n in votes.values_list("poll", "option").annotate(n=Count("pk")).order_by():
        counted[poll][option] = n
    return counted


class Tally(NamedTuple):
    """The counts of one room. Not in the log: the last one is the only one that matters."""

    votes: Mapping[int, int]
    polls: Mapping[int, int]
    results: Mapping[int, Mapping[str, int]]  # moderators only

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
        if audience == Audience.STAFF and (chosen := _changes(before.results, self.results)):
            tick["results"] = chosen
        return tick


def _changes[V](before: Mapping[int, V], after: Mapping[int, V]) -> dict[int, V]:
    return {key: value for key, value in after.items() if before.get(key) != value}


def tallies(webinars: Iterable[int]) -> dict[int, Tally]:
    """Two queries for any number of rooms. Only questions that everybody sees have counts."""
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
    polled: dict[int, dict[int, dict[str, int]]] = {pk: defaultdict(dict) for pk in ids}
    answers = (
        PollVote.objects.filter(poll__webinar__in=ids, poll__state=Poll.State.OPEN)
        .values_list("poll__webinar", "poll", "option")
        .annotate(n=Count("pk"))
        .order_by()
    )
    for webinar, poll, option, n in answers:
        polled[webinar][poll][option] = n
    return {
        pk: Tally(
            votes=votes[pk],
            polls={poll: sum(options.values()) for poll, options in polled[pk].items()},
            results={poll: dict(options) for poll, options in polled[pk].items()},
        )
        for pk in ids
    }
