"""Five thousand people attended a webinar: workers decide, certify and write letters.

How long it takes, the longest a worker held a transaction, and what pages cost meanwhile.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from bench.server import ask, sign_in
from certificates.models import Certificate
from courses.models import Course, CourseVersion, Draft, Enrolment, Module
from courses.publishing import publish
from lms.models import OutboxEntry
from lms.populate import BATCH, _version
from people.models import User
from webinars import attendance, scheduling
from webinars.models import LiveWindow, Registration, Webinar

WORKERS = {"sqlite": 1, "postgresql": 2}[connection.vendor]  # as the site is run on them
BASELINE = 60  # rounds of probes before the workers start
PAUSE = 0.05  # seconds between probes
LENGTH = timedelta(hours=1)
PATIENCE = 7200  # seconds

# A worker that writes down the longest time between BEGIN and COMMIT, and its processor time.
WORKER = """
import atexit, sys, time
import django
django.setup()
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper as Connection

longest, begun = [0.0], {}

def began(self, *args, **more):
    if self.autocommit and not (args and args[0]):
        begun[id(self)] = time.perf_counter()
    set_autocommit(self, *args, **more)

def ended(plain):
    def end(self):
        try:
            plain(self)
        finally:
            took = time.perf_counter() - begun.pop(id(self), time.perf_counter())
            longest[0] = max(longest[0], took)
    return end

set_autocommit = Connection.set_autocommit
Connection.set_autocommit = began
Connection.commit, Connection.rollback = ended(Connection.commit), ended(Connection.rollback)
atexit.register(
    lambda: open(sys.argv[1], "w").write(f"{longest[0]} {time.process_time() - at_start}")
)
at_start = time.process_time()
call_command("worker")
"""


def run(application: Callable, people: int) -> Iterator[tuple[str, str, str, str]]:
    webinar = _held(people)
    probes = _probes(application)
    before = {name: [probe() for _ in range(BASELINE)] for name, probe in probes.items()}
    attendance.settle(webinar)
    certificates = Certificate.objects.filter(completion__enrolment__course=webinar.course_id)
    waiting = OutboxEntry.objects.filter(state=OutboxEntry.State.WAITING)
    letters = waiting.filter(kind__in=["certificates.letter", "webinars.letter"])
    during: dict[str, list[float]] = {name: [] for name in probes}
    begun, issued, sent = time.monotonic(), 0.0, 0.0
    with _workers() as workers:
        while not sent:
            for name, probe in probes.items():
                during[name].append(probe())
                time.sleep(PAUSE)
            passed = time.monotonic() - begun
            if not issued and certificates.count() == people:
                issued = passed
            if issued and not letters.filter(due_at__lte=timezone.now()).exists():
                sent = passed
            assert passed < PATIENCE, "not within two hours"
    yield (
        f"  decided and certified, {WORKERS} workers",
        f"{issued:.0f} s, {issued / people * 1000:.1f} ms each",
        "",
        "",
    )
    yield ("  and every letter sent", f"{sent:.0f} s", "", "")
    spent = sum(measured.spent for measured in workers) / people * 1000
    yield ("  workers, letters too", f"{spent:.1f} ms CPU each", "≤ 60 ms", f"{spent / 60:.0%}")
    held = max(measured.held for measured in workers)
    yield ("  longest transaction", f"{held * 1000:.0f} ms", "≤ 1,000 ms", f"{held:.0%}")
    failed = OutboxEntry.objects.exclude(attempts__lte=1).count()
    yield ("  promises tried twice or more", f"{failed}", "0", "")
    for name in probes:
        was, now = before[name], during[name]
        p95, most = statistics.quantiles(now, n=20)[-1], max(now)
        said = f"{_ms(statistics.median(was))} → {_ms(statistics.median(now))}, p95 {_ms(p95)}"
        yield (
            f"  {name}",
            f"{said}, worst {_ms(most)} of {len(now)}",
            "p95 ≤ 500",
            f"{p95 * 2:.0%}",
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _probes(application: Callable) -> dict[str, Callable[[], float]]:
    """What people do meanwhile: check a certificate, read, look at the desk, finish a lesson."""
    known = Certificate.objects.order_by("pk")[0]
    learner = User.objects.filter(email="learner00001@load.test").get()
    reader, staff = sign_in(learner), sign_in(User.objects.get(email="credit@demo.test"))
    enrolment = Enrolment.objects.under_way().filter(person=learner).first()
    assert enrolment is not None
    item = enrolment.document.lessons[0].uuid
    counted = iter(range(1_000_000))

    def page(path: str, cookie: str = "") -> Callable[[], float]:
        def probe() -> float:
            answer = ask(application, path, cookie)
            assert answer.status == 200, (path, answer.status)
            return answer.seconds

        return probe

    def write() -> float:
        begun = time.perf_counter()
        enrolment.record("finished", item, source="bench", reference=f"probe {next(counted)}")
        took = time.perf_counter() - begun
        connection.close()
        return took

    return {
        "a stranger checks a certificate": page(known.get_absolute_url()),
        "a learner reads": page("/me/", reader),
        "staff look at the progress": page("/staff/certificates/", staff),
        "a learner finishes a lesson": write,
    }


class Measured(NamedTuple):
    """What a worker wrote down, in seconds."""

    held: float  # its longest transaction
    spent: float  # by its processor


@contextmanager
def _workers() -> Iterator[list[Measured]]:
    """Worker processes; when they have ended, the list holds what each measured."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(WORKERS)]
        running = [
            subprocess.Popen([sys.executable, "-c", WORKER, str(file)], env=os.environ)
            for file in files
        ]
        try:
            yield measured
        finally:
            for worker in running:
                worker.terminate()
            for worker in running:
                worker.wait(60)
            measured += [Measured(*map(float, file.read_text().split())) for file in files]


def _held(people: int) -> Webinar:
    """A session that has just ended, for which so many people stayed."""
    course = _course()
    end = timezone.now() - timedelta(minutes=5)
    webinar = scheduling.schedule(
        course,
        course.current.document["modules"][0]["lessons"][0]["uuid"],  # type: ignore[union-attr]
        slug="bench-bulk",
        title={"en": "A full house", "es": "Casa llena"},
        starts_at=end - LENGTH,
        ends_at=end,
        languages=["en"],
        caption_plan=Webinar.Captions.CART,
        interpretation_plan=Webinar.Interpretation.REQUEST,
    )
    LiveWindow.objects.create(webinar=webinar, opened_at=webinar.starts_at, closed_at=end)
    Webinar.objects.filter(pk=webinar.pk).update(state="ended", ended_at=end)
    rows = [
        User(email=f"house{n:05}@load.test", name=f"Zoë Ångström {n}", password="!")
        for n in range(people)
    ]
    persons = User.objects.bulk_create(rows, batch_size=BATCH)
    seats = [
        Registration(webinar=webinar, person=person, state=Registration.State.SEATED)
        for person in persons
    ]
    Registration.objects.bulk_create(seats, batch_size=BATCH)
    attendance.record_slices(
        attendance.Slice(webinar.pk, person.pk, f"bench {person.pk}", end - LENGTH, end)
        for person in persons
    )
    return Webinar.objects.get(pk=webinar.pk)


def _course() -> Course:
    """A course whose only lesson is a live session."""
    _version(1)
    course = Course.objects.create(slug="bench-bulk", title={"en": "A full house"})
    draft = Draft.objects.create(
        course=course,
        title={"en": "A full house", "es": "Casa llena"},
        hours=Decimal(1),
        languages=["en", "es"],
        format=Course.Format.WEBINAR,
    )
    module = Module.objects.create(draft=draft, title={"en": "Live"}, position=1)
    module.lessons.create(slug="live", title={"en": "Live"}, kind="live", position=1)
    return publish(draft, by=None, policy=CourseVersion.Policy.UPDATE).course
