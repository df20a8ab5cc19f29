"""What browser journeys stand on: the site on a free port, and a page that tolerates no error.

`goto` and `reload` wait for rich-text editors to start: keys that come before go to no editor.
`site` is the address of the whole application (pages from the test's own database, static files by
the finders); `visitor` is a Playwright page that fails its test on a script error, a console error
or a breach of the content security policy.
"""

import asyncio
import functools
import importlib.util
import socket
import threading
import time

import pytest

from tests.chromium import CHROMIUM

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def site(transactional_db, settings):
    """The site in a thread of this process, at a host name: passkeys refuse a bare number."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    settings.SITE_URL = f"http://localhost:{port}"
    settings.CSRF_TRUSTED_ORIGINS = [settings.SITE_URL]
    config = uvicorn.Config(
        _application(), host="127.0.0.1", port=port, log_level="warning", lifespan="off",
        ws="websockets-sansio", timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # A loop of its own: Playwright's keeps running in the main thread.
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started, "the site did not start"
    yield settings.SITE_URL
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive(), "the site did not stop"


# Other scripts have run when the page has loaded; the rich-text editor fetches itself afterwards.
STARTED = "() => [...document.querySelectorAll('gw-rich-text')].every((one) => one.editor)"


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all journeys."""
    from playwright.sync_api import Page, expect, sync_playwright

    expect.set_options(timeout=20_000)  # two cores, and another test on the other one
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        for name in ("goto", "reload"):
            patch.setattr(Page, name, _until_started(getattr(Page, name)))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def _until_started(go):
    @functools.wraps(go)
    def wrapped(page, *args, **kwargs):
        answer = go(page, *args, **kwargs)
        started(page)
        return answer

    return wrapped


def started(page):
    """Wait until every rich-text editor has started, where scripts run."""
    if not page.evaluate("matchMedia('(scripting: none)').matches"):
        page.wait_for_function(STARTED)


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(20_000)  # as `expect`
    yield context
    context.close()


@pytest.fixture
def page(context):
    """An ordinary page; prefer `visitor`."""
    return context.new_page()


@pytest.fixture
def visitor(page):
    """A page on which nothing may go wrong. `visitor.problems` says what did."""
    page.problems = watch(page)
    yield page
    assert page.problems == []


def watch(page):
    """Collect every script error and console error of the page, as they come."""
    problems = []
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on(
        "console",
        lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None,
    )
    return problems


def sign_in(context, person, site):
    """Give the browser a session of this person, without the sign-in pages."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


AT_THE_END = """() => {
    const selection = getSelection(), rest = document.createRange();
    rest.selectNodeContents(document.activeElement);
    if (!document.activeElement.contains(selection.focusNode)) return false;
    rest.setStart(selection.focusNode, selection.focusOffset);
    return rest.toString().trim() === "";
}"""


def to_the_end(page):
    """The caret behind the last letter of the rich-text editor that has the focus. Browser and
    editor tell each other of a selection a little later than keys come: press until it stays."""
    for _ in range(20):
        page.keyboard.press("Control+End")
        page.wait_for_timeout(150)
        if page.evaluate(AT_THE_END):
            return
    raise AssertionError("the caret never came to the end")


def check_accessibility(page):
    """No axe violation, best practice included."""
    from axe_playwright_python.sync_playwright import Axe

    result = Axe().run(page, options={"runOnly": AXE_RULES})
    assert result.violations_count == 0, result.generate_report()


def _application():
    """lms.asgi; pages alone while the room's sockets do not exist."""
    if importlib.util.find_spec("webinars.room.socket"):
        from lms.asgi import application

        return application
    from django.core.asgi import get_asgi_application

    return get_asgi_application()
