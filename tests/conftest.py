import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.chromium import CHROMIUM

os.environ.setdefault("GROUNDWORK_ENV", "test")
# The synchronous Playwright API keeps a loop running in the main thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytest_plugins = ["tests.browser"]

if settings.REDIS_URL:
    # Test runs side by side, each with its own Redis database; processes they start inherit it.
    # Doorbells cross databases, which is harmless: they carry no data.
    _run = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    _redis = urlsplit(settings.REDIS_URL)._replace(path=f"/{_run}").geturl()
    os.environ["REDIS_URL"] = settings.REDIS_URL = _redis
    settings.CACHES["default"]["LOCATION"] = _redis
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [_redis]
    # Pages are held to their number of queries: the session is one of them, with Redis or without.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"


def pytest_addoption(parser):
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped test is a failed one: nothing is missing"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return _unless_skipped(item.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _unless_skipped(collector.config, (yield))


def _unless_skipped(config, report):
    if config.getoption("no_skips") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and --no-skips allows none: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items):
    """Browser journeys go last, the walk through every page, the longest, as their first: after a
    journey no other kind of test may follow, as Playwright's loop keeps running.

    A browser and real processes keep a time of their own. A test of theirs that fails is run once
    more, and named in the summary: it is to be mended, but does not stop a change beside it.
    """
    for item in items:
        if "page" in item.fixturenames or "browser" in item.fixturenames:
            item.add_marker("browser")
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
        if item.get_closest_marker("browser") or item.get_closest_marker("processes"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=_turn)


def _turn(item):
    if not item.get_closest_marker("browser"):
        return 0
    return 1 if item.path.stem == "test_accessibility" else 2


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards(django_db_setup, django_db_blocker):
    """Let the test runner empty tables that refuse DELETE.

    PostgreSQL truncates, which row triggers do not see; SQLite deletes, so there the triggers
    step aside for the flush and come back with it.
    """
    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    # On the class: beside Playwright's running loop Django makes this thread another connection.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def around(self, *args, **kwargs):
        drops = [f"DROP TRIGGER IF EXISTS {name}" for name, _ in triggers]
        return drops + flush(self, *args, **kwargs) + [sql for _, sql in triggers]

    operations.sql_flush = around
    yield
    operations.sql_flush = flush


@pytest.fixture(autouse=True)
def _fresh_documents():
    """Ids are used again from test to test; what is cached by them must not outlive them."""
    from django.core.cache import cache

    from courses.models.course import document_of

    document_of.cache_clear()
    cache.clear()  # rate limits and the like
    yield


@pytest.fixture(autouse=True)
def _no_language_left_over():
    """A request in Spanish leaves Spanish active in its thread, for the next test too."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture
def person(db):
    from tests.factories import make_person

    return make_person(name="Ana Ruiz")


@pytest.fixture
def signed_in(client, person):
    """A browser in which `person` is signed in."""
    client.force_login(person)
    return client


@pytest.fixture
def htmx():
    """Headers that make the test client speak as htmx does."""
    return {"HX-Request": "true"}
