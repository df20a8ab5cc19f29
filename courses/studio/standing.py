"""Where a draft stands towards what learners read. Cheap: compares moments, reads no document."""

from dataclasses import dataclass

from courses.models import Draft


@dataclass(frozen=True)
class Standing:
    """`number` is the version that learners read, 0 before the first one."""

    number: int
    changed: bool

    @property
    def state(self) -> str:
        if not self.number:
            return "new"
        return "changed" if self.changed else "published"


def standing_of(draft: Draft) -> Standing:
    """Needs the course with its current version (without its document).

    A draft that the content loader filled last has been published by it in the same act.
    """
    current = draft.course.current
    if current is None:
        return Standing(0, changed=True)
    from_files = draft.changed_by_id is None and draft.loaded_sha256 == current.sha256
    return Standing(
        current.number, changed=not from_files and draft.changed_at > current.published_at
    )
