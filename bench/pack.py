"""An evidence pack of one course: time to make it, its size, and whether memory grows."""

import resource
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator

SECONDS = 150  # half a worker's lease


def run(people: int) -> Iterator[tuple[str, str, str, str]]:
    from bench.records import _write
    from courses.models import Course
    from insights.models import EvidencePack
    from insights.packs import packing
    from people.models import User

    _write(people)
    by = User.objects.get(email="credit@demo.test")
    course = Course.objects.get(slug="load-course-0001")
    pack = EvidencePack(
        asked_by=by, key=uuid.uuid4(), about="course", why="Measured", course=course
    )
    before, begun = _peak(), time.monotonic()
    with tempfile.TemporaryFile() as file:
        written = packing.write(pack, file)
        took, size = time.monotonic() - begun, file.tell()
        with zipfile.ZipFile(file) as archive:
            broken = archive.testzip()
    yield ("  people", f"{written.people}", "", "")
    yield ("  made in", f"{took:.1f} s", f"≤ {SECONDS} s", f"{took / SECONDS:.0%}")
    yield ("  files", f"{len(written.files)}, {size / 1e6:.1f} MB", "", "")
    yield ("  read back", "broken" if broken else "whole", "whole", "")
    grown = (_peak() - before) / 1024
    yield ("  memory grew by", f"{grown:.0f} MB", "≤ 100 MB", f"{grown / 100:.0%}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
