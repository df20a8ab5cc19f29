import pytest

from tests.browser import sign_in
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
    """`at_the_site(person, width=360)`: a window in which this person is signed in."""

    def signed_in(person, **options):
        window = open_window(**options)
        sign_in(window.context, person, site)
        return window

    return signed_in
