from webinars.models.polls import Poll, PollVote
from webinars.models.presence import Determination, LiveWindow, PresenceSpan
from webinars.models.registration import Accommodation, Registration
from webinars.models.room import (
    ChatMessage,
    Hand,
    Headcount,
    QuestionVote,
    Reaction,
    RoomEvent,
    RoomQuestion,
    RoomSetup,
    Silence,
)
from webinars.models.schedule import CreditPolicy, Webinar

__all__ = [
    "Accommodation",
    "ChatMessage",
    "CreditPolicy",
    "Determination",
    "Hand",
    "Headcount",
    "LiveWindow",
    "Poll",
    "PollVote",
    "PresenceSpan",
    "QuestionVote",
    "Reaction",
    "Registration",
    "RoomEvent",
    "RoomQuestion",
    "RoomSetup",
    "Silence",
    "Webinar",
]
