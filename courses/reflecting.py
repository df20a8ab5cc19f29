"""What learners write to themselves under a reflection. The only writer of Reflection rows."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from courses.document import Lesson
from courses.models import Enrolment, Reflection

LONGEST = 10_000  # characters


def texts(enrolment: Enrolment, lesson: Lesson) -> dict[str, str]:
    """What this learner wrote so far in this lesson, by block."""
    blocks = [block.uuid for block in lesson.blocks if block.kind == "reflection"]
    if not blocks:
        return {}
    rows = Reflection.objects.filter(enrolment=enrolment, block__in=blocks)
    return dict(rows.values_list("block", "text"))


def write(enrolment: Enrolment, lesson: Lesson, written: Mapping[str, str]) -> None:
    """Keep these texts, by block; an emptied one goes. Raises ValidationError by block.

    What is short enough is kept even when another text is too long.
    """
    blocks = {block.uuid for block in lesson.blocks if block.kind == "reflection"}
    too_long: dict[str, str] = {}
    for block, sent in written.items():
        if block not in blocks:
            raise ValueError(f"{block!r} is no reflection of lesson {lesson.uuid}")
        text = sent.replace("\0", "").replace("\r\n", "\n").strip()
        if len(text) > LONGEST:
            too_long[block] = _("Please keep it under %(most)s characters.") % {"most": LONGEST}
            continue
        if not text:
            Reflection.objects.filter(enrolment=enrolment, block=block).delete()
            continue
        Reflection.objects.update_or_create(
            enrolment=enrolment, block=block, defaults={"text": text}
        )
    if too_long:
        raise ValidationError(too_long)
