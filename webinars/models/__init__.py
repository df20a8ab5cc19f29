from webinars.models.captions import CaptionLine
from webinars.models.form_questions import FormAnswer, FormQuestion
from webinars.models.host_letters import HostLetters
from webinars.models.identity import AttendanceReport, IdentityMatch, ReportRow
from webinars.models.polls import Poll, PollVote
from webinars.models.presence import Determination, LiveWindow, PresenceSpan
from webinars.models.prompts import Prompt, PromptAnswer, PromptEase
from webinars.models.registration import (
    Accommodation,
    Registration,
    SeatDecision,
    SeatInvitation,
    SeatOffer,
)
from webinars.models.room import (
    ChatMessage,
    Hand,
    Headcount,
    QuestionVote,
    Reaction,
    RoomEvent,
    RoomHelper,
    RoomQuestion,
    RoomSetup,
    Silence,
)
from webinars.models.schedule import CreditPolicy, Webinar

__all__ = [
    "Accommodation",
    "AttendanceReport",
    "CaptionLine",
    "ChatMessage",
    "CreditPolicy",
    "Determination",
    "FormAnswer",
    "FormQuestion",
    "Hand",
    "Headcount",
    "HostLetters",
    "IdentityMatch",
    "LiveWindow",
    "Poll",
    "PollVote",
    "PresenceSpan",
    "Prompt",
    "PromptAnswer",
    "PromptEase",
    "QuestionVote",
    "Reaction",
    "Registration",
    "ReportRow",
    "RoomEvent",
    "RoomHelper",
    "RoomQuestion",
    "RoomSetup",
    "SeatDecision",
    "SeatInvitation",
    "SeatOffer",
    "Silence",
    "Webinar",
]
