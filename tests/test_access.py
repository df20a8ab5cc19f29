"""Who may open what. Every route needs a line in its app's `tests/<app>/access.py`."""

import importlib
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

# The marks a route may carry, and the people who pass. Signed-out people go to the sign-in page,
# others who may not get «not found».
MARKS = {"public", "signed-in", "author", "host", "credit", "carer", "token"}
THIRD_PARTY = ("account_", "mfa_", "admin:", "javascript-catalog", "django_prose_editor")


def routes(patterns=None, space=""):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{space}{pattern.name}"


def table():
    """{route name: mark} from all apps; a live instance of each is tested by its app."""
    lines = {}
    for path in sorted(Path(__file__).parent.glob("*/access.py")):
        lines |= importlib.import_module(f"tests.{path.parent.name}.access").ACCESS
    return lines


def ours():
    return {name for name in routes() if not name.startswith(THIRD_PARTY)}


def test_every_route_says_who_may_open_it():
    assert ours() - table().keys() == set()
    assert table().keys() - ours() == set(), "these routes are gone"
    assert set(table().values()) <= MARKS


@pytest.mark.parametrize("name", sorted(ours()))
def test_a_gated_view_is_gated_in_its_code(name):
    """A route that is not public has a sign-in gate around its view."""
    view = next(p.callback for p in _patterns() if p.lookup_str and _name(p) == name)
    gated = hasattr(view, "__wrapped__")
    if table().get(name) not in {None, "public", "token"}:
        assert gated


def _patterns(patterns=None, space=""):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _patterns(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            pattern._space = space
            yield pattern


def _name(pattern):
    return f"{pattern._space}{pattern.name}"
