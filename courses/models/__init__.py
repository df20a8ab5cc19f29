from courses.models.assessment import Answer, Attempt, Reflection
from courses.models.course import Course, CourseVersion, Series, SeriesCourse
from courses.models.draft import Block, Draft, Lesson, Module, Question
from courses.models.record import Completion, Enrolment, Evidence

__all__ = [
    "Answer",
    "Attempt",
    "Block",
    "Completion",
    "Course",
    "CourseVersion",
    "Draft",
    "Enrolment",
    "Evidence",
    "Lesson",
    "Module",
    "Question",
    "Reflection",
    "Series",
    "SeriesCourse",
]
