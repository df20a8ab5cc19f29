from courses.models.assessment import Answer, Attempt, AttemptReview, Reflection
from courses.models.bank import Bank, BankQuestion
from courses.models.clock import ExtraTime
from courses.models.comment import Comment, CommentThread
from courses.models.course import Course, CourseVersion, Series, SeriesCourse
from courses.models.credit import (
    CreditApproval,
    CreditAward,
    CreditClaim,
    CreditNumber,
    CreditType,
)
from courses.models.cycle import RenewalPolicy
from courses.models.discussion import Post
from courses.models.draft import Block, Draft, Lesson, Module, Question, Removed
from courses.models.link import CheckedLink, LinkRound
from courses.models.media import Captions, CourseFile, Media, Upload
from courses.models.plan import PlannedPublication
from courses.models.record import Completion, Enrolment, Evidence
from courses.models.regrade import KeyCorrection, Regrade
from courses.models.review import CourseDuty, DraftHand, DraftReview
from courses.models.translation import Translation

__all__ = [
    "Answer",
    "Attempt",
    "AttemptReview",
    "Bank",
    "BankQuestion",
    "Block",
    "Captions",
    "CheckedLink",
    "Comment",
    "CommentThread",
    "Completion",
    "Course",
    "CourseDuty",
    "CourseFile",
    "CourseVersion",
    "CreditApproval",
    "CreditAward",
    "CreditClaim",
    "CreditNumber",
    "CreditType",
    "Draft",
    "DraftHand",
    "DraftReview",
    "Enrolment",
    "Evidence",
    "ExtraTime",
    "KeyCorrection",
    "Lesson",
    "LinkRound",
    "Media",
    "Module",
    "PlannedPublication",
    "Post",
    "Question",
    "Reflection",
    "Regrade",
    "Removed",
    "RenewalPolicy",
    "Series",
    "SeriesCourse",
    "Translation",
    "Upload",
]
