from webinars.models.polls import Poll, PollVote
from webinars.models.presence import Determination, LiveWindow, PresenceSpan
from webinars.models.registration import Accommodation, Registration
from webinars.models.room import (
    ChatMessage,
    Headcount,
    QuestionVote,
    RoomEvent,
    RoomQuestion,
)
from webinars.models.schedule import CreditPolicy, Webinar

__all__ = [
    "Accommodation",
    "ChatMessage",
    "CreditPolicy",
    "Determination",
    "Headcount",
    "LiveWindow",
    "Poll",
    "PollVote",
    "PresenceSpan",
    "QuestionVote",
    "Registration",
    "RoomEvent",
    "RoomQuestion",
    "Webinar",
]
