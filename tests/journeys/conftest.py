import pytest

from tests.browser import sign_in
from tests.factories import make_person
from tests.journeys.window import Window


@pytest.fixture
def open_window(browser, site):
    """`open_window(language="es", width=360)`: a browser of its own, on whose pages nothing may
    go wrong."""
    windows = []

    def opened(**options):
        windows.append(Window(browser, site, **options))
        return windows[-1]

    yield opened
    for window in windows:
        window.close()
    assert [problem for window in windows for problem in window.problems] == []


@pytest.fixture
def at_the_site(open_window, site):
    """`at_the_site("Rosa", may_author=True)`: a window in which a new person is signed in."""

    def signed_in(name, *, window=None, **marks):
        window = open_window(**(window or {}))
        sign_in(window.context, make_person(name=name, **marks), site)
        return window

    return signed_in
