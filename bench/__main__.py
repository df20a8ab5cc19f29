"""python -m bench [--learners N]: measure this checkout on a database of its own.

SQLite in a scratch folder, or a database beside the one that DATABASE_URL names; both are thrown
away at the end. Times are medians on this machine as it is now: compare numbers of one run.
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

FEW = 10
MOST_QUERIES, LESSON_BYTES, LESSON_REQUESTS = 8, 100_000, 15
PARTS = [
    *("pages", "certificates", "issuing", "badges", "registering", "room", "records", "pack"),
    *("importing", "outline", "bulk", "publishing"),
]
COLUMNS = ("what", "measured", "target", "of target")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--learners", type=int, default=10_000, help="how many «many» are")
    parser.add_argument(
        "--sockets", type=int, nargs="+", default=[500, 2000], help="in the live room"
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="in the record that is checked")
    parser.add_argument("--attended", type=int, default=1_000, help="who are certified at once")
    parser.add_argument("--only", choices=PARTS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as scratch, database(scratch):
        rows = list(measurements(chosen))
    print_table(rows)


@contextlib.contextmanager
def database(scratch: str) -> Iterator[None]:
    os.environ |= {"VAR_DIR": scratch, "GROUNDWORK_ENV": "demo"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    configured = os.environ.get("DATABASE_URL", "")
    if not configured.startswith("postgres"):
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(scratch) / 'bench.sqlite3'}"
        yield
        return
    import psycopg

    name = urlsplit(configured).path.strip("/") + "_bench"
    with psycopg.connect(configured, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = urlsplit(configured)._replace(path=f"/{name}").geturl()
        try:
            yield
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def measurements(chosen: argparse.Namespace) -> Iterator[tuple[str, str, str, str]]:
    import django

    django.setup()
    import logging

    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    logging.disable(logging.CRITICAL)  # the table says which pages fail
    settings.ROOT_URLCONF = "bench.bare"
    say("Preparing a site with the demo")
    call_command("prepare", stdout=io.StringIO())
    application = get_wsgi_application()
    populate(FEW)
    if chosen.only in {None, "pages"}:
        yield from pages(application, chosen.learners)
    if chosen.only in {None, "certificates"}:
        yield from certificates()
    if chosen.only in {None, "issuing"}:
        from bench import issuing

        say("A thousand certificates")
        yield ("A thousand certificates", "", "", "")
        yield from issuing.run(application, 1000)
    if chosen.only in {None, "bulk"}:
        yield from bulk(application, chosen.attended)
    if chosen.only in {None, "badges"}:
        yield from badges()
    if chosen.only in {None, "registering"}:
        yield from registering()
    if chosen.only in {None, "room"}:
        for sockets in chosen.sockets:
            yield from room(sockets)
    if chosen.only in {None, "records"}:
        yield from records(chosen.rows)
    if chosen.only in {None, "importing"}:
        yield from importing()
    if chosen.only in {None, "pack"}:
        yield from pack()
    if chosen.only in {None, "outline"}:
        yield from outline()
    if chosen.only in {None, "publishing"}:
        yield from publishing(chosen.learners)


def populate(learners: int) -> None:
    from django.core.management import call_command

    begun = time.monotonic()
    call_command("populate", learners=learners, courses=20, seed=1, stdout=io.StringIO())
    say(f"{learners:,} learners in {time.monotonic() - begun:.0f} s")


def pages(application, many: int) -> Iterator[tuple[str, str, str, str]]:
    from bench.pages import first_view, measure, pages

    few = {page.name: measure(application, page) for page in pages()}
    populate(many)
    found = pages()
    say("Measuring the pages")
    yield (f"Pages: queries and ms at {FEW} → {many:,} learners", "", "", "")
    for page in found:
        before, after = few.get(page.name), measure(application, page)
        if isinstance(after, int) or isinstance(before, int) or before is None:
            yield (f"  {page.name}", f"answers {after}", "200", "")
            continue
        grown = "" if before.queries == after.queries else "  GROWS"
        yield (
            f"  {page.name}",
            f"{before.queries:>2} → {after.queries:>2} queries{grown}",
            f"≤ {MOST_QUERIES}",
            f"{after.queries / MOST_QUERIES:.0%}",
        )
        times = f"{before.milliseconds:5.1f} → {after.milliseconds:5.1f} ms"
        bare = f"{after.ratio:.1f} × a bare view's {after.bare:.1f} ms"
        aim, part = ("≤ 2 ×", f"{after.ratio / 2:.0%}") if page.name == "lesson" else ("", "")
        yield ("", f"{times}, {bare}", aim, part)
    lesson = next(page for page in found if page.name == "lesson")
    fetched = first_view(application, lesson)
    size = sum(answer.sent for _, answer in fetched)
    yield ("First view of a lesson", "", "", "")
    yield ("  on the wire", f"{size / 1000:.1f} KB", "≤ 100 KB", f"{size / LESSON_BYTES:.0%}")
    yield (
        "  requests",
        f"{len(fetched)}",
        f"≤ {LESSON_REQUESTS}",
        f"{len(fetched) / LESSON_REQUESTS:.0%}",
    )
    for address, answer in fetched:
        yield (f"    {address[:60]}", f"{answer.sent / 1000:.1f} KB", "", "")


def certificates() -> Iterator[tuple[str, str, str, str]]:
    from bench.printing import milliseconds
    from certificates.models import Certificate

    say("Printing certificates")
    cold, warm, each_second = milliseconds(Certificate.objects.order_by("pk")[0].snapshot)
    yield ("Certificates", "", "", "")
    yield ("  first one", f"{cold:.0f} ms CPU", "", "")
    yield ("  each further", f"{warm:.1f} ms CPU", "≤ 20 ms", f"{warm / 20:.0%}")
    yield ("  one process", f"{each_second:.0f} in a second", "", "")


def registering() -> Iterator[tuple[str, str, str, str]]:
    from bench.registering import PEOPLE, SEATS, crowd

    say(f"{PEOPLE:,} people register for {SEATS} seats")
    wall, busy, states, in_order = crowd()
    said = ", ".join(f"{n} {state}" for state, n in states.items())
    yield (f"Registration, {PEOPLE:,} people by the form, one process", "", "", "")
    yield ("  wall", f"{wall:.0f} s", "≤ 60 s", f"{wall / 60:.0%}")
    yield ("  each", f"{busy / PEOPLE * 1000:.1f} ms CPU", "", "")
    yield ("  places", said, f"{SEATS} seated", "")
    yield ("  waitlist in order", "yes" if in_order else "NO", "yes", "")


def importing() -> Iterator[tuple[str, str, str, str]]:
    from bench import importing

    say(f"Importing {importing.QUESTIONS:,} questions")
    yield (f"Question files, {importing.QUESTIONS:,} questions, both languages", "", "", "")
    yield from importing.run()


def publishing(people: int) -> Iterator[tuple[str, str, str, str]]:
    from bench import publishing

    say(f"Publishing to {people:,} people")
    yield (f"Publishing 300 lessons, {people:,} people enrolled", "", "", "")
    yield from publishing.run(people)


def badges() -> Iterator[tuple[str, str, str, str]]:
    from bench import badges

    say("Signing badges")
    yield ("Badges, one process", "", "", "")
    yield from badges.run()


def bulk(application, people: int) -> Iterator[tuple[str, str, str, str]]:
    from bench import bulk

    say(f"{people:,} people attended a webinar")
    yield (f"After a webinar with {people:,} people", "", "", "")
    yield from bulk.run(application, people)


def outline() -> Iterator[tuple[str, str, str, str]]:
    from bench import outline

    say("The outline of a long course")
    yield ("Studio, outline of 300 lessons", "", "", "")
    yield from outline.run()


def room(sockets: int) -> Iterator[tuple[str, str, str, str]]:
    from bench import room

    say(f"A live room with {sockets} sockets")
    yield (f"Live room, {sockets} sockets", "", "", "")
    yield from room.run(sockets)


def records(rows: int) -> Iterator[tuple[str, str, str, str]]:
    from bench import records

    say(f"A record of {rows:,} rows")
    yield (f"Record checks, {rows:,} rows", "", "", "")
    yield from records.run(rows)


def pack() -> Iterator[tuple[str, str, str, str]]:
    from bench import pack

    say("An evidence pack of 500 people")
    yield ("Evidence pack, 500 people", "", "", "")
    yield from pack.run(500)


def print_table(rows: list[tuple[str, str, str, str]]) -> None:
    widths = [max(len(row[n]) for row in [COLUMNS, *rows]) for n in range(3)]
    for row in [COLUMNS, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[3].rjust(9)]).rstrip())


def say(words: str) -> None:
    print(f"… {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
